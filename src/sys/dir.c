/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getdents64(2). Names come in the order of the file system.
 */
#include "sys/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct linux_dirent64 up to its name */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t n_bytes;
	uint8_t type;
	char name[];
};

int dir_open(struct dir *d, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir_adopt(d, fd);
	return 0;
}

void dir_adopt(struct dir *d, int fd)
{
	d->fd = fd;
	d->at = 0;
	d->n_bytes = 0;
}

static bool fill(struct dir *d)
{
	long n = d->fd < 0 ? 0 : syscall(SYS_getdents64, d->fd, d->buffer, sizeof d->buffer);
	if (n <= 0) {
		dir_close(d);
		return false;
	}
	d->at = 0;
	d->n_bytes = (size_t)n;
	return true;
}

const char *dir_next(struct dir *d)
{
	while (d->at < d->n_bytes || fill(d)) {
		const struct entry *entry = (const void *)(d->buffer + d->at);
		d->at += entry->n_bytes;
		if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
			return entry->name;
	}
	return NULL;
}

void dir_close(struct dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	dir_adopt(d, -1);
}
