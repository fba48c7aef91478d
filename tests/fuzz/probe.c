/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start of a disk: super blocks and partition tables (UEFI specification section 5.3). The first byte chooses where
 * the input lies on a disk that is zero before it and ends behind it, the size of blocks, and whether the checksum of a
 * GPT header is made right.
 */
#include "probe/extent.h"
#include "probe/probe.h"

#include "fuzz.h"

enum { PLACE = 7, LARGE_BLOCKS = 8, RIGHT_SUM = 16 };

static uint32_t sum(const uint8_t *bytes, size_t n_bytes)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < 8 * n_bytes; i++) {
		uint32_t bit = (crc ^ bytes[i / 8] >> i % 8) & 1;
		crc = crc >> 1 ^ (bit != 0 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* A header of the usual size, with the sum of what it says. */
static void put_sum(uint8_t *header)
{
	static const uint8_t start[] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T', 0, 0, 1, 0, 92, 0, 0, 0, 0, 0, 0, 0};
	memcpy(header, start, sizeof start);
	uint32_t crc = sum(header, 92);
	for (size_t i = 0; i < 4; i++)
		header[16 + i] = (uint8_t)(crc >> 8 * i);
}

static void check_super(const uint8_t *disk, size_t n_bytes)
{
	struct probe_super super;
	probe_super(disk, n_bytes, &super);
	CHECK_TEXT(super.type);
	CHECK_TEXT(super.uuid);
	CHECK_TEXT(super.label);
	CHECK((super.kind == PROBE_UNKNOWN) == (super.type[0] == '\0'));
}

static void check_partition(const struct probe_table *table, const uint8_t *entries, size_t n_bytes, uint32_t number)
{
	struct probe_partition partition;
	struct probe_extent extent;
	if (probe_partition(table, entries, n_bytes, number, &partition)) {
		CHECK_TEXT(partition.uuid);
		CHECK_TEXT(partition.label);
	}
	if (probe_gpt_extent(table, entries, n_bytes, number, &extent))
		CHECK(extent.n_blocks > 0 && extent.first_block <= UINT64_MAX - extent.n_blocks);
}

static void check_table(const uint8_t *disk, size_t n_bytes, uint32_t block_bytes)
{
	struct probe_table table;
	struct probe_extent extent;
	probe_table(disk, n_bytes, block_bytes, &table);
	CHECK(table.kind != PROBE_TABLE_GPT ||
	      (table.n_entries <= PROBE_GPT_ENTRIES_MAX && table.entry_bytes <= PROBE_GPT_ENTRY_BYTES_MAX));
	size_t entries_at = n_bytes < 2 * block_bytes ? n_bytes : 2 * block_bytes;
	for (uint32_t number = 0; number < PROBE_GPT_ENTRIES_MAX + 2; number++)
		check_partition(&table, disk + entries_at, n_bytes - entries_at, number);
	for (unsigned i = 0; n_bytes >= MBR_BLOCK_BYTES && i < MBR_ENTRIES; i++)
		if (probe_mbr_extent(disk, i, &extent))
			CHECK(extent.n_blocks > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static const size_t places[PLACE + 1] = {0, 446, 512, 1024, 4096, 4096 - 10, 8192 - 10, 65536};
	struct cursor input = cursor_over(bytes, n_bytes);
	uint8_t bits = cursor_u8(&input);
	size_t at = places[bits & PLACE], n_disk = at + cursor_left(&input);
	uint32_t block_bytes = bits & LARGE_BLOCKS ? 4096 : 512;
	uint8_t *disk = calloc(n_disk + 1, 1);
	if (n_disk > at)
		memcpy(disk + at, bytes + 1, n_disk - at);
	if (bits & RIGHT_SUM && n_disk >= 2 * block_bytes)
		put_sum(disk + block_bytes);
	disk = realloc(disk, n_disk > 0 ? n_disk : 1);
	check_super(disk, n_disk);
	check_table(disk, n_disk, block_bytes);
	free(disk);
	return 0;
}
