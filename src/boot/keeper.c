/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper's loop. It waits for events only: no timer, no wakeup while all is well.
 */
#include "boot/keeper.h"

#include <string.h>

#include "boot/log.h"
#include "boot/loop.h"
#include "sys/exec.h"

struct keeper {
	struct transport *transport;
	const struct session *sessions;
	unsigned n_sessions;
	char *title;
	size_t n_title_bytes;
};

static void tell(const struct keeper *k, const struct iscsi_nl_message *event)
{
	for (unsigned i = 0; i < k->n_sessions; i++)
		if (event->type == ISCSI_NL_CONN_ERROR && session_owns(&k->sessions[i], event))
			log_error("%s: connection lost (error %u %s), I/O to its disks waits", k->sessions[i].portal,
				  event->conn_error, iscsi_nl_conn_error_name(event->conn_error));
}

static int keep(void *argument)
{
	const struct keeper *k = argument;
	struct loop loop;
	struct iscsi_nl_message event;
	const int kept[] = {log_descriptor(), k->transport->request_fd, k->transport->event_fd};
	log_leave_console();
	descriptors_close_others(kept, sizeof kept / sizeof *kept);
	resident_become(KEEPER_TITLE, k->title, k->n_title_bytes);
	for (;;) {
		loop_begin(&loop);
		loop_want(&loop, k->transport->event_fd, POLL_READ);
		loop_wait(&loop);
		while (transport_event(k->transport, &event))
			tell(k, &event);
	}
	return 0;
}

void keeper_leave(struct transport *transport, const struct session *sessions, unsigned n_sessions, char *title,
		  size_t n_title_bytes)
{
	struct child child;
	struct keeper k = {transport, sessions, n_sessions, title, n_title_bytes};
	int error = child_fork(&child, keep, &k);
	if (error < 0)
		log_wait("cannot leave a keeper behind: %s", strerror(-error));
}
