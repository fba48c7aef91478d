/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot attach: logs in on a running machine and leaves a keeper. Prints root's device, or all disks. With --boot
 * it is the iSCSI part of an initramfs of somebody else: brings up the network, too, does nothing when nothing is asked
 * of it, and prints a device only when root= leaves it to the target which one that is. The program first becomes a
 * copy of itself in memory: what stays must not need a disk, least of all one of its own.
 */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/attach.h"
#include "boot/keeper.h"
#include "boot/log.h"
#include "plan/cmdline.h"
#include "tool/options.h"
#include "tool/role.h"
#include "tool/tool.h"

enum {
	TIMEOUT_S = 60,
	BOOT_TIMEOUT_S = 180,
	STANDARD_ERROR = 2,
};

_Static_assert(sizeof ATTACH_NAME >= sizeof KEEPER_TITLE, "the title stands in the place of the name");

static struct boot_plan plan;

static bool read_plan(const struct options *o, char *cmdline, enum role *role, struct plan_notes *notes,
		      struct fail *fail)
{
	if (o->boot)
		return role_plan(o, cmdline, role, &plan, notes, fail);
	if (o->disks)
		role_hide_others(cmdline);
	if (!options_plan(o, cmdline, &plan, notes, fail) || !options_complete(o, &plan, notes, fail))
		return false;
	*role = plan.root.kind != ROOT_DEFAULT ? ROLE_ROOT : ROLE_DISKS;
	return true;
}

/* The value of a variable, "NAME=", that can be part of a word; NULL: there is none. */
static const char *find_variable(char **environment, const char *name)
{
	for (; *environment != NULL; environment++) {
		const char *value = *environment + strlen(name);
		if (strncmp(*environment, name, strlen(name)) == 0 && value[0] != '\0' &&
		    value[strcspn(value, " \t\n\"")] == '\0')
			return value;
	}
	return NULL;
}

static bool has_ip(const char *cmdline)
{
	struct span rest = span_of(cmdline);
	struct cmdline_word word;
	while (cmdline_next(&rest, &word))
		if (cmdline_name_is(word.name, "ip"))
			return true;
	return false;
}

/* The network of initramfs.conf(5), which scripts of initramfs-tools have in their environment, counts as ip=. */
static bool add_network(const struct options *o, char *cmdline, struct fail *fail)
{
	const char *ip = find_variable(o->environment, "IP="), *device = find_variable(o->environment, "DEVICE=");
	size_t n = strlen(cmdline);
	if (!o->boot || (ip == NULL && device == NULL) || has_ip(cmdline))
		return true;
	return format_text(cmdline + n, CMDLINE_BYTES - n, " ip=%s%s", ip != NULL ? ip : device,
			   ip != NULL ? "" : ":dhcp") ||
	       fail_set(fail, FAIL_ARGUMENT, "the command line with IP= of initramfs.conf is too long");
}

static bool make_plan(const struct options *o, enum role *role, struct plan_notes *notes, struct fail *fail)
{
	char cmdline[CMDLINE_BYTES];
	bool good = options_cmdline(o, cmdline, fail) && add_network(o, cmdline, fail) &&
		    read_plan(o, cmdline, role, notes, fail);
	bytes_wipe(cmdline, sizeof cmdline);
	return good;
}

/* What takes whatever the firmware has left, and it has left nothing: this machine has its root elsewhere. */
static bool finds_no_firmware(void)
{
	return plan.asks_ibft && !plan.asks_dhcp && plan.n_targets == 0 && plan.named.name[0] == '\0' &&
	       plan.portal.list[0] == '\0';
}

/* The firmware's table may need a driver to be seen. */
static bool make_boot_plan(const struct options *o, enum role *role, struct plan_notes *notes, struct fail *fail)
{
	char text[2 * ORIGIN_BYTES];
	bool good = make_plan(o, role, notes, fail);
	if (good && plan_wants_ibft(&plan)) {
		attach_load("iscsi_ibft", NULL);
		good = make_plan(o, role, notes, fail);
	}
	if (good && *role == ROLE_DISKS && finds_no_firmware()) {
		format_text(text, sizeof text, "%s is given, and there is no iBFT with a target: going on without",
			    plan.from.ibft.text);
		tool_complain(text);
		*role = ROLE_NONE;
	}
	return good;
}

static uint32_t timeout_s(const struct options *o)
{
	if (o->timeout != NULL)
		return o->timeout_s;
	if (!o->boot)
		return TIMEOUT_S;
	return plan.from.timeout.text[0] != '\0' ? plan.timeout_s : BOOT_TIMEOUT_S;
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

static bool attach(const struct options *o, enum role role, int argc, char **argv, char **environment,
		   struct fail *fail)
{
	struct console errors = {.fd = STANDARD_ERROR};
	struct attach_config config = {
		.plan = &plan,
		.wants_root = role == ROLE_ROOT,
		.timeout_s = timeout_s(o),
		.boots = o->boot,
		.only_network = o->network,
	};
	const struct disk_list *disks;
	const struct disk *root;
	keeper_find_title(argc, argv, environment, &config.title, &config.n_title_bytes);
	log_use(-1, &errors, 0);
	if (!attach_run(&config, &disks, &root, fail))
		return false;
	if (root != NULL || !o->boot)
		print_devices(disks, root);
	return true;
}

int attach_main(int argc, char **argv, char **environment)
{
	static const char usage[] = "attach [URL | --cmdline TEXT|FILE] [--boot [--network]] [--disks] [--root DIR] "
				    "[--ibft FILE] [--lease FILE] "
				    "[--initiator NAME] [--username NAME --secret-file FILE] [--timeout SECONDS]";
	struct options o;
	struct fail fail = {.code = FAIL_NONE};
	struct plan_notes notes = {.n_notes = 0};
	enum role role = ROLE_NONE;
	if (!options_read(&o, usage, argc, argv))
		return o.status;
	if (o.network && !o.boot)
		return options_misused(usage);
	o.environment = environment;
	o.attaches = !o.boot;
	if (o.root == NULL)
		o.root = ""; /* the files are here, as in a boot */
	bool good = machine_is_root() || fail_set(&fail, FAIL_NOT_ROOT, "%s", "");
	good = good && (o.boot ? make_boot_plan : make_plan)(&o, &role, &notes, &fail);
	if (!good || role != ROLE_NONE) { /* a machine that starts from a disk of its own is left alone */
		tool_complain_notes(&notes);
		good = good && attach(&o, role, argc, argv, environment, &fail);
	}
	plan_wipe(&plan);
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
