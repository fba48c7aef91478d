/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dracut's module iscsi: netroot=, iscsiroot= and the words rd.iscsi.*, with the older names of both
 * (dracut.cmdline(7)). rd.iscsi.target.name, .ip and .port stand in its manual and nowhere in its code; here they work.
 * Words for what its parts have to wait for have no use here: everything waits in one loop.
 */
#include "plan/dialects.h"

#include <string.h>

#include "plan/links.h"
#include "plan/net.h"
#include "plan/rootpath.h"

static struct span without_prefix(struct span s, const char *prefix)
{
	size_t n = span_of(prefix).n_bytes;
	return span_starts(s, prefix) ? (struct span){s.text + n, s.n_bytes - n} : s;
}

static bool read_netroot(struct reading *r)
{
	if (span_is(r->value, "iscsi") || span_is(r->value, "iscsi:"))
		return reading_iscsi_alone(r);
	if (span_is(r->value, "iscsi:ibft"))
		return reading_ask_ibft(r);
	if (span_is(r->value, "dhcp") || span_is(r->value, "dhcp6"))
		return reading_ask_dhcp(r);
	if (!span_starts(r->value, "iscsi:"))
		return reading_refuse(r, "it is neither iscsi:HOST:PROTO:PORT:LUN:NAME nor iscsi nor dhcp");
	return rootpath_read(r, without_prefix(r->value, "iscsi:"), ROOTPATH_DECIMAL);
}

static bool read_iscsiroot(struct reading *r)
{
	r->plan->has_iscsiroot = true;
	return rootpath_read(r, without_prefix(r->value, "iscsi:"), ROOTPATH_DECIMAL);
}

/* --- rd.iscsi.param=NAME=VALUE --- */

/* There is one choice for both: when the setting of the other one has said something else, the last one is followed. */
static void note_digests(struct reading *r, enum plan_digest digest)
{
	const char *other = r->plan->from.digest.text;
	bool is_setting = span_starts(span_of(other), "node.");
	if (is_setting && strncmp(other, r->name.text, r->name.n_bytes) != 0 && r->plan->digest != digest)
		plan_note(r->notes, "headers and data cannot have different digests here: both have those of %.*s=",
			  (int)r->name.n_bytes, r->name.text);
}

/* As plan_digest_offer writes them. */
static bool read_digests(struct reading *r)
{
	for (unsigned i = DIGEST_NONE; i <= DIGEST_PREFER_NONE; i++) {
		if (span_is(r->value, plan_digest_offer((enum plan_digest)i))) {
			note_digests(r, (enum plan_digest)i);
			r->plan->digest = (enum plan_digest)i;
			return true;
		}
	}
	return reading_refuse(r, "it is none of None, CRC32C, CRC32C,None and None,CRC32C");
}

/* For ever, as open-iscsi writes it: any negative number; what is longer than the longest means the same. */
static bool read_replacement(struct reading *r)
{
	uint64_t seconds;
	bool is_longer = text_decimal(r->value, UINT32_MAX, &seconds) && seconds > r->word->max;
	if (!span_starts(r->value, "-") && !is_longer)
		return read_seconds(r);
	if (is_longer)
		plan_note(r->notes, "%.*s=: the longest there is: %u seconds", (int)r->name.n_bytes, r->name.text,
			  (unsigned)r->word->max);
	r->plan->outage.replacement_s = r->word->max;
	return true;
}

/* "Yes" is the kernel's own default, too. */
static bool read_fast_abort(struct reading *r)
{
	bool no = span_is(r->value, "No");
	r->plan->outage.slow_abort = no;
	return no || span_is(r->value, "Yes") || reading_refuse(r, "it is neither Yes nor No");
}

