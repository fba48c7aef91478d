/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot status: the sessions of this machine, whoever made them: their connection, their disks, and who brings them
 * back when they are lost. What the kernel knows comes from sysfs, what the keeper knows from its board. Nothing is
 * read from a disk, so this ends at once also while a target is away. Needs no rights.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/census.h"
#include "boot/disks.h"
#include "plan/plan.h"
#include "tool/options.h"
#include "tool/tool.h"

enum {
	SECTOR_BYTES = 512, /* the kernel's unit of sizes, whatever the disk's is */
	STATE_BYTES = 32,
};

/* What is shown of one session. */
struct view {
	struct census_session session;
	struct census_keeper keeper;
	struct disk_list disks;
	bool is_up;
	bool is_known; /* the keeper's record is of this state */
	int64_t now_ms;
};

/* --- looking --- */

static uint64_t disk_bytes(const struct disk *disk)
{
	char path[PATH_BYTES], text[32];
	uint64_t n_sectors = 0;
	format_text(path, sizeof path, "/sys/class/block/%s/size", disk->name);
	if (file_read_text(path, text, sizeof text) > 0)
		text_decimal(span_of(text), UINT64_MAX / SECTOR_BYTES, &n_sectors);
	return n_sectors * SECTOR_BYTES;
}

/* The kernel's word: "running", "blocked" while its session is lost, "transport-offline" once its time is over. */
static void disk_state(const struct disk *disk, char out[static STATE_BYTES])
{
	char path[PATH_BYTES];
	format_text(path, sizeof path, "/sys/class/block/%s/device/state", disk->name);
	if (file_read_text(path, out, STATE_BYTES) < 0)
		format_text(out, STATE_BYTES, "unknown");
}

static bool look(uint32_t sid, struct view *v)
{
	*v = (struct view){.now_ms = clock_now_ms()};
	if (!census_next(sid, &v->session))
		return false;
	census_find_keeper(v->session.sid, &v->keeper);
	disks_list_session(&v->disks, 0, v->session.sid);
	v->is_up = census_is_up(&v->session);
	v->is_known = v->keeper.pid != 0 && v->keeper.charge == CENSUS_KEEPER &&
		      v->keeper.record.state == (v->is_up ? BOARD_UP : BOARD_LOST);
	return true;
}

/* The portal that is in use or was; a redirect leads from the persistent one to it. */
static const char *portal_of(const struct view *v)
{
	const char *last = v->keeper.charge == CENSUS_KEEPER ? v->keeper.record.portal : v->session.persistent;
	return v->session.portal[0] != '\0' ? v->session.portal : last;
}

/* How long it has been lost, the present time included. */
static int64_t away_ms(const struct view *v)
{
	const struct board_session *record = &v->keeper.record;
	return record->away_ms + (record->state == BOARD_LOST ? v->now_ms - record->since_ms : 0);
}

/* --- for people --- */

