/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms of iscsi_target=:
 *
 *     iscsi://[USER@]HOST[:PORT][/[NAME][/LUN]]  URL of libiscsi and QEMU; the LUN is decimal
 *     iscsi:HOST:[PROTO]:[PORT]:[LUN]:[NAME]     RFC 4173 section 5; the LUN is hexadecimal
 *     NAME                                       iqn. eui. or naa.; the portal is in iscsi_portal=
 *
 * Without NAME the portal is asked which target it has. Only NAME in a URL is percent-decoded. In USER, '%' and ':'
 * begin the password in other programs' URLs; such a value is refused, never shown.
 */
#include "plan/target.h"

#include <inttypes.h>

#include "plan/lun.h"
#include "plan/name.h"
#include "plan/reading.h"

static bool read_name(struct reading *r, struct span name, struct plan_target *target)
{
	return name.n_bytes == 0 || reading_name(r, name, target->name);
}

/* Cuts "USER@" off the front; nothing when there is none. */
static bool read_user(struct reading *r, struct span *authority, struct plan_target *target)
{
	struct span user = {authority->text, 0};
	for (size_t i = 0; i < authority->n_bytes; i++) {
		if (authority->text[i] == '@')
			user.n_bytes = i + 1;
	}
	if (user.n_bytes == 0)
		return true;
	authority->text += user.n_bytes;
	authority->n_bytes -= user.n_bytes;
	user.n_bytes--;
	if (span_has(user, '%') || span_has(user, ':'))
		return reading_refuse(r, "a password does not belong in the URL, use iscsi_password=");
	if (user.n_bytes == 0)
		return reading_refuse(r, "the user name before @ is empty");
	if (!span_copy(user, target->username, sizeof target->username))
		return reading_refuse(r, "the user name is longer than 255 bytes");
	return true;
}

static bool read_url(struct reading *r, struct span rest, struct plan_target *target)
{
	struct span authority = span_cut(&rest, '/');
	struct span name = span_cut(&rest, '/');
	struct span lun = rest;
	struct span host;
	char decoded[VALUE_BYTES];
	if (!read_user(r, &authority, target))
		return false;
	if (span_has(r->value, '?'))
		return reading_refuse(r, "options after ? are not known here");
	if (!text_host_port(authority, &host, &target->port))
		return reading_refuse(r, "what stands before the target name is not HOST or HOST:PORT");
	if (!reading_host(r, host, target->host))
		return false;
	if (!text_percent_decode(name, decoded, sizeof decoded))
		return reading_refuse(r, "the target name is too long or has a torn % escape");
	if (!read_name(r, span_of(decoded), target))
		return false;
	if (lun.text != NULL && !lun_read_number(lun, &target->lun))
		return reading_refuse(r, "the LUN after the target name is not a number from 0 to 16383");
	return true;
}

/* Cuts the host with its brackets. */
static struct span cut_host(struct span *rest)
{
	struct span host = *rest;
	if (span_starts(host, "["))
		span_cut(rest, ']');
	struct span before_colon = span_cut(rest, ':');
	if (before_colon.text != NULL)
		host.n_bytes = (size_t)(before_colon.text + before_colon.n_bytes - host.text);
	return host;
}

static bool read_rfc4173_lun(struct reading *r, struct span text, struct plan_target *target)
{
	uint64_t decimal;
	if (text.n_bytes == 0)
		return true;
	if (!lun_read_groups(text, &target->lun))
		return reading_refuse(r, "the LUN is not 1 to 4 groups of hexadecimal digits, joined by -");
	if (text_decimal(text, UINT64_MAX, &decimal) && decimal != target->lun.number)
		plan_note(r->notes, "%s=: LUN %.*s in this form is hexadecimal: LUN %" PRIu64, r->word->name,
			  (int)text.n_bytes, text.text, target->lun.number);
	return true;
}

static bool read_rfc4173(struct reading *r, struct span rest, struct plan_target *target)
{
	const char *start = rest.text;
	struct span host_text = cut_host(&rest);
	struct span protocol = span_cut(&rest, ':');
	struct span port = span_cut(&rest, ':');
	struct span lun = span_cut(&rest, ':');
	struct span name = rest;
	uint64_t port_number = ISCSI_PORT;
	uint16_t no_port = 0;
	struct span host;
	if (name.text == NULL)
		return reading_refuse(r, "it needs the fields iscsi:HOST:PROTO:PORT:LUN:NAME");
	if (span_has((struct span){start, (size_t)(name.text - start)}, '@'))
		return reading_refuse(r,
				      "user and password do not belong here, use iscsi_username= and iscsi_password=");
	if (host_text.n_bytes == 0)
		return reading_refuse(r, "the host is empty");
	if (!text_host_port(host_text, &host, &no_port))
		return reading_refuse(r, "the host is neither an IP address nor a DNS name");
	if (!reading_host(r, host, target->host))
		return false;
	if (protocol.n_bytes > 0 && !span_is(protocol, "6"))
		return reading_refuse(r, "the protocol is not 6 (TCP)");
	if (port.n_bytes > 0 && (!text_decimal(port, 65535, &port_number) || port_number == 0))
		return reading_refuse(r, "the port is not a number from 1 to 65535");
	target->port = (uint16_t)port_number;
	return read_rfc4173_lun(r, lun, target) && read_name(r, name, target);
}

static bool read_bare_name(struct reading *r, struct span name, struct plan_target *target)
{
	if (!name_has_type(name))
		return reading_refuse(r, "it is neither iscsi://HOST/NAME/LUN nor iscsi:HOST:PROTO:PORT:LUN:NAME nor a "
					 "name with iqn. eui. or naa. in front");
	return reading_name(r, name, target->name);
}

bool target_read(struct reading *r)
{
	static const struct {
		const char *prefix;
		bool (*read)(struct reading *r, struct span rest, struct plan_target *target);
	} forms[] = {
		{"iscsi://", read_url},
		{"iscsi:", read_rfc4173},
		{"", read_bare_name},
	};
	if (r->plan->n_targets == TARGETS_MAX)
		return reading_too_many(r, TARGETS_MAX);
	size_t form = 0;
	while (!span_starts(r->value, forms[form].prefix))
		form++;
	size_t n_prefix = span_of(forms[form].prefix).n_bytes;
	struct span rest = {r->value.text + n_prefix, r->value.n_bytes - n_prefix};
	struct plan_target target = {.port = ISCSI_PORT};
	origin_set(&target.origin, "iscsi_target=");
	if (!forms[form].read(r, rest, &target))
		return false;
	r->plan->targets[r->plan->n_targets++] = target;
	return true;
}
