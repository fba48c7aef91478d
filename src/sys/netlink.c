/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets. What the datagrams mean is in kernel/.
 */
#include "sys/netlink.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>

enum {
	BUFFER_BYTES = 1 << 20, /* events of a whole machine's devices may come at once */
};

int netlink_open(int protocol, uint32_t groups)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){BUFFER_BYTES}, sizeof(int));
	struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
	if (bind(fd, (const struct sockaddr *)&own, sizeof own) != 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

int netlink_send(int fd, const void *bytes, size_t n_bytes)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t n;
	do
		n = sendto(fd, bytes, n_bytes, 0, (const struct sockaddr *)&kernel, sizeof kernel);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t netlink_receive(int fd, void *out, size_t n_max)
{
	for (;;) {
		struct sockaddr_nl sender = {.nl_family = AF_NETLINK};
		socklen_t n_sender = sizeof sender;
		ssize_t n = recvfrom(fd, out, n_max, MSG_TRUNC, (struct sockaddr *)&sender, &n_sender);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (sender.nl_pid != 0)
			continue;
		return (size_t)n > n_max ? -EMSGSIZE : n;
	}
}

void netlink_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
