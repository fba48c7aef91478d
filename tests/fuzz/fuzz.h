/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all harnesses share. A harness is one file with LLVMFuzzerTestOneInput (libFuzzer); it checks what must hold for
 * any input with CHECK, and asks for no particular result. Where the input is taken apart, each part is handed over in
 * a heap buffer of exactly its size, so that AddressSanitizer sees the first byte read too far.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

#define CHECK(condition) fuzz_check(condition, __FILE__, __LINE__, #condition)

static inline void fuzz_check(bool holds, const char *file, int line, const char *condition)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

/* What is left of the input, in a heap buffer of its own. */
static inline uint8_t *fuzz_rest(struct cursor *input, size_t *n_bytes)
{
	*n_bytes = cursor_left(input);
	const uint8_t *bytes = cursor_take(input, *n_bytes);
	uint8_t *copy = malloc(*n_bytes > 0 ? *n_bytes : 1);
	if (*n_bytes > 0)
		memcpy(copy, bytes, *n_bytes);
	return copy;
}

/* The bytes as a C string on the heap: up to their first NUL. */
static inline char *fuzz_text(const uint8_t *bytes, size_t n_bytes)
{
	return strndup(n_bytes > 0 ? (const char *)bytes : "", n_bytes);
}

/* All of one char array is text with its NUL. */
#define CHECK_TEXT(array) CHECK(memchr(array, '\0', sizeof(array)) != NULL)

static inline bool fuzz_is_inside(struct span s, const void *bytes, size_t n_bytes)
{
	const char *from = bytes;
	return s.text == NULL ? s.n_bytes == 0 : s.text >= from && s.text + s.n_bytes <= from + n_bytes;
}

/* Bytes above blank, without DEL: what may stand in a name. */
static inline bool fuzz_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

#endif
