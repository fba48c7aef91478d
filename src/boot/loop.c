/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting descriptors and the nearest deadline for one poll.
 */
#include "boot/loop.h"

#include "sys/sys.h"

void loop_begin(struct loop *loop)
{
	loop->now_ms = clock_now_ms();
	loop->wake_ms = INT64_MAX;
	loop->n_items = 0;
}

void loop_want(struct loop *loop, int fd, unsigned wanted)
{
	if (fd >= 0 && loop->n_items < POLL_ITEMS_MAX)
		loop->items[loop->n_items++] = (struct poll_item){.fd = fd, .wanted = wanted};
}

void loop_wake_at(struct loop *loop, int64_t when_ms)
{
	if (when_ms < loop->wake_ms)
		loop->wake_ms = when_ms;
}

void loop_wait(struct loop *loop)
{
	int64_t left_ms = -1;
	if (loop->wake_ms != INT64_MAX)
		left_ms = loop->wake_ms > loop->now_ms ? loop->wake_ms - loop->now_ms : 0;
	poll_wait(loop->items, loop->n_items, left_ms);
	loop->now_ms = clock_now_ms();
}

bool loop_is_ready(const struct loop *loop, int fd)
{
	for (unsigned i = 0; i < loop->n_items; i++)
		if (loop->items[i].fd == fd && loop->items[i].ready != 0)
			return true;
	return false;
}
