/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes by one interface: a table row describes an algorithm, a context of fixed size serves all. Pure.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

enum {
	HASH_DIGEST_MAX = 32, /* bytes of the longest digest (SHA-256, SHA3-256) */
	HASH_STATE_MAX = 512, /* bytes of the largest state */
};

struct hash_context {
	const struct hash_algorithm *algorithm;
	uint64_t state[HASH_STATE_MAX / 8];
};

struct hash_algorithm {
	const char *name;
	size_t digest_bytes;
	void (*init)(void *state);
	void (*update)(void *state, const uint8_t *bytes, size_t n_bytes);
	void (*final)(void *state, uint8_t *digest);
};

/* What CHAP knows; for nothing else. */
extern const struct hash_algorithm hash_md5;               /* RFC 1321 */
extern const struct hash_algorithm hash_sha1, hash_sha256; /* FIPS 180-4 */
extern const struct hash_algorithm hash_sha3_256;          /* FIPS 202 */

void hash_init(struct hash_context *h, const struct hash_algorithm *algorithm);
void hash_update(struct hash_context *h, const void *bytes, size_t n_bytes);

/* Writes algorithm->digest_bytes and wipes the state. */
void hash_final(struct hash_context *h, uint8_t digest[static HASH_DIGEST_MAX]);

#endif
