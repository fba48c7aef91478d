/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of secrets, for a target with a name and one without. What is refused names the line and nothing of it.
 */
#include "plan/secrets.h"

#include "fuzz.h"

static void check_own(const struct boot_plan *plan, const struct plan_target *target)
{
	CHECK(target->own <= plan->n_own);
	CHECK_TEXT(target->username);
	if (target->own > 0)
		CHECK_TEXT(plan->own[target->own - 1].username_in);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static struct boot_plan plan;
	struct fail fail = {.code = FAIL_NONE};
	char *text = fuzz_text(bytes, n_bytes);
	memset(&plan, 0, sizeof plan);
	strcpy(plan.initiator.name, "me");
	strcpy(plan.secrets.path, "FILE");
	strcpy(plan.targets[0].name, "a");
	plan.n_targets = 2;
	bool good = secrets_read(text, &plan, &fail);
	CHECK(good == (fail.code == FAIL_NONE) && plan.n_own <= 2);
	CHECK(good || strncmp(fail.detail, "FILE line ", 10) == 0);
	for (unsigned i = 0; i < plan.n_targets; i++)
		check_own(&plan, &plan.targets[i]);
	plan_wipe(&plan);
	for (unsigned i = 0; i < plan.n_own; i++)
		CHECK(plan.own[i].secret.n_bytes == 0 && plan.own[i].secret_in.n_bytes == 0);
	free(text);
	return 0;
}
