/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/session.c as far as it goes without a kernel's session: what becomes of an attempt when a link
 * comes up, or when the process goes on as the keeper.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include <cmocka.h>

#include "boot/session.h"

static struct boot_plan plan = {.n_targets = 1,
				.targets = {{.name = "iqn.2026-01.x:a", .host = "10.0.0.5", .port = 3260}}};
static struct session session;

/* In the middle of an attempt after others that failed; its connection is the end of a pipe. */
static int begin(enum session_state state)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	session_init(&session, &plan, 0, NULL);
	session.state = state;
	session.tcp_fd = ends[0];
	session.deadline_ms = INT64_MAX;
	session.retry.n_failed = 2;
	return ends[0];
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void a_new_link_is_tried_at_once(void **state)
{
	(void)state;
	int fd = begin(SESSION_CONNECTING);
	session_kick(&session);
	assert_false(is_open(fd));
	assert_int_equal(session.tcp_fd, -1);
	assert_int_equal(session.state, SESSION_WAIT_RETRY);
	assert_int_equal(session.deadline_ms, 0);
	assert_int_equal(session.retry.n_failed, 0);
	session_stop(&session);
}

static void what_has_reached_the_portal_goes_on(void **state)
{
	(void)state;
	int fd = begin(SESSION_LOGGING_IN);
	session_kick(&session);
	assert_true(is_open(fd));
	assert_int_equal(session.state, SESSION_LOGGING_IN);
	session_stop(&session);
}

/* The numbers may be those of other files by now. */
static void the_keeper_begins_an_attempt_anew(void **state)
{
	static const enum session_state states[] = {SESSION_RESOLVING, SESSION_CONNECTING, SESSION_PROBING};
	(void)state;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		int fd = begin(states[i]);
		session.handover.has_run = true;
		session.errand = (struct errand){.pid = INT32_MAX, .fd = fd};
		session.probe.fd = fd;
		session_stay(&session);
		assert_true(is_open(fd));
		assert_int_equal(session.state, SESSION_WAIT_RETRY);
		assert_int_equal(session.deadline_ms, 0);
		assert_true(session.tcp_fd < 0 && session.probe.fd < 0 && session.errand.fd < 0);
		close(fd);
	}
}

/* In the state that the connection to a target is in when the kernel has given it up. */
static void lose(struct transport *transport, uint32_t n_bytes, bool timed_out)
{
	session.state = SESSION_UP;
	session.lost_ms = 0;
	session.unproven_bytes = n_bytes;
	session.timed_out = timed_out;
	session.transport = transport;
	session_verify(&session, 1000);
	assert_int_equal(session.state, SESSION_WAIT_RETRY);
}

static void only_timeouts_shorten_packets(void **state)
{
	char root[] = "/tmp/iscsiroot-test-XXXXXX", path[64];
	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof path, "%s/session0", root);
	assert_int_equal(mkdir(path, 0700), 0);
	struct transport transport = {.sessions_fd = open(root, O_RDONLY | O_DIRECTORY)};
	close(begin(SESSION_UP));
	session.tcp_fd = -1;
	session.handover.has_run = true;
	lose(&transport, 1500, false);
	lose(&transport, 1500, true);
	assert_int_equal(session.packet_max, 0);
	lose(&transport, 1500, false);
	lose(&transport, 1500, true);
	assert_int_equal(session.packet_max, 1280);
	lose(&transport, 1280, true); /* that is not why */
	assert_int_equal(session.packet_max, 0);
	lose(&transport, 9000, true);
	assert_int_equal(session.packet_max, 1500);
	session_prove_path(&session);
	lose(&transport, 1500, true);
	assert_int_equal(session.packet_max, 1500);
	lose(&transport, 1500, true);
	assert_int_equal(session.packet_max, 1280);
	lose(&transport, 1280, true);
	assert_int_equal(session.packet_max, 1500);
	session_stop(&session);
	close(transport.sessions_fd);
	rmdir(path);
	rmdir(root);
}

/* In the first moments of an attempt only the one before can tell why. */
static void the_last_attempt_tells_why(void **state)
{
	(void)state;
	struct fail fail;
	begin(SESSION_CONNECTING);
	session.retry.code = FAIL_PORTAL_REFUSED;
	snprintf(session.portal, sizeof session.portal, "10.0.0.5:3260");
	assert_true(session_reason(&session, &fail));
	assert_int_equal(fail.code, FAIL_PORTAL_REFUSED);
	assert_string_equal(fail.context, "cannot log in to iqn.2026-01.x:a at 10.0.0.5:3260");
	session.fail = (struct fail){.code = FAIL_HOST_SILENT};
	assert_true(session_reason(&session, &fail));
	assert_int_equal(fail.code, FAIL_HOST_SILENT);
	session_start_anew(&session);
	assert_false(session_reason(&session, &fail));
	session_stop(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_link_is_tried_at_once),
		cmocka_unit_test(what_has_reached_the_portal_goes_on),
		cmocka_unit_test(the_keeper_begins_an_attempt_anew),
		cmocka_unit_test(only_timeouts_shorten_packets),
		cmocka_unit_test(the_last_attempt_tells_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
