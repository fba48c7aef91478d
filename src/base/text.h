/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text: spans, numbers, hex and base64, IP addresses. Pure; every parser takes the whole span or fails.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of text inside a buffer someone else owns; not NUL-terminated. */
struct span {
	const char *text;
	size_t n_bytes;
};

struct span span_of(const char *text);
bool span_is(struct span s, const char *text);
bool span_starts(struct span s, const char *prefix);

/*
 * Cuts the part before the first `separator` off the front of *rest and steps over the separator. Without one, the part
 * is all of *rest and *rest becomes empty with text == NULL; so `while (rest.text != NULL)` sees every part, empty ones
 * too.
 */
struct span span_cut(struct span *rest, char separator);

/* Copies with a final NUL. Returns false, and makes out empty, when it does not fit or holds a NUL. */
bool span_copy(struct span s, char *out, size_t n_max);

/* Decimal digits only, no sign or blank, at most `max`. */
bool text_decimal(struct span s, uint64_t max, uint64_t *out);

/* Hex digits only (no 0x), 1 to 16 of them. */
bool text_hex(struct span s, uint64_t *out);

/* Bytes from hex digits; an odd count has a leading zero. */
bool text_hex_bytes(struct span s, uint8_t *out, size_t n_max, size_t *n_out);

/* A hardware address: six pairs of hex digits with ':' or '-' between them. Else out stays as it is. */
bool text_mac(struct span s, uint8_t out[static 6]);

/* Bytes from base64 (RFC 4648 section 4) with correct padding and zero pad bits. */
bool text_base64_bytes(struct span s, uint8_t *out, size_t n_max, size_t *n_out);

/* %NN becomes its byte; a torn escape or an encoded NUL fails. Output has a final NUL. */
bool text_percent_decode(struct span s, char *out, size_t n_max);

/* Copies to out, with its NUL; bytes outside printable ASCII become \xNN. What does not fit is left out. */
void text_escape(const char *in, char *out, size_t n_max);

/* Value of one hex digit, or -1. */
int text_hex_digit(char c);

enum {
	IP_TEXT_BYTES = 64, /* an address as text with scope and NUL */
};

/* An IPv4 or IPv6 address; bytes in network order. */
struct ip_address {
	uint8_t family; /* 0 none, 4 or 6 */
	uint8_t bytes[16];
};

/* Dotted quad or RFC 4291 text, without brackets or scope. */
bool text_ip(struct span s, struct ip_address *out);
void ip_format(const struct ip_address *ip, char out[static IP_TEXT_BYTES]);

/*
 * "HOST", "HOST:PORT", "[V6]", "[V6]:PORT" or a bare IPv6 literal. The host comes without brackets. `*port` keeps its
 * value when none is given. Fails on an empty host, a port outside 1..65535, an unclosed bracket.
 */
bool text_host_port(struct span s, struct span *host, uint16_t *port);

#endif
