/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs of the image that this one runs, and the environment they get (nothing of ours: the kernel puts
 * unknown command-line words, secrets among them, into our environment).
 */
#ifndef BOOT_PROGRAMS_H
#define BOOT_PROGRAMS_H

#define BUSYBOX "/bin/busybox"
#define LEASE_PROGRAM "/sbin/iscsiroot-lease" /* a link to this binary: the script of udhcpc */
#define LEASE_DIR "/run/iscsiroot"

extern const char *const program_environment[];

#endif
