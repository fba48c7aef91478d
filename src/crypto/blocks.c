/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cutting a message into blocks, and its end. Written for size and clarity, not for speed: a login hashes some dozen
 * bytes.
 */
#include "crypto/blocks.h"

enum {
	LENGTH_AT = 56, /* where the bit count stands in the last block */
};

uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

void store_be32(uint8_t *p, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void store_le32(uint8_t *p, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

void blocks_update(struct blocks *b, blocks_add *add, const uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		b->block[b->n_bytes++ % BLOCK_BYTES] = bytes[i];
		if (b->n_bytes % BLOCK_BYTES == 0)
			add(b->sum, b->block);
	}
}

void blocks_finish(struct blocks *b, blocks_add *add, bool big_endian)
{
	static const uint8_t padding[BLOCK_BYTES] = {0x80};
	uint32_t high = (uint32_t)(b->n_bytes >> 29), low = (uint32_t)(b->n_bytes << 3);
	size_t waiting = b->n_bytes % BLOCK_BYTES;
	uint8_t length[8];
	if (big_endian) {
		store_be32(length, high);
		store_be32(length + 4, low);
	} else {
		store_le32(length, low);
		store_le32(length + 4, high);
	}
	blocks_update(b, add, padding, (waiting < LENGTH_AT ? LENGTH_AT : LENGTH_AT + BLOCK_BYTES) - waiting);
	blocks_update(b, add, length, sizeof length);
}
