/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses a disk of this machine.
 */
#ifndef BOOT_USERS_H
#define BOOT_USERS_H

#include <stdbool.h>

#include "base/fail.h"
#include "boot/disks.h"

enum users {
	USERS_NONE,
	USERS_LASTING,
	USERS_OPEN, /* a process has it open, perhaps only for a look, as udev does with what is new */
};

/*
 * Whether somebody uses the disk or partition; *fail (FAIL_DISK_IN_USE) says who. ask_kernel: also by opening it, which
 * finds those that are hidden from here and waits when its target is away.
 */
enum users users_find(const struct disk *disk, bool ask_kernel, struct fail *fail);

#endif
