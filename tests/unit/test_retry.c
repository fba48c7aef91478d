/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/retry.c: when the next attempt comes, and what the user hears meanwhile. The console is a file here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boot/retry.h"
#include "screen.h"

static struct fail failure(enum fail_code code)
{
	struct fail fail = {.code = FAIL_NONE};
	fail_set(&fail, code, "%s", "");
	fail_context(&fail, "cannot log in to T at P");
	return fail;
}

/* Plays a failure that lasts: attempts at their times, until end_ms. Counts attempts. */
static unsigned play(struct retry *retry, enum fail_code code, int64_t start_ms, int64_t end_ms)
{
	unsigned n_attempts = 0;
	struct fail fail = failure(code);
	for (int64_t now_ms = start_ms; now_ms <= end_ms; now_ms = retry->next_ms) {
		retry->begun_ms = now_ms;
		assert_true(retry_failed(retry, now_ms, "P", &fail));
		assert_true(retry->next_ms > now_ms);
		n_attempts++;
	}
	return n_attempts;
}

static void passing_failures_are_tried_each_second_then_every_five(void **state)
{
	(void)state;
	struct retry retry = {.n_failed = 0};
	unsigned soon = play(&retry, FAIL_PORTAL_REFUSED, 1000, 76000);
	assert_in_range(soon, 75, 101);
	unsigned second_minute = play(&retry, FAIL_PORTAL_REFUSED, retry.next_ms, retry.next_ms + 60000);
	assert_in_range(second_minute, 12, 17);
}

static void failures_for_people_slow_down_to_half_a_minute(void **state)
{
	(void)state;
	struct retry retry = {.n_failed = 0};
	unsigned n = play(&retry, FAIL_AUTH_REFUSED, 0, 300000);
	assert_in_range(n, 11, 16);
	assert_in_range(retry.next_ms - 300000, 1, 30000);
}

static void final_failures_are_not_tried_again(void **state)
{
	(void)state;
	struct retry retry = {.n_failed = 0};
	struct fail fail = failure(FAIL_CHAP_HALF);
	assert_false(retry_failed(&retry, 5, "P", &fail));
}

/* Whatever it fails with, a final failure among them. */
static void what_is_in_use_is_tried_sooner_and_for_ever(void **state)
{
	(void)state;
	const enum fail_code codes[] = {FAIL_PORTAL_REFUSED, FAIL_AUTH_REFUSED, FAIL_CHAP_WANTED};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct retry retry = {.urgent = true};
		unsigned soon = play(&retry, codes[i], 1000, 76000);
		assert_in_range(soon, 75000 / 700, 75000 / 500);
		int64_t from_ms = retry.next_ms;
		unsigned second_minute = play(&retry, codes[i], from_ms, from_ms + 60000);
		assert_in_range(second_minute, 60000 / 4000, 60000 / 2900);
		retry_reset(&retry);
		assert_true(retry.urgent && retry.n_failed == 0);
	}
}

/* What it takes until nobody has answered is part of the delay; a little is left, so that nothing spins. */
static void attempts_that_last_begin_as_often(void **state)
{
	(void)state;
	const struct {
		int64_t waiting_ms, lasts_ms, least_ms, most_ms;
	} cases[] = {{0, 700, 800, 800}, {0, 0, 525, 700}, {0, 3000, 3100, 3100}, {90000, 3000, 3100, 4000}};
	struct fail silent = failure(FAIL_PORTAL_SILENT);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int64_t now_ms = 100000; now_ms < 101000; now_ms += 7) {
			struct retry retry = {.urgent = true, .n_failed = 1, .since_ms = now_ms - cases[i].waiting_ms};
			retry.begun_ms = now_ms - cases[i].lasts_ms;
			retry_failed(&retry, now_ms, "P", &silent);
			assert_in_range(retry.next_ms - retry.begun_ms, cases[i].least_ms, cases[i].most_ms);
		}
}

/* The tenth attempts of a thousand machines, booted some time apart, that have lost their target at the same moment. */
static void machines_do_not_knock_together(void **state)
{
	(void)state;
	enum { MACHINES = 1000, SLOT_MS = 50, SLOTS = 40 };
	unsigned knocks[SLOTS] = {0};
	struct fail refused = failure(FAIL_PORTAL_REFUSED);
	for (int64_t i = 0; i < MACHINES; i++) {
		int64_t lost_ms = 100000 + 37 * i, now_ms = lost_ms;
		struct retry retry = {.urgent = true};
		for (unsigned n = 0; n < 10; n++, now_ms = retry.next_ms) {
			retry.begun_ms = now_ms;
			retry_failed(&retry, now_ms, "P", &refused);
		}
		knocks[(now_ms - lost_ms) / SLOT_MS % SLOTS]++;
	}
	for (unsigned i = 0; i < SLOTS; i++)
		assert_in_range(knocks[i], 0, MACHINES / 8);
}

