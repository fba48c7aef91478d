/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choosing, mounting and switching root.
 */
#include "boot/root.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>

#include "boot/log.h"
#include "boot/mountflags.h"
#include "sys/exec.h"
#include "sys/memory.h"

#define NEW_ROOT "/sysroot"

enum {
	MOUNT_WAIT_MS = 60000,
	UNMOUNT_WAIT_MS = 2000,
};

/* --- choosing --- */

static bool is_lun(const struct plan_lun *lun, uint64_t number)
{
	return !lun->given || lun->number == number;
}

/* A path names the portal as the plan does; udev writes it as the kernel holds it, numeric. */
static bool is_portal(const struct session *s, const struct plan_root *root)
{
	bool host = strcasecmp(root->path_host, s->target->host) == 0 ||
		    strcasecmp(root->path_host, s->persistent_address) == 0;
	return host && root->path_port == s->target->port;
}

static bool is_path(const struct plan_root *root, const struct session *s, const struct disk *disk)
{
	return strcmp(root->path_name, s->target->name) == 0 && is_portal(s, root) &&
	       is_lun(&root->path_lun, disk->lun) && disk->part == root->part;
}

static bool is_wanted(const struct plan_root *root, const struct session *s, const struct disk *disk)
{
	switch (root->kind) {
	case ROOT_DEFAULT:
		return disk->part == 0 && disk->session == 0 && is_lun(&s->target->lun, disk->lun);
	case ROOT_DEVICE:
		return strcmp(root->value, disk->name) == 0;
	case ROOT_UUID:
		return disk->super.kind == PROBE_FILESYSTEM && strcasecmp(root->value, disk->super.uuid) == 0;
	case ROOT_LABEL:
		return disk->super.kind == PROBE_FILESYSTEM && strcmp(root->value, disk->super.label) == 0;
	case ROOT_PARTUUID:
		return strcasecmp(root->value, disk->identity.uuid) == 0;
	case ROOT_PARTLABEL:
		return strcmp(root->value, disk->identity.label) == 0;
	case ROOT_PATH:
		return is_path(root, s, disk);
	}
	return false;
}

/* The same LUN seen through two portals of one target is one disk; the first session's is as good as any. */
static bool is_other_disk(const struct session *sessions, const struct disk *a, const struct disk *b)
{
	return a->session == b->session || a->lun != b->lun ||
	       strcmp(sessions[a->session].target->name, sessions[b->session].target->name) != 0;
}

static enum root_verdict ambiguous(const struct plan_root *root, const struct disk *a, const struct disk *b,
				   struct fail *fail)
{
	fail_set(fail, FAIL_ROOT_AMBIGUOUS, "%s fits %s and %s",
		 root->text[0] != '\0' ? root->text : "no root=", a->name, b->name);
	return ROOT_NEVER;
}

bool root_disks_are_there(const struct session *sessions, unsigned n_sessions, bool needs_all,
			  const struct disk_list *list, struct fail *fail)
{
	for (unsigned i = 0; i < n_sessions; i++) {
		const struct session *s = &sessions[i];
		const struct disk_luns *luns = &list->luns[i];
		if (s->state == SESSION_GAVE_UP || (!needs_all && s->retry.n_failed > 0))
			continue;
		if (!session_settled(s))
			return false;
		fail_context(fail, "%s", s->portal);
		if (luns->n_without_driver > 0 && !file_exists("/sys/bus/scsi/drivers/sd"))
			fail_set(fail, FAIL_NO_DISK_DRIVER, "%u of %u", luns->n_without_driver, luns->n_disks);
		else if (luns->n_without_driver > 0)
			fail_set(fail, FAIL_DISK_SILENT, "%u of %u", luns->n_without_driver, luns->n_disks);
		else if (luns->n_disks == 0 && s->target->lun.given)
			fail_set(fail, FAIL_LUN_ABSENT, "LUN %llu of %s", (unsigned long long)s->target->lun.number,
				 s->target->name);
		else if (luns->n_disks == 0)
			fail_set(fail, FAIL_NO_DISK, "%u logical units, none of type disk", luns->n_luns);
		if (fail->code != FAIL_NONE)
			return false;
		fail->context[0] = '\0';
	}
	return true;
}

