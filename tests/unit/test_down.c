/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/down.c: what is due when, of a machine that goes down; and boot/units.c: what is written into /run, which is an
 * empty one of a mount namespace of our own. That systemd acts on it is shown by tests/vm.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "boot/down.c"
#include "namespace.h"

static struct down ordered(int64_t wait_ms)
{
	return (struct down){.order = "poweroff",
			     .has_kind = true,
			     .wait_ms = wait_ms,
			     .remount_ms = INT64_MAX,
			     .end_ms = INT64_MAX};
}

static void nothing_happens_without_an_order(void **state)
{
	(void)state;
	struct down d = ordered(30000);
	d.order = NULL;
	assert_int_equal(down_decide(&d, true, 1000), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, true, 1000000), DOWN_NOTHING);
}

static void nothing_happens_while_the_targets_are_there(void **state)
{
	(void)state;
	struct down d = ordered(30000);
	for (int64_t now_ms = 1000; now_ms < 1000000; now_ms += 500)
		assert_int_equal(down_decide(&d, false, now_ms), DOWN_NOTHING);
	assert_false(down_is_pending(&d));
}

static void a_lost_session_is_waited_for_once(void **state)
{
	(void)state;
	struct down d = ordered(30000);
	assert_int_equal(down_decide(&d, true, 1000), DOWN_WAIT);
	assert_int_equal(down_decide(&d, true, 1500), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, true, 30999), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, true, 31000), DOWN_GIVE_UP);
}

static void the_wait_begins_anew_after_a_return(void **state)
{
	(void)state;
	struct down d = ordered(30000);
	assert_int_equal(down_decide(&d, true, 1000), DOWN_WAIT);
	assert_int_equal(down_decide(&d, false, 20000), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, true, 40000), DOWN_WAIT);
	assert_int_equal(down_decide(&d, true, 69999), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, true, 70000), DOWN_GIVE_UP);
}

static void no_wait_is_no_wait(void **state)
{
	(void)state;
	struct down d = ordered(0);
	assert_int_equal(down_decide(&d, true, 1000), DOWN_GIVE_UP);
}

/* Each once, in this order, and late when the machine was. */
static void without_root_the_machine_is_ended(void **state)
{
	(void)state;
	struct down d = ordered(0);
	down_limit(&d, 15000, 1000);
	assert_true(down_is_pending(&d));
	assert_int_equal(down_decide(&d, false, 15999), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, false, 16000), DOWN_REMOUNT);
	assert_int_equal(down_decide(&d, false, 18999), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, false, 19000), DOWN_END);
	assert_int_equal(down_decide(&d, false, 19500), DOWN_NOTHING);
	d = ordered(0);
	down_limit(&d, 15000, 1000);
	assert_int_equal(down_decide(&d, false, 99000), DOWN_REMOUNT);
	assert_int_equal(down_decide(&d, false, 99000), DOWN_END);
}

static void the_limit_is_not_moved(void **state)
{
	(void)state;
	struct down d = ordered(0);
	down_limit(&d, 15000, 1000);
	down_limit(&d, 15000, 9000);
	assert_int_equal(down_decide(&d, false, 16000), DOWN_REMOUNT);
}

/* Root on a degraded array over the other target is no reason to cut a shutdown short; but one that hangs is ended. */
static void root_may_be_on_what_is_left(void **state)
{
	(void)state;
	struct down d = ordered(0);
	struct session sessions[2] = {{.state = SESSION_GAVE_UP}, {.state = SESSION_UP}};
	d.root = 0;
	assert_int_equal(down_rest_ms(&d, sessions, 2), 15000);
	d.root = DOWN_ANY_ROOT;
	assert_int_equal(down_rest_ms(&d, sessions, 2), 120000);
	assert_int_equal(down_rest_ms(&d, sessions, 1), 15000);
}

static void nobody_ends_a_machine_in_an_unknown_way(void **state)
{
	(void)state;
	struct down d = ordered(0);
	d.has_kind = false;
	down_limit(&d, 15000, 1000);
	assert_false(down_is_pending(&d));
	assert_int_equal(down_decide(&d, false, 99000), DOWN_NOTHING);
}

static bool reads(const char *path, const char *text)
{
	char content[1024];
	return file_read_text(path, content, sizeof content) > 0 && strstr(content, text) != NULL;
}

