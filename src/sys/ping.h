/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A raw ICMP socket to one address, for echo requests that must not be fragmented on their way.
 */
#ifndef SYS_PING_H
#define SYS_PING_H

#include "sys/tcp.h"

/* Non-blocking; the port is not used. A descriptor for tcp_send, tcp_receive and tcp_close, or a negative errno. */
int ping_open(const struct tcp_address *to);

#endif
