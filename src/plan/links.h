/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the network beside ip=; inside plan/ only.
 */
#ifndef PLAN_LINKS_H
#define PLAN_LINKS_H

#include <stdbool.h>

struct plan_notes;
struct boot_plan;
struct fail;
struct reading;

bool links_read_ifname(struct reading *r);
bool links_read_unmade(struct reading *r); /* team=, bridge= */
bool links_read_vlan(struct reading *r);
bool links_read_bond(struct reading *r);
bool links_read_route(struct reading *r);
bool links_read_nameserver(struct reading *r);
bool links_read_bootif(struct reading *r);
bool links_read_bootdev(struct reading *r);
bool links_read_hostname(struct reading *r);

/* Refuses (FAIL_WORD_VALUE) a network on what is not made here; to be asked when all words of a source are read. */
bool links_check(const struct boot_plan *plan, struct fail *fail);

/* What does not fit together, though each word is right. */
void links_note(const struct boot_plan *plan, struct plan_notes *notes);

#endif
