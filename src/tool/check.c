/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot check: the rehearsal of a boot. Reads the plan as a boot does, logs in to each target on a socket of its
 * own, looks at the disks, lets the boot's own rule choose root, logs out. Does not mount, so it cannot say whether
 * there is an init on root. The kernel command line is read as it is; the network is that of the running machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/discover.h"
#include "boot/root.h"
#include "boot/wire.h"
#include "sys/memory.h"
#include "tool/luns.h"
#include "tool/options.h"
#include "tool/tool.h"

/* What was seen of one target. */
struct seen {
	bool logged_in;
	char portal[PORTAL_TEXT_BYTES];
	char authentication[64];
	bool header_digest, data_digest;
	int32_t tpgt; /* -1: the target did not say */
	struct fail fail;
};

/* All that a check holds; in memory of its own, which a boot does not take. */
struct rehearsal {
	struct wire wire;
	struct luns_room room;
	struct boot_plan plan;
	struct plan_notes notes;
	bool planned;
	struct seen seen[TARGETS_MAX];
	struct session sessions[TARGETS_MAX]; /* as the choice of root wants them */
	struct disk_list disks;
	const struct disk *root; /* NULL: it would not boot */
	struct fail fail;        /* why not */
	bool told;               /* with its target */
};

/* --- the plan --- */

static bool make_plan(struct rehearsal *r, const struct options *o)
{
	char cmdline[CMDLINE_BYTES];
	bool good = options_cmdline(o, cmdline, &r->fail) && options_plan(o, cmdline, &r->plan, &r->notes, &r->fail) &&
		    options_complete(o, &r->plan, &r->notes, &r->fail);
	bytes_wipe(cmdline, sizeof cmdline);
	return good;
}

/* --- the targets --- */

static void note_login(struct seen *seen, const struct login_result *result)
{
	seen->logged_in = true;
	seen->header_digest = result->values.header_digest;
	seen->data_digest = result->values.data_digest;
	seen->tpgt = result->has_tpgt ? result->tpgt : -1;
	if (result->chap)
		format_text(seen->authentication, sizeof seen->authentication, "%sCHAP %s",
			    result->mutual ? "mutual " : "", result->chap_algorithm);
	else
		format_text(seen->authentication, sizeof seen->authentication, "no authentication");
}

/* Asks for the target's name if it has none. */
static bool know_target(struct rehearsal *r, struct session *session, int64_t timeout_ms, struct fail *fail)
{
	struct plan_target found;
	if (session->target->name[0] != '\0')
		return true;
	if (!discover_target(&r->wire, &r->plan, session->target, timeout_ms, &found, fail))
		return false;
	session_set_target(session, &found);
	return true;
}

static bool log_in(struct rehearsal *r, const struct session *session, int64_t timeout_ms, struct fail *fail)
{
	const struct wire_peer peer = {.plan = &r->plan, .target = session->target};
	return wire_log_in(&r->wire, &peer, timeout_ms, fail);
}

/* The session gets what a boot's session has when its LUNs have been scanned. */
static void look_at_target(struct rehearsal *r, unsigned index, uint32_t timeout_s)
{
	struct seen *seen = &r->seen[index];
	struct session *session = &r->sessions[index];
	int64_t end_ms = clock_now_ms() + (int64_t)timeout_s * 1000;
	session_init(session, &r->plan, index, NULL);
	bool good = know_target(r, session, end_ms - clock_now_ms(), &seen->fail) &&
		    log_in(r, session, end_ms - clock_now_ms(), &seen->fail);
	if (good) {
		note_login(seen, login_result(&r->wire.login));
		good = luns_list(&r->wire, &r->room, index, &session->target->lun, &r->disks, &seen->fail);
	}
	memcpy(seen->portal, r->wire.portal, sizeof seen->portal);
	if (r->wire.is_interrupted)
		seen->fail = (struct fail){.code = FAIL_INTERRUPTED};
	good = good && !r->wire.is_interrupted;
	if (!good)
		fail_context(&seen->fail, "%s %s at %s", seen->logged_in ? "the session with" : "cannot log in to",
			     plan_target_name(session->target), seen->portal);
	memcpy(session->persistent_address, r->wire.first_address, sizeof session->persistent_address);
	session->state = good ? SESSION_UP : SESSION_GAVE_UP;
	session->scanned = good;
	wire_close(&r->wire);
}

