/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session from portal to kernel: discover, resolve, connect, hand over, log in, scan; on any failure back to where
 * the next attempt starts. Until the first login is done nothing is left in the kernel by a failure; from then on the
 * session stays there, holding back the I/O of its disks until the connection is made anew. First login and every later
 * one run the same lines. Translates between the rooms iscsi/ and kernel/, which do not know each other.
 */
#ifndef BOOT_SESSION_H
#define BOOT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/loop.h"
#include "boot/mtu.h"
#include "boot/retry.h"
#include "boot/transport.h"
#include "boot/wait.h"
#include "iscsi/login.h"
#include "iscsi/redirect.h"
#include "kernel/handover.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum session_state {
	SESSION_IDLE,
	SESSION_DISCOVERING, /* the portal is asked which target is meant */
	SESSION_RESOLVING,
	SESSION_CONNECTING,
	SESSION_PROBING, /* connected: do big frames get through? */
	SESSION_LOGGING_IN,
	SESSION_UP,
	SESSION_UNBINDING,   /* leaving: the kernel writes back and removes the disks */
	SESSION_LOGGING_OUT, /* leaving; or the target asked for it, then a new login */
	SESSION_WAIT_RETRY,
	SESSION_ASIDE,   /* another program looks after the session in the kernel */
	SESSION_GAVE_UP, /* the failure does not pass by itself; or somebody else took the session down */
};

enum {
	PORTAL_TEXT_BYTES = HOST_MAX + 9,
	SESSION_LOSS_BYTES = 96,
};

struct session {
	const struct plan_target *target;  /* the planned one, or `found` */
	const struct plan_target *planned; /* without a name: the portal is to be asked */
	struct plan_target found;          /* what it has said the last time */
	const struct boot_plan *plan;
	struct transport *transport;
	enum session_state state;
	int64_t wait_ms, deadline_ms; /* of the present state: how long it may last, and until when */

	char portal[PORTAL_TEXT_BYTES]; /* the one in use, as text */
	struct redirects redirects;     /* from the plan's portal to it */
	struct errand errand;           /* to a name server or for discovery */
	struct tcp_address address;
	struct tcp_address first_address;  /* of the plan's portal */
	char redirect_known[HOST_MAX + 1]; /* a name, and below its address, for a session that asks no name server */
	uint16_t redirect_known_port;
	struct tcp_address redirect_address;
	char persistent_address[IP_TEXT_BYTES]; /* the first portal, numeric */
	int tcp_fd;
	bool probes_path;    /* do big frames get through? */
	uint32_t packet_max; /* of those that do; 0: what the interface has */
	uint32_t proven_max; /* the one with which data has come */
	struct mtu_probe probe;
	uint32_t unproven_bytes; /* packets of this size may get lost; 0: they do not, or nothing is done about it */
	bool timed_out;          /* the connection that was lost */
	unsigned n_timeouts;     /* such connections since data has come, of those whose packets may get lost */

	struct handover handover;
	struct login login;
	enum login_advice advice; /* for the present attempt, from the one before */
	enum login_advice worked; /* the one of the last login */
	struct retry retry;
	struct fail fail;              /* the last one, until the next attempt begins */
	unsigned n_lost;               /* how often the connection was lost */
	int64_t lost_ms;               /* since when it is; 0: it is there */
	int64_t away_ms;               /* how long it was before, in all */
	unsigned n_short_lives;        /* how often in a row it was there for a moment only */
	int64_t since_ms;              /* since when it is there, or lost, or somebody else looks after it */
	char loss[SESSION_LOSS_BYTES]; /* why it was lost the last time, escaped */
	unsigned n_login_timeouts;     /* since then */
	bool stays;                    /* session_stay */
	bool leaves;                   /* session_leave */
	bool has_left;                 /* and the target has answered the logout */

	struct child scan;
	int64_t scan_deadline_ms;
	unsigned scan_n_lost;     /* n_lost when it was begun */
	bool scanned;             /* at least once over one connection */
	bool was_up, was_settled; /* for session_changes */
};

/* Why the session is not there, also while another attempt is under way. False: nothing has failed yet. */
bool session_reason(const struct session *s, struct fail *fail);

void session_init(struct session *s, const struct boot_plan *plan, unsigned index, struct transport *transport);

/* Which target a planned one without a name is. */
void session_set_target(struct session *s, const struct plan_target *found);

/*
 * The network is there (again): start now, without waiting for the next attempt's time. One that has never been up
 * begins as if for the first time, also in the middle of an attempt that has not reached the portal yet: that may have
 * gone another way.
 */
void session_kick(struct session *s);

/* When it waits for its next attempt, that begins then, with the target of the plan. */
void session_retry_at(struct session *s, int64_t when_ms);

/* The same at once, and as the first one: who we are has changed. */
void session_start_anew(struct session *s);

/* One that has not begun does not, and gives up. */
void session_refuse(struct session *s, const struct fail *why);

void session_want(const struct session *s, struct loop *loop);
void session_step(struct session *s, const struct loop *loop);

/* Takes all events that are waiting, each to its session. */
void sessions_take_events(struct transport *transport, struct session *sessions, unsigned n_sessions, int64_t now_ms);

/* Events may have been lost: is the connection of a session that is up still there? */
void session_verify(struct session *s, int64_t now_ms);

/* Asks the kernel to look for the LUNs again, in a child: a scan waits for the target. */
void session_scan(struct session *s, int64_t now_ms);

/* Data of its disks has come. */
void session_prove_path(struct session *s);

/* What it waits for, as the failure it would be. FAIL_NONE: it is up. */
enum fail_code session_waits_for(const struct session *s);

/* What it waits for just now, for people, and until when at most; empty when for nothing, or for its next attempt. */
int64_t session_describe_wait(const struct session *s, char out[static WAIT_TEXT_BYTES]);

/* It is up, and no scan is under way. */
bool session_settled(const struct session *s);

/* What is otherwise than when it was last asked, by an event or by a step: bits of these. */
enum session_change {
	SESSION_CHANGED_UP = 1,
	SESSION_CHANGED_SETTLED = 2,
};
unsigned session_changes(struct session *s);

/* Logs nothing, leaves nothing in the kernel; the session may start again by session_kick. */
void session_stop(struct session *s);

/* Its first attempt is under way and has not failed. */
bool session_is_tried_first(const struct session *s);

/* The kernel has it without a connection, whoever is to bring that back. */
bool session_is_away(const struct session *s);

/* Its disks are no longer waited for: what is read and written there fails, for good. */
void session_abandon(struct session *s);

/* It has been up, and its disks may be in use: it is in the kernel, with a connection or waiting for one. */
bool session_is_kept(const struct session *s);

/* Another program looks after the session: nothing is done any more, whatever comes, until session_take_back. */
void session_stand_aside(struct session *s, int64_t now_ms);
void session_take_back(struct session *s, int64_t now_ms);

/*
 * It is not wanted any more and nothing uses its disks: what is cached is written back, the disks go, the target is
 * told (RFC 7143 section 11.14), the kernel forgets it. When that is done, session_is_kept says no. A connection that
 * is lost, or gets lost meanwhile, only shortens this.
 */
void session_leave(struct session *s, int64_t now_ms);

/*
 * From now on in a process that stays: no children, no name servers, but the addresses found before. Its descriptors
 * are closed already; an attempt that was under way begins anew.
 */
void session_stay(struct session *s);

#endif
