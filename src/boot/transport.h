/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's iSCSI transport: two netlink sockets, for requests with their answers and for events (login answers,
 * connection errors) of all sessions, and what sysfs shows of the sessions. All stay usable when /sys has moved.
 */
#ifndef BOOT_TRANSPORT_H
#define BOOT_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/writer.h"
#include "kernel/iscsi_nl.h"

struct transport {
	int request_fd, event_fd;
	int sessions_fd;  /* /sys/class/iscsi_session */
	uint64_t handle;  /* 0: not open */
	bool lost_events; /* there were more than the socket holds; whoever looked after them sets it back */
};

/* Whether the kernel has iSCSI over TCP by now. */
bool transport_exists(void);

bool transport_open(struct transport *t, struct fail *fail);

/* Forgets all; the module may be loaded anew before it is opened again. */
void transport_close(struct transport *t);

/* Whether the kernel has the session. */
bool transport_has_session(const struct transport *t, uint32_t sid);

/* Whether the session has a connection in full feature phase, by its state in sysfs. */
bool transport_is_logged_in(const struct transport *t, uint32_t sid);

/*
 * Sets how long the session's I/O waits for a lost connection, in a way that lasts: what is written to sysfs stays,
 * while iscsid sets its own default, two minutes, when it takes the session over. A kernel that refuses keeps what
 * SET_PARAM set.
 */
void transport_fix_recovery_tmo(const struct transport *t, uint32_t sid, uint32_t seconds);

/* Sends one request and takes its answer, which is there when the send returns. Wipes the request. */
bool transport_request(struct transport *t, struct writer *request, struct iscsi_nl_message *reply, struct fail *fail);

/* The next event, valid until the next call. False: none is waiting. */
bool transport_event(struct transport *t, struct iscsi_nl_message *event);

/* Makes the room for messages this process's own (memory_occupy). */
void transport_occupy(void);

#endif
