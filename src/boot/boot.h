/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `iscsiroot boot`: the whole story of a boot, from PID 1 of an initramfs to the real init.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

/* Returns an exit status only when it is not PID 1 or when switching failed beyond the point of no return. */
int boot_main(int argc, char **argv, char **environment);

#endif
