/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine as a whole.
 */
#ifndef SYS_MACHINE_H
#define SYS_MACHINE_H

#include <stdbool.h>

enum machine_end {
	MACHINE_REBOOT,
	MACHINE_POWER_OFF,
	MACHINE_HALT,
	MACHINE_KEXEC, /* into the kernel that is loaded; a reboot if none is */
};

/* At once, without sync: nothing of ours waits to be written, and a sync may wait for a disk that is gone. */
void machine_end(enum machine_end end);

/* Writes all that waits to be written; waits for disks that are gone. */
void machine_sync(void);

/* A reboot with an argument for the firmware (reboot(2), LINUX_REBOOT_CMD_RESTART2). */
void machine_reboot_to(const char *argument);

/* A name the kernel refuses changes nothing. */
void machine_set_host_name(const char *name);

/* Whether this is process 1, which is never to end. */
bool machine_is_init(void);

bool machine_is_root(void);

#endif
