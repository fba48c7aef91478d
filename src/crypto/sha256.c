/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256, FIPS 180-4 sections 4.1.2, 4.2.2, 5.3.3 and 6.2. For CHAP alone.
 */
#include "crypto/blocks.h"
#include "crypto/hash.h"

enum {
	DIGEST_BYTES = 32,
	N_ROUNDS = 64,
};

_Static_assert(sizeof(struct blocks) <= HASH_STATE_MAX, "a hash context holds the state of SHA-256");

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[N_ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, uint32_t n)
{
	return x >> n | x << (32 - n);
}

static void expand(const uint8_t *block, uint32_t words[static N_ROUNDS])
{
	for (size_t i = 0; i < 16; i++)
		words[i] = load_be32(block + 4 * i);
	for (size_t i = 16; i < N_ROUNDS; i++) {
		uint32_t x = words[i - 15], y = words[i - 2];
		words[i] = words[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + words[i - 7] +
			   (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
	}
}

static void add_block(uint32_t sum[static 8], const uint8_t block[static BLOCK_BYTES])
{
	uint32_t words[N_ROUNDS], v[8];
	expand(block, words);
	for (size_t i = 0; i < 8; i++)
		v[i] = sum[i];
	for (size_t i = 0; i < N_ROUNDS; i++) {
		uint32_t a = v[0], e = v[4];
		uint32_t choice = (e & v[5]) ^ (~e & v[6]);
		uint32_t majority = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);
		uint32_t x = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + constants[i] + words[i];
		uint32_t y = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
		for (size_t k = 7; k > 0; k--)
			v[k] = v[k - 1];
		v[4] += x;
		v[0] = x + y;
	}
	for (size_t i = 0; i < 8; i++)
		sum[i] += v[i];
}

static void sha256_init(void *state)
{
	struct blocks *sha256 = state;
	*sha256 = (struct blocks){.sum = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
					  0x1f83d9ab, 0x5be0cd19}};
}

static void sha256_update(void *state, const uint8_t *bytes, size_t n_bytes)
{
	blocks_update(state, add_block, bytes, n_bytes);
}

static void sha256_final(void *state, uint8_t *digest)
{
	struct blocks *sha256 = state;
	blocks_finish(sha256, add_block, true);
	for (size_t i = 0; i < DIGEST_BYTES / 4; i++)
		store_be32(digest + 4 * i, sha256->sum[i]);
}

const struct hash_algorithm hash_sha256 = {
	.name = "SHA256",
	.digest_bytes = DIGEST_BYTES,
	.init = sha256_init,
	.update = sha256_update,
	.final = sha256_final,
};
