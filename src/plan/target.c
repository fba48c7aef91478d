/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms of iscsi_target=:
 *
 *     iscsi://[USER@]HOST[:PORT][/[NAME][/LUN]]  URL of libiscsi and QEMU; the LUN is decimal
 *     iscsi:HOST:[PROTO]:[PORT]:[LUN]:[NAME]     RFC 4173 section 5; the LUN is hexadecimal
 *     NAME                                       iqn. eui. or naa.; the portal is in iscsi_portal=
 *
 * Without NAME the portal is asked which target it has. NAME is percent-decoded. Before the last '@' stands
 *
 *     USER:[SECRET]   RFC 3986 section 3.2.1, both percent-decoded
 *     USER[%SECRET]   libiscsi, as they are
 *
 * libiscsi ends USER at the first '%' even when there is a ':'; that URL is read in the other way here. What may hold a
 * secret in any of these ways is never shown.
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

/* Cuts what stands before the last '@', and that. No text: there is none. */
static struct span cut_user(struct span *authority)
{
	struct span user = {NULL, 0}, all = *authority;
	for (size_t i = 0; i < all.n_bytes; i++)
		if (all.text[i] == '@')
			user = (struct span){all.text, i};
	if (user.text != NULL)
		*authority = (struct span){all.text + user.n_bytes + 1, all.n_bytes - user.n_bytes - 1};
	return user;
}

static bool read_part(struct span text, bool is_encoded, char out[static VALUE_BYTES])
{
	return is_encoded ? text_percent_decode(text, out, VALUE_BYTES) : span_copy(text, out, VALUE_BYTES);
}

static bool read_secret_in(struct reading *r, struct span text, bool is_encoded, struct plan_target *target)
{
	char secret[VALUE_BYTES];
	struct plan_own own = {.origin = target->origin};
	bool good = read_part(text, is_encoded, secret);
	bool any = good && secret_set(&own.secret, secret, span_of(secret).n_bytes) && own.secret.n_bytes > 0;
	if (any)
		target->own = plan_add_own(r->plan, &own);
	bytes_wipe(secret, sizeof secret);
	secret_wipe(&own.secret);
	if (!good)
		return reading_refuse(r, "the password is longer than 255 bytes or has a torn % escape");
	return !any || target->own > 0 ||
	       fail_set(r->fail, FAIL_TOO_MANY, "more than %d targets with secrets of their own", OWN_SECRETS_MAX);
}

/* Both ways to read a '%' make sense: which one is taken. */
static void note_reading(struct reading *r, struct span user, bool is_encoded)
{
	char decoded[2 * VALUE_BYTES];
	if (span_has(user, '%') && text_percent_decode(user, decoded, sizeof decoded))
		plan_note(r->notes, "%.*s=: %s", (int)r->name.n_bytes, r->name.text,
			  is_encoded ? "before the @ %NN is a byte; libiscsi ends the user name at the %"
				     : "the user name ends at the %, as in libiscsi; %NN is a byte in USER:PASSWORD@");
	bytes_wipe(decoded, sizeof decoded);
}

static bool read_user(struct reading *r, struct span user, struct plan_target *target)
{
	bool is_encoded = span_has(user, ':');
	note_reading(r, user, is_encoded);
	struct span username = span_cut(&user, is_encoded ? ':' : '%');
	if (username.text == NULL)
		return true;
	if (username.n_bytes == 0)
		return reading_refuse(r, "the user name before @ is empty");
	if (!read_part(username, is_encoded, target->username))
		return reading_refuse(r, "the user name is longer than 255 bytes or has a torn % escape");
	return user.text == NULL || read_secret_in(r, user, is_encoded, target);
}

/* USER:SECRET that a "/" or a blank has cut looks like HOST:PORT; it has no name with a type behind it. */
static bool is_cut_user(struct span authority, struct span path)
{
	return span_has(authority, ':') && !span_starts(authority, "[") && !name_has_type(path);
}

static bool read_url(struct reading *r, struct span rest, struct plan_target *target)
{
	struct span authority = span_cut(&rest, '/');
	struct span user = cut_user(&authority);
	struct span path = rest;
	bool is_user = is_cut_user(authority, path);
	struct span name = span_cut(&rest, '/');
	struct span lun = rest;
	struct span host;
	char decoded[VALUE_BYTES];
	if (span_has(r->value, '?'))
		return reading_refuse(r, "options after ? are not known here");
	if (is_user && span_has(path, '@'))
		return reading_refuse(r, "a / in a secret is written %2f, and an @ in the target name %40");
	bool is_portal = text_host_port(authority, &host, &target->port);
	r->is_hidden |= is_user && !is_portal;
	if (!is_portal)
		return reading_refuse(r, "what stands before the target name is not HOST or HOST:PORT");
	if (!reading_host(r, host, target->host))
		return false;
	if (!text_percent_decode(name, decoded, sizeof decoded))
		return reading_refuse(r, "the target name is too long or has a torn % escape");
	if (!read_name(r, span_of(decoded), target))
		return false;
	if (lun.text != NULL && !lun_read_number(lun, &target->lun))
		return reading_refuse(r, "the LUN after the target name is not a number from 0 to 16383");
	return read_user(r, user, target);
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
		plan_note(r->notes, "%.*s=: LUN %.*s in this form is hexadecimal: LUN %" PRIu64, (int)r->name.n_bytes,
			  r->name.text, (int)text.n_bytes, text.text, target->lun.number);
	return true;
}

/* USER:SECRET that a blank has cut looks like HOST:PROTO; it has no name with a type anywhere. */
static bool is_cut_secret(struct span fields)
{
	struct span rest = fields, protocol = span_cut(&rest, ':');
	uint64_t number;
	while (fields.text != NULL && !name_has_type(fields))
		span_cut(&fields, ':');
	return fields.text == NULL && protocol.n_bytes > 0 && !text_decimal(protocol, UINT64_MAX, &number);
}

static bool read_rfc4173(struct reading *r, struct span rest, struct plan_target *target)
{
	const char *start = rest.text;
	struct span host_text = cut_host(&rest);
	r->is_hidden |= is_cut_secret(rest);
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
	reading_set_origin(r, &target.origin);
	if (!forms[form].read(r, rest, &target))
		return false;
	r->plan->targets[r->plan->n_targets++] = target;
	return true;
}
