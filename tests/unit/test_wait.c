/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/wait.c: when a wait is told, and with which figures. The console is a file here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boot/wait.h"
#include "screen.h"

static void a_wait_is_told_after_five_seconds_and_ever_more_seldom(void **state)
{
	(void)state;
	struct wait w = {.since_ms = 0};
	unsigned n_lines = 0;
	for (int64_t now_ms = 1000; now_ms < 6000; now_ms += 100)
		wait_tell(&w, "the login at P", 16000, now_ms);
	assert_string_equal(shown(), "");
	wait_tell(&w, "the login at P", 16000, 6000);
	assert_string_equal(shown(), "iscsiroot: waiting for the login at P, 5 s so far, 15 s at most\n");
	for (int64_t now_ms = 6000; now_ms <= 606000; now_ms += 100) {
		wait_tell(&w, "the login at P", INT64_MAX, now_ms);
		n_lines += strchr(shown(), '\n') != NULL;
	}
	assert_in_range(n_lines, 19, 22);
}

static void another_wait_begins_anew(void **state)
{
	(void)state;
	struct wait w = {.since_ms = 0};
	wait_tell(&w, "one", INT64_MAX, 0);
	wait_tell(&w, "two", INT64_MAX, 4900);
	wait_tell(&w, "two", INT64_MAX, 9800);
	assert_string_equal(shown(), "");
	wait_tell(&w, "two", INT64_MAX, 9900);
	assert_string_equal(shown(), "iscsiroot: waiting for two, 5 s so far\n");
	wait_tell(&w, "", INT64_MAX, 100000);
	wait_tell(&w, "", INT64_MAX, 200000);
	wait_tell(&w, "two", INT64_MAX, 200001);
	assert_string_equal(shown(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_is_told_after_five_seconds_and_ever_more_seldom),
		cmocka_unit_test(another_wait_begins_anew),
	};
	return cmocka_run_group_tests(tests, open_screen, close_screen);
}
