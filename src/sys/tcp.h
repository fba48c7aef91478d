/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP addresses and connections.
 */
#ifndef SYS_TCP_H
#define SYS_TCP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/text.h"

struct tcp_address {
	struct sockaddr_storage storage;
	socklen_t n_bytes;
};

void tcp_address_make(struct tcp_address *a, const struct ip_address *ip, uint16_t port, uint32_t scope_ifindex);

/* IPv6: with the interface of a link-local address, else 0. */
void tcp_address_take(const struct tcp_address *a, struct ip_address *ip, uint32_t *scope_ifindex);

/* Numeric text without brackets or port; IPv6 scope as %name. */
void tcp_address_format(const struct tcp_address *a, char out[static IP_TEXT_BYTES]);

/*
 * Non-blocking connect with TCP_NODELAY; *fd is set when it returns 0 (done) or -EINPROGRESS. packet_max: of the IP
 * packets that either side sends, 0: as the interface has it.
 */
int tcp_connect(const struct tcp_address *a, uint32_t packet_max, int *fd);

/* Once writable: 0 or the negative errno. */
int tcp_connect_result(int fd);

/* The longest IP packet that either side of a connection sends, by what both have announced; 0: not known. */
uint32_t tcp_packet_bytes(int fd);

/* What goes at once: bytes sent or received (0: the other side has closed), -EAGAIN: not now. No signal. */
ssize_t tcp_send(int fd, const void *bytes, size_t n_bytes);
ssize_t tcp_receive(int fd, void *bytes, size_t n_bytes);

void tcp_close(int fd);

#endif
