/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP over IPv4 and IPv6. Only connects; the kernel's iSCSI takes plain TCP sockets, not MPTCP.
 */
#include "sys/tcp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void tcp_address_make(struct tcp_address *a, const struct ip_address *ip, uint16_t port, uint32_t scope_ifindex)
{
	*a = (struct tcp_address){0};
	if (ip->family == 6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->storage;
		*v6 = (struct sockaddr_in6){
			.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope_ifindex};
		memcpy(&v6->sin6_addr, ip->bytes, sizeof v6->sin6_addr);
		a->n_bytes = sizeof *v6;
	} else {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&a->storage;
		*v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
		memcpy(&v4->sin_addr, ip->bytes, sizeof v4->sin_addr);
		a->n_bytes = sizeof *v4;
	}
}

void tcp_address_take(const struct tcp_address *a, struct ip_address *ip, uint32_t *scope_ifindex)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->storage;
	bool is_v6 = a->storage.ss_family == AF_INET6;
	*ip = (struct ip_address){.family = is_v6 ? 6 : 4};
	*scope_ifindex = is_v6 ? v6->sin6_scope_id : 0;
	if (is_v6)
		memcpy(ip->bytes, &v6->sin6_addr, sizeof v6->sin6_addr);
	else
		memcpy(ip->bytes, &((const struct sockaddr_in *)&a->storage)->sin_addr, 4);
}

void tcp_address_format(const struct tcp_address *a, char out[static IP_TEXT_BYTES])
{
	struct ip_address ip;
	uint32_t scope;
	char name[IF_NAMESIZE];
	tcp_address_take(a, &ip, &scope);
	ip_format(&ip, out);
	size_t used = strlen(out);
	if (scope != 0 && if_indextoname(scope, name) != NULL)
		snprintf(out + used, IP_TEXT_BYTES - used, "%%%s", name);
	else if (scope != 0)
		snprintf(out + used, IP_TEXT_BYTES - used, "%%%u", scope);
}

static uint32_t header_bytes(unsigned family)
{
	return family == AF_INET6 ? 40 + 20 : 20 + 20;
}

int tcp_connect(const struct tcp_address *a, uint32_t packet_max, int *fd)
{
	int s = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (s < 0)
		return -errno;
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	uint32_t segment_max = packet_max - header_bytes(a->storage.ss_family);
	if (packet_max != 0)
		setsockopt(s, IPPROTO_TCP, TCP_MAXSEG, &segment_max, sizeof segment_max);
	int result = connect(s, (const struct sockaddr *)&a->storage, a->n_bytes) == 0 ? 0 : -errno;
	if (result == 0 || result == -EINPROGRESS)
		*fd = s;
	else
		close(s);
	return result;
}

int tcp_connect_result(int fd)
{
	int error = 0;
	socklen_t n_bytes = sizeof error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n_bytes) != 0)
		return -errno;
	return -error;
}

uint32_t tcp_packet_bytes(int fd)
{
	enum { TIMESTAMPS = 12 };
	struct tcp_info info;
	struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
	socklen_t n_info = sizeof info, n_own = sizeof own;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n_info) != 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &n_own) != 0)
		return 0;
	return info.tcpi_snd_mss + header_bytes(own.ss_family) +
	       (info.tcpi_options & TCPI_OPT_TIMESTAMPS ? TIMESTAMPS : 0);
}

ssize_t tcp_send(int fd, const void *bytes, size_t n_bytes)
{
	ssize_t n;
	do
		n = send(fd, bytes, n_bytes, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t tcp_receive(int fd, void *bytes, size_t n_bytes)
{
	ssize_t n;
	do
		n = recv(fd, bytes, n_bytes, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

void tcp_close(int fd)
{
	close(fd);
}
