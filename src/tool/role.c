/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A word that is not for us is renamed to one that nobody knows. Whether iSCSI is spoken of at all is asked before the
 * words are read: a machine that has nothing to do with us may have some that cannot be used here, and no initramfs may
 * fail for that. A file in the image may ask for a target as well; then the words count, too. A table that the firmware
 * has left does not ask by itself: it may be of a disk for data, on a machine whose root is a local one. Nor does DHCP
 * where a lease is there already and names a root of another kind, as one on NFS, unless some word speaks of iSCSI.
 */
#include "tool/role.h"

#include <string.h>
#include <strings.h>

#include "plan/cmdline.h"

static bool is_root(const struct cmdline_word *word)
{
	return cmdline_name_is(word->name, "root");
}

static bool is_netroot(const struct cmdline_word *word)
{
	return cmdline_name_is(word->name, "netroot");
}

static bool names_target(struct span value)
{
	return span_starts(value, "iscsi") || span_is(value, "dhcp");
}

/* Somewhere in the name, as most words of all programs have it. */
static bool is_of_iscsi(struct span name)
{
	static const char text[] = "iscsi";
	for (const char *c = name.text; name.text + name.n_bytes - c >= (ptrdiff_t)sizeof text - 1; c++)
		if (strncasecmp(c, text, sizeof text - 1) == 0)
			return true;
	return false;
}

/* By its name, or as one of the few others by its value; a label may be called iscsi as well. */
static bool speaks_of_iscsi(const struct cmdline_word *word)
{
	bool is_list = cmdline_name_is(word->name, "boot") || cmdline_name_is(word->name, "disk");
	return is_of_iscsi(word->name) || ((is_root(word) || is_netroot(word)) && span_starts(word->value, "iscsi")) ||
	       (is_list && span_starts(word->value, "ISCSI="));
}

/* By DHCP root may come from elsewhere, too. */
static bool may_be_iscsi(const struct cmdline_word *word)
{
	return speaks_of_iscsi(word) || ((is_root(word) || is_netroot(word)) && names_target(word->value));
}

static bool any_word(const char *cmdline, bool (*is_meant)(const struct cmdline_word *word))
{
	struct span rest = span_of(cmdline);
	struct cmdline_word word;
	while (cmdline_next(&rest, &word))
		if (is_meant(&word))
			return true;
	return false;
}

bool role_hide_others(char *cmdline)
{
	struct span rest = span_of(cmdline);
	struct cmdline_word word;
	bool is_other = false;
	while (cmdline_next(&rest, &word)) {
		bool hides = !names_target(word.value) && !span_is(word.value, "/dev/root");
		if (is_root(&word))
			is_other = hides;
		if (hides && (is_root(&word) || is_netroot(&word)))
			cmdline[word.name.text - cmdline] = '_';
	}
	return is_other;
}

static bool asks_for_target(const struct boot_plan *plan, bool speaks)
{
	bool is_others = plan->has_other_root_path && !speaks;
	return plan->n_targets > 0 || plan->named.name[0] != '\0' || plan->portal.list[0] != '\0' || plan->asks_ibft ||
	       (plan->asks_dhcp && !is_others);
}

static bool read_plan(const struct options *o, const char *cmdline, struct boot_plan *plan, struct plan_notes *notes,
		      struct fail *fail)
{
	*plan = (struct boot_plan){.ignores_ibft = true};
	*notes = (struct plan_notes){.n_notes = 0};
	return options_plan(o, cmdline, plan, notes, fail);
}

/* dracut's netroot= says by its LUN which disk is root; where another word says that, all disks are wanted. */
static void want_all_disks(struct boot_plan *plan)
{
	for (struct plan_target *target = plan->targets; target < plan->targets + plan->n_targets; target++)
		if (strcmp(target->origin.text, "netroot=") == 0)
			target->lun.given = false;
}

bool role_plan(const struct options *o, char *cmdline, enum role *role, struct boot_plan *plan,
	       struct plan_notes *notes, struct fail *fail)
{
	bool is_other = role_hide_others(cmdline), speaks = any_word(cmdline, speaks_of_iscsi);
	*role = ROLE_NONE;
	if (!any_word(cmdline, may_be_iscsi)) {
		if (!read_plan(o, "", plan, notes, fail))
			return false;
		if (!asks_for_target(plan, speaks))
			return true;
	}
	if (!read_plan(o, cmdline, plan, notes, fail))
		return false;
	if (is_other)
		want_all_disks(plan);
	if (asks_for_target(plan, speaks))
		*role = is_other ? ROLE_DISKS : ROLE_ROOT;
	return true;
}

const char *role_name(enum role role)
{
	static const char *const names[] = {[ROLE_NONE] = "none", [ROLE_DISKS] = "disks", [ROLE_ROOT] = "root"};
	return names[role];
}
