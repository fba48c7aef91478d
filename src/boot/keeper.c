/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper's loop: the sessions' own state machine, as it ran before root was there. While all is well it waits for
 * events only: no timer, no wakeup.
 */
#include "boot/keeper.h"

#include <string.h>

#include "boot/board.h"
#include "boot/down.h"
#include "boot/log.h"
#include "boot/loop.h"
#include "boot/orders.h"
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
	struct down down;
	bool aside; /* the rival looks after the sessions */
	int run_fd; /* BOARD_DIR */
	int swaps_fd;
	struct board *board;
	struct orders orders;
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
	return down_is_pending(&k->down);
}

static void occupy_stack(void)
{
	char room[STACK_BYTES];
	memory_occupy(room, sizeof room);
}

/* In /run as it is now; both stay usable when it has moved. */
static void open_to_others(struct keeper *k)
{
	file_make_dir(BOARD_DIR, 0755);
	k->run_fd = dir_handle(BOARD_DIR);
	k->board = board_make(k->run_fd);
	orders_open(&k->orders);
	if (k->board == NULL || k->orders.listen_fd < 0)
		log_wait("the keeper cannot write to " BOARD_DIR ": iscsiroot status and detach do not know it");
}

/* From here on nothing is asked of a disk, and no memory that is not there already. */
static void settle(struct keeper *k, const struct keeper_config *config)
{
	rival_open(&k->rival, clock_now_ms());
	k->swaps_fd = resident_open_swaps();
	open_to_others(k);
	down_open(&k->down, k->rival.proc_fd, config->root, config->shutdown_s);
	log_leave_console();
	const int kept[] = {
		log_descriptor(0),          log_descriptor(1),      log_descriptor(2), log_descriptor(3),
		k->transport->request_fd,   k->transport->event_fd, k->rival.proc_fd,  k->transport->sessions_fd,
		child_settled_descriptor(), k->orders.listen_fd,    k->run_fd,         k->down.watch_fd,
		k->down.orders_fd,          k->down.term_fd,        k->swaps_fd};
	descriptors_close_others(kept, sizeof kept / sizeof *kept);
	config->forget(config->argument);
	resident_become(KEEPER_TITLE, config->title, config->n_title_bytes);
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_stay(&k->sessions[i]);
	resident_mind_swaps(k->swaps_fd);
	memory_occupy(k->sessions, k->n_sessions * sizeof *k->sessions);
	transport_occupy();
	memory_occupy_program();
	occupy_stack();
}

/* What there is to do now. False: no session is left. */
static bool turn(struct keeper *k, const struct loop *loop)
{
	resident_mind_swaps(k->swaps_fd);
	settle_charge(k, loop);
	sessions_take_events(k->transport, k->sessions, k->n_sessions, loop->now_ms);
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_step(&k->sessions[i], loop);
	down_step(&k->down, k->sessions, k->n_sessions, loop);
	orders_step(&k->orders, loop, k->sessions, k->n_sessions);
	board_post(k->board, k->sessions, k->n_sessions);
	return is_needed(k);
}

static void want(const struct keeper *k, struct loop *loop)
{
	loop_begin(loop);
	loop_want(loop, k->transport->event_fd, POLL_READ);
	for (unsigned i = 0; i < k->n_sessions; i++)
		session_want(&k->sessions[i], loop);
	rival_want(&k->rival, loop);
	down_want(&k->down, loop);
	orders_want(&k->orders, loop);
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
	while (turn(k, &loop)) {
		want(k, &loop);
		loop_wait(&loop);
	}
	board_remove(k->run_fd);
	orders_remove(k->run_fd);
	return 0;
}

/* The kernel lays argument and environment strings one behind the other. */
void keeper_find_title(int argc, char **argv, char **environment, char **title, size_t *n_bytes)
{
	char *end = *title = argc > 0 ? argv[0] : NULL;
	for (int i = 0; i < argc && argv[i] == end; i++)
		end += strlen(end) + 1;
	for (char **variable = environment; *variable != NULL && *variable == end; variable++)
		end += strlen(end) + 1;
	*n_bytes = (size_t)(end - *title);
}

bool keeper_leave(const struct keeper_config *config)
{
	struct child child;
	struct keeper_config copy = *config;
	int error = child_fork_settled(&child, keep, &copy, SETTLE_WAIT_MS);
	if (error < 0)
		log_wait("cannot leave a keeper behind: %s", strerror(-error));
	return error == 0;
}
