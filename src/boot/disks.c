/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From session to block devices: /sys/class/iscsi_session/sessionN/device/targetH:C:I/H:C:I:L/block/NAME/NAMEn.
 */
#include "boot/disks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "boot/log.h"
#include "sys/memory.h"

enum {
	TABLE_BYTES = 2 * 4096,
	ENTRIES_BYTES = PROBE_GPT_ENTRIES_MAX * PROBE_GPT_ENTRY_BYTES_MAX,
	READER_WAIT_MS = 60000,
};

bool disks_init(struct disks *d, struct fail *fail)
{
	if (d->list == NULL)
		d->list = memory_share(sizeof *d->list);
	return d->list != NULL || fail_set(fail, FAIL_SETUP, "no memory");
}

/* --- listing, in the child --- */

static struct disk *add_disk(struct disk_list *list, const struct disk *like, const char *name, uint32_t part)
{
	if (list->n_disks == DISKS_MAX || strlen(name) >= DISK_NAME_BYTES) {
		list->n_left_out++;
		return NULL;
	}
	struct disk *disk = &list->disks[list->n_disks++];
	*disk = *like;
	disk->part = part;
	format_text(disk->name, sizeof disk->name, "%s", name);
	return disk;
}

static void list_partitions(struct disk_list *list, const struct disk *whole, const char *unit)
{
	char path[2 * PATH_BYTES], text[16];
	struct dir entries;
	format_text(path, sizeof path, "%s/block/%s", unit, whole->name);
	if (dir_open(&entries, path) < 0)
		return;
	for (const char *name; (name = dir_next(&entries)) != NULL;) {
		format_text(path, sizeof path, "%s/block/%s/%s/partition", unit, whole->name, name);
		if (file_read_text(path, text, sizeof text) > 0)
			add_disk(list, whole, name, (uint32_t)strtoul(text, NULL, 10));
	}
}

static void read_model(const char *unit, char model[static DISK_MODEL_BYTES])
{
	char path[2 * PATH_BYTES], vendor[16] = "", product[24] = "", text[48];
	format_text(path, sizeof path, "%s/vendor", unit);
	file_read_text(path, vendor, sizeof vendor);
	format_text(path, sizeof path, "%s/model", unit);
	file_read_text(path, product, sizeof product);
	vendor[strcspn(vendor, " ")] = '\0';
	for (size_t n = strlen(product); n > 0 && product[n - 1] == ' '; n--)
		product[n - 1] = '\0';
	format_text(text, sizeof text, "%s %s", vendor, product);
	text_escape(text, model, DISK_MODEL_BYTES);
}

/* One logical unit: path of its SCSI device, whose name ends in ":LUN". */
static void list_unit(struct disk_list *list, unsigned session, const char *unit)
{
	char path[2 * PATH_BYTES], type[8];
	struct disk like = {.session = session, .lun = strtoull(strrchr(unit, ':') + 1, NULL, 10)};
	struct disk_luns *luns = &list->luns[session];
	struct dir blocks;
	luns->n_luns++;
	format_text(path, sizeof path, "%s/type", unit);
	bool is_disk = file_read_text(path, type, sizeof type) > 0 && strcmp(type, "0") == 0;
	luns->n_disks += is_disk;
	format_text(path, sizeof path, "%s/block", unit);
	const char *name = dir_open(&blocks, path) == 0 ? dir_next(&blocks) : NULL;
	if (name == NULL || strlen(name) >= DISK_NAME_BYTES) {
		luns->n_without_driver += is_disk;
		return;
	}
	format_text(like.whole, sizeof like.whole, "%s", name);
	dir_close(&blocks);
	read_model(unit, like.model);
	const struct disk *whole = add_disk(list, &like, like.whole, 0);
	if (whole != NULL)
		list_partitions(list, whole, unit);
}

static void list_target(struct disk_list *list, unsigned session, const char *target)
{
	char path[2 * PATH_BYTES];
	struct dir units;
	if (dir_open(&units, target) < 0)
		return;
	for (const char *name; (name = dir_next(&units)) != NULL;) {
		if (name[0] < '0' || name[0] > '9' || strchr(name, ':') == NULL)
			continue;
		format_text(path, sizeof path, "%s/%s", target, name);
		list_unit(list, session, path);
	}
}

void disks_list_session(struct disk_list *list, unsigned index, uint32_t sid)
{
	char root[PATH_BYTES], path[PATH_BYTES + 64];
	struct dir targets;
	format_text(root, sizeof root, "/sys/class/iscsi_session/session%u/device", sid);
	if (dir_open(&targets, root) < 0)
		return;
	for (const char *name; (name = dir_next(&targets)) != NULL;) {
		if (strncmp(name, "target", 6) != 0 || strlen(name) > 48)
			continue;
		format_text(path, sizeof path, "%s/%s", root, name);
		list_target(list, index, path);
	}
}

/* --- reading, in the child --- */

static void read_super(struct disk *disk, int fd)
{
	uint8_t bytes[PROBE_SUPER_BYTES]; /* the stack of a child: nothing of it stays with the keeper */
	ssize_t n = block_read(fd, bytes, sizeof bytes, 0);
	disk->error = n < 0 ? (int)n : 0;
	disk->n_bytes = block_size_bytes(fd);
	if (n >= 0)
		probe_super(bytes, (size_t)n, &disk->super);
}

