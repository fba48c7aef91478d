/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An iSCSI Boot Firmware Table by the files of sysfs: lines "OBJECT/NAME=VALUE". What one file says stays in its place,
 * and the plan of all of them holds together.
 */
#include "plan/ibft.h"
#include "plan/plan.h"

#include "fuzz.h"

static void read_line(struct ibft *table, struct span line)
{
	char object[32], name[32], value[512];
	struct span left = span_cut(&line, '='), first = span_cut(&left, '/');
	if (span_copy(first, object, sizeof object) && span_copy(left, name, sizeof name) &&
	    span_copy(line, value, sizeof value))
		ibft_read_attribute(table, object, name, value);
}

static void check_table(const struct ibft *table)
{
	CHECK_TEXT(table->initiator);
	for (unsigned i = 0; i < IBFT_PAIRS_MAX; i++) {
		const struct ibft_target *target = &table->targets[i];
		CHECK_TEXT(table->nics[i].hostname);
		CHECK_TEXT(target->name);
		CHECK_TEXT(target->username);
		CHECK_TEXT(target->username_in);
		CHECK(target->secret.n_bytes <= SECRET_MAX && target->secret_in.n_bytes <= SECRET_MAX);
		CHECK(target->lun <= UINT16_MAX && (target->has_lun || target->lun == 0));
		CHECK(target->there || !target->chosen);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static struct boot_plan plan;
	static struct plan_notes notes;
	char line[PLAN_LINE_BYTES];
	struct ibft *table = calloc(1, sizeof *table); /* of its own, so that no byte behind it is written */
	char *text = fuzz_text(bytes, n_bytes);
	struct span rest = span_of(text);
	table->origin = "sysfs";
	while (rest.text != NULL)
		read_line(table, span_cut(&rest, '\n'));
	check_table(table);
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	plan_take_ibft(table, &plan, &notes);
	for (unsigned i = 0; i < plan.n_targets; i++) {
		CHECK(plan.targets[i].name[0] != '\0' && fuzz_is_plain(plan.targets[i].name) &&
		      plan.targets[i].port != 0);
		plan_describe_target(&plan, i, line);
		CHECK_TEXT(line);
	}
	free(text);
	free(table);
	return 0;
}
