/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmap(2) of files. Does not say in what order bytes are written or read.
 */
#include "sys/shared.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *map(int fd, size_t n_bytes, int protection)
{
	void *memory = mmap(NULL, n_bytes, protection, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void *shared_create(int dir_fd, const char *name, size_t n_bytes)
{
	unlinkat(dir_fd, name, 0);
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	void *memory = ftruncate(fd, (off_t)n_bytes) == 0 && fchmod(fd, 0644) == 0
			       ? map(fd, n_bytes, PROT_READ | PROT_WRITE)
			       : NULL;
	close(fd);
	return memory;
}

const void *shared_view(const char *path, size_t n_bytes)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	bool whole = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)n_bytes;
	const void *memory = whole ? map(fd, n_bytes, PROT_READ) : NULL;
	close(fd);
	return memory;
}

void shared_forget(const void *memory, size_t n_bytes)
{
	munmap((void *)(uintptr_t)memory, n_bytes);
}
