/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one loop's bookkeeping: before each wait every part says which descriptors and which moment it waits for; after
 * it, every part asks what is ready. Nothing else in this program sleeps.
 */
#ifndef BOOT_LOOP_H
#define BOOT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/poll.h"

struct loop {
	int64_t now_ms;
	int64_t wake_ms; /* nearest deadline; INT64_MAX: none */
	unsigned n_items;
	struct poll_item items[POLL_ITEMS_MAX];
};

/* Forgets what was wanted and reads the clock. */
void loop_begin(struct loop *loop);
void loop_want(struct loop *loop, int fd, unsigned wanted);
void loop_wake_at(struct loop *loop, int64_t when_ms);

/* Waits, then reads the clock again. */
void loop_wait(struct loop *loop);
bool loop_is_ready(const struct loop *loop, int fd);

#endif
