/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files by path. Reads and writes all or nothing; keeps no file open.
 */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads until the end or n_max bytes. */
static ssize_t read_up_to(int fd, char *out, size_t n_max)
{
	size_t n_read = 0;
	while (n_read < n_max) {
		ssize_t n = read(fd, out + n_read, n_max - n_read);
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

static ssize_t read_at(int dir_fd, const char *path, void *out, size_t n_max)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read_up_to(fd, out, n_max);
	close(fd);
	return n;
}

ssize_t file_read_bytes(const char *path, void *out, size_t n_max)
{
	return read_at(AT_FDCWD, path, out, n_max);
}

/* Makes text of the n bytes that were read. */
static ssize_t end_text(ssize_t n, char *out, size_t n_max)
{
	if (n >= 0 && (size_t)n == n_max)
		n = -EFBIG;
	if (n > 0 && out[n - 1] == '\n')
		n--;
	out[n > 0 ? n : 0] = '\0';
	return n;
}

ssize_t file_read_text_at(int dir_fd, const char *path, char *out, size_t n_max)
{
	return end_text(read_at(dir_fd, path, out, n_max), out, n_max);
}

ssize_t file_read_text(const char *path, char *out, size_t n_max)
{
	return file_read_text_at(AT_FDCWD, path, out, n_max);
}

ssize_t file_read_stdin(char *out, size_t n_max)
{
	return end_text(read_up_to(STDIN_FILENO, out, n_max), out, n_max);
}

int file_write_text(const char *path, const char *text)
{
	return file_write_text_at(AT_FDCWD, path, text);
}

int file_write_text_at(int dir_fd, const char *path, const char *text)
{
	int fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n;
	do
		n = write(fd, text, strlen(text));
	while (n < 0 && errno == EINTR);
	int result = n < 0 ? -errno : (size_t)n < strlen(text) ? -EIO : 0;
	close(fd);
	return result;
}

static int write_all(int fd, const char *text)
{
	size_t n_left = strlen(text);
	while (n_left > 0) {
		ssize_t n = write(fd, text, n_left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		n_left -= (size_t)n;
	}
	return 0;
}

/* A name that is there already, a symbolic link too, is never followed: what a crash left is removed first. */
static int create_new(const char *path, const char *text, unsigned mode)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int result = write_all(fd, text);
	if (result == 0 && fchmod(fd, mode) != 0)
		result = -errno;
	close(fd);
	return result;
}

int file_create(const char *path, const char *text, unsigned mode)
{
	char temporary[PATH_MAX];
	if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
		return -ENAMETOOLONG;
	int result = create_new(temporary, text, mode);
	if (result == 0 && rename(temporary, path) != 0)
		result = -errno;
	if (result != 0)
		unlink(temporary);
	return result;
}

void file_remove_at(int dir_fd, const char *name)
{
	unlinkat(dir_fd, name, 0);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool file_is_public(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

bool file_exists_at(int dir_fd, const char *path)
{
	return faccessat(dir_fd, path, F_OK, 0) == 0;
}

int file_make_link(const char *path, const char *target)
{
	return file_make_link_at(AT_FDCWD, path, target);
}

int file_make_link_at(int dir_fd, const char *path, const char *target)
{
	return symlinkat(target, dir_fd, path) == 0 || errno == EEXIST ? 0 : -errno;
}

int file_make_dir(const char *path, unsigned mode)
{
	struct stat st;
	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_read_link(const char *path, char *out, size_t n_max)
{
	ssize_t n = readlink(path, out, n_max);
	if (n < 0)
		return -errno;
	if ((size_t)n == n_max)
		return -ENAMETOOLONG;
	out[n] = '\0';
	return 0;
}
