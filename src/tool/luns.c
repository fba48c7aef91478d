/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * REPORT LUNS, then unit by unit INQUIRY, READ CAPACITY and READ. A unit that refuses one of them does not hide the
 * others.
 */
#include "tool/luns.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "probe/extent.h"

enum {
	LOGICAL_MAX = 100, /* in one chain; the kernel has such a bound, too */
};

/* One unit that is being looked at. */
struct unit {
	struct wire *wire;
	struct luns_room *room;
	struct disk_list *list;
	struct disk *whole;
	uint64_t lun;
	struct scsi_capacity capacity;
};

/* Whether the unit only refused a command, so that others may be asked. */
static bool is_refusal(struct fail *fault)
{
	return fault->code == FAIL_DISK_READ;
}

/* "sda" to "sdz", "sdaa" ...; there are no more than DISKS_MAX. */
static void name_disk(const struct disk_list *list, char out[static DISK_NAME_BYTES])
{
	unsigned n = 0;
	for (unsigned i = 0; i < list->n_disks; i++)
		n += list->disks[i].part == 0;
	if (n < 26)
		format_text(out, DISK_NAME_BYTES, "sd%c", 'a' + (int)n);
	else
		format_text(out, DISK_NAME_BYTES, "sd%c%c", 'a' + (int)(n / 26) - 1, 'a' + (int)(n % 26));
}

static struct disk *add_disk(struct disk_list *list, const struct disk *like)
{
	if (list->n_disks == DISKS_MAX) {
		list->n_left_out++;
		return NULL;
	}
	list->disks[list->n_disks] = *like;
	return &list->disks[list->n_disks++];
}

/* Reads whole blocks, as many as n_bytes need and the disk has; *n_read is at most n_bytes. */
static bool read_blocks(const struct unit *u, uint64_t block, uint64_t n_blocks_there, size_t n_bytes, uint8_t *out,
			size_t *n_read, struct fail *fail)
{
	uint32_t block_bytes = u->capacity.block_bytes;
	uint64_t n_blocks = (n_bytes + block_bytes - 1) / block_bytes;
	if (block >= u->capacity.n_blocks)
		return fail_set(fail, FAIL_DISK_READ, "a partition begins behind the end of the disk");
	if (n_blocks > n_blocks_there)
		n_blocks = n_blocks_there;
	if (n_blocks > u->capacity.n_blocks - block)
		n_blocks = u->capacity.n_blocks - block;
	struct scsi_command command = scsi_read(block, (uint32_t)n_blocks, block_bytes);
	if (!wire_command(u->wire, u->lun, &command, out, LUNS_READ_BYTES, n_read, fail))
		return false;
	if (*n_read < n_blocks * block_bytes)
		return fail_set(fail, FAIL_DISK_READ, "%zu bytes instead of %zu", *n_read,
				(size_t)(n_blocks * block_bytes));
	if (*n_read > n_bytes)
		*n_read = n_bytes;
	return true;
}

/* A disk that gives an error where another gives blocks. */
static bool note_error(struct disk *disk, struct fail *fault, struct fail *fail)
{
	disk->error = -EIO;
	if (is_refusal(fault))
		return true;
	*fail = *fault;
	return false;
}

static bool read_super(const struct unit *u, struct disk *disk, const struct probe_extent *extent, struct fail *fail)
{
	uint8_t *bytes = u->room->super;
	size_t n_bytes = 0;
	struct fail fault = {.code = FAIL_NONE};
	disk->n_bytes = extent->n_blocks * u->capacity.block_bytes;
	if (!read_blocks(u, extent->first_block, extent->n_blocks, PROBE_SUPER_BYTES, bytes, &n_bytes, &fault))
		return note_error(disk, &fault, fail);
	probe_super(bytes, n_bytes, &disk->super);
	return true;
}

/* --- partitions --- */

static bool add_partition(const struct unit *u, const struct probe_table *table, const uint8_t *entries,
			  size_t n_entries, uint32_t number, const struct probe_extent *extent, struct fail *fail)
{
	struct disk like = *u->whole;
	like.part = number;
	like.table = PROBE_TABLE_NONE;
	like.super = (struct probe_super){.kind = PROBE_UNKNOWN};
	like.error = 0;
	if (!format_text(like.name, sizeof like.name, "%s%u", u->whole->name, number) ||
	    !probe_partition(table, entries, n_entries, number, &like.identity))
		return true;
	struct disk *disk = add_disk(u->list, &like);
	return disk == NULL || read_super(u, disk, extent, fail);
}

static bool list_gpt(const struct unit *u, const struct probe_table *table, struct fail *fail)
{
	uint8_t *entries = u->room->entries;
	size_t n_bytes = 0;
	struct fail fault = {.code = FAIL_NONE};
	struct probe_extent extent;
	if (!read_blocks(u, table->entries_lba, UINT64_MAX, (size_t)table->n_entries * table->entry_bytes, entries,
			 &n_bytes, &fault))
		return note_error(u->whole, &fault, fail);
	for (uint32_t number = 1; number <= table->n_entries; number++)
		if (probe_gpt_extent(table, entries, n_bytes, number, &extent) &&
		    !add_partition(u, table, entries, n_bytes, number, &extent, fail))
			return false;
	return true;
}

