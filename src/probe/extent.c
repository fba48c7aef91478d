/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extents from GPT entries (UEFI specification section 5.3.3) and MBR entries.
 */
#include "probe/extent.h"

#include <string.h>

#include "base/cursor.h"

enum {
	MBR_ENTRIES_AT = 446,
	MBR_ENTRY_BYTES = 16,
	MBR_MARK_AT = 510,
	MBR_MARK = 0xaa55,
};

bool probe_gpt_extent(const struct probe_table *table, const uint8_t *entries, size_t n_bytes, uint32_t number,
		      struct probe_extent *out)
{
	static const uint8_t unused[16];
	struct cursor c = cursor_over(entries, n_bytes);
	if (table->kind != PROBE_TABLE_GPT || number == 0 || number > table->n_entries)
		return false;
	cursor_seek(&c, (size_t)(number - 1) * table->entry_bytes);
	const uint8_t *type = cursor_take(&c, sizeof unused);
	cursor_skip(&c, 16);
	uint64_t first = cursor_le64(&c);
	uint64_t last = cursor_le64(&c);
	if (c.bad || memcmp(type, unused, sizeof unused) == 0 || first == 0 || last < first || last == UINT64_MAX)
		return false;
	*out = (struct probe_extent){.first_block = first, .n_blocks = last - first + 1};
	return true;
}

bool probe_mbr_extent(const uint8_t block[static MBR_BLOCK_BYTES], unsigned index, struct probe_extent *out)
{
	struct cursor c = cursor_over(block, MBR_BLOCK_BYTES);
	cursor_seek(&c, MBR_MARK_AT);
	bool marked = cursor_le16(&c) == MBR_MARK;
	cursor_seek(&c, MBR_ENTRIES_AT + index * MBR_ENTRY_BYTES);
	cursor_skip(&c, 4);
	uint8_t type = cursor_u8(&c);
	cursor_skip(&c, 3);
	uint32_t first = cursor_le32(&c);
	uint32_t n_blocks = cursor_le32(&c);
	*out = (struct probe_extent){.first_block = first,
				     .n_blocks = n_blocks,
				     .is_extended = type == 0x05 || type == 0x0f || type == 0x85};
	return marked && index < MBR_ENTRIES && n_blocks > 0;
}
