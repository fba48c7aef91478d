/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two netlink sockets to the kernel's iSCSI transport: requests with their answers, and events (login answers,
 * connection errors) of all sessions.
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
	uint64_t handle; /* 0: not open */
};

/* Whether the kernel has iSCSI over TCP by now. */
bool transport_exists(void);

bool transport_open(struct transport *t, struct fail *fail);

/* Sends one request and takes its answer, which is there when the send returns. Wipes the request. */
bool transport_request(struct transport *t, struct writer *request, struct iscsi_nl_message *reply, struct fail *fail);

/* The next event, valid until the next call. False: none is waiting. */
bool transport_event(struct transport *t, struct iscsi_nl_message *event);

/* Makes the room for messages this process's own (memory_occupy). */
void transport_occupy(void);

#endif
