/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of the verbs, by table, and what is alike in them: who we are, and the secret, which comes from a file
 * or stdin and never from the arguments.
 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum {
	TOOL_TIMEOUT_S = 30,
	TOOL_TIMEOUT_MAX_S = 3600,
};

/* Pointers into argv; NULL: not given. */
struct options {
	const char *operand;
	const char *cmdline;
	const char *initiator;
	const char *username, *secret_file;
	const char *timeout;
	bool json, disks, all;
	uint32_t timeout_s;
};

/* Reads the arguments behind the verb; complains and returns false when they make no sense. */
bool options_read(struct options *o, int argc, char **argv);

/*
 * A target's description alone (the operand), or a whole command line: from a file, from stdin, as text, or this
 * machine's. CMDLINE_BYTES.
 */
bool options_cmdline(const struct options *o, char *out, struct fail *fail);

/* A small file as text, "-" being standard input: file_read_text. */
ssize_t options_read_text(const char *path, char *out, size_t n_max);

/* Puts --initiator, --username and --secret-file into the plan; fails with what a user can correct. */
bool options_apply(const struct options *o, struct boot_plan *plan, struct fail *fail);

/* Completes the plan as a boot of this machine does; notes say where that cannot be known. */
bool options_complete(struct boot_plan *plan, struct plan_notes *notes, struct fail *fail);

/* "iscsiroot: TEXT" on stderr, escaped. */
void tool_complain(const char *text);
void tool_complain_fail(const struct fail *fail);
void tool_complain_notes(const struct plan_notes *notes);

/* The exit status: 0, or the number of the failure with a 0 for its last digit, 30 for E31. */
int tool_exit_status(const struct fail *fail);

/* A JSON string with its quotes; bytes outside printable ASCII become \xNN first. */
void tool_print_json(const char *text);

#endif
