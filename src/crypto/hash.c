/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The common part of all hashes: dispatch by the algorithm's row, and the wipe at the end.
 */
#include "crypto/hash.h"

#include "base/secret.h"

void hash_init(struct hash_context *h, const struct hash_algorithm *algorithm)
{
	h->algorithm = algorithm;
	algorithm->init(h->state);
}

void hash_update(struct hash_context *h, const void *bytes, size_t n_bytes)
{
	h->algorithm->update(h->state, bytes, n_bytes);
}

void hash_final(struct hash_context *h, uint8_t digest[static HASH_DIGEST_MAX])
{
	h->algorithm->final(h->state, digest);
	bytes_wipe(h->state, sizeof h->state);
}
