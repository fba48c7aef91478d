/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables: MBR, and GPT per UEFI specification section 5.3. Only the identities are read; the partitions
 * themselves the kernel finds. The second GPT header at the end of the disk and the checksum of the entries are not
 * looked at.
 */
#include "probe/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "probe/identity.h"

enum {
	MBR_SIGNATURE_AT = 440,
	MBR_ENTRIES_AT = 446,
	MBR_ENTRY_BYTES = 16,
	MBR_N_ENTRIES = 4,
	MBR_MAGIC = 0xaa55,
	MBR_TYPE_PROTECTIVE = 0xee,
	MBR_PARTITION_MAX = 255,
	GPT_HEADER_BYTES = 92,
	GPT_CRC_AT = 16,
	GPT_ENTRY_BYTES = 128,
	GPT_NAME_BYTES = 72,
};

/* CRC-32 of IEEE 802.3, as GPT uses it. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & (0 - (crc & 1)));
	}
	return crc;
}

/* The sum of a header, its own field counted as zero. */
static uint32_t sum_header(const uint8_t *header, size_t n_bytes)
{
	static const uint8_t zeros[4];
	uint32_t crc = crc32_add(0xffffffff, header, GPT_CRC_AT);
	crc = crc32_add(crc, zeros, sizeof zeros);
	return ~crc32_add(crc, header + GPT_CRC_AT + 4, n_bytes - GPT_CRC_AT - 4);
}

static bool is_power_of_2(uint32_t n)
{
	return (n & (n - 1)) == 0;
}

/* Leaves *out alone when it is no good header. Partitions above PROBE_GPT_ENTRIES_MAX have no identity here. */
static void read_gpt(const uint8_t *block, uint32_t block_bytes, struct probe_table *out)
{
	struct cursor c = cursor_over(block, block_bytes);
	const uint8_t *magic = cursor_take(&c, 8);
	cursor_skip(&c, 4); /* revision */
	uint32_t header_bytes = cursor_le32(&c);
	uint32_t crc = cursor_le32(&c);
	cursor_skip(&c, 4);
	uint64_t own_lba = cursor_le64(&c);
	cursor_skip(&c, 40); /* other header, range of blocks, GUID of the disk */
	uint64_t entries_lba = cursor_le64(&c);
	uint32_t n_entries = cursor_le32(&c);
	uint32_t entry_bytes = cursor_le32(&c);
	if (c.bad || memcmp(magic, "EFI PART", 8) != 0 || header_bytes < GPT_HEADER_BYTES ||
	    header_bytes > block_bytes || crc != sum_header(block, header_bytes))
		return;
	if (own_lba != 1 || entries_lba < 2 || n_entries == 0 || entry_bytes < GPT_ENTRY_BYTES ||
	    entry_bytes > PROBE_GPT_ENTRY_BYTES_MAX || !is_power_of_2(entry_bytes))
		return;
	out->kind = PROBE_TABLE_GPT;
	out->entries_lba = entries_lba;
	out->n_entries = n_entries < PROBE_GPT_ENTRIES_MAX ? n_entries : PROBE_GPT_ENTRIES_MAX;
	out->entry_bytes = entry_bytes;
}

/* Reads block 0. A boot sector that is no table has other values where the boot flags of the entries are. */
static bool read_mbr(const uint8_t *bytes, size_t n_bytes, uint32_t *signature, bool *protective)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	cursor_seek(&c, MBR_SIGNATURE_AT);
	*signature = cursor_le32(&c);
	cursor_seek(&c, MBR_ENTRIES_AT);
	*protective = false;
	for (int i = 0; i < MBR_N_ENTRIES; i++) {
		uint8_t flags = cursor_u8(&c);
		cursor_skip(&c, 3);
		*protective = cursor_u8(&c) == MBR_TYPE_PROTECTIVE || *protective;
		cursor_skip(&c, MBR_ENTRY_BYTES - 5);
		if ((flags & 0x7f) != 0)
			return false;
	}
	return cursor_le16(&c) == MBR_MAGIC;
}

void probe_table(const uint8_t *bytes, size_t n_bytes, uint32_t block_bytes, struct probe_table *out)
{
	uint32_t signature;
	bool protective;
	*out = (struct probe_table){.kind = PROBE_TABLE_NONE};
	if (n_bytes < 2 * (uint64_t)block_bytes || !read_mbr(bytes, block_bytes, &signature, &protective))
		return;
	if (protective) {
		read_gpt(bytes + block_bytes, block_bytes, out);
	} else {
		out->kind = PROBE_TABLE_MBR;
		out->mbr_signature = signature;
	}
}

static bool read_gpt_entry(const struct probe_table *table, const uint8_t *entries, size_t n_bytes, uint32_t number,
			   struct probe_partition *out)
{
	static const uint8_t unused[16];
	struct cursor c = cursor_over(entries, n_bytes);
	cursor_seek(&c, (size_t)(number - 1) * table->entry_bytes);
	const uint8_t *type = cursor_take(&c, 16);
	const uint8_t *guid = cursor_take(&c, 16);
	cursor_skip(&c, 24); /* first and last block, attributes */
	const uint8_t *name = cursor_take(&c, GPT_NAME_BYTES);
	if (c.bad || memcmp(type, unused, sizeof unused) == 0)
		return false;
	identity_guid(guid, out->uuid);
	identity_utf16(name, GPT_NAME_BYTES, out->label);
	return true;
}

bool probe_partition(const struct probe_table *table, const uint8_t *entries, size_t n_bytes, uint32_t number,
		     struct probe_partition *out)
{
	if (number == 0)
		return false;
	if (table->kind == PROBE_TABLE_GPT)
		return number <= table->n_entries && read_gpt_entry(table, entries, n_bytes, number, out);
	if (table->kind != PROBE_TABLE_MBR || number > MBR_PARTITION_MAX)
		return false;
	*out = (struct probe_partition){0};
	snprintf(out->uuid, sizeof out->uuid, "%08x-%02x", table->mbr_signature, number);
	return true;
}
