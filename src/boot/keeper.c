/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper's loop: the sessions' own state machine, as it ran before root was there. While all is well it waits for
 * events only: no timer, no wakeup.
 */
#include "boot/keeper.h"

#include <string.h>

#include "boot/log.h"
#include "boot/loop.h"
#include "sys/exec.h"

struct keeper {
	struct transport *transport;
	struct session *sessions;
	unsigned n_sessions;
	char *title;
	size_t n_title_bytes;
};

static void take_events(struct keeper *k, int64_t now_ms)
{
	struct iscsi_nl_message event;
	while (transport_event(k->transport, &event))
		for (unsigned i = 0; i < k->n_sessions; i++)
			if (session_owns(&k->sessions[i], &event))
				session_event(&k->sessions[i], &event, now_ms);
}

static bool is_needed(const struct keeper *k)
{
	for (unsigned i = 0; i < k->n_sessions; i++)
		if (session_is_kept(&k->sessions[i]))
			return true;
	return false;
}

static int keep(void *argument)
{
	struct keeper *k = argument;
	struct loop loop;
	const int kept[] = {log_descriptor(), k->transport->request_fd, k->transport->event_fd};
	log_leave_console();
	descriptors_close_others(kept, sizeof kept / sizeof *kept);
	resident_become(KEEPER_TITLE, k->title, k->n_title_bytes);
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_stay(&k->sessions[i]);
	loop_begin(&loop);
	while (is_needed(k)) {
		take_events(k, loop.now_ms);
		for (unsigned i = 0; i < k->n_sessions; i++)
			session_step(&k->sessions[i], &loop);
		loop_begin(&loop);
		loop_want(&loop, k->transport->event_fd, POLL_READ);
		for (unsigned i = 0; i < k->n_sessions; i++)
			session_want(&k->sessions[i], &loop);
		loop_wait(&loop);
	}
	return 0;
}

void keeper_leave(struct transport *transport, struct session *sessions, unsigned n_sessions, char *title,
		  size_t n_title_bytes)
{
	struct child child;
	struct keeper k = {transport, sessions, n_sessions, title, n_title_bytes};
	int error = child_fork(&child, keep, &k);
	if (error < 0)
		log_wait("cannot leave a keeper behind: %s", strerror(-error));
}
