/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper's loop: the sessions' own state machine, as it ran before root was there. While all is well it waits for
 * events only: no timer, no wakeup.
 */
#include "boot/keeper.h"

#include <string.h>

#include "boot/board.h"
#include "boot/log.h"
#include "boot/loop.h"
#include "boot/rival.h"
#include "sys/exec.h"

enum {
	SETTLE_WAIT_MS = 5000,
	STACK_BYTES = 32768, /* more than the deepest call needs: two messages of the login, and printf */
};

struct keeper {
	struct transport *transport;
	struct session *sessions;
	unsigned n_sessions;
	struct rival rival;
	bool aside; /* the rival looks after the sessions */
	int run_fd; /* BOARD_DIR */
	struct board *board;
};

static void stand_aside(struct keeper *k, int64_t now_ms)
{
	log_wait("iscsid is there and looks after the sessions from now on");
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_stand_aside(&k->sessions[i], now_ms);
}

static void take_back(struct keeper *k, int64_t now_ms)
{
	log_wait("iscsid is gone, its sessions are looked after here again");
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_take_back(&k->sessions[i], now_ms);
}

/* Never two masters: this comes before any event is answered and before any attempt. */
static void settle_charge(struct keeper *k, const struct loop *loop)
{
	bool was_aside = k->aside;
	k->aside = rival_is_there(&k->rival, loop);
	if (k->aside && !was_aside)
		stand_aside(k, loop->now_ms);
	else if (!k->aside && was_aside)
		take_back(k, loop->now_ms);
}

static bool is_needed(const struct keeper *k)
{
	for (unsigned i = 0; i < k->n_sessions; i++)
		if (session_is_kept(&k->sessions[i]))
			return true;
	return false;
}

static void occupy_stack(void)
{
	char room[STACK_BYTES];
	memory_occupy(room, sizeof room);
}

/* From here on nothing is asked of a disk, and no memory that is not there already. */
static void settle(struct keeper *k, const struct keeper_config *config)
{
	rival_open(&k->rival, clock_now_ms());
	k->run_fd = dir_handle(BOARD_DIR);
	k->board = board_make(k->run_fd);
	const int kept[] = {log_descriptor(), k->transport->request_fd,  k->transport->event_fd,
			    k->rival.proc_fd, k->transport->sessions_fd, child_settled_descriptor(),
			    k->run_fd};
	log_leave_console();
	descriptors_close_others(kept, sizeof kept / sizeof *kept);
	config->forget(config->argument);
	resident_become(KEEPER_TITLE, config->title, config->n_title_bytes);
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_stay(&k->sessions[i]);
	memory_occupy(k->sessions, k->n_sessions * sizeof *k->sessions);
	transport_occupy();
	occupy_stack();
}

static int keep(void *argument)
{
	const struct keeper_config *config = argument;
	struct keeper keeper = {
		.transport = config->transport, .sessions = config->sessions, .n_sessions = config->n_sessions};
	struct keeper *k = &keeper;
	struct loop loop;
	settle(k, config);
	board_post(k->board, k->sessions, k->n_sessions);
	child_settled();
	loop_begin(&loop);
	while (is_needed(k)) {
		settle_charge(k, &loop);
		sessions_take_events(k->transport, k->sessions, k->n_sessions, loop.now_ms);
		for (unsigned i = 0; i < k->n_sessions; i++)
			session_step(&k->sessions[i], &loop);
		board_post(k->board, k->sessions, k->n_sessions);
		loop_begin(&loop);
		loop_want(&loop, k->transport->event_fd, POLL_READ);
		for (unsigned i = 0; i < k->n_sessions; i++)
			session_want(&k->sessions[i], &loop);
		rival_want(&k->rival, &loop);
		loop_wait(&loop);
	}
	board_remove(k->run_fd);
	return 0;
}

void keeper_leave(const struct keeper_config *config)
{
	struct child child;
	struct keeper_config copy = *config;
	int error = child_fork_settled(&child, keep, &copy, SETTLE_WAIT_MS);
	if (error < 0)
		log_wait("cannot leave a keeper behind: %s", strerror(-error));
}
