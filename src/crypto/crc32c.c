/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bit by bit: a rehearsal checks some hundred kilobytes, and a table would be larger than the rest.
 */
#include "crypto/crc32c.h"

static const uint32_t polynomial = 0x82f63b78; /* 0x1edc6f41, the lowest bit first */

uint32_t crc32c(uint32_t crc, const void *bytes, size_t n_bytes)
{
	const uint8_t *p = bytes;
	crc = ~crc;
	for (size_t i = 0; i < n_bytes; i++) {
		crc ^= p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
	}
	return ~crc;
}
