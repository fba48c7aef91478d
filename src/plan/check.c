/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completes a plan and refuses what cannot work, with the remedy in the table of failures. What only the network or the
 * target can tell is not looked at here.
 */
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

#include "plan/name.h"
#include "plan/reading.h"

/* What every default initiator name begins with. */
#define NAME_PREFIX "iqn.2026-11.org.iscsiroot:"

enum {
	SECRET_ADVISED_BYTES = 12,
};

/* A portal alone stands for its one target. */
static void add_portal_target(struct boot_plan *plan)
{
	if (plan->n_targets > 0 || plan->portal.origin.text[0] == '\0')
		return;
	plan->n_targets = 1;
	plan->targets[0] = (struct plan_target){.origin = plan->portal.origin};
}

static bool merge_portal(struct boot_plan *plan, struct fail *fail)
{
	for (unsigned i = 0; i < plan->n_targets; i++) {
		struct plan_target *target = &plan->targets[i];
		if (target->host[0] != '\0')
			continue;
		if (plan->portal.origin.text[0] == '\0')
			return fail_set(fail, FAIL_PORTAL_MISSING, "%s", target->name);
		memcpy(target->host, plan->portal.host, sizeof target->host);
		target->port = plan->portal.port;
	}
	return true;
}

static bool is_same_target(const struct plan_target *a, const struct plan_target *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port &&
	       a->lun.given == b->lun.given && a->lun.number == b->lun.number;
}

static bool has_before(const struct boot_plan *plan, unsigned n_before, const struct plan_target *target)
{
	for (unsigned i = 0; i < n_before; i++) {
		if (is_same_target(&plan->targets[i], target))
			return true;
	}
	return false;
}

static void drop_duplicates(struct boot_plan *plan, struct plan_notes *notes)
{
	uint8_t n_kept = 0;
	for (unsigned i = 0; i < plan->n_targets; i++) {
		const struct plan_target *target = &plan->targets[i];
		if (has_before(plan, n_kept, target)) {
			plan_note(notes, "%s is given twice with the same portal and LUN, the second is left out",
				  plan_target_name(target));
			continue;
		}
		if (n_kept != i)
			plan->targets[n_kept] = *target;
		n_kept++;
	}
	plan->n_targets = n_kept;
}

/* Every target gets its user name; a secret that nobody uses and a user without a secret cannot be meant. */
static bool merge_chap(struct boot_plan *plan, struct fail *fail)
{
	bool has_secret = plan->chap.secret.n_bytes > 0;
	bool has_user = false;
	for (unsigned i = 0; i < plan->n_targets; i++) {
		struct plan_target *target = &plan->targets[i];
		const char *origin = target->origin.text;
		if (target->username[0] == '\0') {
			memcpy(target->username, plan->chap.username, sizeof target->username);
			origin = plan->chap.origin.text;
		}
		if (target->username[0] == '\0')
			continue;
		has_user = true;
		if (!has_secret)
			return fail_set(fail, FAIL_CHAP_HALF, "the user name %s is in %s", target->username, origin);
	}
	if (has_secret && !has_user)
		return fail_set(fail, FAIL_CHAP_HALF, "only the secret is given");
	return true;
}

/* Mutual CHAP holds for every target or not at all: a target that is not asked could be anyone. */
static bool check_mutual(const struct boot_plan *plan, struct fail *fail)
{
	if (plan->chap_in.secret.n_bytes == 0)
		return plan->chap_in.username[0] == '\0' ||
		       fail_set(fail, FAIL_MUTUAL_HALF, "iscsi_in_username= is given without iscsi_in_password=");
	for (unsigned i = 0; i < plan->n_targets; i++)
		if (plan->targets[i].username[0] == '\0')
			return fail_set(fail, FAIL_MUTUAL_HALF, "%s has no user name",
					plan_target_name(&plan->targets[i]));
	return !secret_equal(&plan->chap.secret, &plan->chap_in.secret) ||
	       fail_set(fail, FAIL_SECRETS_EQUAL, "iscsi_password= and iscsi_in_password=");
}

/* RFC 7143 section 9.2.1. */
static void note_short_secret(const struct secret *secret, const char *word, struct plan_notes *notes)
{
	if (secret->n_bytes > 0 && secret->n_bytes < SECRET_ADVISED_BYTES)
		plan_note(notes, "%s is shorter than %d bytes: who listens to a login can find it by trying", word,
			  SECRET_ADVISED_BYTES);
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

static bool name_initiator(struct boot_plan *plan, const struct plan_machine *machine, struct plan_notes *notes,
			   struct fail *fail)
{
	char *name = plan->initiator.name;
	const uint8_t *mac = machine->mac;
	char uuid[37];
	if (name[0] != '\0') {
		note_name(name, "initiator", notes);
	} else if (read_machine_uuid(machine->dmi_uuid, uuid)) {
		origin_set(&plan->initiator.origin, "DMI");
		snprintf(name, sizeof plan->initiator.name, NAME_PREFIX "%s", uuid);
	} else if (machine->has_mac) {
		origin_set(&plan->initiator.origin, "MAC");
		snprintf(name, sizeof plan->initiator.name, NAME_PREFIX "mac-%02x%02x%02x%02x%02x%02x", mac[0], mac[1],
			 mac[2], mac[3], mac[4], mac[5]);
	} else {
		return fail_set(fail, FAIL_INITIATOR_MISSING, "%s", "");
	}
	return true;
}

static void add_default_net(struct boot_plan *plan)
{
	if (plan->n_nets > 0)
		return;
	plan->n_nets = 1;
	plan->nets[0] = (struct plan_net){.method = NET_DHCP};
	origin_set(&plan->nets[0].origin, "default");
}

bool plan_check(struct boot_plan *plan, const struct plan_machine *machine, struct plan_notes *notes, struct fail *fail)
{
	add_portal_target(plan);
	if (plan->n_targets == 0)
		return fail_set(fail, FAIL_TARGET_MISSING, "%s", "");
	if (!merge_portal(plan, fail))
		return false;
	drop_duplicates(plan, notes);
	add_default_net(plan);
	if (!merge_chap(plan, fail) || !check_mutual(plan, fail))
		return false;
	for (unsigned i = 0; i < plan->n_targets; i++)
		note_name(plan->targets[i].name, "target", notes);
	note_short_secret(&plan->chap.secret, "iscsi_password=", notes);
	note_short_secret(&plan->chap_in.secret, "iscsi_in_password=", notes);
	return name_initiator(plan, machine, notes, fail);
}
