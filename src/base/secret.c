/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying, comparing and wiping secrets. Wipe and comparison go through volatile pointers, which no compiler may drop
 * or cut short.
 */
#include "base/secret.h"

#include <string.h>

bool secret_set(struct secret *secret, const void *bytes, size_t n_bytes)
{
	if (n_bytes > sizeof secret->bytes)
		return false;
	memcpy(secret->bytes, bytes, n_bytes);
	secret->n_bytes = n_bytes;
	return true;
}

bool bytes_equal(const void *a, const void *b, size_t n_bytes)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t difference = 0;
	for (size_t i = 0; i < n_bytes; i++)
		difference |= x[i] ^ y[i];
	return difference == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->n_bytes == b->n_bytes && bytes_equal(a->bytes, b->bytes, a->n_bytes);
}

void secret_wipe(struct secret *secret)
{
	bytes_wipe(secret, sizeof *secret);
}

void bytes_wipe(void *bytes, size_t n_bytes)
{
	volatile uint8_t *p = bytes;
	while (n_bytes-- > 0)
		*p++ = 0;
}
