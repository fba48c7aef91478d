/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile variants of a valid message for decoders: every truncation, every byte with each bit flipped, and set to 0
 * and 255. Each is handed over in a heap buffer of exactly its size, so that AddressSanitizer sees the first byte read
 * too far. Judges no result: the callee asserts what must hold for any input.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline void hostile_try(const uint8_t *bytes, size_t n_bytes, void (*decode)(const uint8_t *, size_t))
{
	uint8_t *exact = malloc(n_bytes > 0 ? n_bytes : 1);
	if (n_bytes > 0)
		memcpy(exact, bytes, n_bytes);
	decode(n_bytes > 0 ? exact : exact + 1, n_bytes);
	free(exact);
}

static inline void hostile_each(const uint8_t *bytes, size_t n_bytes, void (*decode)(const uint8_t *, size_t))
{
	uint8_t *changed = malloc(n_bytes);
	for (size_t n = 0; n <= n_bytes; n++)
		hostile_try(bytes, n, decode);
	for (size_t at = 0; at < n_bytes; at++) {
		for (unsigned variant = 0; variant < 10; variant++) {
			memcpy(changed, bytes, n_bytes);
			changed[at] = (uint8_t)(variant < 8 ? bytes[at] ^ 1U << variant : variant == 8 ? 0 : 255);
			hostile_try(changed, n_bytes, decode);
		}
	}
	free(changed);
}

#endif
