/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals, notes, and the checks that more than one word needs.
 */
#include "plan/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool span_has(struct span s, char c)
{
	return s.n_bytes > 0 && memchr(s.text, c, s.n_bytes) != NULL;
}

const char *reading_show(struct span value, char out[static SHOWN_BYTES])
{
	bool is_cut = value.n_bytes > SHOWN_BYTES - 1;
	int n_bytes = (int)(is_cut ? SHOWN_BYTES - sizeof "..." : value.n_bytes);
	snprintf(out, SHOWN_BYTES, "%.*s%s", n_bytes, value.text, is_cut ? "..." : "");
	return out;
}

bool reading_refuse(struct reading *r, const char *reason)
{
	const char *name = r->name.text;
	int n_name = (int)r->name.n_bytes;
	struct span value = r->value;
	char shown[SHOWN_BYTES];
	if (r->file != NULL && r->fail->code == FAIL_NONE)
		fail_context(r->fail, "%s", r->file);
	if (r->is_hidden || span_has(value, '@') || span_has(value, '?') || span_has(value, '%'))
		return fail_set(r->fail, FAIL_WORD_VALUE, "%.*s= (not shown, it may hold a password): %s", n_name, name,
				reason);
	return fail_set(r->fail, FAIL_WORD_VALUE, "%.*s=%s: %s", n_name, name, reading_show(value, shown), reason);
}

bool reading_too_many(struct reading *r, int max)
{
	return fail_set(r->fail, FAIL_TOO_MANY, "more than %d words %.*s=", max, (int)r->name.n_bytes, r->name.text);
}

/* Templates leave it empty: that is as if it was not there. */
static bool read_shared(struct reading *r)
{
	struct fail fail = {.code = FAIL_NONE};
	struct reading shared = *r;
	shared.fail = &fail;
	if (!r->word->read(&shared) && r->value.n_bytes > 0)
		plan_note(r->notes, "%s; left out", fail.detail);
	return true;
}

bool reading_apply(struct reading *r)
{
	if (!(r->word->shape == WORD_SHARED ? read_shared(r) : r->word->read(r)))
		return false;
	if (r->word->origin != 0)
		reading_set_origin(r, (struct origin *)((char *)r->plan + r->word->origin));
	return true;
}

bool read_flag(struct reading *r)
{
	bool value = r->word->max != 0;
	memcpy((char *)r->plan + r->word->field, &value, sizeof value);
	return true;
}

/* Alone, or with a value of which 0, no and off mean no, as dracut reads it. */
bool read_switch(struct reading *r)
{
	bool value = !span_is(r->value, "0") && !span_is(r->value, "no") && !span_is(r->value, "off");
	memcpy((char *)r->plan + r->word->field, &value, sizeof value);
	return true;
}

bool read_seconds(struct reading *r)
{
	uint64_t number;
	if (!text_decimal(r->value, r->word->max, &number))
		return reading_refuse(r, "it is not a number of seconds, or too high");
	uint32_t seconds = (uint32_t)number;
	memcpy((char *)r->plan + r->word->field, &seconds, sizeof seconds);
	return true;
}

bool read_text(struct reading *r)
{
	if (!span_copy(r->value, (char *)r->plan + r->word->field, r->word->max))
		return reading_refuse(r, "it is too long");
	return true;
}

bool read_secret(struct reading *r)
{
	void *secret = (char *)r->plan + r->word->field;
	if (secret_set(secret, r->value.text, r->value.n_bytes))
		return true;
	return fail_set(r->fail, FAIL_WORD_VALUE, "%.*s=: the secret is longer than %d bytes", (int)r->name.n_bytes,
			r->name.text, SECRET_MAX);
}

void plan_note(struct plan_notes *notes, const char *format, ...)
{
	if (notes->n_notes == PLAN_NOTES_MAX) {
		notes->n_left_out += notes->n_left_out == 0 ? 2U : 1U; /* the last one, too, whose place this takes */
		snprintf(notes->text[PLAN_NOTES_MAX - 1], PLAN_NOTE_BYTES, "%u more notes are left out",
			 notes->n_left_out);
		return;
	}
	va_list args;
	va_start(args, format);
	vsnprintf(notes->text[notes->n_notes++], PLAN_NOTE_BYTES, format, args);
	va_end(args);
}

void origin_set(struct origin *origin, const char *text)
{
	bool is_cut = strlen(text) >= sizeof origin->text;
	int n_bytes = (int)(sizeof origin->text - (is_cut ? sizeof "..." : 1));
	snprintf(origin->text, sizeof origin->text, "%.*s%s", n_bytes, text, is_cut ? "..." : "");
}

void reading_set_origin(const struct reading *r, struct origin *origin)
{
	const char *equals = r->value.text != NULL ? "=" : "";
	const char *in = r->file != NULL ? " in " : "";
	const char *file = r->file != NULL ? r->file : "";
	snprintf(origin->text, sizeof origin->text, "%.*s%s%s%s", (int)r->name.n_bytes, r->name.text, equals, in, file);
	origin->source = (uint8_t)r->source;
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

bool portal_cut(struct span *list, uint16_t port_else, struct span *host, uint16_t *port)
{
	struct span one = {list->text, 0};
	while (list->n_bytes > 0 && (list->text[0] == ' ' || list->text[0] == ','))
		list->text++, list->n_bytes--;
	if (list->n_bytes == 0)
		return false;
	one.text = list->text;
	while (one.n_bytes < list->n_bytes && one.text[one.n_bytes] != ' ' && one.text[one.n_bytes] != ',')
		one.n_bytes++;
	list->text += one.n_bytes;
	list->n_bytes -= one.n_bytes;
	*port = port_else != 0 ? port_else : ISCSI_PORT;
	if (!text_host_port(one, host, port))
		*host = (struct span){NULL, 0};
	return true;
}

bool read_portals(struct reading *r)
{
	char text[HOST_MAX + 1];
	struct span list = r->value, host;
	uint16_t port;
	bool any = false;
	while (portal_cut(&list, 0, &host, &port)) {
		if (host.text == NULL)
			return reading_refuse(r, "it is not HOST or HOST:PORT (IPv6 with a port in brackets)");
		if (!reading_host(r, host, text))
			return false;
		any = true;
	}
	return any ? read_text(r) : reading_refuse(r, "it is empty");
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

bool reading_ask_ibft(struct reading *r)
{
	r->plan->asks_ibft = true;
	reading_set_origin(r, &r->plan->from.ibft);
	return true;
}

bool reading_iscsi_alone(struct reading *r)
{
	r->plan->has_iscsi_alone = true;
	reading_set_origin(r, &r->plan->from.ibft);
	return true;
}

bool reading_ask_dhcp(struct reading *r)
{
	if (span_is(r->value, "dhcp6"))
		plan_note(r->notes, "%.*s=: DHCPv6 is not spoken here; the target is looked for in a lease of DHCP",
			  (int)r->name.n_bytes, r->name.text);
	r->plan->asks_dhcp = true;
	reading_set_origin(r, &r->plan->from.dhcp);
	return true;
}

bool read_initiator(struct reading *r)
{
	return reading_name(r, r->value, r->plan->initiator.name);
}

bool read_target_name(struct reading *r)
{
	return reading_name(r, r->value, r->plan->named.name);
}

bool read_portal_port(struct reading *r)
{
	uint64_t port;
	if (!text_decimal(r->value, UINT16_MAX, &port) || port == 0)
		return reading_refuse(r, "the port is not a number from 1 to 65535");
	r->plan->portal.port = (uint16_t)port;
	return true;
}
