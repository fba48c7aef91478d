/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs for a running machine: they print to stdout, complain to stderr, and return an exit status. check, discover
 * and status change nothing, here or on a target.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

/* What attach goes by once it runs from memory: its first argument, where later the keeper's title stands. */
#define ATTACH_NAME "iscsiroot-attached"

enum tool_status {
	TOOL_GOOD = 0,
	TOOL_NONE = 1,  /* there is no session */
	TOOL_USAGE = 2, /* nothing was tried */
	TOOL_LOST = 50, /* a session is lost, as the failures of the kernel's part */
};

/* iscsiroot discover PORTAL: the targets behind a portal. */
int discover_main(int argc, char **argv);

/* iscsiroot check [URL]: would this boot? */
int check_main(int argc, char **argv);

/* iscsiroot plan: what a boot would read, without asking anybody. */
int plan_main(int argc, char **argv);
/* iscsiroot attach [URL]: log in and stay. attach_begin runs this program again, by ATTACH_NAME. */
int attach_begin(char **argv, char **environment);
int attach_main(int argc, char **argv, char **environment);

/* iscsiroot detach TARGET | NUMBER | --all: log out. */
int detach_main(int argc, char **argv);

/* By the name of `shutdown`, with the order, as process 1 at the machine's end: logs out of what nothing uses. */
int last_main(int argc, char **argv, char **environment);

/* iscsiroot status: this machine's sessions. */
int status_main(int argc, char **argv);

#endif
