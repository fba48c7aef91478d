/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of an image that a plan is read from, beside the kernel command line.
 */
#ifndef BOOT_SOURCES_H
#define BOOT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "boot/nics.h"
#include "plan/plan.h"

enum {
	SOURCE_FILE_BYTES = 4096,
	SOURCE_FILES = 4,
};

struct source_file {
	enum plan_source source;
	bool of_machine; /* what a generator of images takes from the machine: about the target it boots from */
	const char *path;
};

/* Strongest first; of the same source the later file wins. */
extern const struct source_file source_files[SOURCE_FILES];

/* The text of one below `root`, "" being this machine; empty when it is not there. */
bool sources_get(const char *root, const struct source_file *file, char out[static SOURCE_FILE_BYTES],
		 struct fail *fail);

/*
 * Reads the firmware's table into a plan that has been read from all else: from `file`, or, when that is NULL, from
 * ACPI below `root`, or else from what iscsi_ibft shows there. False: it is wanted and there is none (yet).
 */
bool sources_read_ibft(const char *root, const char *file, struct boot_plan *plan, struct plan_notes *notes);

/* What is known of this machine once its network cards are. */
void sources_see_machine(const struct nics *nics, struct plan_machine *machine);

/* plan_check with the file of secrets below `root`; NULL: without. */
bool sources_check(const char *root, struct boot_plan *plan, struct plan_machine *machine, struct plan_notes *notes,
		   struct fail *fail);

/* Reads them into a plan that has been read from the command line. boots: it is of the target this machine boots from.
 */
bool sources_read(const char *root, bool boots, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail);

#endif