/* Why nothing fits: the session that lacks something says it best. */
static enum root_verdict missing(const struct boot_plan *plan, const struct session *sessions, unsigned n_sessions,
				 const struct disk_list *list, struct fail *fail)
{
	char there[FAIL_DETAIL_BYTES - VALUE_BYTES];
	if (!root_disks_are_there(sessions, n_sessions, true, list, fail))
		return ROOT_NOT_YET;
	disks_describe(list, there, sizeof there);
	fail_set(fail, FAIL_ROOT_NOT_FOUND, "root=%s; there is: %s", plan->root.text, there);
	return ROOT_NOT_YET;
}

/* What keeps the chosen disk from being mounted, unless rootfstype= knows better. */
static bool is_mountable(const struct boot_plan *plan, const struct disk_list *list, const struct disk *root,
			 struct fail *fail)
{
	char there[FAIL_DETAIL_BYTES - 2 * DISK_NAME_BYTES];
	if (disk_is_unfinished(root))
		return fail_set(fail, FAIL_DISK_SILENT, "%s", root->name);
	if (root->error != 0)
		return fail_errno(fail, FAIL_DISK_READ, -root->error, "%s", root->name);
	if (plan->root.fstype[0] != '\0' || root->super.kind == PROBE_FILESYSTEM)
		return true;
	if (root->super.kind == PROBE_CONTAINER)
		return fail_set(fail, FAIL_NO_FILESYSTEM, "%s is %s", root->name, root->super.type);
	disks_describe(list, there, sizeof there);
	return fail_set(fail, FAIL_NO_FILESYSTEM, "%s; there is: %s", root->name, there);
}

enum root_verdict root_choose(const struct boot_plan *plan, const struct session *sessions, unsigned n_sessions,
			      const struct disk_list *list, const struct disk **root, struct fail *fail)
{
	const struct disk *found = NULL;
	if (plan->root.kind == ROOT_DEFAULT && sessions[0].state == SESSION_GAVE_UP) {
		*fail = sessions[0].fail;
		return ROOT_NEVER;
	}
	/* Which disk is the only one shows when all are there. */
	if (plan->root.kind == ROOT_DEFAULT && !plan->targets[0].lun.given && !session_settled(&sessions[0]))
		return ROOT_NOT_YET;
	for (unsigned i = 0; i < list->n_disks; i++) {
		const struct disk *disk = &list->disks[i];
		if (!is_wanted(&plan->root, &sessions[disk->session], disk))
			continue;
		if (found != NULL && is_other_disk(sessions, found, disk))
			return ambiguous(&plan->root, found, disk, fail);
		if (found == NULL)
			found = disk;
	}
	if (found == NULL)
		return missing(plan, sessions, n_sessions, list, fail);
	if (!is_mountable(plan, list, found, fail))
		return fail_lookup(fail->code)->retry == RETRY_NEVER ? ROOT_NEVER : ROOT_NOT_YET;
	*root = found;
	return ROOT_FOUND;
}

/* --- mounting --- */

/* The kernel loads the file system's driver by itself, through /sbin/modprobe. */
static int try_mount(const struct root_mount *m)
{
	const struct plan_root *root = &m->plan->root;
	unsigned long flags = root->writable ? 0 : MS_RDONLY;
	char data[VALUE_BYTES], type[32];
	int error = -EINVAL;
	if (!mount_flags_split(root->flags, &flags, data, sizeof data))
		return EINVAL;
	struct span types = span_of(m->types);
	while (types.text != NULL && error != 0)
		if (span_copy(span_cut(&types, ','), type, sizeof type))
			error = mount_file_system(m->device, NEW_ROOT, type, flags, data);
	return -error;
}

