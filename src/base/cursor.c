/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sticky-error reader.
 */
#include "base/cursor.h"

#include <string.h>

struct cursor cursor_over(const void *bytes, size_t n_bytes)
{
	return (struct cursor){.bytes = bytes, .n_bytes = n_bytes};
}

size_t cursor_left(const struct cursor *c)
{
	return c->bad ? 0 : c->n_bytes - c->at;
}

void cursor_seek(struct cursor *c, size_t at)
{
	if (at > c->n_bytes)
		c->bad = true;
	else
		c->at = at;
}

void cursor_skip(struct cursor *c, size_t n_bytes)
{
	cursor_take(c, n_bytes);
}

const uint8_t *cursor_take(struct cursor *c, size_t n_bytes)
{
	if (n_bytes > cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	const uint8_t *taken = c->bytes + c->at;
	c->at += n_bytes;
	return taken;
}

static uint64_t take_be(struct cursor *c, size_t n_bytes)
{
	const uint8_t *p = cursor_take(c, n_bytes);
	uint64_t value = 0;
	for (size_t i = 0; p != NULL && i < n_bytes; i++)
		value = value << 8 | p[i];
	return value;
}

static uint64_t take_le(struct cursor *c, size_t n_bytes)
{
	const uint8_t *p = cursor_take(c, n_bytes);
	uint64_t value = 0;
	for (size_t i = n_bytes; p != NULL && i > 0; i--)
		value = value << 8 | p[i - 1];
	return value;
}

static void take_host(struct cursor *c, void *value, size_t n_bytes)
{
	const uint8_t *p = cursor_take(c, n_bytes);
	if (p != NULL)
		memcpy(value, p, n_bytes);
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)take_be(c, 1);
}

uint16_t cursor_be16(struct cursor *c)
{
	return (uint16_t)take_be(c, 2);
}

uint32_t cursor_be24(struct cursor *c)
{
	return (uint32_t)take_be(c, 3);
}

uint32_t cursor_be32(struct cursor *c)
{
	return (uint32_t)take_be(c, 4);
}

uint64_t cursor_be64(struct cursor *c)
{
	return take_be(c, 8);
}

uint16_t cursor_le16(struct cursor *c)
{
	return (uint16_t)take_le(c, 2);
}

uint32_t cursor_le32(struct cursor *c)
{
	return (uint32_t)take_le(c, 4);
}

uint64_t cursor_le64(struct cursor *c)
{
	return take_le(c, 8);
}

uint16_t cursor_host16(struct cursor *c)
{
	uint16_t value = 0;
	take_host(c, &value, sizeof value);
	return value;
}

uint32_t cursor_host32(struct cursor *c)
{
	uint32_t value = 0;
	take_host(c, &value, sizeof value);
	return value;
}

uint64_t cursor_host64(struct cursor *c)
{
	uint64_t value = 0;
	take_host(c, &value, sizeof value);
	return value;
}
