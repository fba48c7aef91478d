/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip(7), ipv6(7): IP_PMTUDISC_PROBE sets DF and takes no notice of what is known of the path, so that the interface's
 * MTU is the only bound. What a router says of the path comes back as EMSGSIZE. For IPv6 that is only so with
 * IPV6_PMTUDISC_DO, where it may also come from the sending of the next one.
 */
#include "sys/ping.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

int ping_open(const struct tcp_address *to)
{
	bool v6 = to->storage.ss_family == AF_INET6;
	struct tcp_address host = *to;
	if (v6)
		((struct sockaddr_in6 *)&host.storage)->sin6_port = 0;
	int fd = socket(to->storage.ss_family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd < 0)
		return -errno;
	int set = v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &(int){IPV6_PMTUDISC_DO}, sizeof(int)) |
				  setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &(int){1}, sizeof(int))
		     : setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &(int){IP_PMTUDISC_PROBE}, sizeof(int));
	if (set == 0 && connect(fd, (const struct sockaddr *)&host.storage, host.n_bytes) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}
