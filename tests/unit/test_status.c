/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All 65536 login statuses against RFC 7143 section 11.13.5.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iscsi/status.h"

/* Written as the rules of the section, not as the table. */
static enum fail_code expected(unsigned status_class, unsigned detail)
{
	static const enum fail_code initiator[] = {
		FAIL_INITIATOR_ERROR,      FAIL_AUTH_REFUSED,   FAIL_FORBIDDEN,
		FAIL_TARGET_NOT_FOUND,     FAIL_TARGET_REMOVED, FAIL_VERSION,
		FAIL_TOO_MANY_CONNECTIONS,
	};
	static const enum fail_code target[] = {FAIL_TARGET_ERROR, FAIL_TARGET_UNAVAILABLE, FAIL_TARGET_RESOURCES};
	switch (status_class) {
	case 0:
		return FAIL_NONE;
	case 1:
		return FAIL_REDIRECT;
	case 2:
		return detail < 7 ? initiator[detail] : FAIL_INITIATOR_ERROR;
	case 3:
		return detail < 3 ? target[detail] : FAIL_TARGET_ERROR;
	default:
		return FAIL_PROTOCOL;
	}
}

static void every_status(void **state)
{
	(void)state;
	for (unsigned status_class = 0; status_class < 256; status_class++)
		for (unsigned detail = 0; detail < 256; detail++)
			assert_int_equal(status_fail_code((uint8_t)status_class, (uint8_t)detail),
					 expected(status_class, detail));
}

static void what_users_search_for(void **state)
{
	(void)state;
	assert_string_equal(fail_lookup(status_fail_code(2, 1))->id, "E31");
	assert_string_equal(fail_lookup(status_fail_code(2, 2))->id, "E32");
	assert_string_equal(fail_lookup(status_fail_code(2, 3))->id, "E33");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status),
		cmocka_unit_test(what_users_search_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
