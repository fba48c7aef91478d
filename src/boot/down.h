/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of the machine, as the keeper sees it: a session whose connection is lost is waited for a bounded time once
 * the machine goes down, then its disks are given up so that the rest can go on; and when root was among them and the
 * machine is still there, it is ended from here. Nothing of this is done while the targets are there.
 *
 * While they are, this program is left where systemd-shutdown looks for what it changes to when nothing but itself is
 * left (systemd.io/INITRD_INTERFACE): it logs out, see tool/last.c. What dracut, finalrd or others have left there
 * stays.
 *
 * The machine goes down when systemd has made a FIFO (units.h), when process 1 sends SIGTERM to everybody, has been
 * told by a signal that it cannot take, or is systemd-shutdown, or when reboot, poweroff or halt is held up or another
 * process is inside reboot(2). All but the first two are looked for only while a session is away; without news nothing
 * here wakes up.
 */
#ifndef BOOT_DOWN_H
#define BOOT_DOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/loop.h"
#include "boot/session.h"

/* In the place of a session. */
enum {
	DOWN_NO_ROOT = TARGETS_MAX,
	DOWN_ANY_ROOT, /* root may be on each of them */
};

struct down {
	int watch_fd, orders_fd; /* UNITS_ORDERS_DIR: news of it, and the directory itself */
	int term_fd, proc_fd;
	unsigned root; /* session, or one of the above */
	int64_t wait_ms;

	const char *order; /* why it goes down, for people; NULL: it does not */
	int64_t told_ms;   /* until when SIGTERM from process 1 means that; 0: there was none */
	bool has_kind;     /* how to end it is known */
	bool has_last;     /* the machine's last program is there */
	enum machine_end kind;
	int64_t away_ms;    /* since when a session is waited for; 0: none is */
	int64_t look_ms;    /* when to look again without news */
	int64_t remount_ms; /* when what can still be written is made safe, and */
	int64_t end_ms;     /* when the machine is ended; INT64_MAX: never */
};

/* In /run as it is now. proc_fd: /proc, which stays the caller's. */
void down_open(struct down *d, int proc_fd, unsigned root, uint32_t wait_s);

/* Something is still to come, though no session is left. */
bool down_is_pending(const struct down *d);

void down_step(struct down *d, struct session *sessions, unsigned n_sessions, const struct loop *loop);
void down_want(const struct down *d, struct loop *loop);

/* What a machine that goes down has come to. */
enum down_deed {
	DOWN_NOTHING,
	DOWN_WAIT,    /* from now on a session is waited for */
	DOWN_GIVE_UP, /* it has not come back in time */
	DOWN_REMOUNT,
	DOWN_END,
};

/* The rule behind down_step: what is due, given whether a session is away. Each deed is due once. */
enum down_deed down_decide(struct down *d, bool is_away, int64_t now_ms);

/* Root's disks were given up: what the machine still needs it has to have done in rest_ms. */
void down_limit(struct down *d, int64_t rest_ms, int64_t now_ms);

/* How long: where root may be on any of the sessions, and one is up, it may well be there. */
int64_t down_rest_ms(const struct down *d, const struct session *sessions, unsigned n_sessions);

#endif
