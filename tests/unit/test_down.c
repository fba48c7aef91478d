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

#include "boot/down.h"
#include "boot/units.h"
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
	down_limit(&d, 1000);
	assert_true(down_is_pending(&d));
	assert_int_equal(down_decide(&d, false, 15999), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, false, 16000), DOWN_REMOUNT);
	assert_int_equal(down_decide(&d, false, 18999), DOWN_NOTHING);
	assert_int_equal(down_decide(&d, false, 19000), DOWN_END);
	assert_int_equal(down_decide(&d, false, 19500), DOWN_NOTHING);
	d = ordered(0);
	down_limit(&d, 1000);
	assert_int_equal(down_decide(&d, false, 99000), DOWN_REMOUNT);
	assert_int_equal(down_decide(&d, false, 99000), DOWN_END);
}

static void the_limit_is_not_moved(void **state)
{
	(void)state;
	struct down d = ordered(0);
	down_limit(&d, 1000);
	down_limit(&d, 9000);
	assert_int_equal(down_decide(&d, false, 16000), DOWN_REMOUNT);
}

static void nobody_ends_a_machine_in_an_unknown_way(void **state)
{
	(void)state;
	struct down d = ordered(0);
	d.has_kind = false;
	down_limit(&d, 1000);
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
		cmocka_unit_test(nobody_ends_a_machine_in_an_unknown_way),
		cmocka_unit_test(units_are_where_no_other_init_looks),
		cmocka_unit_test(orders_are_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
