/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MD5, RFC 1321. Broken as a hash for signatures; here because CHAP (RFC 7143 section 12.1.3) makes it mandatory.
 */
#include "crypto/blocks.h"
#include "crypto/hash.h"

enum {
	DIGEST_BYTES = 16,
};

_Static_assert(sizeof(struct blocks) <= HASH_STATE_MAX, "a hash context holds the state of MD5");

/* T[i] of section 3.4: the integer part of 2^32 * abs(sin(i + 1)). */
static const uint32_t sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

/* Of each of the four rounds: its shifts, and which word of the block step i takes: (factor * i + start) % 16. */
static const struct {
	uint8_t shifts[4];
	uint8_t factor, start;
} rounds[4] = {
	{{7, 12, 17, 22}, 1, 0},
	{{5, 9, 14, 20}, 5, 1},
	{{4, 11, 16, 23}, 3, 5},
	{{6, 10, 15, 21}, 7, 0},
};

static uint32_t mix(size_t round, uint32_t x, uint32_t y, uint32_t z)
{
	switch (round) {
	case 0:
		return (x & y) | (~x & z);
	case 1:
		return (x & z) | (y & ~z);
	case 2:
		return x ^ y ^ z;
	default:
		return y ^ (x | ~z);
	}
}

static void add_block(uint32_t sum[static 8], const uint8_t block[static BLOCK_BYTES])
{
	uint32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
	for (size_t i = 0; i < 64; i++) {
		size_t round = i / 16;
		size_t word = (rounds[round].factor * i + rounds[round].start) % 16;
		uint32_t x = a + mix(round, b, c, d) + load_le32(block + 4 * word) + sines[i];
		uint32_t shift = rounds[round].shifts[i % 4];
		a = d;
		d = c;
		c = b;
		b += x << shift | x >> (32 - shift);
	}
	sum[0] += a;
	sum[1] += b;
	sum[2] += c;
	sum[3] += d;
}

static void md5_init(void *state)
{
	struct blocks *md5 = state;
	*md5 = (struct blocks){.sum = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

static void md5_update(void *state, const uint8_t *bytes, size_t n_bytes)
{
	blocks_update(state, add_block, bytes, n_bytes);
}

static void md5_final(void *state, uint8_t *digest)
{
	struct blocks *md5 = state;
	blocks_finish(md5, add_block, false);
	for (size_t i = 0; i < DIGEST_BYTES / 4; i++)
		store_le32(digest + 4 * i, md5->sum[i]);
}

const struct hash_algorithm hash_md5 = {
	.name = "MD5",
	.digest_bytes = DIGEST_BYTES,
	.init = md5_init,
	.update = md5_update,
	.final = md5_final,
};
