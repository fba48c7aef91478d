/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel uevents (NETLINK_KOBJECT_UEVENT, group 1): "ACTION@DEVPATH" NUL "KEY=VALUE" NUL ... Decoding only.
 */
#ifndef KERNEL_UEVENT_H
#define KERNEL_UEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	UEVENT_PROTOCOL = 15, /* NETLINK_KOBJECT_UEVENT */
	UEVENT_GROUP = 1,
	UEVENT_MESSAGE_MAX = 8192,
};

/* Spans into the message. Keys that were not there are empty with text NULL. */
struct uevent {
	struct span action, devpath, subsystem, modalias, devname, devtype;
};

/* False when it is not a kernel uevent (udev's own format begins "libudev"). */
bool uevent_decode(const uint8_t *bytes, size_t n_bytes, struct uevent *event);

#endif
