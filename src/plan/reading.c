/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals, notes, and the checks that more than one word needs.
 */
#include "plan/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SHOWN_MAX = 200, /* bytes of a value in a message */
};

bool span_has(struct span s, char c)
{
	return s.n_bytes > 0 && memchr(s.text, c, s.n_bytes) != NULL;
}

bool reading_refuse(struct reading *r, const char *reason)
{
	const char *name = r->word->name;
	struct span value = r->value;
	if (span_has(value, '@') || span_has(value, '?') || span_has(value, '%'))
		return fail_set(r->fail, FAIL_WORD_VALUE, "%s= (not shown, it may hold a password): %s", name, reason);
	const char *dots = value.n_bytes > SHOWN_MAX ? "..." : "";
	int n_shown = (int)(value.n_bytes > SHOWN_MAX ? SHOWN_MAX : value.n_bytes);
	return fail_set(r->fail, FAIL_WORD_VALUE, "%s=%.*s%s: %s", name, n_shown, value.text, dots, reason);
}

bool reading_too_many(struct reading *r, int max)
{
	return fail_set(r->fail, FAIL_TOO_MANY, "more than %d words %s=", max, r->word->name);
}

void plan_note(struct plan_notes *notes, const char *format, ...)
{
	if (notes->n_notes == PLAN_NOTES_MAX)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(notes->text[notes->n_notes++], PLAN_NOTE_BYTES, format, args);
	va_end(args);
}

void origin_set(struct origin *origin, const char *text)
{
	snprintf(origin->text, sizeof origin->text, "%s", text);
}

bool reading_is_hostname(struct span s)
{
	for (size_t i = 0; i < s.n_bytes; i++) {
		char c = s.text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';
		if (!letter && !digit && c != '-' && c != '_' && c != '.')
			return false;
	}
	return s.n_bytes > 0 && s.n_bytes <= HOST_MAX;
}

/* Only digits and dots: meant as an IPv4 address. */
static bool is_numeric(struct span s)
{
	for (size_t i = 0; i < s.n_bytes; i++) {
		if (s.text[i] != '.' && (s.text[i] < '0' || s.text[i] > '9'))
			return false;
	}
	return true;
}

bool reading_host(struct reading *r, struct span host, char out[static HOST_MAX + 1])
{
	struct ip_address ip;
	bool is_name = reading_is_hostname(host) && !is_numeric(host);
	bool is_ip6 = span_has(host, ':'); /* text_host_port has checked it */
	if (!is_name && !is_ip6 && !text_ip(host, &ip))
		return reading_refuse(r, "the host is neither an IP address nor a DNS name");
	return span_copy(host, out, HOST_MAX + 1);
}

bool reading_name(struct reading *r, struct span name, char out[static ISCSI_NAME_MAX + 1])
{
	if (name.n_bytes == 0)
		return reading_refuse(r, "the iSCSI name is empty");
	for (size_t i = 0; i < name.n_bytes; i++) {
		unsigned char c = (unsigned char)name.text[i];
		if (c <= ' ' || c == 0x7f)
			return reading_refuse(r, "the iSCSI name has a blank or a control character");
	}
	if (!span_copy(name, out, ISCSI_NAME_MAX + 1))
		return reading_refuse(r, "the iSCSI name is longer than 223 bytes");
	return true;
}
