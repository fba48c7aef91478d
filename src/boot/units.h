/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the root's init is made to tell the keeper that the machine goes down: files in /run, where systemd and sysvinit
 * look for them and no other init does. Nothing of ours is executed for it.
 */
#ifndef BOOT_UNITS_H
#define BOOT_UNITS_H

/* Where systemd makes a FIFO when it begins to go down, named after the order: poweroff, reboot, halt or kexec. */
#define UNITS_ORDERS_DIR "/run/iscsiroot/down"

/* Writes them all, in /run as it is now. 0 or a negative errno. */
int units_leave(void);

#endif
