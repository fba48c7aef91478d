/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP addresses as text: read per RFC 4291 section 2.2, written per RFC 5952; and HOST:PORT. Does not resolve names. A
 * leading zero in a dotted quad is refused: some programs take it for octal.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static bool read_ip4(struct span s, uint8_t out[static 4])
{
	size_t n = 0;
	while (s.text != NULL) {
		struct span part = span_cut(&s, '.');
		uint64_t value;
		if (n == 4 || (part.n_bytes > 1 && part.text[0] == '0') || !text_decimal(part, 255, &value))
			return false;
		out[n++] = (uint8_t)value;
	}
	return n == 4;
}

/* Reads "G:G:G" to bytes, nothing to none. Only the end of the address may be a dotted quad. */
static bool read_groups(struct span s, bool may_end_in_ip4, uint8_t out[static 16], size_t *n_out)
{
	size_t n = 0;
	if (s.n_bytes == 0)
		s.text = NULL;
	while (s.text != NULL) {
		struct span part = span_cut(&s, ':');
		uint64_t group;
		if (may_end_in_ip4 && s.text == NULL && n <= 12 && read_ip4(part, out + n)) {
			n += 4;
			continue;
		}
		if (n > 14 || part.n_bytes > 4 || !text_hex(part, &group))
			return false;
		out[n++] = (uint8_t)(group >> 8);
		out[n++] = (uint8_t)group;
	}
	*n_out = n;
	return true;
}

/* Cuts at the first "::"; without one, *tail.text is NULL and the head is everything. */
static struct span cut_double_colon(struct span s, struct span *tail)
{
	*tail = (struct span){0};
	for (size_t i = 0; i + 1 < s.n_bytes; i++) {
		if (s.text[i] == ':' && s.text[i + 1] == ':') {
			*tail = (struct span){s.text + i + 2, s.n_bytes - i - 2};
			s.n_bytes = i;
			break;
		}
	}
	return s;
}

static bool read_ip6(struct span s, uint8_t out[static 16])
{
	uint8_t head[16];
	uint8_t tail[16];
	size_t n_head = 0;
	size_t n_tail = 0;
	struct span tail_text;
	struct span head_text = cut_double_colon(s, &tail_text);
	bool gap = tail_text.text != NULL;
	if (!read_groups(head_text, !gap, head, &n_head) || !read_groups(tail_text, true, tail, &n_tail))
		return false;
	if (gap ? n_head + n_tail > 14 : n_head != 16)
		return false;
	memset(out, 0, 16);
	memcpy(out, head, n_head);
	memcpy(out + 16 - n_tail, tail, n_tail);
	return true;
}

bool text_ip(struct span s, struct ip_address *out)
{
	struct ip_address ip = {0};
	if (read_ip4(s, ip.bytes))
		ip.family = 4;
	else if (read_ip6(s, ip.bytes))
		ip.family = 6;
	else
		return false;
	*out = ip;
	return true;
}

/* The first of the longest runs of two and more zero groups, as [*from, *to); without one it is empty, at the end. */
static void find_gap(const uint16_t group[static 8], size_t *from, size_t *to)
{
	*from = 8;
	*to = 8;
	size_t start = 0;
	for (size_t i = 0; i < 8; i++) {
		if (group[i] != 0) {
			start = i + 1;
		} else if (i + 1 - start >= 2 && i + 1 - start > *to - *from) {
			*from = start;
			*to = i + 1;
		}
	}
}

static void format_ip6(const uint8_t bytes[static 16], char out[static IP_TEXT_BYTES])
{
	uint16_t group[8];
	for (size_t i = 0; i < 8; i++)
		group[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	size_t from;
	size_t to;
	find_gap(group, &from, &to);

	size_t n = 0;
	for (size_t i = 0; i < 8; i++) {
		if (i == from) {
			n += (size_t)snprintf(out + n, IP_TEXT_BYTES - n, "::");
			i = to - 1;
			continue;
		}
		const char *colon = i > 0 && i != to ? ":" : "";
		n += (size_t)snprintf(out + n, IP_TEXT_BYTES - n, "%s%x", colon, group[i]);
	}
}

void ip_format(const struct ip_address *ip, char out[static IP_TEXT_BYTES])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *b = ip->bytes;
	out[0] = '\0';
	if (ip->family == 4)
		snprintf(out, IP_TEXT_BYTES, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (ip->family == 6 && memcmp(b, mapped, sizeof mapped) == 0)
		snprintf(out, IP_TEXT_BYTES, "::ffff:%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
	else if (ip->family == 6)
		format_ip6(b, out);
}

/* Printable, and nothing that ends an address in HOST:PORT, in a URL or in the kernel's name of an interface. */
static bool is_scope(struct span s)
{
	for (size_t i = 0; i < s.n_bytes; i++)
		if (s.text[i] <= ' ' || s.text[i] >= 0x7f || strchr("%/:[]", s.text[i]) != NULL)
			return false;
	return s.n_bytes > 0 && s.n_bytes <= IFNAME_MAX;
}

/* An IPv6 literal with or without %scope. */
static bool is_ip6(struct span s)
{
	struct ip_address ip;
	struct span address = span_cut(&s, '%');
	if (s.text != NULL && !is_scope(s))
		return false;
	return text_ip(address, &ip) && ip.family == 6;
}

/* Splits "[V6]" and what follows it. */
static bool cut_brackets(struct span s, struct span *inside, struct span *after)
{
	s.text++;
	s.n_bytes--;
	*inside = span_cut(&s, ']');
	*after = s;
	return s.text != NULL && is_ip6(*inside);
}

bool text_host_port(struct span s, struct span *host, uint16_t *port)
{
	struct span name = s;
	struct span number = {0};
	if (span_starts(s, "[")) {
		if (!cut_brackets(s, &name, &number))
			return false;
		if (number.n_bytes == 0)
			number.text = NULL;
		else if (span_cut(&number, ':').n_bytes > 0)
			return false;
	} else if (!is_ip6(s)) {
		number = s;
		name = span_cut(&number, ':');
	}

	uint64_t value = *port;
	if (name.n_bytes == 0 || (number.text != NULL && (!text_decimal(number, 65535, &value) || value == 0)))
		return false;
	*host = name;
	*port = (uint16_t)value;
	return true;
}
