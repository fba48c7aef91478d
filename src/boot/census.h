/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iSCSI sessions that the kernel has, whoever made them, as sysfs shows them; and who looks after them. Reads no
 * disk, so it never waits for a target.
 */
#ifndef BOOT_CENSUS_H
#define BOOT_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/board.h"

struct census_session {
	uint32_t sid, host_no;
	char target[ISCSI_NAME_MAX + 1];    /* escaped */
	char portal[PORTAL_TEXT_BYTES];     /* in use; empty while there is no connection */
	char persistent[PORTAL_TEXT_BYTES]; /* the one first asked for */
	int32_t tpgt;                       /* -1: not known */
	char state[32];         /* the kernel's word: LOGGED_IN, FAILED (its disks wait), FREE (they fail) */
	int64_t recovery_tmo_s; /* how long they wait; -1: for ever */
};

/* The session with the lowest number from `sid` on. False: there is none. */
bool census_next(uint32_t sid, struct census_session *out);

/* The one to this target whose first portal is this one, and whose number is not `but`. */
bool census_find(const char *target, const char *portal, uint32_t but, struct census_session *out);

bool census_is_up(const struct census_session *s);

/* Who looks after a session. */
enum census_charge {
	CENSUS_NOBODY,
	CENSUS_KEEPER,
	CENSUS_ISCSID,
	CENSUS_UNREADABLE, /* a keeper is there, of another version: it may be the one */
};

struct census_keeper {
	enum census_charge charge;
	int pid;                     /* of the keeper that knows the session, also while iscsid is in charge; 0: none */
	struct board_session record; /* what it knows */
};

void census_find_keeper(uint32_t sid, struct census_keeper *out);

#endif
