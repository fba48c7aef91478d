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
#include "plan/lease.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum {
	TOOL_TIMEOUT_S = 30,
	TOOL_TIMEOUT_MAX_S = 3600,
};

/* Pointers into argv; NULL: not given. */
struct options {
	int status; /* with which the verb ends when there is nothing to do */
	const char *operand;
	const char *cmdline;
	const char *root, *ibft, *lease;
	const char *initiator;
	const char *username, *secret_file;
	const char *timeout;
	bool json, disks, all;
	bool boot, network, role; /* of attach and plan: for an initramfs of somebody else */
	bool only_plans;          /* of the verb: what only a machine that boots has may be missing */
	bool attaches;            /* of the verb: the target is not the one this machine boots from */
	char **environment;       /* of the verb: where attach --boot looks for a network */
	uint32_t timeout_s;
	struct lease *of_network; /* of the verb: what --lease says of the network is put here; NULL: nowhere */
};

/*
 * Reads the arguments behind the verb, of which `usage` shows all that it has. False: ends with o->status, as help was
 * asked for, or an argument makes no sense, which has been told.
 */
bool options_read(struct options *o, const char *usage, int argc, char **argv);

/* Complains that the arguments do not go together. Returns the status to end with. */
int options_misused(const char *usage);

/* A path of the machine, below --root; empty, and so not there, when it is too long. */
void options_path(const struct options *o, const char *path, char out[static PATH_BYTES]);

/* The command line, of CMDLINE_BYTES: a target's description alone, or from a file, stdin, as text, or the machine's.
 */
bool options_cmdline(const struct options *o, char *out, struct fail *fail);

/* Reads the command line, with --root the files below it, and what the options say into the plan. */
bool options_plan(const struct options *o, const char *cmdline, struct boot_plan *plan, struct plan_notes *notes,
		  struct fail *fail);

/* A small file as text, "-" being standard input: file_read_text. */
ssize_t options_read_text(const char *path, char *out, size_t n_max);

/* Puts --initiator, --username and --secret-file into the plan; fails with what a user can correct. */
bool options_apply(const struct options *o, struct boot_plan *plan, struct fail *fail);

/* Completes the plan as a boot of this machine does; notes say where that cannot be known. */
bool options_complete(const struct options *o, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail);

/* "iscsiroot: TEXT" on stderr, escaped. */
void tool_complain(const char *text);
void tool_complain_fail(const struct fail *fail);
void tool_complain_notes(const struct plan_notes *notes);

/* The exit status: 0, or the number of the failure with a 0 for its last digit, 30 for E31. */
int tool_exit_status(const struct fail *fail);

/* A JSON string with its quotes. Printable UTF-8 stays as it is; a byte that is none becomes U+FFFD. */
void tool_print_json(const char *text);

/* "error": {"id": ..., "text": ...}, or null. */
void tool_print_fail(const struct fail *fail);

#endif
