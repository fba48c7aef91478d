/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole kernel command line: read, checked, described. It follows one with a secret, which nothing that is said may
 * hold.
 */
#include "plan/plan.h"

#include "fuzz.h"

#define SECRET "Sesame-Sesame-1"
#define BEFORE "iscsi_in_password=" SECRET " iscsi_password=" SECRET "2 "

static void check_said(const char *text)
{
	CHECK(strstr(text, SECRET) == NULL);
}

static void check_plan(const struct boot_plan *plan)
{
	char line[PLAN_LINE_BYTES];
	CHECK(plan->n_targets > 0 && plan->n_targets <= TARGETS_MAX && plan->n_nets > 0 && plan->n_nets <= NETS_MAX);
	CHECK(plan->initiator.name[0] != '\0' && fuzz_is_plain(plan->initiator.name));
	for (unsigned i = 0; i < plan->n_targets; i++) {
		const struct plan_target *target = &plan->targets[i];
		CHECK(target->host[0] != '\0' && target->port != 0);
		CHECK(target->username[0] == '\0' || plan->chap.secret.n_bytes > 0);
		CHECK(target->username[0] != '\0' || plan->chap_in.secret.n_bytes == 0);
		plan_describe_target(plan, i, line);
		CHECK_TEXT(line);
		check_said(line);
	}
	CHECK_TEXT(plan->root.value);
	CHECK_TEXT(plan->root.text);
	CHECK_TEXT(plan->init);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static const struct plan_machine machine = {.mac = {2, 0, 0, 0, 0, 1}, .has_mac = true};
	static struct boot_plan plan;
	static struct plan_notes notes;
	struct fail fail = {.code = FAIL_NONE};
	char said[FAIL_TEXT_BYTES];
	char *given = fuzz_text(bytes, n_bytes);
	char *cmdline = malloc(strlen(BEFORE) + strlen(given) + 1);
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	stpcpy(stpcpy(cmdline, BEFORE), given);
	if (strstr(given, SECRET) == NULL) {
		bool good = plan_read(cmdline, &plan, &notes, &fail) && plan_check(&plan, &machine, &notes, &fail);
		CHECK(good == (fail.code == FAIL_NONE));
		fail_describe(&fail, said);
		check_said(said);
		CHECK(notes.n_notes <= PLAN_NOTES_MAX);
		for (unsigned i = 0; i < notes.n_notes; i++)
			check_said(notes.text[i]);
		if (good)
			check_plan(&plan);
	}
	free(cmdline);
	free(given);
	return 0;
}
