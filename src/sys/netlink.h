/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets, netlink(7).
 */
#ifndef SYS_NETLINK_H
#define SYS_NETLINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Non-blocking, member of the multicast groups whose bits are set. */
int netlink_open(int protocol, uint32_t groups);

int netlink_send(int fd, const void *bytes, size_t n_bytes);

/*
 * One datagram; only from the kernel (others are dropped and the next is read). -EAGAIN when none is waiting, -ENOBUFS
 * when events were lost, -EMSGSIZE when it did not fit.
 */
ssize_t netlink_receive(int fd, void *out, size_t n_max);

/* A negative descriptor is none. */
void netlink_close(int fd);

#endif
