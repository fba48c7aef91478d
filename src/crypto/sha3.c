/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA3-256, FIPS 202 sections 3.2 (the permutation Keccak-f[1600]), 4 (the sponge) and 6.1. For CHAP alone.
 */
#include "crypto/hash.h"

#include <string.h>

enum {
	DIGEST_BYTES = 32,
	RATE_BYTES = 136, /* 1600 bits without twice the digest's */
	N_LANES = 25,
	N_ROUNDS = 24,
	N_MOVED = 24, /* lanes that rho and pi move: all but the first */
};

struct sha3 {
	uint64_t lanes[N_LANES]; /* A[x, y] is lanes[x + 5 * y] */
	uint64_t n_waiting;      /* bytes of the present block that are in */
};

_Static_assert(sizeof(struct sha3) <= HASH_STATE_MAX, "a hash context holds the state of SHA3-256");

/* RC of section 3.2.5, round by round. */
static const uint64_t constants[N_ROUNDS] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
	0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
	0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
	0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* The way of the lanes from A[1, 0] on: where the next one goes (pi), and by how much it turns (rho). */
static const uint8_t places[N_MOVED] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
					15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const uint8_t turns[N_MOVED] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
				       27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void theta(uint64_t a[static N_LANES])
{
	uint64_t columns[5];
	for (size_t x = 0; x < 5; x++)
		columns[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (size_t i = 0; i < N_LANES; i++)
		a[i] ^= columns[(i + 4) % 5] ^ rotate(columns[(i + 1) % 5], 1);
}

static void rho_and_pi(uint64_t a[static N_LANES])
{
	uint64_t moving = a[1];
	for (size_t i = 0; i < N_MOVED; i++) {
		uint64_t next = a[places[i]];
		a[places[i]] = rotate(moving, turns[i]);
		moving = next;
	}
}

static void chi(uint64_t a[static N_LANES])
{
	for (size_t y = 0; y < N_LANES; y += 5) {
		uint64_t row[5];
		memcpy(row, a + y, sizeof row);
		for (size_t x = 0; x < 5; x++)
			a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
	}
}

static void permute(uint64_t a[static N_LANES])
{
	for (size_t round = 0; round < N_ROUNDS; round++) {
		theta(a);
		rho_and_pi(a);
		chi(a);
		a[0] ^= constants[round];
	}
}

static void put_byte(struct sha3 *sha3, uint64_t at, uint8_t byte)
{
	sha3->lanes[at / 8] ^= (uint64_t)byte << (at % 8 * 8);
}

static void sha3_init(void *state)
{
	struct sha3 *sha3 = state;
	*sha3 = (struct sha3){.n_waiting = 0};
}

static void sha3_update(void *state, const uint8_t *bytes, size_t n_bytes)
{
	struct sha3 *sha3 = state;
	for (size_t i = 0; i < n_bytes; i++) {
		put_byte(sha3, sha3->n_waiting++, bytes[i]);
		if (sha3->n_waiting == RATE_BYTES) {
			permute(sha3->lanes);
			sha3->n_waiting = 0;
		}
	}
}

/* The message ends with the bits 01 (section 6.1), then 1, zeros and 1 (section 5.1); bits count from the lowest. */
static void sha3_final(void *state, uint8_t *digest)
{
	struct sha3 *sha3 = state;
	put_byte(sha3, sha3->n_waiting, 0x06);
	put_byte(sha3, RATE_BYTES - 1, 0x80);
	permute(sha3->lanes);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		digest[i] = (uint8_t)(sha3->lanes[i / 8] >> (i % 8 * 8));
}

const struct hash_algorithm hash_sha3_256 = {
	.name = "SHA3-256",
	.digest_bytes = DIGEST_BYTES,
	.init = sha3_init,
	.update = sha3_update,
	.final = sha3_final,
};
