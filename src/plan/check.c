/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completes a plan and refuses what cannot work, with the remedy in the table of failures. What only the network or the
 * target can tell is not looked at here.
 */
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

#include "plan/links.h"
#include "plan/name.h"
#include "plan/reading.h"
#include "plan/secrets.h"

/* What every default initiator name begins with. */
#define NAME_PREFIX "iqn.2026-11.org.iscsiroot:"

/* As live-boot makes it (boot/9990-iscsi.sh). */
#define LIVE_PREFIX "iqn.1993-08.org.debian.live:01:"

enum {
	SECRET_ADVISED_BYTES = 12,
};

/* iscsi_target_name= beside other targets is one more, but those of a stronger source leave no place for it. */
static bool add_named_target(struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	struct plan_target target = {.origin = plan->named.origin};
	if (plan->named.name[0] == '\0')
		return true;
	if (plan->n_targets > 0 && plan->targets[0].origin.source < plan->named.origin.source) {
		plan_note(notes, "%s is not used: %s names the target", plan->named.origin.text,
			  plan->targets[0].origin.text);
		return true;
	}
	if (plan->n_targets == TARGETS_MAX)
		return fail_set(fail, FAIL_TOO_MANY, "more than %d targets", TARGETS_MAX);
	if (plan->n_targets > 0)
		plan_note(notes, "%s is one more target beside that of %s; Debian knows only one",
			  plan->named.origin.text, plan->targets[0].origin.text);
	memcpy(target.name, plan->named.name, sizeof target.name);
	plan->targets[plan->n_targets++] = target;
	plan->named.name[0] = '\0'; /* a plan may be checked again, when more is known of the machine */
	return true;
}

/* A portal alone stands for its one target. */
static void add_portal_target(struct boot_plan *plan)
{
	if (plan->n_targets > 0 || plan->portal.origin.text[0] == '\0')
		return;
	plan->n_targets = 1;
	plan->targets[0] = (struct plan_target){.origin = plan->portal.origin};
}

/* A target without a host gets the first of the portals; each further one is a way of its own, and a target. */
static bool merge_portals(struct boot_plan *plan, struct plan_target bare, struct plan_target *place, struct fail *fail)
{
	struct span list = span_of(plan->portal.list), host;
	if (plan->portal.origin.text[0] == '\0')
		return fail_set(fail, FAIL_PORTAL_MISSING, "%s", bare.name);
	bare.of_portal = true;
	while (portal_cut(&list, plan->portal.port, &host, &bare.port)) {
		if (place == NULL && plan->n_targets == TARGETS_MAX)
			return fail_set(fail, FAIL_TOO_MANY, "more than %d targets with their portals", TARGETS_MAX);
		span_copy(host, bare.host, sizeof bare.host);
		*(place != NULL ? place : &plan->targets[plan->n_targets++]) = bare;
		place = NULL;
	}
	return true;
}

static bool merge_portal(struct boot_plan *plan, struct fail *fail)
{
	for (unsigned i = 0, n = plan->n_targets; i < n; i++) {
		struct plan_target *target = &plan->targets[i];
		if (target->host[0] == '\0' && !merge_portals(plan, *target, target, fail))
			return false;
	}
	return true;
}

/* A portal or a port that no target needs cannot be meant so. */
static void note_unused_portal(const struct boot_plan *plan, struct plan_notes *notes)
{
	const struct origin *const origins[] = {&plan->portal.origin, &plan->from.port};
	for (unsigned i = 0; i < plan->n_targets; i++)
		if (plan->targets[i].of_portal)
			return;
	for (unsigned i = 0; i < 2; i++)
		if (origins[i]->text[0] != '\0')
			plan_note(notes, "%s is not used: each target has a portal of its own", origins[i]->text);
}

static bool is_same_portal(const struct plan_target *a, const struct plan_target *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port;
}

static bool is_same_lun(const struct plan_lun *a, const struct plan_lun *b)
{
	return a->given == b->given && a->number == b->number;
}

static const struct plan_target *find_before(const struct boot_plan *plan, unsigned n_before,
					     const struct plan_target *target)
{
	for (const struct plan_target *t = plan->targets; t < plan->targets + n_before; t++)
		if (is_same_portal(t, target) && is_same_lun(&t->lun, &target->lun))
			return t;
	return NULL;
}

/* A LUN that all LUNs of another session hold, too. */
static void note_whole(const struct boot_plan *plan, unsigned n_before, const struct plan_target *target,
		       struct plan_notes *notes)
{
	for (const struct plan_target *t = plan->targets; t < plan->targets + n_before; t++)
		if (is_same_portal(t, target) && t->lun.given != target->lun.given)
			plan_note(notes,
				  "%s is given with all its LUNs and with one of them: two sessions see that one",
				  plan_target_name(target));
}

