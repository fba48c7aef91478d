/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel modules: the drivers of the devices that are there or appear, then those the image names, through busybox
 * modprobe in a child. Drivers that are built in need nothing of this.
 */
#ifndef BOOT_MODULES_H
#define BOOT_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "boot/loop.h"
#include "sys/sys.h"

enum {
	MODULES_PENDING_MAX = 256,
	MODULES_ALIAS_BYTES = 160, /* longer aliases are of CPUs, whose drivers nobody here needs */
};

struct modules {
	int64_t deadline_ms; /* of the child */
	struct child child;  /* one at a time: two would load the modules that both need twice */
	bool names_wanted;   /* the image's list is not loaded yet */
	bool told;           /* that there were more than fit */
	unsigned n_pending;
	char pending[MODULES_PENDING_MAX][MODULES_ALIAS_BYTES];
};

/* Starts loading what /etc/iscsiroot/modules names and what the devices of /sys ask for. */
void modules_start(struct modules *m, int64_t now_ms);

/* Wants a driver for every device that is there; what is loaded already costs little. */
void modules_look(struct modules *m);

/* A device appeared with this alias. */
void modules_want(struct modules *m, struct span alias);

/* Reaps, gives up on a modprobe that takes too long, and starts on what has come up meanwhile. */
void modules_step(struct modules *m, int64_t now_ms);

/* What was wanted when modules_start was called has been loaded, as far as there is a driver. */
bool modules_has_looked(const struct modules *m);

/* Nothing is being loaded or waits to be. */
bool modules_idle(const struct modules *m);

#endif
