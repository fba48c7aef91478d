/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netroot=iscsi: and DHCP root paths, without the prefix: [USER:SECRET[:...]@]HOST:PROTO:PORT:LUN:NAME. The first byte
 * chooses how the LUN is read. What stands before an "@" that is no part of the name is shown nowhere.
 */
#include "plan/rootpath.h"

#include "target.h"

static void check_own(const struct boot_plan *plan)
{
	CHECK(plan->n_own <= 1 && plan->targets[0].own == plan->n_own);
	CHECK_TEXT(plan->targets[0].username);
	if (plan->n_own == 1)
		CHECK(plan->own[0].secret.n_bytes > 0 || plan->own[0].secret_in.n_bytes > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static const struct word word = {.name = "netroot"};
	static struct boot_plan plan;
	static struct plan_notes notes;
	struct fail fail = {.code = FAIL_NONE};
	if (n_bytes == 0)
		return 0;
	struct cursor input = cursor_over(bytes, n_bytes);
	enum rootpath_lun lun = cursor_u8(&input) % 2 == 0 ? ROOTPATH_DECIMAL : ROOTPATH_HEX;
	char *value = (char *)fuzz_rest(&input, &n_bytes);
	struct reading r = {.plan = &plan,
			    .notes = &notes,
			    .fail = &fail,
			    .word = &word,
			    .name = span_of("netroot"),
			    .value = {value, n_bytes}};
	memset(&plan, 0, sizeof plan);
	notes.n_notes = 0;
	if (rootpath_read(&r, r.value, lun)) {
		CHECK(plan.n_targets == 1 && fail.code == FAIL_NONE);
		CHECK(plan.targets[0].host[0] != '\0' || plan.targets[0].name[0] != '\0');
		CHECK(plan.targets[0].port != 0 && fuzz_is_plain(plan.targets[0].name));
		check_own(&plan);
	} else {
		CHECK(plan.n_targets == 0 && plan.n_own == 0 && fail.code == FAIL_WORD_VALUE);
		CHECK(strstr(fail.detail, "not shown") != NULL);
	}
	free(value);
	return 0;
}
