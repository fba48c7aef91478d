/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hexadecimal and base64, RFC 7143 section 6.1 and RFC 4648 section 4, as CHAP has them. The first byte is the room for
 * the result. The rest is read as text, and it is written as both forms and read again.
 */
#include "iscsi/textkeys.h"

#include "fuzz.h"

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t write_base64(const uint8_t *bytes, size_t n_bytes, char *out)
{
	size_t n = 0;
	for (size_t at = 0; at < n_bytes; at += 3) {
		uint32_t group = (uint32_t)bytes[at] << 16;
		group |= at + 1 < n_bytes ? (uint32_t)bytes[at + 1] << 8 : 0;
		group |= at + 2 < n_bytes ? bytes[at + 2] : 0;
		for (size_t i = 0; i < 4; i++)
			out[n++] = at + i > n_bytes ? '=' : digits64[group >> (18 - 6 * i) & 63];
	}
	return n;
}

static void check_read(const char *text, size_t n_text, const uint8_t *bytes, size_t n_bytes)
{
	uint8_t *out = malloc(n_bytes);
	size_t n_out;
	CHECK(textkeys_binary((struct span){text, n_text}, out, n_bytes, &n_out));
	CHECK(n_out == n_bytes && memcmp(out, bytes, n_bytes) == 0);
	n_out = 4711;
	CHECK(!textkeys_binary((struct span){text, n_text}, out, n_bytes - 1, &n_out) && n_out == 4711);
	free(out);
}

/* Any bytes survive being written. */
static void check_written(const uint8_t *bytes, size_t n_bytes)
{
	char *text = malloc(2 + 2 * n_bytes + 4);
	struct writer w = writer_over(text, 2 + 2 * n_bytes);
	writer_text(&w, "0x");
	writer_hex(&w, bytes, n_bytes);
	CHECK(!w.full);
	check_read(text, w.n_bytes, bytes, n_bytes);
	text[1] = 'b';
	check_read(text, 2 + write_base64(bytes, n_bytes, text + 2), bytes, n_bytes);
	free(text);
}

/* Each value has one form in base64, and in hexadecimal one up to case and a leading zero. */
static void check_one_form(struct span text, const uint8_t *bytes, size_t n_bytes)
{
	char *again = malloc(2 * n_bytes + 4);
	if ((text.text[1] | 0x20) == 'b') {
		CHECK(write_base64(bytes, n_bytes, again) == text.n_bytes - 2);
		CHECK(memcmp(again, text.text + 2, text.n_bytes - 2) == 0);
	} else {
		CHECK(n_bytes == (text.n_bytes - 1) / 2);
		for (size_t i = 0; i < text.n_bytes - 2; i++) /* digits from the end */
			CHECK(text_hex_digit(text.text[text.n_bytes - 1 - i]) ==
			      (bytes[n_bytes - 1 - i / 2] >> i % 2 * 4 & 15));
	}
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct cursor input = cursor_over(bytes, n_bytes);
	size_t n_max = cursor_u8(&input), n_text, n_out = 4711;
	uint8_t *rest = fuzz_rest(&input, &n_text);
	uint8_t *out = malloc(n_max > 0 ? n_max : 1);
	struct span text = {(const char *)rest, n_text};
	if (textkeys_binary(text, out, n_max, &n_out)) {
		CHECK(n_out > 0 && n_out <= n_max);
		check_one_form(text, out, n_out);
	} else {
		CHECK(n_out == 4711);
	}
	if (n_text > 0)
		check_written(rest, n_text);
	free(out);
	free(rest);
	return 0;
}
