/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where partitions lie: GPT and MBR entries written by hand, and hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostile.h"
#include "probe/extent.h"

static const struct probe_table gpt = {.kind = PROBE_TABLE_GPT, .n_entries = 2, .entry_bytes = 128, .entries_lba = 2};

static void gpt_entries(void **state)
{
	(void)state;
	uint8_t entries[256] = {[0] = 1, [33] = 8, [40] = 0xff, [41] = 15}; /* blocks 2048 to 4095 */
	struct probe_extent e;
	assert_true(probe_gpt_extent(&gpt, entries, sizeof entries, 1, &e));
	assert_int_equal(e.first_block, 2048);
	assert_int_equal(e.n_blocks, 2048);
	assert_false(probe_gpt_extent(&gpt, entries, sizeof entries, 0, &e));
	assert_false(probe_gpt_extent(&gpt, entries, sizeof entries, 2, &e)); /* not used */
	assert_false(probe_gpt_extent(&gpt, entries, sizeof entries, 3, &e));
	assert_false(probe_gpt_extent(&gpt, entries, 47, 1, &e));
	entries[41] = 7; /* ends before it begins */
	assert_false(probe_gpt_extent(&gpt, entries, sizeof entries, 1, &e));
	memset(entries + 40, 0xff, 8);
	assert_false(probe_gpt_extent(&gpt, entries, sizeof entries, 1, &e));
}

static void mbr_entries(void **state)
{
	(void)state;
	uint8_t block[512] = {
		[450] = 0x83, [455] = 8, [459] = 16, [466] = 0x0f, [471] = 24, [475] = 1, [510] = 0x55, 0xaa};
	struct probe_extent e;
	assert_true(probe_mbr_extent(block, 0, &e));
	assert_int_equal(e.first_block, 2048);
	assert_int_equal(e.n_blocks, 4096);
	assert_false(e.is_extended);
	assert_true(probe_mbr_extent(block, 1, &e));
	assert_int_equal(e.first_block, 6144);
	assert_true(e.is_extended);
	assert_false(probe_mbr_extent(block, 2, &e)); /* empty */
	assert_false(probe_mbr_extent(block, 4, &e));
	block[510] = 0;
	assert_false(probe_mbr_extent(block, 0, &e));
}

static void try_entries(const uint8_t *bytes, size_t n_bytes)
{
	struct probe_extent e;
	for (uint32_t number = 0; number < 4; number++)
		if (probe_gpt_extent(&gpt, bytes, n_bytes, number, &e))
			assert_true(e.n_blocks > 0 && e.first_block > 0 && e.first_block + e.n_blocks > e.first_block);
}

static void hostile(void **state)
{
	(void)state;
	static const uint8_t entries[256] = {[0] = 1, [33] = 8, [40] = 0xff, [41] = 15};
	hostile_each(entries, sizeof entries, try_entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpt_entries),
		cmocka_unit_test(mbr_entries),
		cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
