/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the initramfs to the real root.
 */
#ifndef SYS_SWITCH_H
#define SYS_SWITCH_H

/* Only for a child, and for good: what absolute names mean from now on is what they will mean in new_root. */
int switch_look_inside(const char *new_root);

/* Whether `init` is an executable file. 0 or a negative errno. */
int switch_check_init(const char *init);

/*
 * Empties the file system of the directory root_fd (the initramfs), never crossing into another; only if it is ramfs or
 * tmpfs (else -EINVAL). What is nested deeper than 32 directories stays.
 */
int switch_empty_initramfs(int root_fd);

/* MS_MOVE of new_root over /, chroot, chdir. After success there is no way back. */
int switch_root_to(const char *new_root);

#endif