static void drop_duplicates(struct boot_plan *plan, struct plan_notes *notes)
{
	uint8_t n_kept = 0;
	for (unsigned i = 0; i < plan->n_targets; i++) {
		const struct plan_target *target = &plan->targets[i];
		const struct plan_target *same = find_before(plan, n_kept, target);
		if (same != NULL) {
			bool differs = strcmp(same->username, target->username) != 0 || same->own != target->own;
			plan_note(notes, "%s is given twice with the same portal and LUN, the second is left out%s",
				  plan_target_name(target), differs ? ", with its user name and secret" : "");
			continue;
		}
		note_whole(plan, n_kept, target, notes);
		if (n_kept != i)
			plan->targets[n_kept] = *target;
		n_kept++;
	}
	plan->n_targets = n_kept;
}

/* Every target gets its user name; a secret that nobody uses and a user without a secret cannot be meant. */
static bool merge_chap(struct boot_plan *plan, bool can_ask, struct plan_notes *notes, struct fail *fail)
{
	bool has_user = false;
	for (unsigned i = 0; i < plan->n_targets; i++) {
		struct plan_target *target = &plan->targets[i];
		const char *origin = target->origin.text;
		if (target->username[0] == '\0') {
			memcpy(target->username, plan->chap.username, sizeof target->username);
			origin = plan->chap.origin.text;
		}
		if (target->username[0] == '\0' && target->own > 0)
			return fail_set(fail, FAIL_CHAP_HALF, "%s has only the secret", target->origin.text);
		if (target->username[0] == '\0')
			continue;
		has_user = true;
		if (!plan_lacks_secret(plan, target))
			continue;
		if (plan->chap.secret.n_bytes > 0)
			plan_note(notes, "%s is not for the target in %s, which has another user name than %s",
				  plan->from.secret.text, target->origin.text, plan->chap.origin.text);
		if (!can_ask)
			return fail_set(fail, FAIL_CHAP_HALF, "the user name %s is in %s", target->username, origin);
	}
	if (plan->chap.secret.n_bytes > 0 && !has_user)
		return fail_set(fail, FAIL_CHAP_HALF, "only the secret is given");
	return true;
}

static bool check_mutual_of(const struct boot_plan *plan, const struct plan_target *target, struct fail *fail)
{
	struct plan_identity id = plan_identity_of(plan, target);
	if (id.secret_in == NULL && plan->chap_in.secret.n_bytes > 0)
		return fail_set(fail, FAIL_MUTUAL_HALF, "%s has no user name", plan_target_name(target));
	if (id.secret_in == NULL && id.username_in[0] != '\0')
		return fail_set(fail, FAIL_MUTUAL_HALF, "%s is given without iscsi_in_password=",
				target->own == 0 ? plan->from.username_in.text : target->origin.text);
	return id.secret_in == NULL || !secret_equal(id.secret, id.secret_in) ||
	       fail_set(fail, FAIL_SECRETS_EQUAL, "for %s", plan_target_name(target));
}

/* Mutual CHAP holds for every target or not at all: a target that is not asked could be anyone. */
static bool check_mutual(const struct boot_plan *plan, struct fail *fail)
{
	for (unsigned i = 0; i < plan->n_targets; i++)
		if (!check_mutual_of(plan, &plan->targets[i], fail))
			return false;
	return true;
}

/* RFC 7143 section 9.2.1. */
static void note_short_secret(const struct secret *secret, const char *before, const char *word,
			      struct plan_notes *notes)
{
	if (secret->n_bytes > 0 && secret->n_bytes < SECRET_ADVISED_BYTES)
		plan_note(notes, "%s%s is shorter than %d bytes: who listens to a login can find it by trying", before,
			  word, SECRET_ADVISED_BYTES);
}

/* Real sites have names that are none. A target whose name is yet to be discovered has no name to look at. */
static void note_name(const char *name, const char *whose, struct plan_notes *notes)
{
	const char *fault = name_fault(span_of(name));
	if (name[0] != '\0' && fault != NULL)
		plan_note(notes, "%s name %s %s; used as it is", whose, name, fault);
}

/* Copies a UUID in lower case. False when it is none, or one that many machines have. */
static bool read_machine_uuid(const char *text, char out[static 37])
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	static const char *const fakes[] = {
		"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
		"03000200-0400-0500-0006-000700080009", /* of boards whose maker set none */
	};
	size_t n = 0;
	for (; n < 36 && text[n] != '\0'; n++) {
		bool hex = text_hex_digit(text[n]) >= 0;
		if (shape[n] == 'x' ? !hex : text[n] != '-')
			return false;
		out[n] = (char)(text[n] | 0x20); /* lower case; digits and '-' have this bit already */
	}
	if (n < 36 || (text[n] != '\0' && text[n] != '\n'))
		return false;
	out[n] = '\0';
	for (size_t i = 0; i < sizeof fakes / sizeof fakes[0]; i++) {
		if (strcmp(out, fakes[i]) == 0)
			return false;
	}
	return true;
}