/* The two largest units: "3 min 20 s"; below a minute with a tenth. */
static void print_duration(int64_t ms)
{
	static const struct {
		const char *name;
		int64_t n_s;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	int64_t left_s = ms / 1000;
	unsigned unit = 0;
	if (left_s < 60) {
		printf("%.1f s", (double)ms / 1000);
		return;
	}
	while (left_s < units[unit].n_s)
		unit++;
	printf("%" PRId64 " %s %" PRId64 " %s", left_s / units[unit].n_s, units[unit].name,
	       left_s % units[unit].n_s / units[unit + 1].n_s, units[unit + 1].name);
}

static void print_since(const struct view *v)
{
	if (!v->is_known)
		return;
	printf(" for ");
	print_duration(v->now_ms - v->keeper.record.since_ms);
}

/* What becomes of what is read and written meanwhile. */
static void print_lost(const struct view *v)
{
	bool is_over = strcmp(v->session.state, "FREE") == 0;
	const struct fail_entry *entry =
		fail_lookup(v->is_known ? (enum fail_code)v->keeper.record.fail_code : FAIL_NONE);
	if (is_over)
		printf("; its disks fail what is read and written");
	else if (v->session.recovery_tmo_s >= 0)
		printf("; its disks wait, %" PRId64 " s at most", v->session.recovery_tmo_s);
	else
		printf("; its disks wait");
	if (v->is_known && v->keeper.record.fail_code != FAIL_NONE)
		printf("\n  not back: %s [%s]", entry->cause, entry->id);
}

static void print_history(const struct view *v)
{
	const struct board_session *record = &v->keeper.record;
	if (v->keeper.pid == 0 || v->keeper.charge == CENSUS_UNREADABLE || record->n_lost == 0)
		return;
	printf("  lost %u time%s, ", record->n_lost, record->n_lost == 1 ? "" : "s");
	print_duration(away_ms(v));
	printf(" in all; the last time: %s\n", record->loss);
}

static void print_charge(const struct view *v)
{
	static const char *const charges[] = {
		[CENSUS_NOBODY] = "nobody: a connection that is lost stays lost",
		[CENSUS_KEEPER] = "the keeper",
		[CENSUS_ISCSID] = "iscsid",
		[CENSUS_UNREADABLE] = "it may be a keeper of another version of this program",
	};
	printf("  looked after by %s", charges[v->keeper.charge]);
	if (v->keeper.charge == CENSUS_ISCSID && v->keeper.pid != 0)
		printf("; the keeper, process %d, stands aside\n", v->keeper.pid);
	else if (v->keeper.pid != 0)
		printf(", process %d\n", v->keeper.pid);
	else
		printf("\n");
}

static void print_disk(const struct disk *disk)
{
	char size[DISK_SIZE_BYTES], lun[PLAN_LUN_BYTES], state[STATE_BYTES];
	if (disk->part > 0)
		return;
	disks_format_size(disk_bytes(disk), size);
	plan_format_lun(disk->lun, lun);
	disk_state(disk, state);
	printf("  LUN %s: %s %s \"%s\", %s\n", lun, disk->name, size, disk->model, state);
}

static void print_view(const struct view *v)
{
	printf("session %" PRIu32 ": %s at %s, portal group %" PRId32 "\n", v->session.sid, v->session.target,
	       portal_of(v), v->session.tpgt);
	printf("  %s", v->is_up ? "up" : "lost");
	print_since(v);
	if (!v->is_up)
		print_lost(v);
	printf("\n");
	print_history(v);
	print_charge(v);
	for (unsigned i = 0; i < v->disks.n_disks; i++)
		print_disk(&v->disks.disks[i]);
}

/* --- for scripts --- */

static void put_text(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	tool_print_json(value);
}

static void put_seconds(const char *name, bool known, int64_t ms)
{
	if (known)
		printf(", \"%s\": %" PRId64 ".%03d", name, ms / 1000, (int)(ms % 1000));
	else
		printf(", \"%s\": null", name);
}

static void put_disk(const struct disk *disk, bool first)
{
	char lun[PLAN_LUN_BYTES], state[STATE_BYTES];
	plan_format_lun(disk->lun, lun);
	printf(first ? "{\"name\": " : ", {\"name\": ");
	tool_print_json(disk->name);
	printf(", \"lun\": \"%s\", \"part\": %" PRIu32 ", \"bytes\": %" PRIu64, lun, disk->part, disk_bytes(disk));
	put_text("model", disk->model);
	if (disk->part == 0) {
		disk_state(disk, state);
		put_text("state", state);
	}
	printf("}");
}

static void put_keeper(const struct view *v)
{
	static const char *const charges[] = {[CENSUS_NOBODY] = "nobody",
					      [CENSUS_KEEPER] = "keeper",
					      [CENSUS_ISCSID] = "iscsid",
					      [CENSUS_UNREADABLE] = "unknown"};
	const struct board_session *record = &v->keeper.record;
	bool has_record = v->keeper.pid != 0 && v->keeper.charge != CENSUS_UNREADABLE;
	put_text("in_charge", charges[v->keeper.charge]);
	if (v->keeper.pid != 0)
		printf(", \"keeper\": %d", v->keeper.pid);
	else
		printf(", \"keeper\": null");
	put_seconds("since_seconds", v->is_known, v->now_ms - record->since_ms);
	if (has_record)
		printf(", \"times_lost\": %u", record->n_lost);
	else
		printf(", \"times_lost\": null");
	put_seconds("seconds_lost", has_record, away_ms(v));
	put_text("last_loss", record->loss);
	put_text("not_back", v->is_known && !v->is_up ? fail_lookup((enum fail_code)record->fail_code)->id : "");
}

static void put_view(const struct view *v, bool first)
{
	printf(first ? "\n  {\"sid\": %" PRIu32 : ",\n  {\"sid\": %" PRIu32, v->session.sid);
	printf(", \"host\": %" PRIu32, v->session.host_no);
	put_text("target", v->session.target);
	put_text("portal", portal_of(v));
	put_text("persistent_portal", v->session.persistent);
	printf(", \"tpgt\": %" PRId32, v->session.tpgt);
	put_text("state", v->is_up ? "up" : "lost");
	put_text("kernel_state", v->session.state);
	printf(", \"replacement_timeout\": %" PRId64, v->session.recovery_tmo_s);
	put_keeper(v);
	printf(", \"disks\": [");
	for (unsigned i = 0; i < v->disks.n_disks; i++)
		put_disk(&v->disks.disks[i], i == 0);
	printf("]}");
}

int status_main(int argc, char **argv)
{
	static const char usage[] = "status [--json]";
	struct options o;
	struct view v;
	unsigned n_seen = 0, n_lost = 0;
	if (!options_read(&o, usage, argc, argv))
		return o.status;
	if (o.operand != NULL)
		return options_misused(usage);
	if (o.json)
		printf("[");
	for (uint32_t sid = 0; look(sid, &v); sid = v.session.sid + 1) {
		if (o.json)
			put_view(&v, n_seen == 0);
		else
			print_view(&v);
		n_seen++;
		n_lost += !v.is_up;
	}
	if (o.json)
		printf("\n]\n");
	else if (n_seen == 0)
		tool_complain("this machine has no iSCSI session");
	return n_seen == 0 ? TOOL_NONE : n_lost > 0 ? TOOL_LOST : TOOL_GOOD;
}
