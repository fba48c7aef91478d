/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spans, numbers and encodings. Addresses are in address.c. After a failure numbers and counts are as before, text
 * outputs are empty, and byte outputs are not to be used.
 */
#include "base/text.h"

#include <string.h>

struct span span_of(const char *text)
{
	return (struct span){.text = text, .n_bytes = strlen(text)};
}

bool span_is(struct span s, const char *text)
{
	return s.n_bytes == strlen(text) && span_starts(s, text);
}

bool span_starts(struct span s, const char *prefix)
{
	size_t n_bytes = strlen(prefix);
	return n_bytes <= s.n_bytes && (n_bytes == 0 || memcmp(s.text, prefix, n_bytes) == 0);
}

struct span span_cut(struct span *rest, char separator)
{
	struct span part = *rest;
	const char *at = part.n_bytes > 0 ? memchr(part.text, separator, part.n_bytes) : NULL;
	if (at == NULL) {
		*rest = (struct span){0};
		return part;
	}
	part.n_bytes = (size_t)(at - part.text);
	rest->text = at + 1;
	rest->n_bytes -= part.n_bytes + 1;
	return part;
}

bool span_copy(struct span s, char *out, size_t n_max)
{
	out[0] = '\0';
	if (s.n_bytes >= n_max)
		return false;
	if (s.n_bytes == 0)
		return true;
	if (memchr(s.text, '\0', s.n_bytes) != NULL)
		return false;
	memcpy(out, s.text, s.n_bytes);
	out[s.n_bytes] = '\0';
	return true;
}

bool text_decimal(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	if (s.n_bytes == 0)
		return false;
	for (size_t i = 0; i < s.n_bytes; i++) {
		if (s.text[i] < '0' || s.text[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s.text[i] - '0');
		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_hex(struct span s, uint64_t *out)
{
	uint64_t value = 0;
	if (s.n_bytes == 0 || s.n_bytes > 16)
		return false;
	for (size_t i = 0; i < s.n_bytes; i++) {
		int digit = text_hex_digit(s.text[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return true;
}

bool text_hex_bytes(struct span s, uint8_t *out, size_t n_max, size_t *n_out)
{
	size_t n_bytes = s.n_bytes / 2 + s.n_bytes % 2;
	if (n_bytes == 0 || n_bytes > n_max)
		return false;
	size_t odd = s.n_bytes % 2;
	unsigned byte = 0;
	for (size_t i = 0; i < s.n_bytes; i++) {
		int digit = text_hex_digit(s.text[i]);
		if (digit < 0)
			return false;
		byte = byte << 4 | (unsigned)digit;
		if ((i + odd) % 2 == 1)
			out[(i + odd) / 2] = (uint8_t)byte;
	}
	*n_out = n_bytes;
	return true;
}

bool text_mac(struct span s, uint8_t out[static 6])
{
	char separator = s.n_bytes == 17 && s.text[2] == '-' ? '-' : ':';
	uint8_t bytes[6];
	size_t n_bytes;
	for (unsigned i = 0; i < 6; i++) {
		struct span byte = span_cut(&s, separator);
		if (byte.n_bytes != 2 || !text_hex_bytes(byte, &bytes[i], 1, &n_bytes))
			return false;
	}
	if (s.text != NULL)
		return false;
	memcpy(out, bytes, sizeof bytes);
	return true;
}

/* Six bits of one base64 digit, or -1. */
static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool text_base64_bytes(struct span s, uint8_t *out, size_t n_max, size_t *n_out)
{
	if (s.n_bytes == 0 || s.n_bytes % 4 != 0)
		return false;
	size_t n_digits = s.n_bytes;
	while (n_digits > s.n_bytes - 2 && s.text[n_digits - 1] == '=')
		n_digits--;
	if (n_digits * 6 / 8 > n_max)
		return false;

	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n_bytes = 0;
	for (size_t i = 0; i < n_digits; i++) {
		int digit = base64_digit(s.text[i]);
		if (digit < 0)
			return false;
		bits = (bits << 6 | (uint32_t)digit) & 0xfff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n_bytes++] = (uint8_t)(bits >> n_bits);
		}
	}
	if ((bits & ((1u << n_bits) - 1)) != 0)
		return false;
	*n_out = n_bytes;
	return true;
}

/* The byte of a %NN at the front, or -1 for a torn escape or a NUL. */
static int percent_byte(struct span s)
{
	if (s.n_bytes < 3)
		return -1;
	int high = text_hex_digit(s.text[1]);
	int low = text_hex_digit(s.text[2]);
	if (high < 0 || low < 0 || (high == 0 && low == 0))
		return -1;
	return high << 4 | low;
}

bool text_percent_decode(struct span s, char *out, size_t n_max)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n_bytes; i++) {
		int byte = (unsigned char)s.text[i];
		if (byte == '%') {
			byte = percent_byte((struct span){s.text + i, s.n_bytes - i});
			i += 2;
		}
		if (byte <= 0 || n + 1 >= n_max) {
			out[0] = '\0';
			return false;
		}
		out[n++] = (char)byte;
	}
	out[n] = '\0';
	return true;
}

void text_escape(const char *in, char *out, size_t n_max)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;
	for (; *in != '\0'; in++) {
		unsigned char byte = (unsigned char)*in;
		bool plain = byte >= 0x20 && byte < 0x7f;
		if (n + (plain ? 1 : 4) >= n_max)
			break;
		if (plain) {
			out[n++] = *in;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = digits[byte >> 4];
		out[n++] = digits[byte & 15];
	}
	out[n] = '\0';
}
