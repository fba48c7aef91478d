/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zeros add nothing to the checksum (RFC 1071), so it is that of the header.
 */
#include "kernel/icmp.h"

#include "base/cursor.h"

enum {
	ECHO_REQUEST4 = 8,
	ECHO_REPLY4 = 0,
	ECHO_REQUEST6 = 128,
	ECHO_REPLY6 = 129,
};

static uint16_t checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

void icmp_put_echo(struct writer *w, unsigned family, uint16_t id, uint16_t number, size_t n_bytes)
{
	uint8_t type = family == 6 ? ECHO_REQUEST6 : ECHO_REQUEST4;
	writer_u8(w, type);
	writer_u8(w, 0);
	writer_be16(w, family == 6 ? 0 : checksum(((uint32_t)type << 8) + id + number));
	writer_be16(w, id);
	writer_be16(w, number);
	writer_zeros(w, n_bytes - ICMP_HEADER_BYTES);
}

bool icmp_read_reply(unsigned family, const uint8_t *bytes, size_t n_bytes, uint16_t id, uint16_t *number)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	if (family == 4) /* RFC 791 section 3.1: the header's length in words of 4 bytes */
		cursor_skip(&c, n_bytes > 0 ? (size_t)(bytes[0] & 0xf) * 4 : 0);
	uint8_t type = cursor_u8(&c);
	cursor_skip(&c, 3); /* code and checksum, which the kernel has looked at */
	uint16_t its_id = cursor_be16(&c);
	*number = cursor_be16(&c);
	return !c.bad && type == (family == 6 ? ECHO_REPLY6 : ECHO_REPLY4) && its_id == id;
}
