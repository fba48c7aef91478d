/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying and wiping secrets. The wipe goes through a volatile pointer, which no compiler may drop.
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