static const struct word settings[] = {
	{"node.session.timeo.replacement_timeout", read_replacement, WORD_VALUE, PLAN_AT(from.replacement),
	 PLAN_AT(outage.replacement_s), REPLACEMENT_MAX_S, NULL},
	{"node.conn[0].timeo.noop_out_interval", read_seconds, WORD_VALUE, PLAN_AT(from.nop_interval),
	 PLAN_AT(outage.nop_interval_s), NOP_MAX_S, NULL},
	{"node.conn[0].timeo.noop_out_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.nop_timeout),
	 PLAN_AT(outage.nop_timeout_s), NOP_MAX_S, NULL},
	{"node.session.err_timeo.abort_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.abort), PLAN_AT(outage.abort_s),
	 NOP_MAX_S, NULL},
	{"node.session.err_timeo.lu_reset_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.lun_reset),
	 PLAN_AT(outage.lun_reset_s), NOP_MAX_S, NULL},
	{"node.session.err_timeo.tgt_reset_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.target_reset),
	 PLAN_AT(outage.target_reset_s), NOP_MAX_S, NULL},
	{"node.session.iscsi.FastAbort", read_fast_abort, WORD_VALUE, PLAN_AT(from.slow_abort), 0, 0, NULL},
	{"node.conn[0].iscsi.HeaderDigest", read_digests, WORD_VALUE, PLAN_AT(from.digest), 0, 0, NULL},
	{"node.conn[0].iscsi.DataDigest", read_digests, WORD_VALUE, PLAN_AT(from.digest), 0, 0, NULL},
	{"node.session.auth.username", read_text, WORD_VALUE, PLAN_AT(chap.origin), PLAN_TEXT(chap.username), NULL},
	{"node.session.auth.password", read_secret, WORD_VALUE, PLAN_AT(from.secret), PLAN_AT(chap.secret), 0, NULL},
	{"node.session.auth.username_in", read_text, WORD_VALUE, PLAN_AT(from.username_in), PLAN_TEXT(chap_in.username),
	 NULL},
	{"node.session.auth.password_in", read_secret, WORD_VALUE, PLAN_AT(from.secret_in), PLAN_AT(chap_in.secret), 0,
	 NULL},
};

static bool read_setting(struct reading *r)
{
	struct span name = span_cut(&r->value, '=');
	char shown[SHOWN_BYTES];
	if (r->value.text == NULL)
		return reading_refuse(r, "it is not NAME=VALUE");
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		if (!span_is(name, settings[i].name))
			continue;
		r->word = &settings[i];
		r->name = name;
		return reading_apply(r);
	}
	plan_note(r->notes, "%.*s=: %s is not known here", (int)r->name.n_bytes, r->name.text,
		  reading_show(name, shown));
	return true;
}

static const char waits[] = "has no use: whatever is there is used as soon as it is there";
static const char retries[] = "has no use: a login is tried until iscsi_timeout= is over, by default for ever";
static const char retries_net[] = "has no use: the network is tried until iscsi_timeout= is over, by default for ever";
static const char names[] = "has no use: cards have the kernel's names unless ifname= gives others";
static const char fields[] = "has no use: name the card in ip=";
static const char bypass[] =
	"has no use: a disk that is there already is not looked at, only one of a target can be root";
static const char offload[] = "has no use: only iSCSI of the kernel over TCP is known here";

