/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text file of any length, line by line.
 */
#ifndef SYS_LINES_H
#define SYS_LINES_H

#include <stddef.h>

struct lines {
	int fd;
	size_t at, n_bytes;
	char buffer[4096];
};

int lines_open(struct lines *l, const char *path);

/* The next line without its newline; NULL at the end (the file is then closed). What is too long comes in pieces. */
const char *lines_next(struct lines *l);

void lines_close(struct lines *l);

#endif
