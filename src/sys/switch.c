/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way from the initramfs to the real root, as initramfs switch_root programs go it: all checks first, then the
 * point of no return. Does not choose root or init and does not execute it.
 */
#include "sys/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "sys/dir.h"

enum {
	DEPTH_MAX = 32, /* about 2 KiB of stack each */
};

int switch_look_inside(const char *new_root)
{
	return chroot(new_root) == 0 && chdir("/") == 0 ? 0 : -errno;
}

int switch_check_init(const char *init)
{
	struct stat st;
	if (stat(init, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(init, X_OK) == 0 ? 0 : -errno;
}

static void remove_entry(int dir_fd, const char *name, dev_t device, int depth);

/* Owns and closes fd. */
static void remove_all_in(int fd, dev_t device, int depth)
{
	struct dir d;
	dir_adopt(&d, fd);
	const char *name;
	while ((name = dir_next(&d)) != NULL)
		remove_entry(d.fd, name, device, depth);
}

static void remove_entry(int dir_fd, const char *name, dev_t device, int depth)
{
	struct stat st;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_dev != device)
		return;
	if (!S_ISDIR(st.st_mode)) {
		unlinkat(dir_fd, name, 0);
		return;
	}
	int fd = depth < DEPTH_MAX ? openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd >= 0)
		remove_all_in(fd, device, depth + 1);
	unlinkat(dir_fd, name, AT_REMOVEDIR);
}

int switch_empty_initramfs(int root_fd)
{
	struct statfs fs;
	struct stat st;
	if (fstatfs(root_fd, &fs) != 0 || fstat(root_fd, &st) != 0)
		return -errno;
	if ((unsigned long)fs.f_type != RAMFS_MAGIC && (unsigned long)fs.f_type != TMPFS_MAGIC)
		return -EINVAL;
	int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	remove_all_in(fd, st.st_dev, 1);
	return 0;
}

int switch_root_to(const char *new_root)
{
	if (chdir(new_root) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
		return -errno;
	return 0;
}
