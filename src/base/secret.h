/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CHAP secret. It has no formatter: nothing prints it. It lives in locked memory, is copied only into a hash or a
 * kernel message, and is wiped after its last use.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

struct secret {
	uint8_t bytes[SECRET_MAX];
	size_t n_bytes; /* 0: no secret */
};

/* Takes a copy. Returns false, and changes nothing, when it does not fit. */
bool secret_set(struct secret *secret, const void *bytes, size_t n_bytes);

/* Overwrites the bytes in a way the compiler keeps. */
void secret_wipe(struct secret *secret);

/* In a time that depends on nothing but n_bytes. */
bool bytes_equal(const void *a, const void *b, size_t n_bytes);
bool secret_equal(const struct secret *a, const struct secret *b);

/* Overwrites any memory that held a secret. */
void bytes_wipe(void *bytes, size_t n_bytes);

#endif
