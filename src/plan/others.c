/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of programs that have few of them: Gentoo's genkernel (defaults/linuxrc), Debian's live-boot
 * (boot/9990-cmdline-old), LibreELEC (busybox/scripts/init), mkinitrd of old SUSE, make-initrd of ALT
 * (features/network), whose words for iSCSI are Debian's in capitals.
 */
#include "plan/dialects.h"

#include "plan/links.h"
#include "plan/misspelt.h"
#include "plan/root.h"

enum {
	ITEM_MAX = 48,
};

static const char group[] = "has no use: a login says which portal group it has reached";

static const struct word genkernel_words[] = {
	{"iscsi_initiatorname", read_initiator, WORD_VALUE, PLAN_AT(initiator.origin), 0, 0, NULL},
	{"iscsi_address", read_portals, WORD_VALUE, PLAN_AT(portal.origin), PLAN_TEXT(portal.list), NULL},
	{"iscsi_port", read_portal_port, WORD_VALUE, PLAN_AT(from.port), 0, 0, NULL},
	{"iscsi_tgpt", NULL, WORD_VALUE, 0, 0, 0, group},
	{"iscsi_username_in", read_text, WORD_VALUE, PLAN_AT(from.username_in), PLAN_TEXT(chap_in.username), NULL},
	{"iscsi_password_in", read_secret, WORD_VALUE, PLAN_AT(from.secret_in), PLAN_AT(chap_in.secret), 0, NULL},
	{"iscsi_noibft", read_switch, WORD_ANY, PLAN_AT(from.no_ibft), PLAN_AT(forbids_ibft), 0, NULL},
	{"real_root", root_read, WORD_VALUE, PLAN_AT(root.origin), 0, 0, NULL},
	{"iscsi_debug", NULL, WORD_ANY, 0, 0, 0, "has no use: quiet is the only word for what is told"},
};
const struct dialect genkernel = DIALECT(genkernel_words);

/* HOST[,PORT];NAME */
static bool read_live(struct reading *r)
{
	struct span name = r->value, portal = span_cut(&name, ';');
	struct span host = span_cut(&portal, ','), port = portal;
	struct plan_target target = {.port = ISCSI_PORT};
	uint64_t number = ISCSI_PORT;
	uint16_t no_port = 0;
	if (r->plan->n_targets == TARGETS_MAX)
		return reading_too_many(r, TARGETS_MAX);
	if (name.text == NULL || !text_host_port(host, &host, &no_port) || no_port != 0)
		return reading_refuse(r, "it is not HOST;NAME or HOST,PORT;NAME");
	if (port.text != NULL && (!text_decimal(port, UINT16_MAX, &number) || number == 0))
		return reading_refuse(r, "the port is not a number from 1 to 65535");
	reading_set_origin(r, &target.origin);
	target.port = (uint16_t)number;
	if (!reading_host(r, host, target.host) || !reading_name(r, name, target.name))
		return false;
	r->plan->targets[r->plan->n_targets++] = target;
	r->plan->has_live = true;
	return true;
}

static const struct word live_words[] = {
	{"iscsi", read_live, WORD_VALUE, 0, 0, 0, NULL},
};
const struct dialect live = DIALECT(live_words);

static bool read_list(struct reading *r);

/* A second list, as in boot= and disk=, is not meant to say where root is again. */
static void note_root(const struct reading *r, struct span list)
{
	if (r->word != NULL && r->word->read == root_read && r->plan->root.origin.text[0] != '\0')
		plan_note(r->notes, "the root in the list of %.*s= takes the place of that in %s", (int)list.n_bytes,
			  list.text, r->plan->root.origin.text);
}

/* In a list with a secret it may be a part of that. */
static void note_item(const struct reading *r, struct span item)
{
	bool is_hidden = item.n_bytes > ITEM_MAX || misspelt_has(r->value, "password") || span_has(r->value, '@');
	struct span shown = is_hidden ? span_of("something") : item;
	plan_note(r->notes, "%.*s=: %.*s in its list has no use here", (int)r->name.n_bytes, r->name.text,
		  (int)shown.n_bytes, shown.text);
}

/* One of the words in the list; a path is root. */
static bool read_item(struct reading *r, struct span item)
{
	struct cmdline_word given = {.name = span_of("root"), .value = item};
	if (span_is(item, "auto"))
		item = span_of("iscsi_auto");
	if (!span_starts(item, "/")) {
		given.name = span_cut(&item, '=');
		given.value = item;
	}
	struct reading of_item = *r;
	of_item.word = words_find(SOURCE_CMDLINE, &given);
	of_item.name = given.name;
	of_item.value = given.value;
	note_root(&of_item, r->name);
	if (of_item.word != NULL && of_item.word->read == read_list)
		return reading_refuse(r, "such a list cannot be in it");
	if (of_item.word != NULL && of_item.word->idle == NULL)
		return reading_apply(&of_item);
	note_item(r, given.name);
	return true;
}

/* ISCSI=WORD=VALUE,WORD=VALUE,DEVICE; other values are for others. */
static bool read_list(struct reading *r)
{
	struct span list = r->value;
	r->is_hidden = true;
	if (!span_starts(list, "ISCSI="))
		return true;
	span_cut(&list, '=');
	while (list.text != NULL) {
		struct span item = span_cut(&list, ',');
		if (item.n_bytes > 0 && !read_item(r, item))
			return false;
	}
	return true;
}

static const struct word libreelec_words[] = {
	{"boot", read_list, WORD_VALUE, 0, 0, 0, NULL},
	{"disk", read_list, WORD_VALUE, 0, 0, 0, NULL},
};
const struct dialect libreelec = DIALECT(libreelec_words);

static const struct word alt_words[] = {
	{"route", links_read_route, WORD_SHARED, 0, 0, 0, NULL},
};
const struct dialect alt = DIALECT(alt_words);

static const struct word suse_words[] = {
	{"TargetName", read_target_name, WORD_VALUE, PLAN_AT(named.origin), 0, 0, NULL},
	{"TargetAddress", read_portals, WORD_VALUE, PLAN_AT(portal.origin), PLAN_TEXT(portal.list), NULL},
	{"TargetPort", read_portal_port, WORD_VALUE, PLAN_AT(from.port), 0, 0, NULL},
	{"iSCSI_ignoreNodes", NULL, WORD_ANY, 0, 0, 0, "has no use: there are no nodes here but these targets"},
};
const struct dialect suse = DIALECT(suse_words);
