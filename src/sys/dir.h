/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listing a directory by getdents64(2), without the heap that opendir(3) needs.
 */
#ifndef SYS_DIR_H
#define SYS_DIR_H

#include <stddef.h>

struct dir {
	int fd;
	size_t at, n_bytes;
	_Alignas(8) char buffer[2048];
};

int dir_open(struct dir *d, const char *path);

/* Lists a directory that is open already; the descriptor then belongs to d. */
void dir_adopt(struct dir *d, int fd);

/* Next name except "." and ".."; NULL at the end (the directory is then closed). Valid until the next call. */
const char *dir_next(struct dir *d);

void dir_close(struct dir *d);

#endif
