/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/board.c: what is posted is read, and what is read is of one moment, also while a writer writes all the time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot/board.h"
#include "sys/sys.h"

static struct session sessions[3];
static char directory[] = "/tmp/iscsiroot-board-XXXXXX";
static int dir_fd;
static char path[128];

static int set_up(void **state)
{
	(void)state;
	memset(sessions, 0, sizeof sessions);
	return mkdtemp(directory) == NULL || (dir_fd = dir_handle(directory)) < 0 ||
	       snprintf(path, sizeof path, "%s/keeper.%d", directory, (int)getpid()) < 0;
}

static int clean_up(void **state)
{
	(void)state;
	board_remove(dir_fd);
	dir_handle_close(dir_fd);
	int result = rmdir(directory); /* nothing else may be there */
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
	return result;
}

static void make_session(struct session *s, uint32_t sid)
{
	s->handover.has_run = true;
	s->handover.conn.sid = sid;
	s->state = SESSION_UP;
	s->since_ms = 1000 * sid;
	snprintf(s->portal, sizeof s->portal, "10.0.0.%u:3260", sid);
}

static void test_read_as_posted(void **state)
{
	struct board copy;
	(void)state;
	make_session(&sessions[0], 1);
	make_session(&sessions[2], 3); /* the one between is not in the kernel */
	sessions[2].state = SESSION_WAIT_RETRY;
	sessions[2].lost_ms = 7;
	sessions[2].n_lost = 2;
	sessions[2].away_ms = 44;
	sessions[2].retry = (struct retry){.n_failed = 1, .code = FAIL_PORTAL_REFUSED};
	snprintf(sessions[2].loss, sizeof sessions[2].loss, "the cable");
	struct board *b = board_make(dir_fd);
	assert_non_null(b);
	board_post(b, sessions, 3);
	assert_true(board_read(path, &copy));
	assert_int_equal(copy.n_sessions, 2);
	assert_null(board_find(&copy, 2));
	const struct board_session *one = board_find(&copy, 1), *three = board_find(&copy, 3);
	assert_int_equal(one->state, BOARD_UP);
	assert_int_equal(one->fail_code, FAIL_NONE);
	assert_string_equal(one->portal, "10.0.0.1:3260");
	assert_int_equal(three->state, BOARD_LOST);
	assert_int_equal(three->fail_code, FAIL_PORTAL_REFUSED);
	assert_int_equal(three->n_lost, 2);
	assert_int_equal(three->away_ms, 44);
	assert_int_equal(three->since_ms, 3000);
	assert_string_equal(three->loss, "the cable");
	sessions[2].state = SESSION_ASIDE;
	board_post(b, sessions, 3);
	assert_true(board_read(path, &copy));
	assert_int_equal(board_find(&copy, 3)->state, BOARD_ASIDE);
	shared_forget(b, sizeof *b);
}

/* Another version, a torn file, a writer that ended in the middle, and what only an attacker would write. */
static void test_not_a_board(void **state)
{
	struct board copy;
	(void)state;
	make_session(&sessions[0], 1);
	struct board *b = board_make(dir_fd);
	assert_false(board_read("/nowhere/keeper.1", &copy));
	board_post(b, sessions, 1);
	struct board good = *b;
	b->sequence++;
	assert_false(board_copy(b, &copy));
	*b = good;
	b->version++;
	assert_false(board_copy(b, &copy));
	*b = good;
	b->n_sessions = TARGETS_MAX + 1;
	assert_false(board_copy(b, &copy));
	*b = good;
	memset(b->sessions[0].portal, 'x', sizeof b->sessions[0].portal);
	assert_false(board_copy(b, &copy));
	*b = good;
	memset(b->sessions[0].loss, 'x', sizeof b->sessions[0].loss);
	assert_false(board_copy(b, &copy));
	*b = good;
	b->sessions[0].state = 99;
	assert_false(board_copy(b, &copy));
	*b = good;
	assert_true(board_copy(b, &copy));
	assert_int_equal(truncate(path, sizeof *b - 1), 0);
	assert_false(board_read(path, &copy));
	shared_forget(b, sizeof *b);
}

/* A child posts records whose numbers are all the same, as fast as it can. */
static void test_never_torn(void **state)
{
	struct board copy;
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		make_session(&sessions[i], i + 1);
	struct board *b = board_make(dir_fd);
	board_post(b, sessions, 3);
	pid_t child = fork();
	for (unsigned n = 0; child == 0; n++) {
		for (unsigned i = 0; i < 3; i++) {
			sessions[i].n_lost = n;
			sessions[i].since_ms = sessions[i].away_ms = n;
		}
		board_post(b, sessions, 3);
	}
	unsigned n_different = 0, last = 0;
	int64_t end_ms = clock_now_ms() + 20000;
	while (n_different < 100 && clock_now_ms() < end_ms) {
		if (!board_copy(b, &copy))
			continue;
		n_different += copy.sessions[0].n_lost != last;
		last = copy.sessions[0].n_lost;
		for (unsigned k = 0; k < 3 && n_different > 0 && last > 0; k++) {
			assert_int_equal(copy.sessions[k].n_lost, last);
			assert_int_equal(copy.sessions[k].since_ms, last);
			assert_int_equal(copy.sessions[k].away_ms, last);
		}
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(n_different > 10);
	shared_forget(b, sizeof *b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read_as_posted, set_up, clean_up),
		cmocka_unit_test_setup_teardown(test_not_a_board, set_up, clean_up),
		cmocka_unit_test_setup_teardown(test_never_torn, set_up, clean_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
