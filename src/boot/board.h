/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a keeper knows of its sessions, for all to read: one page of memory that is also the file
 * /run/iscsiroot/keeper.PID. It is written without a system call, so it costs nothing to keep current and is so also
 * when no disk answers. A counter tells readers when they have read while it was written. What the kernel shows of the
 * sessions is not repeated here, and no secret is in it. The layout belongs to one version of the program.
 */
#ifndef BOOT_BOARD_H
#define BOOT_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "boot/session.h"

#define BOARD_DIR "/run/iscsiroot"
#define BOARD_PREFIX "keeper." /* the process id follows */

enum board_state {
	BOARD_UP,
	BOARD_LOST,  /* the connection is, and is made anew */
	BOARD_ASIDE, /* iscsid looks after it */
};

struct board_session {
	uint32_t sid;
	uint32_t state; /* enum board_state */
	uint32_t n_lost;
	uint32_t fail_code; /* enum fail_code: why the last attempt to make it anew failed */
	int64_t since_ms;   /* of the state; CLOCK_BOOTTIME */
	int64_t away_ms;    /* how long it was lost, in all, but for the present time */
	char portal[PORTAL_TEXT_BYTES];
	char loss[SESSION_LOSS_BYTES]; /* why it was lost the last time */
};

struct board {
	uint32_t magic, version, n_bytes;
	uint32_t sequence; /* odd while it is written */
	uint32_t n_sessions;
	struct board_session sessions[TARGETS_MAX];
};

/* In the keeper: a new board in the directory, under this process's number; NULL when there is none to be had. */
struct board *board_make(int dir_fd);
void board_remove(int dir_fd);

/* Writes all anew. Those nobody looks after any more are left out. A board that is NULL takes nothing. */
void board_post(struct board *b, const struct session *sessions, unsigned n_sessions);

/* A copy in which all is of one moment. False: not a board of this version, or its writer ended while it wrote. */
bool board_copy(const struct board *shared, struct board *copy);

/* Of a board as a file: false as above, or there is none. */
bool board_read(const char *path, struct board *copy);

/* What the board says of a session; NULL: nothing. */
const struct board_session *board_find(const struct board *b, uint32_t sid);

#endif
