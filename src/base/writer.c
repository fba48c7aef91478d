/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sticky-overflow writer.
 */
#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer writer_over(void *bytes, size_t n_max)
{
	return (struct writer){.bytes = bytes, .n_max = n_max};
}

uint8_t *writer_reserve(struct writer *w, size_t n_bytes)
{
	if (w->full || n_bytes > w->n_max - w->n_bytes) {
		w->full = true;
		return NULL;
	}
	uint8_t *room = w->bytes + w->n_bytes;
	w->n_bytes += n_bytes;
	return room;
}

void writer_bytes(struct writer *w, const void *bytes, size_t n_bytes)
{
	uint8_t *room = writer_reserve(w, n_bytes);
	if (room != NULL && n_bytes > 0)
		memcpy(room, bytes, n_bytes);
}

void writer_zeros(struct writer *w, size_t n_bytes)
{
	uint8_t *room = writer_reserve(w, n_bytes);
	if (room != NULL)
		memset(room, 0, n_bytes);
}

static void put_be(struct writer *w, uint32_t value, size_t n_bytes)
{
	uint8_t *room = writer_reserve(w, n_bytes);
	for (size_t i = n_bytes; room != NULL && i > 0; i--) {
		room[i - 1] = (uint8_t)value;
		value >>= 8;
	}
}

void writer_u8(struct writer *w, uint8_t value)
{
	put_be(w, value, 1);
}

void writer_be16(struct writer *w, uint16_t value)
{
	put_be(w, value, 2);
}

void writer_be24(struct writer *w, uint32_t value)
{
	put_be(w, value, 3);
}

void writer_be32(struct writer *w, uint32_t value)
{
	put_be(w, value, 4);
}

void writer_host16(struct writer *w, uint16_t value)
{
	writer_bytes(w, &value, sizeof value);
}

void writer_host32(struct writer *w, uint32_t value)
{
	writer_bytes(w, &value, sizeof value);
}

void writer_host64(struct writer *w, uint64_t value)
{
	writer_bytes(w, &value, sizeof value);
}

void writer_text(struct writer *w, const char *text)
{
	writer_bytes(w, text, strlen(text));
}

void writer_format(struct writer *w, const char *format, ...)
{
	if (w->full)
		return;
	char text[1024];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		w->full = true;
	else
		writer_bytes(w, text, (size_t)n);
}

void writer_hex(struct writer *w, const uint8_t *bytes, size_t n_bytes)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n_bytes; i++) {
		writer_u8(w, (uint8_t)digits[bytes[i] >> 4]);
		writer_u8(w, (uint8_t)digits[bytes[i] & 15]);
	}
}