/* A target that failed is the reason when nothing fits: root may be there. */
static void choose_root(struct rehearsal *r)
{
	enum root_verdict verdict =
		root_choose(&r->plan, r->sessions, r->plan.n_targets, &r->disks, &r->root, &r->fail);
	if (verdict == ROOT_FOUND)
		return;
	r->root = NULL;
	bool may_be_there = verdict == ROOT_NOT_YET || r->fail.code == FAIL_NONE;
	for (unsigned i = 0; i < r->plan.n_targets && may_be_there && !r->told; i++) {
		r->told = r->seen[i].fail.code != FAIL_NONE;
		if (r->told)
			r->fail = r->seen[i].fail;
	}
}

static void rehearse(struct rehearsal *r, const struct options *o)
{
	r->planned = make_plan(r, o);
	wire_init(&r->wire);
	r->wire.interrupt_fd = interrupt_fd();
	if (r->planned) {
		for (unsigned i = 0; i < r->plan.n_targets && !r->wire.is_interrupted; i++)
			look_at_target(r, i, o->timeout_s);
		if (r->wire.is_interrupted)
			r->fail = (struct fail){.code = FAIL_INTERRUPTED};
		else
			choose_root(r);
	}
	plan_wipe(&r->plan);
}

/* --- for people --- */

static const char *table_name(enum probe_table_kind kind)
{
	return kind == PROBE_TABLE_GPT ? "GPT" : kind == PROBE_TABLE_MBR ? "MBR" : "";
}

/* What comes from a disk may hold any byte. */
static void print_safe(const char *before, const char *text)
{
	char safe[4 * PROBE_LABEL_BYTES];
	if (text[0] == '\0')
		return;
	text_escape(text, safe, sizeof safe);
	printf("%s%s", before, safe);
}

static void print_disk(const struct disk *disk)
{
	char size[DISK_SIZE_BYTES], lun[PLAN_LUN_BYTES];
	disks_format_size(disk->n_bytes, size);
	plan_format_lun(disk->lun, lun);
	if (disk->part == 0)
		printf("  LUN %s: %s %s \"%s\"", lun, disk->name, size, disk->model);
	else
		printf("    %s %s", disk->name, size);
	if (disk->error != 0)
		printf(" CANNOT BE READ");
	print_safe(" ", table_name(disk->table));
	print_safe(" ", disk->super.type);
	print_safe(" UUID=", disk->super.uuid);
	print_safe(" LABEL=", disk->super.label);
	print_safe(" PARTUUID=", disk->identity.uuid);
	print_safe(" PARTLABEL=", disk->identity.label);
	printf("\n");
}

static const char *digests_text(const struct seen *seen)
{
	static const char *const texts[2][2] = {{"", ", data digest"}, {", header digest", ", header and data digest"}};
	return texts[seen->header_digest][seen->data_digest];
}

static void print_target(const struct rehearsal *r, unsigned index)
{
	const struct seen *seen = &r->seen[index];
	const struct disk_luns *luns = &r->disks.luns[index];
	char line[PLAN_LINE_BYTES], text[FAIL_TEXT_BYTES], group[32] = "portal group not said";
	const struct session *session = &r->sessions[index];
	if (seen->tpgt >= 0)
		snprintf(group, sizeof group, "portal group %" PRId32, seen->tpgt);
	plan_describe_target(&r->plan, index, line);
	print_safe("plan: ", line);
	printf("\n");
	if (session->target != session->planned) {
		discover_describe(session->planned, session->target, line);
		print_safe("", line);
		printf("\n");
	}
	if (seen->logged_in)
		printf("%s: logged in, %s%s, %s, logical units: %u, disks: %u\n", seen->portal, seen->authentication,
		       digests_text(seen), group, luns->n_luns, luns->n_disks);
	for (unsigned i = 0; i < r->disks.n_disks; i++)
		if (r->disks.disks[i].session == index)
			print_disk(&r->disks.disks[i]);
	if (seen->fail.code != FAIL_NONE) {
		fail_describe(&seen->fail, text);
		printf("%s\n", text);
	}
}

static void print_verdict(const struct rehearsal *r)
{
	char text[FAIL_TEXT_BYTES];
	const struct plan_root *root = &r->plan.root;
	if (r->root != NULL) {
		print_safe("would boot: ", root->text[0] != '\0' ? root->text : "the disk");
		printf(" is %s", r->root->name);
		print_safe(", ", root->fstype[0] != '\0' ? root->fstype : r->root->super.type);
		printf(root->kind == ROOT_DEVICE ? " (if the machine has no other disks)\n" : "\n");
	} else if (r->told) {
		printf("would not boot: see above [%s]\n", fail_lookup(r->fail.code)->id);
	} else {
		fail_describe(&r->fail, text);
		printf(r->fail.code == FAIL_INTERRUPTED ? "not known: %s\n" : "would not boot: %s\n", text);
	}
}