/* Its scripts take the card that they have booted from; without BOOTIF= nobody knows which that is. */
static const uint8_t *mac_of_live(const struct boot_plan *plan, const struct plan_machine *machine)
{
	if (plan->uses_bootif && plan->bootif.has_mac)
		return plan->bootif.mac;
	return machine->has_mac ? machine->mac : NULL;
}

static void name_by_mac(struct boot_plan *plan, const char *prefix, const uint8_t mac[static 6])
{
	snprintf(plan->initiator.name, sizeof plan->initiator.name, "%s%02x%02x%02x%02x%02x%02x", prefix, mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static bool name_initiator(struct boot_plan *plan, const struct plan_machine *machine, struct plan_notes *notes,
			   struct fail *fail)
{
	char *name = plan->initiator.name;
	const uint8_t *mac = plan->has_live ? mac_of_live(plan, machine) : NULL;
	char uuid[37];
	if (name[0] != '\0') {
		note_name(name, "initiator", notes);
	} else if (mac != NULL) {
		origin_set(&plan->initiator.origin, "MAC, as live-boot");
		name_by_mac(plan, LIVE_PREFIX, mac);
	} else if (!plan->has_live && read_machine_uuid(machine->dmi_uuid, uuid)) {
		origin_set(&plan->initiator.origin, "DMI");
		snprintf(name, sizeof plan->initiator.name, NAME_PREFIX "%s", uuid);
	} else if (machine->has_mac) {
		origin_set(&plan->initiator.origin, "MAC");
		name_by_mac(plan, NAME_PREFIX "mac-", machine->mac);
	} else if (machine->is_elsewhere) {
		plan_note(notes, "the initiator name is made at boot, of the machine's UUID or hardware address");
	} else {
		return fail_set(fail, FAIL_INITIATOR_MISSING, "%s",
				plan->has_live ? "live-boot, whose iscsi= it is, takes only a MAC" : "");
	}
	return true;
}

static bool refuse_no_target(const struct boot_plan *plan, struct fail *fail)
{
	if (!plan->asks_ibft)
		return fail_set(fail, FAIL_TARGET_MISSING, "%s", "");
	if (plan->forbids_ibft)
		return fail_set(fail, FAIL_TARGET_MISSING, "%s is given, and %s is stronger", plan->from.ibft.text,
				plan->from.no_ibft.text);
	return fail_set(fail, FAIL_TARGET_MISSING, "%s is given, and there is no iBFT with a target",
			plan->from.ibft.text);
}

bool plan_check(struct boot_plan *plan, const struct plan_machine *machine, struct plan_notes *notes, struct fail *fail)
{
	if (!add_named_target(plan, notes, fail))
		return false;
	add_portal_target(plan);
	if (plan->asks_dhcp)
		return fail_set(fail, FAIL_TARGET_MISSING, "%s is given, and there is no DHCP lease with a root path",
				plan->from.dhcp.text);
	if (plan->n_targets == 0)
		return refuse_no_target(plan, fail);
	if (plan->asks_ibft && plan->forbids_ibft)
		plan_note(notes, "%s is not used: %s is stronger", plan->from.ibft.text, plan->from.no_ibft.text);
	if (!merge_portal(plan, fail))
		return false;
	note_unused_portal(plan, notes);
	drop_duplicates(plan, notes);
	plan_add_network(plan, notes);
	if (!name_initiator(plan, machine, notes, fail) ||
	    (machine->secrets != NULL && !secrets_read(machine->secrets, plan, fail)) ||
	    !merge_chap(plan, machine->can_ask, notes, fail) || !check_mutual(plan, fail))
		return false;
	for (unsigned i = 0; i < plan->n_targets; i++)
		note_name(plan->targets[i].name, "target", notes);
	links_note(plan, notes);
	note_short_secret(&plan->chap.secret, "", "iscsi_password=", notes);
	note_short_secret(&plan->chap_in.secret, "", "iscsi_in_password=", notes);
	for (const struct plan_own *own = plan->own; own < plan->own + plan->n_own; own++) {
		note_short_secret(&own->secret, "a secret in ", own->origin.text, notes);
		note_short_secret(&own->secret_in, "a secret in ", own->origin.text, notes);
	}
	return true;
}
