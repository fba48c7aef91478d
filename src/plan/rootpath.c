/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 4173 section 5 with what dracut and Debian have added:
 *
 *     [USER:SECRET[:USER_IN:SECRET_IN]@][HOST]:[PROTO]:[PORT][:[IFACE]:[NETDEV]]:[LUN]:[NAME]
 *
 * The user ends at the last "@" with a name with a type (":iqn." ":eui." ":naa.") behind it, or else with four colons;
 * NAME begins at the first such mark behind that, and without one the fields are counted. Where dracut cuts at the
 * first "@" and the last ":iqn.", this cuts so that a secret may hold "@" and a name ":iqn."; nothing that works there
 * is read in another way here. An "@" that may end a user and does not is refused: a secret would become a host or a
 * name, which are shown. PROTO is TCP; IFACE and NETDEV have no use: the route to a portal decides.
 */
#include "plan/rootpath.h"

#include <inttypes.h>
#include <string.h>

#include "plan/lun.h"
#include "plan/name.h"
#include "plan/reading.h"

enum {
	NAMELESS_FIELDS = 4, /* HOST:PROTO:PORT:LUN: before a name without a type */
};

static struct span behind(struct span s, size_t n_bytes)
{
	return (struct span){s.text + n_bytes, s.n_bytes - n_bytes};
}

/* Takes the name with its colon off the end. */
static bool cut_typed_name(struct span *rest, struct span *name)
{
	for (size_t i = 0; i < rest->n_bytes; i++) {
		*name = behind(*rest, i + 1);
		if (rest->text[i] == ':' && name_has_type(*name)) {
			rest->n_bytes = i;
			return true;
		}
	}
	*name = (struct span){NULL, 0};
	return false;
}

static size_t count_colons(struct span s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n_bytes; i++)
		n += s.text[i] == ':';
	return n;
}

/* All fields, or less of them before a name with a type. */
static bool is_target(struct span s, bool typed)
{
	struct span name;
	return typed ? cut_typed_name(&s, &name) : count_colons(s) >= NAMELESS_FIELDS;
}

/* Takes what stands before the last "@" that has a target behind it. */
static bool cut_user(struct span *rest, bool typed, struct span *user)
{
	for (size_t i = rest->n_bytes; i-- > 0;) {
		if (rest->text[i] != '@' || !is_target(behind(*rest, i + 1), typed))
			continue;
		*user = (struct span){rest->text, i};
		*rest = behind(*rest, i + 1);
		return true;
	}
	*user = (struct span){rest->text, 0};
	return false;
}

/* An "@" among the fields, or in a name that may be a part of a user, secrets and so on. */
static bool has_stray_at(struct span fields, struct span name)
{
	const char *at = fields.n_bytes > 0 ? memchr(fields.text, '@', fields.n_bytes) : NULL;
	if (at == NULL)
		return false;
	struct span before = {fields.text, (size_t)(at - fields.text)};
	return at < name.text || count_colons(before) < NAMELESS_FIELDS;
}

static bool set_secret(struct reading *r, struct secret *secret, struct span text)
{
	return text.n_bytes == 0 || secret_set(secret, text.text, text.n_bytes) ||
	       reading_refuse(r, "a secret is longer than 255 bytes");
}

static bool read_user(struct reading *r, struct span user, struct plan_target *target)
{
	struct span username = span_cut(&user, ':'), secret = span_cut(&user, ':');
	struct span username_in = span_cut(&user, ':'), secret_in = user;
	struct plan_own own = {.origin = target->origin};
	if (span_has(secret_in, ':'))
		return reading_refuse(r, "before the @ are more than user, secret, and both for the other direction");
	if (!span_copy(username, target->username, sizeof target->username) ||
	    !span_copy(username_in, own.username_in, sizeof own.username_in))
		return reading_refuse(r, "a user name is longer than 255 bytes");
	if (secret.n_bytes == 0 && secret_in.n_bytes == 0)
		return true;
	if (!set_secret(r, &own.secret, secret) || !set_secret(r, &own.secret_in, secret_in))
		return false;
	target->own = plan_add_own(r->plan, &own);
	secret_wipe(&own.secret);
	secret_wipe(&own.secret_in);
	return target->own > 0 || reading_too_many(r, OWN_SECRETS_MAX);
}

static bool read_host(struct reading *r, struct span *rest, struct plan_target *target)
{
	struct span text = *rest, host;
	uint16_t no_port = 0;
	if (span_starts(text, "["))
		span_cut(rest, ']');
	struct span before_colon = span_cut(rest, ':');
	if (before_colon.text != NULL)
		text.n_bytes = (size_t)(before_colon.text + before_colon.n_bytes - text.text);
	if (text.n_bytes == 0)
		return true;
	if (!text_host_port(text, &host, &no_port))
		return reading_refuse(r, "the host is neither an IP address (IPv6 in brackets) nor a DNS name");
	return reading_host(r, host, target->host);
}