static void read_table(struct disk_list *list, struct disk *whole, int fd)
{
	uint8_t start[TABLE_BYTES], entries[ENTRIES_BYTES];
	struct probe_table table;
	uint32_t block_bytes = block_logical_bytes(fd);
	ssize_t n = block_read(fd, start, sizeof start, 0);
	if (n < 0)
		return;
	probe_table(start, (size_t)n, block_bytes, &table);
	whole->table = table.kind;
	size_t n_entries = 0;
	if (table.kind == PROBE_TABLE_GPT) {
		n = block_read(fd, entries, (size_t)table.n_entries * table.entry_bytes,
			       table.entries_lba * block_bytes);
		n_entries = n > 0 ? (size_t)n : 0;
	}
	for (unsigned i = 0; i < list->n_disks; i++) {
		struct disk *disk = &list->disks[i];
		if (disk->part > 0 && strcmp(disk->whole, whole->name) == 0)
			probe_partition(&table, entries, n_entries, disk->part, &disk->identity);
	}
}

/* The kernel shows a disk in sysfs, makes its node, and then lets it be opened; it is told of when it has been read. */
bool disk_is_unfinished(const struct disk *disk)
{
	return disk->error == -ENOENT || disk->error == -ENXIO;
}

static void read_disk(struct disk_list *list, struct disk *disk)
{
	char path[PATH_BYTES];
	format_text(path, sizeof path, "/dev/%s", disk->name);
	int fd = block_open(path);
	if (fd < 0) {
		disk->error = fd;
		list->luns[disk->session].n_without_driver += disk_is_unfinished(disk) && disk->part == 0;
		return;
	}
	read_super(disk, fd);
	if (disk->part == 0)
		read_table(list, disk, fd);
	block_close(fd);
}

struct reader {
	struct disk_list *list;
	const struct session *sessions;
	unsigned n_sessions;
};

static int read_disks(void *argument)
{
	const struct reader *reader = argument;
	struct disk_list *list = reader->list;
	for (unsigned i = 0; i < reader->n_sessions; i++)
		if (reader->sessions[i].state == SESSION_UP)
			disks_list_session(list, i, reader->sessions[i].handover.conn.sid);
	for (unsigned i = 0; i < list->n_disks; i++)
		read_disk(list, &list->disks[i]);
	return 0;
}

/* --- for the story --- */

void disks_changed(struct disks *d)
{
	d->dirty = true;
	d->current = false;
}

/* The reader has ended; one that was killed is started again. */
static void disks_read(struct disks *d)
{
	bool whole = child_exit_status(&d->reader) == 0;
	d->dirty = d->dirty || !whole;
	d->current = !d->dirty;
	if (d->list->n_left_out > 0 && !d->told)
		log_wait("the target has more than %d disks and partitions, root is looked for on these only; "
			 "name its LUN in iscsi_target=",
			 DISKS_MAX);
	d->told = d->list->n_left_out > 0;
}

void disks_step(struct disks *d, const struct session *sessions, unsigned n_sessions, int64_t now_ms)
{
	if (d->reader.pid != 0 && child_ended(&d->reader))
		disks_read(d);
	if (d->reader.pid != 0 && now_ms >= d->deadline_ms) {
		log_wait("reading the disks takes more than %d s: asking again", READER_WAIT_MS / 1000);
		child_kill(&d->reader);
		disks_changed(d);
	}
	if (d->reader.pid != 0 || !d->dirty)
		return;
	struct reader reader = {.list = d->list, .sessions = sessions, .n_sessions = n_sessions};
	d->dirty = false;
	d->deadline_ms = now_ms + READER_WAIT_MS;
	memset(d->list, 0, sizeof *d->list);
	int error = child_fork(&d->reader, read_disks, &reader);
	if (error < 0)
		log_wait("cannot read the disks: %s", strerror(-error));
}

void disks_stop(struct disks *d)
{
	child_kill(&d->reader);
	d->dirty = false;
	d->current = false;
}

bool disks_are_awaited(const struct disks *d, const struct fail *missing)
{
	return d->reader.pid != 0 || missing->code == FAIL_DISK_SILENT;
}

void disks_format_size(uint64_t n_bytes, char out[static DISK_SIZE_BYTES])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	unsigned unit = 0;
	double size = (double)n_bytes;
	for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
		size /= 1024;
	snprintf(out, DISK_SIZE_BYTES, size < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

void disks_describe(const struct disk_list *list, char *out, size_t n_max)
{
	size_t used = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < list->n_disks && used < n_max; i++) {
		const struct disk *disk = &list->disks[i];
		char size[DISK_SIZE_BYTES];
		disks_format_size(disk->n_bytes, size);
		const char *what = disk->super.type[0] != '\0'       ? disk->super.type
				   : disk->table != PROBE_TABLE_NONE ? "partition table"
								     : "unknown content";
		used += (size_t)snprintf(out + used, n_max - used, "%s%s %s %s", i > 0 ? ", " : "", disk->name, size,
					 what);
		if (disk->super.uuid[0] != '\0' && used < n_max)
			used += (size_t)snprintf(out + used, n_max - used, " UUID=%s", disk->super.uuid);
	}
	if (used >= n_max && n_max > 4)
		memcpy(out + n_max - 4, "...", 4);
}
