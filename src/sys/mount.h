/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounting.
 */
#ifndef SYS_MOUNT_H
#define SYS_MOUNT_H

#include <stdbool.h>

int mount_file_system(const char *source, const char *target, const char *type, unsigned long flags, const char *data);

/* Takes it out of sight at once; the file system ends when nobody uses it any more. */
int mount_unmount(const char *target);

int mount_move(const char *from, const char *to);

/* Whether path is the root of a mount that is there already (differs from its parent's device). */
bool mount_is_point(const char *path);

#endif
