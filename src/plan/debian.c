/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian and Ubuntu: the words of open-iscsi's scripts in initramfs-tools (scripts/local-top/iscsi), on the command
 * line or, in capitals, as the shell variables of /etc/iscsi.initramfs, and the file that names the initiator. Those of
 * its words that are ours too are in words.c.
 */
#include "plan/dialects.h"

#include "plan/links.h"
#include "plan/net.h"

/* As a variable of a shell it has a value; empty is no. */
static bool read_auto(struct reading *r)
{
	if (r->value.text != NULL && r->value.n_bytes == 0)
		return true;
	return read_switch(r);
}

static const struct word debian_words[] = {
	{"iscsi_target_name", read_target_name, WORD_VALUE, PLAN_AT(named.origin), 0, 0, NULL},
	{"iscsi_target_ip", read_portals, WORD_VALUE, PLAN_AT(portal.origin), PLAN_TEXT(portal.list), NULL},
	{"iscsi_target_port", read_portal_port, WORD_VALUE, PLAN_AT(from.port), 0, 0, NULL},
	{"iscsi_target_group", NULL, WORD_VALUE, 0, 0, 0, "has no use: a login says which portal group it has reached"},
	{"iscsi_auto", read_auto, WORD_ANY, PLAN_AT(from.ibft), PLAN_AT(asks_ibft), 0, NULL},
	{"ip6", net_read_ip6, WORD_VALUE, 0, 0, 0, NULL},
	{"hostname", links_read_hostname, WORD_VALUE, PLAN_AT(from.hostname), 0, 0, NULL},
	{"iscsi_auto_skip_initramfs_networking", NULL, WORD_ANY, 0, 0, 0, "has no use: ip= alone says it"},
};
const struct dialect debian = DIALECT(debian_words);

static const struct word initiatorname_words[] = {
	{"InitiatorName", read_initiator, WORD_VALUE, PLAN_AT(initiator.origin), 0, 0, NULL},
	{"InitiatorAlias", NULL, WORD_VALUE, 0, 0, 0, "has no use: no target needs it"},
	{"GenerateName", NULL, WORD_VALUE, 0, 0, 0, "has no use: a name that is not given is made of the machine's"},
};
const struct dialect initiatorname = DIALECT(initiatorname_words);
