/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last step: which disk is root, mounting it, and switching to it. Everything that can be checked is checked before
 * the point of no return.
 */
#ifndef BOOT_ROOT_H
#define BOOT_ROOT_H

#include <stdbool.h>

#include "base/fail.h"
#include "boot/disks.h"
#include "boot/session.h"
#include "plan/plan.h"

enum root_verdict {
	ROOT_FOUND,
	ROOT_NOT_YET, /* *fail says what is missing; FAIL_NONE: sessions are not there yet */
	ROOT_NEVER,   /* *fail says why this cannot become a root */
};

/* Which of the disks root= means. */
enum root_verdict root_choose(const struct boot_plan *plan, const struct session *sessions, unsigned n_sessions,
			      const struct disk_list *list, const struct disk **root, struct fail *fail);

/*
 * Every session shows the disks that are to be there. False: *fail says what is missing; FAIL_NONE: a session is not
 * there yet. Those that gave up do not count, nor, if not all are needed, those that have failed so far.
 */
bool root_disks_are_there(const struct session *sessions, unsigned n_sessions, bool needs_all,
			  const struct disk_list *list, struct fail *fail);

enum {
	ROOT_TYPES_BYTES = 128,
	ROOT_INIT_BYTES = VALUE_BYTES,
};

/* What the child found, in memory shared with it. */
struct root_findings {
	int mount_error; /* errno; 0: mounted */
	int init_error;  /* the same; 0: there is an init */
	char init[ROOT_INIT_BYTES];
};

/* Mounting, and looking for an init inside, happen in a child: both wait for the target. */
struct root_mount {
	struct child child;
	const struct boot_plan *plan;
	unsigned session; /* index of the session the disk is of */
	char device[DISK_NAME_BYTES + 8];
	char types[ROOT_TYPES_BYTES]; /* comma list to try in order */
	int64_t deadline_ms;
	struct root_findings *findings;
};

bool root_mount_init(struct root_mount *m, struct fail *fail);
bool root_mount_start(struct root_mount *m, const struct boot_plan *plan, const struct disk *root, int64_t now_ms,
		      struct fail *fail);
/* True when it has ended; then fail->code says how, and without a failure findings->init is what to run. */
bool root_mount_ended(struct root_mount *m, int64_t now_ms, struct fail *fail);
/* Its session is away: the time until it is back does not count. */
void root_mount_extend(struct root_mount *m, int64_t now_ms);
void root_mount_stop(struct root_mount *m);

/* Undoes the mount. When that takes long because the target does not answer, it goes on in the background. */
void root_unmount(void);

/*
 * The point of no return: moves /dev, /proc, /sys, /run over, empties the initramfs, makes the root the root and runs
 * init with argv[0] replaced by it. Comes back only on failure.
 */
bool root_switch(const char *init, char **argv, char **environment, struct fail *fail);

#endif
