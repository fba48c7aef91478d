/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the root's init is made to tell the keeper that the machine goes down: files in /run, where systemd and sysvinit
 * look for them and no other init does. Nothing of ours is executed for it.
 */
#ifndef BOOT_UNITS_H
#define BOOT_UNITS_H

/* Where systemd looks for units and what is added to them. Its presence is not taken for that of systemd itself, as is
 * that of /run/systemd/system (sd_booted(3)). */
#define UNITS_DIR "/run/systemd/system.control"

/* Where systemd makes a FIFO when it begins to go down, named after the order: poweroff, reboot, halt or kexec. */
#define UNITS_ORDERS_DIR "/run/iscsiroot/down"

/* The same when all services have ended and all that can be is unmounted: the next is systemd-shutdown. */
#define UNITS_LAST "last"

/* Writes them all, in /run as it is now. 0 or a negative errno. */
int units_leave(void);

#endif
