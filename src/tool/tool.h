/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs for a running machine: they print to stdout, complain to stderr, and change nothing, here or on a target.
 * Both return an exit status.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

enum tool_status {
	TOOL_GOOD = 0,
	TOOL_USAGE = 2, /* nothing was tried */
};

/* iscsiroot discover PORTAL: the targets behind a portal. */
int discover_main(int argc, char **argv);

/* iscsiroot check [URL]: would this boot? */
int check_main(int argc, char **argv);

#endif