/* Two failures that take turns for a week. */
static void a_week_of_outage_is_not_a_flood(void **state)
{
	(void)state;
	struct retry retry = {.urgent = true};
	struct fail fails[] = {failure(FAIL_PORTAL_REFUSED), failure(FAIL_PORTAL_SILENT)};
	const int64_t week_ms = 7 * 24 * 3600 * INT64_C(1000);
	unsigned n_attempts = 0, n_lines = 0;
	shown();
	for (int64_t now_ms = 0; now_ms < week_ms; now_ms = retry.next_ms) {
		retry.begun_ms = now_ms;
		assert_true(retry_failed(&retry, now_ms, "P", &fails[n_attempts++ % 2]));
		for (const char *c = shown(); *c != '\0'; c++)
			n_lines += *c == '\n';
	}
	assert_in_range(n_attempts, 151200, 201600);
	assert_in_range(n_lines, 1008, 2050);
}

static void a_new_failure_is_told_whole_and_a_lasting_one_now_and_then(void **state)
{
	(void)state;
	struct retry retry = {.n_failed = 0};
	struct fail refused = failure(FAIL_PORTAL_REFUSED), silent = failure(FAIL_PORTAL_SILENT);
	shown();
	retry_failed(&retry, 0, "P", &refused);
	const char *text = shown();
	assert_non_null(strstr(text, "cannot log in to T at P: connection refused. Start the target's iSCSI service"));
	assert_non_null(strstr(text, "P: connection refused, trying again in "));
	retry_failed(&retry, 1000, "P", &refused);
	assert_string_equal(shown(), "");
	retry_failed(&retry, 5000, "P", &refused);
	assert_non_null(strstr(shown(), "(attempt 4, waiting 5 s)"));
	retry_failed(&retry, 6000, "P", &silent);
	assert_non_null(strstr(shown(), "the portal does not answer"));
	retry_reset(&retry);
	retry_failed(&retry, 7000, "P", &refused);
	assert_non_null(strstr(shown(), "(attempt 2, waiting 0 s)"));
}

static void an_hour_of_waiting_is_not_a_flood(void **state)
{
	(void)state;
	struct retry retry = {.n_failed = 0};
	unsigned n_lines = 0;
	shown();
	play(&retry, FAIL_PORTAL_REFUSED, 0, 300000);
	for (const char *c = shown(); *c != '\0'; c++)
		n_lines += *c == '\n';
	assert_in_range(n_lines, 8, 16);
}

static void quiet_leaves_waits_and_errors(void **state)
{
	(void)state;
	shown();
	log_set_quiet(true);
	log_info("all is well");
	log_wait("waiting for a cable");
	log_error("no cable");
	log_set_quiet(false);
	assert_string_equal(shown(), "iscsiroot: waiting for a cable\niscsiroot: no cable\n");
}

static void what_came_from_outside_is_escaped(void **state)
{
	(void)state;
	shown();
	log_info("to %s", "a\xc3\xbc\x9b[2J\n<0>b");
	assert_string_equal(shown(), "iscsiroot: to a\\xc3\\xbc\\x9b[2J\\x0a<0>b\n");
}

static void the_same_line_twice_is_one(void **state)
{
	(void)state;
	struct fail fail = failure(FAIL_CHAP_HALF);
	shown();
	log_fail(&fail);
	log_fail(&fail);
	char first[2048];
	snprintf(first, sizeof first, "%s", shown());
	assert_ptr_equal(strchr(first, '\n'), first + strlen(first) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passing_failures_are_tried_each_second_then_every_five),
		cmocka_unit_test(failures_for_people_slow_down_to_half_a_minute),
		cmocka_unit_test(final_failures_are_not_tried_again),
		cmocka_unit_test(what_is_in_use_is_tried_sooner_and_for_ever),
		cmocka_unit_test(attempts_that_last_begin_as_often),
		cmocka_unit_test(machines_do_not_knock_together),
		cmocka_unit_test(a_week_of_outage_is_not_a_flood),
		cmocka_unit_test(a_new_failure_is_told_whole_and_a_lasting_one_now_and_then),
		cmocka_unit_test(an_hour_of_waiting_is_not_a_flood),
		cmocka_unit_test(quiet_leaves_waits_and_errors),
		cmocka_unit_test(what_came_from_outside_is_escaped),
		cmocka_unit_test(the_same_line_twice_is_one),
	};
	return cmocka_run_group_tests(tests, open_screen, close_screen);
}
