/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An iSCSI Boot Firmware Table. Length and checksum are put right first, so that what lies behind them is reached; the
 * last byte says whether. What is read makes a plan that holds together or a note.
 */
#include "plan/ibft.h"
#include "plan/plan.h"

#include "fuzz.h"

static void repair(uint8_t *bytes, size_t n_bytes)
{
	uint8_t sum = 0;
	if (n_bytes < 48)
		return;
	bytes[4] = (uint8_t)n_bytes;
	bytes[5] = (uint8_t)(n_bytes >> 8);
	bytes[6] = bytes[7] = bytes[9] = 0;
	for (size_t i = 0; i < n_bytes; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[9] = (uint8_t)-sum;
}

static void check_plan(const struct boot_plan *plan)
{
	char line[PLAN_LINE_BYTES];
	for (unsigned i = 0; i < plan->n_targets; i++) {
		const struct plan_target *target = &plan->targets[i];
		CHECK(target->name[0] != '\0' && fuzz_is_plain(target->name) && target->port != 0);
		CHECK(target->own <= plan->n_own);
		plan_describe_target(plan, i, line);
		CHECK_TEXT(line);
	}
	for (unsigned i = 0; i < plan->n_nets; i++) {
		const struct plan_net *net = &plan->nets[i];
		CHECK(net->has_mac == (net->device[0] == '\0'));
		CHECK((net->method == NET_STATIC) == (net->address.family != 0));
		CHECK(net->prefix_bits <= (net->address.family == 4 ? 32 : 128));
		CHECK(net->gateway.family == 0 || net->gateway.family == net->address.family);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static struct boot_plan plan;
	static struct plan_notes notes;
	struct ibft table;
	struct cursor input = cursor_over(bytes, n_bytes);
	uint8_t *image = fuzz_rest(&input, &n_bytes);
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	if (n_bytes > 0 && image[n_bytes - 1] % 2 == 0)
		repair(image, n_bytes);
	plan_read_ibft(image, n_bytes, &plan, &notes);
	CHECK(ibft_read(image, n_bytes, &table) == NULL || (plan.n_targets == 0 && notes.n_notes == 1));
	check_plan(&plan);
	free(image);
	return 0;
}
