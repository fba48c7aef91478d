/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way that redirects lead: addresses, circles, too many of them, names that hardly fit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/redirect.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} cases[] = {
		{"10.0.0.9", "10.0.0.9", 3260},
		{"10.0.0.9:3261", "10.0.0.9", 3261},
		{"[fd00::9]", "fd00::9", 3260},
		{"[fd00::9]:1", "fd00::9", 1},
		{"store.example:3260", "store.example", 3260},
		{"", NULL, 0},
		{"[fd00::9", NULL, 0},
		{"store.example:0", NULL, 0},
		{":3260", NULL, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct redirects r = {.n = 0};
		struct fail fail = {.code = FAIL_NONE};
		assert_int_equal(redirects_read(&r, cases[i].text, &fail), cases[i].host != NULL);
		assert_int_equal(fail.code, cases[i].host != NULL ? FAIL_NONE : FAIL_REDIRECT);
		if (cases[i].host != NULL) {
			assert_string_equal(r.host, cases[i].host);
			assert_int_equal(r.port, cases[i].port);
		}
	}
}

/* One byte more than a DNS name can have. */
static void a_name_that_does_not_fit_is_refused(void **state)
{
	struct redirects r = {.n = 0};
	struct fail fail = {.code = FAIL_NONE};
	char name[HOST_MAX + 2];
	(void)state;
	memset(name, 'a', sizeof name - 1);
	name[HOST_MAX + 1] = '\0';
	assert_false(redirects_read(&r, name, &fail));
	assert_int_equal(fail.code, FAIL_REDIRECT);
	name[HOST_MAX] = '\0';
	assert_true(redirects_read(&r, name, &fail));
}

/* Each word is a portal; the last one is refused with the detail, or nothing is. */
static void ways(void **state)
{
	static const struct {
		const char *portals[12];
		const char *detail;
	} cases[] = {
		{{"A:1", "B:1"}, ""},
		{{"A:1", "A:1"}, "in a circle: A:1 -> A:1"},
		{{"A:1", "B:1", "A:1"}, "in a circle: A:1 -> B:1 -> A:1"},
		{{"A:1", "B:1", "C:1", "B:1"}, "in a circle: B:1 -> C:1 -> B:1"},
		{{"A:1", "A:11", "A:111", "A"}, ""}, /* the begin of a portal is another one */
		{{"[fd00::9]:1", "9]:1"}, ""},
		{{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, ""},
		{{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}, "redirected 9 times, last by 9 to 10"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const *portals = cases[i].portals;
		struct redirects r = {.n = 0};
		struct fail fail = {.code = FAIL_NONE};
		bool good = true;
		unsigned n = 1;
		for (; portals[n] != NULL; n++)
			good = redirects_follow(&r, portals[n - 1], portals[n], &fail) && good;
		assert_string_equal(fail.detail, cases[i].detail);
		assert_int_equal(good, cases[i].detail[0] == '\0');
		assert_int_equal(fail.code, good ? FAIL_NONE : FAIL_REDIRECT);
		assert_int_equal(r.n, good ? n - 1 : n - 2);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	struct redirects r = {.n = 0};
	struct fail fail = {.code = FAIL_NONE};
	char names[4][HOST_MAX + 1];
	(void)state;
	for (int i = 0; i < 4; i++) {
		memset(names[i], 'a' + i, HOST_MAX);
		names[i][HOST_MAX] = '\0';
	}
	for (int i = 1; i < 3; i++)
		assert_true(redirects_follow(&r, names[i - 1], names[i], &fail));
	assert_false(redirects_follow(&r, names[2], names[3], &fail));
	assert_int_equal(fail.code, FAIL_REDIRECT);
	assert_int_equal(r.n, 2);
	fail = (struct fail){.code = FAIL_NONE};
	assert_false(redirects_follow(&r, names[2], names[0], &fail));
	assert_memory_equal(fail.detail, "in a circle: aaa", 16);
	fail = (struct fail){.code = FAIL_NONE};
	r.n = 0; /* another attempt */
	assert_true(redirects_follow(&r, names[1], names[0], &fail));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(a_name_that_does_not_fit_is_refused),
		cmocka_unit_test(ways),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
