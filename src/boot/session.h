/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session from portal to kernel: resolve, connect, hand over, log in, scan; on any failure back to where the next
 * attempt starts, with nothing left in the kernel. First login and every later one run the same lines. Translates
 * between the rooms iscsi/ and kernel/, which do not know each other.
 */
#ifndef BOOT_SESSION_H
#define BOOT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/loop.h"
#include "boot/retry.h"
#include "boot/transport.h"
#include "iscsi/login.h"
#include "iscsi/redirect.h"
#include "kernel/handover.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum session_state {
	SESSION_IDLE,
	SESSION_RESOLVING,
	SESSION_CONNECTING,
	SESSION_LOGGING_IN,
	SESSION_UP,
	SESSION_WAIT_RETRY,
	SESSION_GAVE_UP, /* the failure does not pass by itself */
};

enum {
	PORTAL_TEXT_BYTES = HOST_MAX + 9,
};

struct session {
	const struct plan_target *target;
	const struct boot_plan *plan;
	struct transport *transport;
	enum session_state state;
	int64_t deadline_ms; /* of the present state */

	char portal[PORTAL_TEXT_BYTES]; /* the one in use, as text */
	struct redirects redirects;     /* from the plan's portal to it */
	struct resolver resolver;
	struct tcp_address address;
	char persistent_address[IP_TEXT_BYTES]; /* the first portal, numeric */
	int tcp_fd;

	struct handover handover;
	struct login login;
	enum login_advice advice; /* for the present attempt, from the one before */
	struct retry retry;
	struct fail fail; /* the last one */

	struct child scan;
	bool scanned; /* at least once since it is up */
};

void session_init(struct session *s, const struct boot_plan *plan, unsigned index, struct transport *transport);

/* The network is there (again): start now, without waiting for the next attempt's time. */
void session_kick(struct session *s);

void session_want(const struct session *s, struct loop *loop);
void session_step(struct session *s, const struct loop *loop);

/* An event for this session: a login answer or a connection error. */
void session_event(struct session *s, const struct iscsi_nl_message *event, int64_t now_ms);
bool session_owns(const struct session *s, const struct iscsi_nl_message *event);

/* Asks the kernel to look for the LUNs again, in a child: a scan waits for the target. */
void session_scan(struct session *s);
/* What it waits for, as the failure it would be. FAIL_NONE: it is up. */
enum fail_code session_waits_for(const struct session *s);

/* It is up, and no scan is under way. */
bool session_settled(const struct session *s);

/* Logs nothing, leaves nothing in the kernel; the session may start again by session_kick. */
void session_stop(struct session *s);

#endif