/* An IP protocol; that of a port in this place would be lost. */
static void note_proto(struct reading *r, struct span proto)
{
	uint64_t number;
	if (text_decimal(proto, UINT32_MAX, &number) && number != 6)
		plan_note(r->notes, "%.*s=: the field behind the host is the protocol, 6 or empty; a port is behind it",
			  (int)r->name.n_bytes, r->name.text);
}

static bool read_port(struct reading *r, struct span text, struct plan_target *target)
{
	uint64_t port = ISCSI_PORT;
	if (text.n_bytes > 0 && (!text_decimal(text, UINT16_MAX, &port) || port == 0))
		return reading_refuse(r, "the port is not a number from 1 to 65535");
	target->port = (uint16_t)port;
	return true;
}

static bool read_lun(struct reading *r, struct span text, enum rootpath_lun reading, struct plan_target *target)
{
	struct plan_lun decimal, hex;
	if (text.n_bytes == 0)
		return true;
	bool is_decimal = lun_read_number(text, &decimal), is_hex = lun_read_groups(text, &hex);
	bool both = is_decimal && is_hex && decimal.number != hex.number;
	if (!is_decimal && !is_hex)
		return reading_refuse(r, "the LUN is neither a number nor groups of hexadecimal digits, joined by -");
	target->lun = is_decimal && (reading == ROOTPATH_DECIMAL || !is_hex) ? decimal : hex;
	if (both)
		plan_note(r->notes, "%.*s=: LUN %.*s is read as %s here, others read it as %s", (int)r->name.n_bytes,
			  r->name.text, (int)text.n_bytes, text.text,
			  reading == ROOTPATH_DECIMAL ? "decimal" : "hexadecimal",
			  reading == ROOTPATH_DECIMAL ? "hexadecimal" : "decimal");
	return true;
}

/* Leaves LUN alone in *rest, or LUN and what follows. */
static void skip_binding(struct reading *r, struct span *rest, size_t n_fields)
{
	struct span netdev = {NULL, 0};
	char shown[SHOWN_BYTES];
	for (size_t i = 0; i < n_fields; i++)
		netdev = span_cut(rest, ':');
	if (netdev.n_bytes > 0)
		plan_note(r->notes, "%.*s=: the session is not bound to %s, the route to the portal decides",
			  (int)r->name.n_bytes, r->name.text, reading_show(netdev, shown));
}

/* IFACE:NETDEV:LUN:NAME if one of the first two is there and the third can be a LUN; dracut's own rule. */
static bool has_binding(struct span rest)
{
	uint64_t number;
	struct span iface = span_cut(&rest, ':'), netdev = span_cut(&rest, ':'), lun = span_cut(&rest, ':');
	return rest.text != NULL && iface.n_bytes + netdev.n_bytes > 0 &&
	       (lun.n_bytes == 0 || text_decimal(lun, UINT64_MAX, &number));
}

/* What follows PORT. */
static bool read_lun_and_name(struct reading *r, struct span rest, struct span name, enum rootpath_lun reading,
			      struct plan_target *target)
{
	size_t n_colons = count_colons(rest);
	if (name.text != NULL && n_colons > 2)
		return reading_refuse(r, "it has more fields than HOST:PROTO:PORT:IFACE:NETDEV:LUN:NAME");
	if (name.text != NULL)
		skip_binding(r, &rest, n_colons);
	else if (has_binding(rest))
		skip_binding(r, &rest, 2);
	struct span lun = span_cut(&rest, ':');
	if (name.text == NULL)
		name = rest;
	return read_lun(r, lun, reading, target) && (name.n_bytes == 0 || reading_name(r, name, target->name));
}

bool rootpath_read(struct reading *r, struct span rest, enum rootpath_lun reading)
{
	struct boot_plan *plan = r->plan;
	struct plan_target target = {.port = ISCSI_PORT};
	struct span user, name;
	r->is_hidden = true;
	if (plan->n_targets == TARGETS_MAX)
		return reading_too_many(r, TARGETS_MAX);
	if (!cut_user(&rest, true, &user))
		cut_user(&rest, false, &user);
	struct span fields = rest;
	cut_typed_name(&rest, &name);
	if (has_stray_at(fields, name))
		return reading_refuse(r, "an @ in it is neither before HOST:PROTO:PORT:LUN:NAME nor in NAME");
	reading_set_origin(r, &target.origin);
	if (!read_host(r, &rest, &target))
		return false;
	note_proto(r, span_cut(&rest, ':'));
	struct span port = span_cut(&rest, ':');
	if (!read_port(r, port, &target) || !read_lun_and_name(r, rest, name, reading, &target))
		return false;
	if (target.host[0] == '\0' && target.name[0] == '\0')
		return reading_refuse(r, "it has neither a host nor a name");
	if (!read_user(r, user, &target))
		return false;
	plan->targets[plan->n_targets++] = target;
	return true;
}
