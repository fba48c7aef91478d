/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What MD5, SHA-1 and SHA-256 share: blocks of 64 bytes, and at the end a one bit, zeros and the length in bits (RFC
 * 1321 section 3, FIPS 180-4 section 5.1.1). For the files of this room.
 */
#ifndef CRYPTO_BLOCKS_H
#define CRYPTO_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BLOCK_BYTES = 64,
};

struct blocks {
	uint64_t n_bytes; /* hashed so far */
	uint32_t sum[8];
	uint8_t block[BLOCK_BYTES]; /* n_bytes % BLOCK_BYTES of them wait */
};

/* Works a whole block into the sum. */
typedef void blocks_add(uint32_t sum[static 8], const uint8_t block[static BLOCK_BYTES]);

void blocks_update(struct blocks *b, blocks_add *add, const uint8_t *bytes, size_t n_bytes);

/* Adds padding and length; the sum is the digest then. */
void blocks_finish(struct blocks *b, blocks_add *add, bool big_endian);

uint32_t load_be32(const uint8_t *p);
void store_be32(uint8_t *p, uint32_t value);
uint32_t load_le32(const uint8_t *p);
void store_le32(uint8_t *p, uint32_t value);

#endif
