/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading block devices, and regular files in their place. Never writes.
 */
#include "sys/block.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/fs.h>

int block_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int block_probe_free(const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
	int result = fd < 0 ? -errno : 0;
	block_close(fd);
	return result;
}

void block_close(int fd)
{
	close(fd);
}

ssize_t block_read(int fd, void *out, size_t n_bytes, uint64_t offset)
{
	char *next = out;
	size_t n_read = 0;
	while (n_read < n_bytes) {
		ssize_t n = pread(fd, next + n_read, n_bytes - n_read, (off_t)(offset + n_read));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		n_read += (size_t)n;
	}
	return (ssize_t)n_read;
}

uint32_t block_logical_bytes(int fd)
{
	int n_bytes;
	return ioctl(fd, BLKSSZGET, &n_bytes) == 0 ? (uint32_t)n_bytes : 512;
}

uint64_t block_size_bytes(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	return end < 0 ? 0 : (uint64_t)end;
}