static const struct word dracut_words[] = {
	{"netroot", read_netroot, WORD_VALUE, 0, 0, 0, NULL},
	{"iscsiroot", read_iscsiroot, WORD_VALUE, 0, 0, 0, NULL},
	{"rd.iscsi.initiator", read_initiator, WORD_VALUE, PLAN_AT(initiator.origin), 0, 0, NULL},
	{"rd.iscsi.target.name", read_target_name, WORD_VALUE, PLAN_AT(named.origin), 0, 0, NULL},
	{"rd.iscsi.target.ip", read_portals, WORD_VALUE, PLAN_AT(portal.origin), PLAN_TEXT(portal.list), NULL},
	{"rd.iscsi.target.port", read_portal_port, WORD_VALUE, PLAN_AT(from.port), 0, 0, NULL},
	{"rd.iscsi.target.group", NULL, WORD_VALUE, 0, 0, 0,
	 "has no use: a login says which portal group it has reached"},
	{"rd.iscsi.username", read_text, WORD_VALUE, PLAN_AT(chap.origin), PLAN_TEXT(chap.username), NULL},
	{"rd.iscsi.password", read_secret, WORD_VALUE, PLAN_AT(from.secret), PLAN_AT(chap.secret), 0, NULL},
	{"rd.iscsi.in.username", read_text, WORD_VALUE, PLAN_AT(from.username_in), PLAN_TEXT(chap_in.username), NULL},
	{"rd.iscsi.in.password", read_secret, WORD_VALUE, PLAN_AT(from.secret_in), PLAN_AT(chap_in.secret), 0, NULL},
	{"rd.iscsi.firmware", read_switch, WORD_ANY, PLAN_AT(from.ibft), PLAN_AT(asks_ibft), 0, NULL},
	{"iscsi_firmware", read_switch, WORD_ANY, PLAN_AT(from.ibft), PLAN_AT(asks_ibft), 0, NULL},
	{"rd.iscsi.ibft", read_switch, WORD_ANY, PLAN_AT(from.ibft_nics), PLAN_AT(asks_ibft_nics), 0, NULL},
	{"rd.iscsi.param", read_setting, WORD_VALUE, 0, 0, 0, NULL},
	{"iscsi_param", read_setting, WORD_VALUE, 0, 0, 0, NULL},
	{"rd.iscsi.login_retry_max", NULL, WORD_VALUE, 0, 0, 0, retries},
	{"rd.iscsi.waitnet", NULL, WORD_ANY, 0, 0, 0, waits},
	{"rd.iscsi.testroute", NULL, WORD_ANY, 0, 0, 0, waits},
	{"rd.iscsi.transport", NULL, WORD_VALUE, 0, 0, 0, offload},
	{"rd.iscsi.mp", NULL, WORD_ANY, 0, 0, 0, "has no use: ip= says which network cards are used"},
	{"rd.iscsi.bypass", NULL, WORD_ANY, 0, 0, 0, bypass},
	{"ifname", links_read_ifname, WORD_VALUE, 0, 0, 0, NULL},
	{"vlan", links_read_vlan, WORD_VALUE, 0, 0, 0, NULL},
	{"bond", links_read_bond, WORD_ANY, 0, 0, 0, NULL},
	{"rd.route", links_read_route, WORD_VALUE, 0, 0, 0, NULL},
	{"nameserver", links_read_nameserver, WORD_VALUE, 0, 0, 0, NULL},
	{"bootdev", links_read_bootdev, WORD_VALUE, PLAN_AT(bootdev.origin), 0, 0, NULL},
	{"rd.bootif", read_switch, WORD_ANY, PLAN_AT(from.uses_bootif), PLAN_AT(uses_bootif), 0, NULL},
	{"team", links_read_unmade, WORD_ANY, 0, 0, 0, NULL},
	{"bridge", links_read_unmade, WORD_ANY, 0, 0, 0, NULL},
	{"biosdevname", NULL, WORD_ANY, 0, 0, 0, names},
	{"net.ifnames", NULL, WORD_ANY, 0, 0, 0, names},
	{"gateway", net_read_gateway, WORD_SHARED, PLAN_AT(from.gateway), 0, 0, NULL},
	{"netmask", net_read_netmask, WORD_SHARED, PLAN_AT(from.netmask), 0, 0, NULL},
	{"mtu", net_read_mtu, WORD_SHARED, PLAN_AT(from.mtu), 0, 0, NULL},
	{"ksdevice", NULL, WORD_VALUE, 0, 0, 0, fields},
	{"rd.peerdns", NULL, WORD_ANY, 0, 0, 0, "has no use: nameserver= comes before what a lease says"},
	{"rd.neednet", NULL, WORD_ANY, 0, 0, 0, "has no use: the network is always brought up"},
	{"rd.net.dhcp.retry", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.dhcp", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.iflink", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.ifup", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.route", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.ipv6dad", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.ipv6auto", NULL, WORD_VALUE, 0, 0, 0, retries_net},
	{"rd.net.timeout.carrier", NULL, WORD_VALUE, 0, 0, 0, retries_net},
};
const struct dialect dracut = DIALECT(dracut_words);
