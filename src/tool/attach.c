/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot attach: logs in on a running machine and leaves a keeper. Prints root's device, or all disks. The program
 * first becomes a copy of itself in memory: what stays must not need a disk, least of all one of its own.
 */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/attach.h"
#include "boot/keeper.h"
#include "boot/log.h"
#include "plan/cmdline.h"
#include "tool/options.h"
#include "tool/tool.h"

enum {
	TIMEOUT_S = 60,
	STANDARD_ERROR = 2,
};

_Static_assert(sizeof ATTACH_NAME >= sizeof KEEPER_TITLE, "the title stands in the place of the name");

static struct boot_plan plan;

/* A root= that is not asked for may be anything: its word becomes one that nobody knows. */
static void hide_root(char *cmdline)
{
	struct span rest = span_of(cmdline);
	struct cmdline_word word;
	while (cmdline_next(&rest, &word))
		if (cmdline_name_is(word.name, "root"))
			cmdline[word.name.text - cmdline] = '_';
}

static bool make_plan(const struct options *o, struct plan_notes *notes, struct fail *fail)
{
	char cmdline[CMDLINE_BYTES];
	bool good = options_cmdline(o, cmdline, fail);
	if (good && o->disks)
		hide_root(cmdline);
	good = good && plan_read(cmdline, &plan, notes, fail) && options_apply(o, &plan, fail) &&
	       options_complete(&plan, notes, fail);
	bytes_wipe(cmdline, sizeof cmdline);
	return good;
}

static bool is_asked_for(const struct disk *disk)
{
	const struct plan_lun *lun = &plan.targets[disk->session].lun;
	return disk->part == 0 && (!lun->given || lun->number == disk->lun);
}

static bool is_before(const struct disk *a, const struct disk *b)
{
	return a->session != b->session ? a->session < b->session : a->lun < b->lun;
}

/* The next disk behind `last` by target and LUN; NULL: the first one, or there is none. */
static const struct disk *next_disk(const struct disk_list *disks, const struct disk *last)
{
	const struct disk *next = NULL;
	for (unsigned i = 0; i < disks->n_disks; i++) {
		const struct disk *disk = &disks->disks[i];
		if (is_asked_for(disk) && (last == NULL || is_before(last, disk)) &&
		    (next == NULL || is_before(disk, next)))
			next = disk;
	}
	return next;
}

static void print_devices(const struct disk_list *disks, const struct disk *root)
{
	if (root != NULL)
		printf("/dev/%s\n", root->name);
	for (const struct disk *disk = NULL; root == NULL && (disk = next_disk(disks, disk)) != NULL;)
		printf("/dev/%s\n", disk->name);
}

static bool attach(const struct options *o, int argc, char **argv, char **environment, struct fail *fail)
{
	struct console errors = {.fd = STANDARD_ERROR};
	struct attach_config config = {
		.plan = &plan,
		.wants_root = plan.root.kind != ROOT_DEFAULT,
		.timeout_s = o->timeout != NULL ? o->timeout_s : TIMEOUT_S,
	};
	const struct disk_list *disks;
	const struct disk *root;
	keeper_find_title(argc, argv, environment, &config.title, &config.n_title_bytes);
	log_use(-1, &errors, 0);
	if (!attach_run(&config, &disks, &root, fail))
		return false;
	print_devices(disks, root);
	return true;
}

int attach_main(int argc, char **argv, char **environment)
{
	struct options o;
	struct fail fail = {.code = FAIL_NONE};
	struct plan_notes notes = {.n_notes = 0};
	if (!options_read(&o, argc, argv))
		return TOOL_USAGE;
	if ((o.operand != NULL && o.cmdline != NULL) || o.json || o.all) {
		tool_complain("usage: iscsiroot attach [URL | --cmdline TEXT|FILE] [--disks] [--initiator NAME] "
			      "[--username NAME --secret-file FILE] [--timeout SECONDS]");
		return TOOL_USAGE;
	}
	bool good = machine_is_root() || fail_set(&fail, FAIL_NOT_ROOT, "%s", "");
	good = good && make_plan(&o, &notes, &fail);
	tool_complain_notes(&notes);
	good = good && attach(&o, argc, argv, environment, &fail);
	secret_wipe(&plan.chap.secret);
	secret_wipe(&plan.chap_in.secret);
	if (!good)
		tool_complain_fail(&fail);
	return tool_exit_status(&fail);
}

int attach_begin(char **argv, char **environment)
{
	static char name[] = ATTACH_NAME;
	struct fail fail = {.code = FAIL_NONE};
	argv[0] = name;
	fail_errno(&fail, FAIL_SPAWN, -exec_copy(argv, environment), "/proc/self/exe");
	tool_complain_fail(&fail);
	return tool_exit_status(&fail);
}
