/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UUIDs and labels as text, in the forms of blkid and the kernel.
 */
#include "probe/identity.h"

#include <string.h>

#include "base/cursor.h"
#include "base/writer.h"

void identity_uuid(const uint8_t uuid[static 16], char out[static PROBE_UUID_BYTES])
{
	static const uint8_t zeros[16];
	static const uint8_t groups[] = {4, 2, 2, 2, 6};
	struct writer w = writer_over(out, PROBE_UUID_BYTES - 1);
	out[0] = '\0';
	if (memcmp(uuid, zeros, sizeof zeros) == 0)
		return;
	for (size_t i = 0; i < sizeof groups; i++) {
		if (i > 0)
			writer_text(&w, "-");
		writer_hex(&w, uuid, groups[i]);
		uuid += groups[i];
	}
	out[w.n_bytes] = '\0';
}

void identity_guid(const uint8_t guid[static 16], char out[static PROBE_UUID_BYTES])
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t uuid[16];
	for (size_t i = 0; i < sizeof uuid; i++)
		uuid[i] = guid[order[i]];
	identity_uuid(uuid, out);
}

void identity_text(const uint8_t *text, size_t n_bytes, char *out, size_t n_max)
{
	const uint8_t *end = memchr(text, '\0', n_bytes);
	size_t n = end != NULL ? (size_t)(end - text) : n_bytes;
	if (n >= n_max)
		n = n_max - 1;
	memcpy(out, text, n);
	out[n] = '\0';
}

/* The next code point of UTF-16LE. */
static uint32_t take_code_point(struct cursor *c)
{
	uint32_t high = cursor_le16(c);
	if ((high & 0xf800) != 0xd800)
		return high;
	struct cursor ahead = *c;
	uint32_t low = cursor_le16(&ahead);
	if (high >= 0xdc00 || (low & 0xfc00) != 0xdc00)
		return 0xfffd;
	*c = ahead;
	return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

static size_t encode_utf8(uint32_t code, uint8_t out[static 4])
{
	if (code < 0x80) {
		out[0] = (uint8_t)code;
		return 1;
	}
	size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (uint8_t)(lead[n] | code);
	return n;
}

void identity_utf16(const uint8_t *text, size_t n_bytes, char out[static PROBE_LABEL_BYTES])
{
	struct cursor c = cursor_over(text, n_bytes);
	struct writer w = writer_over(out, PROBE_LABEL_BYTES - 1);
	while (cursor_left(&c) >= 2 && !w.full) {
		uint8_t utf8[4];
		uint32_t code = take_code_point(&c);
		if (code == 0)
			break;
		writer_bytes(&w, utf8, encode_utf8(code, utf8));
	}
	out[w.n_bytes] = '\0';
}
