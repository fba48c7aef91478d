/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an initramfs of somebody else has to do with us: nothing, to attach disks on which it finds root itself, or to
 * attach the disk that is root.
 */
#ifndef TOOL_ROLE_H
#define TOOL_ROLE_H

#include <stdbool.h>

#include "tool/options.h"

enum role {
	ROLE_NONE,
	ROLE_DISKS,
	ROLE_ROOT,
};

/*
 * Renames words root= and netroot= that name no iSCSI target, and may mean anything. True: the last root= was such a
 * word, but for dracut's /dev/root, which stands for what other words say.
 */
bool role_hide_others(char *cmdline);

/*
 * Reads the command line and the files of this machine as options_plan does, but for words that are not for us: root=
 * and netroot= that name no iSCSI target, and all words where neither they nor files ask for a target.
 * `cmdline` is changed; what was in plan and notes is lost.
 */
bool role_plan(const struct options *o, char *cmdline, enum role *role, struct boot_plan *plan,
	       struct plan_notes *notes, struct fail *fail);

/* "none", "disks" or "root". */
const char *role_name(enum role role);

#endif
