/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A known rival is held by its pidfd, whose end wakes the loop; a new one is looked for only when something happens.
 * Its socket is not asked: with socket activation asking would start it.
 */
#include "boot/rival.h"

void rival_open(struct rival *r, int64_t now_ms)
{
	*r = (struct rival){.proc_fd = dir_handle("/proc"), .since_ms = now_ms};
}

static void drop_ended(struct rival *r, const struct loop *loop)
{
	for (unsigned i = r->n_found; i-- > 0;) {
		if (!loop_is_ready(loop, r->found[i].fd))
			continue;
		process_close(&r->found[i]);
		r->found[i] = r->found[--r->n_found];
	}
}

bool rival_is_there(struct rival *r, const struct loop *loop)
{
	drop_ended(r, loop);
	if (r->n_found == 0 && r->proc_fd >= 0) {
		int n = process_find(r->proc_fd, "iscsid", r->since_ms, r->found, RIVALS_MAX);
		r->n_found = n > 0 ? (unsigned)n : 0;
	}
	return r->n_found > 0;
}

void rival_want(const struct rival *r, struct loop *loop)
{
	for (unsigned i = 0; i < r->n_found; i++)
		loop_want(loop, r->found[i].fd, POLL_READ);
}
