/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines lie in the buffer, each with a NUL in the place of its newline.
 */
#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

int lines_open(struct lines *l, const char *path)
{
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	l->at = l->n_bytes = 0;
	return l->fd < 0 ? -errno : 0;
}

/* Moves what is left to the front and reads on. False: there is no more. */
static bool fill(struct lines *l)
{
	memmove(l->buffer, l->buffer + l->at, l->n_bytes - l->at);
	l->n_bytes -= l->at;
	l->at = 0;
	size_t n_free = sizeof l->buffer - 1 - l->n_bytes;
	ssize_t n = l->fd < 0 || n_free == 0 ? 0 : read(l->fd, l->buffer + l->n_bytes, n_free);
	l->n_bytes += n > 0 ? (size_t)n : 0;
	return n > 0;
}

const char *lines_next(struct lines *l)
{
	char *end;
	do
		end = memchr(l->buffer + l->at, '\n', l->n_bytes - l->at);
	while (end == NULL && fill(l));
	const char *line = l->buffer + l->at;
	if (end == NULL && l->at == l->n_bytes) {
		lines_close(l);
		return NULL;
	}
	if (end == NULL)
		end = l->buffer + l->n_bytes;
	*end = '\0';
	l->at = (size_t)(end - l->buffer) + (end < l->buffer + l->n_bytes);
	return line;
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->at = l->n_bytes = 0;
}
