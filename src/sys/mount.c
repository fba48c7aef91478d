/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount(2) and its kin.
 */
#include "sys/mount.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

int mount_file_system(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	return mount(source, target, type, flags, data) == 0 ? 0 : -errno;
}

int mount_unmount(const char *target)
{
	return umount2(target, MNT_DETACH) == 0 ? 0 : -errno;
}

int mount_move(const char *from, const char *to)
{
	return mount(from, to, NULL, MS_MOVE, NULL) == 0 ? 0 : -errno;
}

bool mount_is_point(const char *path)
{
	char parent[PATH_MAX];
	struct stat here, above;
	if (snprintf(parent, sizeof parent, "%s/..", path) >= (int)sizeof parent)
		return false;
	if (stat(path, &here) != 0 || stat(parent, &above) != 0)
		return false;
	return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
}
