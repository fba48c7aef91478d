/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot's sessions without a boot: on a running system, or in an initramfs of somebody else, log in as the plan says,
 * wait for the disks, leave the keeper. The network is what is there, or in an initramfs what the plan says; nothing is
 * mounted.
 */
#ifndef BOOT_ATTACH_H
#define BOOT_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/disks.h"
#include "plan/plan.h"

struct attach_config {
	struct boot_plan *plan; /* stays in use by the keeper */
	bool wants_root;        /* the disk that root= means; else all disks of all targets */
	uint32_t timeout_s;     /* 0: for ever */
	/*
	 * Somebody else's initramfs: the plan's network is brought up, and the plan completed by what it brings; files
	 * in /run keep the root's services off it. Who has failed once is not waited for where another is up, and a
	 * session that is there already is as good as a new one.
	 */
	bool boots;
	bool only_network; /* of a boot: the links, and the files that tell others of them */
	char *title;       /* as for the keeper */
	size_t n_title_bytes;
};

/* Loads drivers, by whatever modprobe there is; the second may be NULL. */
void attach_load(const char *driver, const char *other);

/*
 * True: the sessions are up, a keeper looks after them, and *disks is the list of what is there, *root what root=
 * means or NULL. False: nothing is left behind.
 */
bool attach_run(const struct attach_config *config, const struct disk_list **disks, const struct disk **root,
		struct fail *fail);

#endif