static int write_units(void)
{
	EXPECT(mount("none", "/run", "tmpfs", 0, "") == 0);
	EXPECT(units_leave() == 0);
	EXPECT(units_leave() == 0);
	EXPECT(reads("/run/systemd/system.control/poweroff.target.wants/iscsiroot-down@poweroff.socket",
		     "ListenFIFO="));
	EXPECT(reads("/run/systemd/system.control/kexec.target.wants/iscsiroot-down@kexec.socket",
		     "=/run/iscsiroot/down/%i\n"));
	EXPECT(reads("/run/systemd/system.control/final.target.wants/iscsiroot-down@last.socket", "ListenFIFO="));
	EXPECT(reads("/run/systemd/system.control/iscsiroot-down@last.socket.d/iscsiroot.conf",
		     "\nBefore=final.target"));
	EXPECT(reads("/run/systemd/system.control/iscsiroot-down.service", "ExecStart="));
	EXPECT(reads("/run/systemd/system.control/sysinit.target.d/iscsiroot.conf", "Before=poweroff.target reboot"));
	EXPECT(file_exists("/run/iscsiroot/down"));
	EXPECT(!file_exists("/run/systemd/system"));
	char path[64], number[16];
	snprintf(path, sizeof path, "/run/sendsigs.omit.d/iscsiroot.%d", (int)getpid());
	snprintf(number, sizeof number, "%d", (int)getpid());
	EXPECT(reads(path, number));
	return 0;
}

/* Only when all else has ended, for a root, and not over what somebody else has there; a /run without programs is fine.
 */
static int leave_last(void)
{
	static const char program[] = "/run/initramfs/shutdown";
	EXPECT(mount("none", "/run", "tmpfs", MS_NOEXEC, "") == 0 && units_leave() == 0);
	struct down d = ordered(0);
	d.root = DOWN_ANY_ROOT;
	d.orders_fd = dir_handle(UNITS_ORDERS_DIR);
	EXPECT(file_make_dir("/run/initramfs", 0700) == 0);
	leave_last_program(&d);
	EXPECT(access(program, F_OK) != 0 && !d.has_last);
	EXPECT(mkfifo(UNITS_ORDERS_DIR "/last", 0600) == 0);
	d.root = DOWN_NO_ROOT;
	leave_last_program(&d);
	EXPECT(access(program, F_OK) != 0 && !d.has_last);
	d.root = 0;
	leave_last_program(&d);
	EXPECT(access(program, X_OK) == 0 && d.has_last);
	EXPECT(unlink(program) == 0 && file_create(program, "others", 0600) == 0);
	d.has_last = false;
	leave_last_program(&d);
	EXPECT(access(program, X_OK) != 0 && reads(program, "others"));
	return 0;
}

static void the_last_program_can_be_run(void **state)
{
	(void)state;
	in_namespace(leave_last);
}

static void units_are_where_no_other_init_looks(void **state)
{
	(void)state;
	in_namespace(write_units);
}

/* A name made in the directory is news, once. */
static int watch_orders(void)
{
	EXPECT(mount("none", "/run", "tmpfs", 0, "") == 0 && units_leave() == 0);
	struct poll_item item = {.fd = watch_directory(UNITS_ORDERS_DIR), .wanted = POLL_READ};
	EXPECT(item.fd >= 0);
	poll_wait(&item, 1, 0);
	EXPECT(item.ready == 0);
	EXPECT(file_make_dir(UNITS_ORDERS_DIR "/reboot", 0700) == 0);
	poll_wait(&item, 1, 1000);
	EXPECT(item.ready != 0);
	watch_drain(item.fd);
	poll_wait(&item, 1, 0);
	EXPECT(item.ready == 0);
	EXPECT(watch_directory("/run/nowhere") < 0);
	return 0;
}

static void orders_are_noticed(void **state)
{
	(void)state;
	in_namespace(watch_orders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_happens_without_an_order),
		cmocka_unit_test(nothing_happens_while_the_targets_are_there),
		cmocka_unit_test(a_lost_session_is_waited_for_once),
		cmocka_unit_test(the_wait_begins_anew_after_a_return),
		cmocka_unit_test(no_wait_is_no_wait),
		cmocka_unit_test(without_root_the_machine_is_ended),
		cmocka_unit_test(the_limit_is_not_moved),
		cmocka_unit_test(root_may_be_on_what_is_left),
		cmocka_unit_test(nobody_ends_a_machine_in_an_unknown_way),
		cmocka_unit_test(the_last_program_can_be_run),
		cmocka_unit_test(units_are_where_no_other_init_looks),
		cmocka_unit_test(orders_are_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
