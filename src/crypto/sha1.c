/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-1, FIPS 180-4 sections 4.1.1, 4.2.1, 5.3.1 and 6.1. For CHAP alone.
 */
#include "crypto/blocks.h"
#include "crypto/hash.h"

enum {
	DIGEST_BYTES = 20,
	N_ROUNDS = 80,
};

_Static_assert(sizeof(struct blocks) <= HASH_STATE_MAX, "a hash context holds the state of SHA-1");

static uint32_t rotate(uint32_t x, uint32_t n)
{
	return x << n | x >> (32 - n);
}

/* The function and the constant of round i. */
static uint32_t mix(size_t i, uint32_t x, uint32_t y, uint32_t z)
{
	switch (i / 20) {
	case 0:
		return ((x & y) ^ (~x & z)) + 0x5a827999;
	case 1:
		return (x ^ y ^ z) + 0x6ed9eba1;
	case 2:
		return ((x & y) ^ (x & z) ^ (y & z)) + 0x8f1bbcdc;
	default:
		return (x ^ y ^ z) + 0xca62c1d6;
	}
}

static void add_block(uint32_t sum[static 8], const uint8_t block[static BLOCK_BYTES])
{
	uint32_t words[N_ROUNDS];
	for (size_t i = 0; i < 16; i++)
		words[i] = load_be32(block + 4 * i);
	for (size_t i = 16; i < N_ROUNDS; i++)
		words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
	uint32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3], e = sum[4];
	for (size_t i = 0; i < N_ROUNDS; i++) {
		uint32_t x = rotate(a, 5) + mix(i, b, c, d) + e + words[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = x;
	}
	sum[0] += a;
	sum[1] += b;
	sum[2] += c;
	sum[3] += d;
	sum[4] += e;
}

static void sha1_init(void *state)
{
	struct blocks *sha1 = state;
	*sha1 = (struct blocks){.sum = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

static void sha1_update(void *state, const uint8_t *bytes, size_t n_bytes)
{
	blocks_update(state, add_block, bytes, n_bytes);
}

static void sha1_final(void *state, uint8_t *digest)
{
	struct blocks *sha1 = state;
	blocks_finish(sha1, add_block, true);
	for (size_t i = 0; i < DIGEST_BYTES / 4; i++)
		store_be32(digest + 4 * i, sha1->sum[i]);
}

const struct hash_algorithm hash_sha1 = {
	.name = "SHA1",
	.digest_bytes = DIGEST_BYTES,
	.init = sha1_init,
	.update = sha1_update,
	.final = sha1_final,
};
