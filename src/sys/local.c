/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SOCK_SEQPACKET, non-blocking. The file's mode keeps others out, and SO_PEERCRED those who came by another way.
 */
#include "sys/local.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (snprintf(address->sun_path, sizeof address->sun_path, "%s", path) >= (int)sizeof address->sun_path)
		return -ENAMETOOLONG;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

/* Closes and hands errno on when a step failed. */
static int keep_if(int fd, int failed)
{
	int error = errno;
	if (failed == 0)
		return fd;
	close(fd);
	return -error;
}

int local_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = open_socket(path, &address);
	if (fd < 0)
		return fd;
	unlink(path);
	mode_t before = umask(0177);
	int failed = bind(fd, (const struct sockaddr *)&address, sizeof address);
	umask(before);
	return keep_if(fd, failed != 0 ? failed : listen(fd, 4));
}

int local_accept(int listen_fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t n_bytes = sizeof peer;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	bool is_root = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n_bytes) == 0 && peer.uid == 0;
	if (!is_root)
		errno = EPERM;
	return keep_if(fd, is_root ? 0 : -1);
}

int local_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = open_socket(path, &address);
	return fd < 0 ? fd : keep_if(fd, connect(fd, (const struct sockaddr *)&address, sizeof address));
}

void local_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

ssize_t local_send(int fd, const void *bytes, size_t n_bytes)
{
	ssize_t n = send(fd, bytes, n_bytes, MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

ssize_t local_receive(int fd, void *bytes, size_t n_max)
{
	ssize_t n = recv(fd, bytes, n_max, 0);
	return n < 0 ? -errno : n;
}