/* As the kernel does (init/main.c): init= alone when it is given, else the usual ones. */
static int find_init(const struct boot_plan *plan, char init[static ROOT_INIT_BYTES])
{
	static const char *const usual[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
	bool given = plan->init[0] != '\0';
	int error = switch_look_inside(NEW_ROOT);
	if (error != 0)
		return -error;
	for (size_t i = 0; i < (given ? 1 : sizeof usual / sizeof *usual); i++) {
		snprintf(init, ROOT_INIT_BYTES, "%s", given ? plan->init : usual[i]);
		error = switch_check_init(init);
		if (error == 0)
			break;
	}
	return -error;
}

static int mount_and_look(void *argument)
{
	struct root_mount *m = argument;
	struct root_findings *findings = m->findings;
	findings->mount_error = try_mount(m);
	findings->init_error = findings->mount_error == 0 ? find_init(m->plan, findings->init) : 0;
	return 0;
}

bool root_mount_init(struct root_mount *m, struct fail *fail)
{
	if (m->findings == NULL)
		m->findings = memory_share(sizeof *m->findings);
	return m->findings != NULL || fail_set(fail, FAIL_SETUP, "no memory");
}

bool root_mount_start(struct root_mount *m, const struct boot_plan *plan, const struct disk *root, int64_t now_ms,
		      struct fail *fail)
{
	const char *types = plan->root.fstype[0] != '\0' ? plan->root.fstype : root->super.type;
	m->plan = plan;
	m->session = root->session;
	m->deadline_ms = now_ms + MOUNT_WAIT_MS;
	snprintf(m->device, sizeof m->device, "/dev/%s", root->name);
	if (!span_copy(span_of(types), m->types, sizeof m->types))
		return fail_set(fail, FAIL_MOUNT, "rootfstype=%s is too long", types);
	*m->findings = (struct root_findings){.mount_error = EINTR};
	int error = child_fork(&m->child, mount_and_look, m);
	return error == 0 || fail_errno(fail, FAIL_SPAWN, -error, "%s", "");
}

static void judge_findings(const struct root_mount *m, struct fail *fail)
{
	const struct root_findings *found = m->findings;
	const char *init = m->plan->init;
	if (found->mount_error != 0)
		fail_errno(fail, FAIL_MOUNT, found->mount_error, "%s as %s", m->device, m->types);
	else if (found->init_error != 0 && init[0] != '\0')
		fail_errno(fail, FAIL_INIT_MISSING, found->init_error, "init=%s", init);
	else if (found->init_error != 0)
		fail_set(fail, FAIL_INIT_MISSING, "none of /sbin/init, /etc/init, /bin/init, /bin/sh");
}

bool root_mount_ended(struct root_mount *m, int64_t now_ms, struct fail *fail)
{
	if (m->child.pid == 0)
		return false;
	if (child_ended(&m->child)) {
		judge_findings(m, fail);
		return true;
	}
	if (now_ms < m->deadline_ms)
		return false;
	child_kill(&m->child);
	fail_set(fail, FAIL_MOUNT, "%s as %s: not done after %d s", m->device, m->types, MOUNT_WAIT_MS / 1000);
	return true;
}

void root_mount_extend(struct root_mount *m, int64_t now_ms)
{
	m->deadline_ms = now_ms + MOUNT_WAIT_MS;
}

void root_mount_stop(struct root_mount *m)
{
	child_kill(&m->child);
	root_unmount();
}

static int unmount(void *argument)
{
	(void)argument;
	mount_unmount(NEW_ROOT);
	child_settled();
	return 0;
}

/* What is left to write waits for the target; who could bring its session back must not wait with it. */
void root_unmount(void)
{
	struct child child = {.pid = 0};
	if (child_fork_settled(&child, unmount, NULL, UNMOUNT_WAIT_MS) == -ETIMEDOUT)
		log_wait("unmounting root waits for the target, going on meanwhile");
	child_kill(&child);
}

/* --- switching --- */

/* A root without the directory does without the mount. */
static void move_mounts(void)
{
	static const char *const mounts[] = {"/dev", "/proc", "/sys", "/run"};
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		char to[32];
		snprintf(to, sizeof to, NEW_ROOT "%s", mounts[i]);
		if (mount_move(mounts[i], to) < 0)
			mount_unmount(mounts[i]);
	}
}

bool root_switch(const char *init, char **argv, char **environment, struct fail *fail)
{
	int initramfs = dir_handle("/");
	move_mounts();
	int error = switch_root_to(NEW_ROOT);
	if (error < 0)
		return fail_errno(fail, FAIL_SWITCH, -error, "moving " NEW_ROOT " to /");
	error = initramfs < 0 ? initramfs : switch_empty_initramfs(initramfs);
	if (error < 0)
		log_wait("the initramfs keeps its memory: %s", strerror(-error));
	return fail_errno(fail, FAIL_SWITCH, -exec_program(init, argv, environment), "%s", init);
}
