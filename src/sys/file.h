/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files, directories and links by path.
 */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A whole small file, NUL-terminated, at most n_max - 1 bytes; returns the bytes read. One final newline is cut.
 * -EFBIG when it is longer; out is empty after a failure.
 */
ssize_t file_read_text(const char *path, char *out, size_t n_max);

/* The same by a path below an open directory. */
ssize_t file_read_text_at(int dir_fd, const char *path, char *out, size_t n_max);

/* The same from standard input, until its end. */
ssize_t file_read_stdin(char *out, size_t n_max);

/* Up to n_max bytes; returns how many. */
ssize_t file_read_bytes(const char *path, void *out, size_t n_max);

/* Into an existing file (sysfs, procfs), in one write. */
int file_write_text(const char *path, const char *text);
int file_write_text_at(int dir_fd, const char *path, const char *text);

/* A new file of exactly this mode: written under a temporary name beside it (".tmp"), then renamed over it. */
int file_create(const char *path, const char *text, unsigned mode);

/* A name in an open directory; one that is not there is fine. */
void file_remove_at(int dir_fd, const char *name);

bool file_exists(const char *path);

/* Whether every user may read it. */
bool file_is_public(const char *path);
bool file_exists_at(int dir_fd, const char *path);

/* An existing directory is fine. */
int file_make_dir(const char *path, unsigned mode);

/* A symbolic link; one that is there already is fine. */
int file_make_link(const char *path, const char *target);
int file_make_link_at(int dir_fd, const char *path, const char *target);

/* The target of a symbolic link, NUL-terminated. */
int file_read_link(const char *path, char *out, size_t n_max);

#endif
