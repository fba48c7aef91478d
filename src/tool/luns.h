/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel would make of a target's logical units, seen over a wire: which there are, the disks among them,
 * their partitions and what is on them. Fills the list that the choice of root works on.
 */
#ifndef TOOL_LUNS_H
#define TOOL_LUNS_H

#include <stdbool.h>

#include "base/fail.h"
#include "boot/disks.h"
#include "plan/plan.h"
#include "tool/wire.h"

/*
 * Adds the disks of one session: the LUN asked for, or all. They get the names that the kernel gives when it sees them
 * in this order and has no other disks. A disk that cannot be read has its error in the list; false when nothing more
 * can be asked.
 */
bool luns_list(struct wire *w, unsigned session, const struct plan_lun *wanted, struct disk_list *list,
	       struct fail *fail);

#endif