/* The chain: each block has its partition, from that block on, and the next link, from the container's begin on. */
static bool list_logical(const struct unit *u, const struct probe_table *table, const struct probe_extent *container,
			 struct fail *fail)
{
	uint8_t *block = u->room->link;
	size_t n_bytes = 0;
	uint64_t at = container->first_block;
	uint32_t number = MBR_LOGICAL_FIRST;
	for (unsigned n_links = 0; n_links < LOGICAL_MAX && at != 0; n_links++) {
		struct fail fault = {.code = FAIL_NONE};
		uint64_t next = 0;
		if (!read_blocks(u, at, 1, MBR_BLOCK_BYTES, block, &n_bytes, &fault))
			return note_error(u->whole, &fault, fail);
		for (unsigned i = 0; i < MBR_ENTRIES; i++) {
			struct probe_extent extent;
			if (!probe_mbr_extent(block, i, &extent))
				continue;
			if (extent.is_extended) {
				next = next != 0 ? next : container->first_block + extent.first_block;
				continue;
			}
			extent.first_block += at;
			if (!add_partition(u, table, NULL, 0, number++, &extent, fail))
				return false;
		}
		at = next;
	}
	return true;
}

static bool list_mbr(const struct unit *u, const struct probe_table *table, const uint8_t *block, struct fail *fail)
{
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		struct probe_extent extent;
		if (probe_mbr_extent(block, i, &extent) &&
		    (!add_partition(u, table, NULL, 0, i + 1, &extent, fail) ||
		     (extent.is_extended && !list_logical(u, table, &extent, fail))))
			return false;
	}
	return true;
}

static bool list_partitions(const struct unit *u, struct fail *fail)
{
	uint8_t *start = u->room->start;
	struct probe_table table;
	size_t n_bytes = 0;
	struct fail fault = {.code = FAIL_NONE};
	if (!read_blocks(u, 0, UINT64_MAX, 2 * (size_t)u->capacity.block_bytes, start, &n_bytes, &fault))
		return note_error(u->whole, &fault, fail);
	probe_table(start, n_bytes, u->capacity.block_bytes, &table);
	u->whole->table = table.kind;
	if (table.kind == PROBE_TABLE_GPT)
		return list_gpt(u, &table, fail);
	return table.kind != PROBE_TABLE_MBR || list_mbr(u, &table, start, fail);
}

/* --- units --- */

static bool read_capacity(struct unit *u, struct fail *fail)
{
	uint8_t answer[SCSI_CAPACITY_BYTES];
	size_t n_bytes = 0;
	struct scsi_command command = scsi_read_capacity10();
	if (!wire_command(u->wire, u->lun, &command, answer, sizeof answer, &n_bytes, fail))
		return false;
	bool good = scsi_take_capacity10(answer, n_bytes, &u->capacity);
	if (good && u->capacity.too_large) {
		command = scsi_read_capacity16();
		if (!wire_command(u->wire, u->lun, &command, answer, sizeof answer, &n_bytes, fail))
			return false;
		good = scsi_take_capacity16(answer, n_bytes, &u->capacity);
	}
	return good || fail_set(fail, FAIL_DISK_READ, "a capacity that makes no sense");
}

static bool look_at_disk(struct unit *u, unsigned session, const char *model, struct fail *fail)
{
	struct fail fault = {.code = FAIL_NONE};
	struct disk like = {.session = session, .lun = u->lun};
	name_disk(u->list, like.name);
	memcpy(like.whole, like.name, sizeof like.whole);
	text_escape(model, like.model, sizeof like.model);
	u->whole = add_disk(u->list, &like);
	if (u->whole == NULL)
		return true;
	if (!read_capacity(u, &fault))
		return note_error(u->whole, &fault, fail);
	struct probe_extent all = {.n_blocks = u->capacity.n_blocks};
	return read_super(u, u->whole, &all, fail) && list_partitions(u, fail);
}

static bool look_at_unit(struct wire *w, struct luns_room *room, unsigned session, uint64_t lun, struct disk_list *list,
			 struct fail *fail)
{
	uint8_t answer[SCSI_INQUIRY_BYTES];
	size_t n_bytes = 0;
	struct scsi_unit unit;
	struct scsi_command command = scsi_inquiry();
	struct fail fault = {.code = FAIL_NONE};
	if (!wire_command(w, lun, &command, answer, sizeof answer, &n_bytes, &fault)) {
		if (!is_refusal(&fault))
			*fail = fault;
		return is_refusal(&fault);
	}
	if (!scsi_take_inquiry(answer, n_bytes, &unit) || !unit.present)
		return true;
	list->luns[session].n_luns++;
	if (unit.type != SCSI_TYPE_DISK)
		return true;
	list->luns[session].n_disks++;
	struct unit u = {.wire = w, .room = room, .list = list, .lun = lun};
	return look_at_disk(&u, session, unit.model, fail);
}

/* A target that does not know REPORT LUNS has LUN 0. */
static bool report_luns(struct wire *w, struct luns_room *room, struct disk_list *list, unsigned *n_luns,
			struct fail *fail)
{
	size_t n_bytes = 0;
	unsigned n_reported = 1;
	struct scsi_command command = scsi_report_luns();
	struct fail fault = {.code = FAIL_NONE};
	bool good = wire_command(w, 0, &command, room->answer, sizeof room->answer, &n_bytes, &fault);
	if (!good && !is_refusal(&fault)) {
		*fail = fault;
		return false;
	}
	if (!good || !scsi_take_luns(room->answer, n_bytes, room->luns, n_luns, &n_reported)) {
		room->luns[0] = 0;
		*n_luns = n_reported = 1;
	}
	list->n_left_out += n_reported - *n_luns;
	return true;
}

bool luns_list(struct wire *w, struct luns_room *room, unsigned session, const struct plan_lun *wanted,
	       struct disk_list *list, struct fail *fail)
{
	unsigned n_luns = 1;
	room->luns[0] = wanted->number;
	if (!wanted->given && !report_luns(w, room, list, &n_luns, fail))
		return false;
	for (unsigned i = 0; i < n_luns; i++)
		if (!look_at_unit(w, room, session, room->luns[i], list, fail))
			return false;
	return true;
}