static void print_text(const struct rehearsal *r)
{
	if (r->planned) {
		print_safe("we are ", r->plan.initiator.name);
		printf(" (%s)\n", r->plan.initiator.origin.text);
		for (unsigned i = 0; i < r->plan.n_targets; i++)
			print_target(r, i);
	}
	if (r->disks.n_left_out > 0)
		printf("more than %d LUNs or %d disks and partitions: root was looked for on these only\n",
		       SCSI_LUNS_MAX, DISKS_MAX);
	print_verdict(r);
}

/* --- for scripts --- */

static void put_text(const char *name, const char *value)
{
	printf("\"%s\": ", name);
	tool_print_json(value);
}

static void put_target(const struct rehearsal *r, unsigned index)
{
	const struct plan_target *target = r->sessions[index].target;
	const struct seen *seen = &r->seen[index];
	char portal[PORTAL_TEXT_BYTES];
	plan_format_portal(target->host, target->port, portal);
	printf(index > 0 ? ",\n    {" : "\n    {");
	put_text("name", target->name);
	printf(", ");
	put_text("portal", portal);
	printf(", ");
	put_text("from", target->origin.text);
	printf(", \"logged_in\": %s, ", seen->logged_in ? "true" : "false");
	put_text("connected_to", seen->portal);
	printf(", ");
	put_text("authentication", seen->authentication);
	printf(", \"header_digest\": %s, \"data_digest\": %s", seen->header_digest ? "true" : "false",
	       seen->data_digest ? "true" : "false");
	printf(", \"tpgt\": %" PRId32 ", \"logical_units\": %u, ", seen->logged_in ? seen->tpgt : -1,
	       r->disks.luns[index].n_luns);
	tool_print_fail(&seen->fail);
	printf("}");
}

static void put_disk(const struct disk *disk)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{"model", disk->model},
		{"table", table_name(disk->table)},
		{"type", disk->super.type},
		{"uuid", disk->super.uuid},
		{"label", disk->super.label},
		{"partuuid", disk->identity.uuid},
		{"partlabel", disk->identity.label},
	};
	char lun[PLAN_LUN_BYTES];
	plan_format_lun(disk->lun, lun);
	printf("{");
	put_text("name", disk->name);
	printf(", \"target\": %u, \"lun\": \"%s\", \"part\": %" PRIu32 ", \"bytes\": %" PRIu64 ", \"readable\": %s",
	       disk->session, lun, disk->part, disk->n_bytes, disk->error == 0 ? "true" : "false");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		printf(", ");
		put_text(texts[i].name, texts[i].value);
	}
	printf("}");
}

static void print_json(const struct rehearsal *r)
{
	unsigned n_targets = r->planned ? r->plan.n_targets : 0;
	printf("{\n  \"would_boot\": %s,\n  \"initiator\": {", r->root != NULL ? "true" : "false");
	put_text("name", r->plan.initiator.name);
	printf(", ");
	put_text("from", r->plan.initiator.origin.text);
	printf("},\n  \"targets\": [");
	for (unsigned i = 0; i < n_targets; i++)
		put_target(r, i);
	printf("],\n  \"disks\": [");
	for (unsigned i = 0; i < r->disks.n_disks; i++) {
		printf(i > 0 ? ",\n    " : "\n    ");
		put_disk(&r->disks.disks[i]);
	}
	printf("],\n  \"left_out\": %u,\n  \"root\": ", r->disks.n_left_out);
	if (r->root != NULL)
		put_disk(r->root);
	else
		printf("null");
	printf(",\n  ");
	tool_print_fail(&r->fail);
	printf("\n}\n");
}

int check_main(int argc, char **argv)
{
	static const char usage[] =
		"check [URL | --cmdline TEXT|FILE] [--root DIR] [--ibft FILE] [--lease FILE] [--json] "
		"[--initiator NAME] [--username NAME --secret-file FILE] [--timeout SECONDS]";
	struct options o;
	if (!options_read(&o, usage, argc, argv))
		return o.status;
	struct rehearsal *r = memory_share(sizeof *r);
	if (r == NULL) {
		tool_complain("no memory");
		return TOOL_USAGE;
	}
	rehearse(r, &o);
	tool_complain_notes(&r->notes);
	if (o.json)
		print_json(r);
	else
		print_text(r);
	return r->root != NULL ? TOOL_GOOD : tool_exit_status(&r->fail);
}
