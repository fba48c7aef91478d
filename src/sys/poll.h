/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for descriptors.
 */
#ifndef SYS_POLL_H
#define SYS_POLL_H

#include <stdint.h>

enum {
	POLL_READ = 1,
	POLL_WRITE = 2,
};

struct poll_item {
	int fd;
	unsigned wanted; /* POLL_READ, POLL_WRITE */
	unsigned ready;  /* errors and hang-ups make everything that was wanted ready */
};

enum {
	POLL_ITEMS_MAX = 64,
};

/* Waits at most timeout_ms (negative: for ever); sets `ready` of every item. A signal ends the wait. */
void poll_wait(struct poll_item *items, unsigned n_items, int64_t timeout_ms);

#endif
