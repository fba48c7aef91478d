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

/* Rows of the section, in its order, for the failure that a user sees and how it is tried again. */
static const struct row {
	unsigned first, last; /* class and detail */
	const char *id;
	enum fail_retry retry;
	const char *words;
} rows[] = {
	{0x0000, 0x00ff, "E00", RETRY_NEVER, ""},
	{0x0100, 0x01ff, "E3B", RETRY_SLOW, ""},
	{0x0200, 0x0200, "E35", RETRY_SLOW, ""},
	{0x0201, 0x0201, "E31", RETRY_SLOW, ""},
	{0x0202, 0x0202, "E32", RETRY_SLOW, ""},
	{0x0203, 0x0203, "E33", RETRY_SLOW, ""},
	{0x0204, 0x0204, "E34", RETRY_SLOW, ""},
	{0x0205, 0x0205, "E36", RETRY_SLOW, ""},
	{0x0206, 0x0206, "E37", RETRY_SLOW, ""},
	{0x0207, 0x0207, "E35", RETRY_SLOW, ", missing parameter"},
	{0x0208, 0x0208, "E35", RETRY_SLOW, ", cannot include in session"},
	{0x0209, 0x0209, "E35", RETRY_SLOW, ", session type not supported"},
	{0x020a, 0x020a, "E35", RETRY_SLOW, ", session does not exist"},
	{0x020b, 0x020b, "E35", RETRY_SLOW, ", invalid during login"},
	{0x020c, 0x02ff, "E35", RETRY_SLOW, ""},
	{0x0300, 0x0300, "E38", RETRY_SOON, ""},
	{0x0301, 0x0301, "E39", RETRY_SOON, ""},
	{0x0302, 0x0302, "E3A", RETRY_SOON, ""},
	{0x0303, 0x03ff, "E38", RETRY_SOON, ""},
	{0x0400, 0xffff, "E3C", RETRY_SLOW, ""},
};

static void every_status(void **state)
{
	(void)state;
	const struct row *row = rows;
	for (unsigned status = 0; status <= 0xffff; status++) {
		if (status > row->last)
			row++;
		assert_in_range(status, row->first, row->last);
		uint8_t status_class = (uint8_t)(status >> 8), detail = (uint8_t)status;
		const struct fail_entry *entry = fail_lookup(status_fail_code(status_class, detail));
		assert_string_equal(entry->id, row->id);
		assert_int_equal(entry->retry, row->retry);
		assert_string_equal(status_words(status_class, detail), row->words);
		assert_true(status < 0x100 || entry->remedy[0] != '\0');
	}
}

/* What the engine makes of 0201 when the target has seen no proof of ours. */
static void refusals_before_a_proof(void **state)
{
	(void)state;
	assert_int_equal(fail_lookup(FAIL_CHAP_WANTED)->retry, RETRY_SLOW);
	assert_int_equal(fail_lookup(FAIL_AUTH_DOWNGRADE)->retry, RETRY_SLOW);
	assert_int_equal(fail_lookup(FAIL_CHAP_ALGORITHM)->retry, RETRY_SLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status),
		cmocka_unit_test(refusals_before_a_proof),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
