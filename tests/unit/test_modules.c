/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/modules.c: which drivers are asked for. No modprobe is run; the console is a file here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boot/modules.h"
#include "screen.h"

static struct modules modules;

static int forget_all(void **state)
{
	(void)state;
	memset(&modules, 0, sizeof modules);
	return 0;
}

static void want_numbered(unsigned number)
{
	char alias[32];
	snprintf(alias, sizeof alias, "pci:v%08u", number);
	modules_want(&modules, span_of(alias));
}

static void each_alias_is_asked_for_once(void **state)
{
	(void)state;
	assert_true(modules_idle(&modules));
	modules_want(&modules, span_of("virtio:d1v2"));
	modules_want(&modules, span_of("virtio:d1"));
	modules_want(&modules, span_of("virtio:d1v2"));
	assert_int_equal(modules.n_pending, 2);
	assert_string_equal(modules.pending[0], "virtio:d1v2");
	assert_string_equal(modules.pending[1], "virtio:d1");
	assert_false(modules_idle(&modules));
}

static void an_alias_is_whole_or_left_out(void **state)
{
	(void)state;
	static const struct {
		size_t n_bytes;
		unsigned n_pending;
	} cases[] = {{MODULES_ALIAS_BYTES - 1, 1}, {MODULES_ALIAS_BYTES, 1}, {3 * MODULES_ALIAS_BYTES, 1}};
	char alias[3 * MODULES_ALIAS_BYTES];
	memset(alias, 'x', sizeof alias);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		modules_want(&modules, (struct span){alias, cases[i].n_bytes});
		assert_int_equal(modules.n_pending, cases[i].n_pending);
	}
	assert_int_equal(strlen(modules.pending[0]), MODULES_ALIAS_BYTES - 1);
}

static void what_does_not_fit_is_told_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MODULES_PENDING_MAX; i++)
		want_numbered(i);
	want_numbered(0); /* is among them */
	assert_string_equal(shown(), "");
	for (unsigned i = 0; i < 3; i++)
		want_numbered(MODULES_PENDING_MAX + i);
	assert_int_equal(modules.n_pending, MODULES_PENDING_MAX);
	assert_string_equal(shown(),
			    "iscsiroot: more than 256 kinds of devices ask for drivers at once, pci:v00000256 is "
			    "the first to get none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_alias_is_asked_for_once, forget_all),
		cmocka_unit_test_setup(an_alias_is_whole_or_left_out, forget_all),
		cmocka_unit_test_setup(what_does_not_fit_is_told_once, forget_all),
	};
	return cmocka_run_group_tests(tests, open_screen, close_screen);
}
