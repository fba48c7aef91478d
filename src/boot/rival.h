/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else looks after our sessions: iscsid of open-iscsi. When it starts it takes over all sessions there are, by a
 * new login of its own; from then on it alone may answer a lost connection, or two programs would log each other out
 * for ever. It never lets go of a session but by ending.
 */
#ifndef BOOT_RIVAL_H
#define BOOT_RIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/loop.h"
#include "sys/sys.h"

enum {
	RIVALS_MAX = 4, /* iscsid is two processes */
};

struct rival {
	int proc_fd;      /* /proc, opened while it was there */
	int64_t since_ms; /* an iscsid older than this has not seen our sessions */
	unsigned n_found;
	struct process found[RIVALS_MAX];
};

/* Before /proc is moved. */
void rival_open(struct rival *r, int64_t now_ms);

/* Whether there is one. Looks through /proc only when none is known to live. */
bool rival_is_there(struct rival *r, const struct loop *loop);

void rival_want(const struct rival *r, struct loop *loop);

#endif
