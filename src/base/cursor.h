/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading binary formats: a cursor over bytes with a sticky error. A read past the end yields zero and marks the cursor
 * bad; callers check once, at the end. Bounds are checked here and nowhere else.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *bytes;
	size_t n_bytes;
	size_t at;
	bool bad;
};

struct cursor cursor_over(const void *bytes, size_t n_bytes);

/* Bytes not read yet; 0 when bad. */
size_t cursor_left(const struct cursor *c);

/* Moves to an absolute offset; past the end is bad. */
void cursor_seek(struct cursor *c, size_t at);
void cursor_skip(struct cursor *c, size_t n_bytes);

/* The next n_bytes in place, or NULL and bad. */
const uint8_t *cursor_take(struct cursor *c, size_t n_bytes);

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_be16(struct cursor *c);
uint32_t cursor_be24(struct cursor *c);
uint32_t cursor_be32(struct cursor *c);
uint64_t cursor_be64(struct cursor *c);
uint16_t cursor_le16(struct cursor *c);
uint32_t cursor_le32(struct cursor *c);
uint64_t cursor_le64(struct cursor *c);

/* Host byte order, for kernel ABIs. */
uint16_t cursor_host16(struct cursor *c);
uint32_t cursor_host32(struct cursor *c);
uint64_t cursor_host64(struct cursor *c);

#endif
