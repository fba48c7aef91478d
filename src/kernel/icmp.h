/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Echo requests and their replies, ICMP (RFC 792) and ICMPv6 (RFC 4443 section 4), as raw sockets take and give them
 * (raw(7)): in IPv4 with the IP header on what is received, in IPv6 without it and with the checksum left to the
 * kernel. What an error message says is the kernel's business.
 */
#ifndef KERNEL_ICMP_H
#define KERNEL_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/writer.h"

enum {
	ICMP_HEADER_BYTES = 8,
};

/* A request of n_bytes in all, zeros behind its header. family: 4 or 6. */
void icmp_put_echo(struct writer *w, unsigned family, uint16_t id, uint16_t number, size_t n_bytes);

/* Whether what was received is the reply to one of our requests; its number. */
bool icmp_read_reply(unsigned family, const uint8_t *bytes, size_t n_bytes, uint16_t id, uint16_t *number);

#endif
