/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a keeper can be asked to do: end a session. By the socket /run/iscsiroot/keeper.PID.sock, for root only; one
 * order of a fixed size, one answer when it is done. The layout belongs to one version of the program.
 */
#ifndef BOOT_ORDERS_H
#define BOOT_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/loop.h"
#include "boot/session.h"

enum order_answer {
	ORDER_DONE = 1,
	ORDER_UNKNOWN, /* no such session, or no such order: another version */
	ORDER_ASIDE,   /* iscsid looks after it */
	ORDER_NONE,    /* for the one who asked: no answer came in time */
};

struct orders {
	int listen_fd, client_fd; /* -1: none */
	struct session *session;  /* the one that the client wants to end; NULL: it has not said yet */
	int64_t deadline_ms;      /* until when it has to */
};

/* --- the keeper's side --- */

void orders_open(struct orders *o);
void orders_want(const struct orders *o, struct loop *loop);

/* Behind the step of the sessions: takes an order, answers one that is done. */
void orders_step(struct orders *o, const struct loop *loop, struct session *sessions, unsigned n_sessions);

/* The socket's name in its directory, for removing it. */
void orders_remove(int dir_fd);

/* --- the other side --- */

/* Asks the keeper with this process number to end a session, and waits. */
enum order_answer orders_detach(int pid, uint32_t sid, int64_t wait_ms);

#endif
