/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which user name and which secrets a target gets: its own, and where it has none those of the plan; but the secret of
 * one user name is not that of another one. What was typed is its own, too.
 */
#include "plan/plan.h"

#include <string.h>

#include "plan/reading.h"

/* Where a secret was typed. */
#define ORIGIN_TYPED "typed"

static const struct secret *given_or(const struct secret *own, const struct secret *of_plan)
{
	return own->n_bytes > 0 ? own : of_plan;
}

bool plan_shares_secret(const struct boot_plan *plan, const struct plan_target *target)
{
	return target->username[0] == '\0' || plan->chap.username[0] == '\0' ||
	       strcmp(target->username, plan->chap.username) == 0;
}

struct plan_identity plan_identity_of(const struct boot_plan *plan, const struct plan_target *target)
{
	static const struct plan_own none;
	static const struct secret no_secret;
	bool shares = plan_shares_secret(plan, target);
	const struct plan_own *own = target->own > 0 ? &plan->own[target->own - 1] : &none;
	struct plan_identity id = {
		.username = target->username,
		.secret = given_or(&own->secret, shares ? &plan->chap.secret : &no_secret),
		.username_in = own->username_in[0] != '\0' ? own->username_in : plan->chap_in.username,
		.secret_in = given_or(&own->secret_in, &plan->chap_in.secret),
	};
	if (id.username[0] == '\0' || id.secret_in->n_bytes == 0)
		id.secret_in = NULL;
	return id;
}

const struct origin *plan_user_origin(const struct boot_plan *plan, const struct plan_target *target)
{
	if (strcmp(target->username, plan->chap.username) == 0)
		return &plan->chap.origin;
	return target->own > 0 ? &plan->own[target->own - 1].origin : &target->origin;
}

bool plan_lacks_secret(const struct boot_plan *plan, const struct plan_target *target)
{
	struct plan_identity id = plan_identity_of(plan, target);
	return id.username[0] != '\0' && id.secret->n_bytes == 0;
}

bool plan_is_typed(const struct boot_plan *plan, const struct plan_target *target)
{
	return target->own > 0 && strcmp(plan->own[target->own - 1].origin.text, ORIGIN_TYPED) == 0;
}

static bool is_same(const struct plan_own *a, const struct plan_own *b)
{
	return strcmp(a->origin.text, b->origin.text) == 0 && strcmp(a->username_in, b->username_in) == 0 &&
	       secret_equal(&a->secret, &b->secret) && secret_equal(&a->secret_in, &b->secret_in);
}

uint8_t plan_add_own(struct boot_plan *plan, const struct plan_own *own)
{
	uint8_t i = 0;
	while (i < plan->n_own && !is_same(&plan->own[i], own))
		i++;
	if (i == OWN_SECRETS_MAX)
		return 0;
	if (i == plan->n_own)
		plan->own[plan->n_own++] = *own;
	return (uint8_t)(i + 1);
}

/* Two targets may share what was typed for both; that is not taken away from the other one. */
static bool has_for_itself(const struct boot_plan *plan, const struct plan_target *target)
{
	unsigned n_users = 0;
	for (unsigned i = 0; i < plan->n_targets; i++)
		n_users += plan->targets[i].own == target->own;
	return plan_is_typed(plan, target) && n_users == 1;
}

bool plan_set_typed(struct boot_plan *plan, struct plan_target *target, const char username[static CHAP_NAME_MAX + 1],
		    const struct secret *secret)
{
	struct plan_own own = {.username_in = ""};
	if (target->own > 0)
		own = plan->own[target->own - 1];
	own.secret = *secret;
	origin_set(&own.origin, ORIGIN_TYPED);
	uint8_t place = target->own;
	if (has_for_itself(plan, target))
		plan->own[place - 1] = own;
	else
		place = plan_add_own(plan, &own);
	bytes_wipe(&own, sizeof own);
	if (place == 0)
		return false;
	target->own = place;
	memcpy(target->username, username, sizeof target->username);
	return true;
}

void plan_wipe(struct boot_plan *plan)
{
	secret_wipe(&plan->chap.secret);
	secret_wipe(&plan->chap_in.secret);
	for (unsigned i = 0; i < plan->n_own; i++) {
		secret_wipe(&plan->own[i].secret);
		secret_wipe(&plan->own[i].secret_in);
	}
}
