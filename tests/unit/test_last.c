/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How tool/last.c reads its order, without doing what it does: that the machine ends by it is seen by
 * tests/vm/test_shutdown.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sys/sys.h"

/* What must not happen here, whatever is wrong with what is tested. */
#define machine_end(end) abort()
#define machine_reboot_to(argument) abort()
#include "tool/last.c"

void tool_complain(const char *text)
{
	(void)text;
}

int detach_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void an_order_that_is_not_known_is_a_reboot(void **state)
{
	(void)state;
	assert_int_equal(end_of("poweroff"), MACHINE_POWER_OFF);
	assert_int_equal(end_of("halt"), MACHINE_HALT);
	assert_int_equal(end_of("kexec"), MACHINE_KEXEC);
	assert_int_equal(end_of("reboot"), MACHINE_REBOOT);
	assert_int_equal(end_of(""), MACHINE_REBOOT);
}

static void only_as_process_1(void **state)
{
	(void)state;
	char name[] = "shutdown", *argv[] = {name, NULL};
	assert_int_equal(last_main(1, argv, argv + 1), TOOL_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_that_is_not_known_is_a_reboot),
		cmocka_unit_test(only_as_process_1),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
