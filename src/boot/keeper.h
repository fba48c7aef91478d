/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resident part: a process that stays behind when init takes over, in the emptied initramfs, with nothing open on
 * the real root. It holds the sessions' state and the netlink sockets, and brings every session back whose connection
 * is lost, however often and however long.
 */
#ifndef BOOT_KEEPER_H
#define BOOT_KEEPER_H

#include "boot/session.h"
#include "boot/transport.h"

/* What the process shows as its name in `ps`. */
#define KEEPER_TITLE "@iscsiroot keeper"

struct keeper_config {
	struct transport *transport;
	struct session *sessions;
	unsigned n_sessions;
	unsigned root;       /* the session whose disk is root; or DOWN_NO_ROOT, DOWN_ANY_ROOT */
	uint32_t shutdown_s; /* how long a machine that goes down waits for a lost session */
	char *title;         /* memory of this process's argv and environment, n_title_bytes long */
	size_t n_title_bytes;
	void (*forget)(void *argument); /* called in the keeper: gives back the memory of what has had its day */
	void *argument;
};

/* Where the keeper's title goes: all memory of this program's arguments and environment strings. */
void keeper_find_title(int argc, char **argv, char **environment, char **title, size_t *n_bytes);

/*
 * Leaves the keeper behind; to be called before the mounts are moved, while /proc is there. Failure is told and need
 * not be fatal: the disks work without it.
 */
bool keeper_leave(const struct keeper_config *config);

#endif
