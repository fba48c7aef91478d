/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/orders.c: a keeper and those who ask it, two processes in a mount namespace with a /run of its own; skipped
 * without the right to one. The sessions have no kernel behind them, so they end at once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/board.h"
#include "boot/log.h"
#include "boot/orders.h"
#include "namespace.h"
#include "screen.h"
#include "sys/sys.h"

enum {
	LOST = 5,
	ASIDE = 6,
};

static struct session sessions[2];
static struct boot_plan plan;
static struct transport transport = {.request_fd = -1, .event_fd = -1, .sessions_fd = -1};

static void make_sessions(void)
{
	for (unsigned i = 0; i < 2; i++) {
		session_init(&sessions[i], &plan, i, &transport);
		sessions[i].handover.has_run = sessions[i].handover.has_session = true;
		sessions[i].handover.conn.sid = LOST + i;
	}
	sessions[0].state = SESSION_WAIT_RETRY;
	sessions[0].deadline_ms = INT64_MAX;
	sessions[1].state = SESSION_ASIDE;
}

/* What the other side does, and its result as an exit status. */
struct asker {
	int (*ask)(void);
};

static int run_asker(void *argument)
{
	return ((const struct asker *)argument)->ask();
}

/* Serves until the other process has ended; returns its result. */
static int serve(struct orders *o, int (*ask)(void))
{
	struct child child;
	struct loop loop;
	struct asker asker = {ask};
	if (child_fork(&child, run_asker, &asker) < 0)
		return -1;
	while (!child_ended(&child)) {
		loop_begin(&loop);
		orders_want(o, &loop);
		loop_wake_at(&loop, loop.now_ms + 20);
		loop_wait(&loop);
		orders_step(o, &loop, sessions, 2);
	}
	return child_exit_status(&child);
}

static int ask_lost(void)
{
	return (int)orders_detach(getppid(), LOST, 10000);
}

static int ask_aside(void)
{
	return (int)orders_detach(getppid(), ASIDE, 10000);
}

static int ask_for_nothing(void)
{
	return (int)orders_detach(getppid(), 77, 10000);
}

static int ask_nobody(void)
{
	return (int)orders_detach(1, LOST, 10000);
}

static int connect_to_parent(void)
{
	char path[64];
	snprintf(path, sizeof path, BOARD_DIR "/keeper.%d.sock", (int)getppid());
	return local_connect(path);
}

/* Another version's order: an answer comes, too. */
static int send_nonsense(void)
{
	char answer[64];
	int fd = connect_to_parent();
	struct poll_item item = {.fd = fd, .wanted = POLL_READ};
	local_send(fd, "nonsense", 8);
	poll_wait(&item, 1, 10000);
	return local_receive(fd, answer, sizeof answer) == 16 ? 0 : 1;
}

/* Says nothing, and keeps the next one waiting no longer than it may. */
static int stay_silent(void)
{
	int64_t began_ms = clock_now_ms();
	int fd = connect_to_parent();
	int answer = (int)orders_detach(getppid(), 77, 10000);
	local_close(fd);
	return answer == ORDER_UNKNOWN && clock_now_ms() - began_ms >= 1000 ? 0 : 1;
}

static int be_somebody_else(void)
{
	char path[64];
	snprintf(path, sizeof path, BOARD_DIR "/keeper.%d.sock", (int)getppid());
	return chmod(path, 0777) == 0 && setuid(65534) == 0 && ask_lost() == ORDER_NONE ? 0 : 1;
}

static int ask_and_answer(void)
{
	struct orders o;
	struct stat st;
	char path[64];
	EXPECT(mount("none", "/run", "tmpfs", 0, NULL) == 0 && mkdir(BOARD_DIR, 0755) == 0);
	open_screen(NULL);
	make_sessions();
	orders_open(&o);
	EXPECT(o.listen_fd >= 0);
	snprintf(path, sizeof path, BOARD_DIR "/keeper.%d.sock", (int)getpid());
	EXPECT(stat(path, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600);
	EXPECT(serve(&o, ask_nobody) == ORDER_NONE);
	EXPECT(serve(&o, ask_for_nothing) == ORDER_UNKNOWN);
	EXPECT(serve(&o, send_nonsense) == 0);
	EXPECT(serve(&o, ask_aside) == ORDER_ASIDE);
	EXPECT(sessions[1].state == SESSION_ASIDE && session_is_kept(&sessions[1]));
	EXPECT(serve(&o, stay_silent) == 0);
	EXPECT(session_is_kept(&sessions[0]));
	EXPECT(serve(&o, ask_lost) == ORDER_DONE);
	EXPECT(!session_is_kept(&sessions[0]));
	EXPECT(serve(&o, ask_lost) == ORDER_UNKNOWN);
	EXPECT(serve(&o, be_somebody_else) == 0);
	orders_remove(dir_handle(BOARD_DIR));
	EXPECT(stat(path, &st) != 0);
	return 0;
}

static void test_orders(void **state)
{
	(void)state;
	in_namespace(ask_and_answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
