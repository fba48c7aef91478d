/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of the full feature phase against bytes written by hand from the figures of RFC 7143 section 11.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/ffp.h"

static const struct ffp_counters counters = {.itt = 0x01020304, .cmd_sn = 0x0a0b0c0d, .exp_stat_sn = 0xfffffffe};
static const uint8_t lun[8] = {0x40, 0x01};

static void a_command(void **state)
{
	(void)state;
	static const uint8_t cdb[16] = {0x28, [8] = 1, [15] = 0x99};
	static const uint8_t expected[48] = {
		0x01, 0xc1, 0,    0,    0,    0,    0,    0,
		0x40, 0x01, 0,    0,    0,    0,    0,    0, /* F, R, simple; LUN */
		1,    2,    3,    4,    0,    0,    2,    0,
		0x0a, 0x0b, 0x0c, 0x0d, 0xff, 0xff, 0xff, 0xfe, /* ITT, length, CmdSN, ExpStatSN */
		0x28, 0,    0,    0,    0,    0,    0,    0,
		1,    0,    0,    0,    0,    0,    0,    0x99,
	};
	uint8_t header[48];
	memset(header, 0xee, sizeof header);
	ffp_encode_command(&counters, lun, cdb, 512, header);
	assert_memory_equal(header, expected, sizeof expected);
	ffp_encode_command(&counters, lun, cdb, 0, header);
	assert_int_equal(header[1], 0x81);
}

static void text_logout_nop(void **state)
{
	(void)state;
	static const uint8_t text[48] = {
		0x44, 0x80, 0,    0,    0,    0,    0,    16,
		0,    0,    0,    0,    0,    0,    0,    0, /* immediate, F */
		1,    2,    3,    4,    0xff, 0xff, 0xff, 0xff,
		0x0a, 0x0b, 0x0c, 0x0d, 0xff, 0xff, 0xff, 0xfe,
	};
	static const uint8_t logout[48] = {
		0x46, 0x80, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,    0,    0,    0,    0, /* close the session */
		1,    2,    3, 4, 0, 0, 0, 0, 0x0a, 0x0b, 0x0c, 0x0d, 0xff, 0xff, 0xff, 0xfe,
	};
	static const uint8_t nop[48] = {
		0x40, 0x80, 0,    0,    0, 0, 0, 0, 0x40, 0x01, 0,    0,    0,    0,    0,    0,
		0xff, 0xff, 0xff, 0xff, 0, 0, 0, 7, 0x0a, 0x0b, 0x0c, 0x0d, 0xff, 0xff, 0xff, 0xfe,
	};
	uint8_t header[48];
	memset(header, 0xee, sizeof header);
	ffp_encode_text(&counters, FFP_NO_TAG, 16, header);
	assert_memory_equal(header, text, sizeof text);
	memset(header, 0xee, sizeof header);
	ffp_encode_logout(&counters, header);
	assert_memory_equal(header, logout, sizeof logout);
	memset(header, 0xee, sizeof header);
	ffp_encode_nop_answer(&counters, lun, 7, header);
	assert_memory_equal(header, nop, sizeof nop);
}

static void answers(void **state)
{
	(void)state;
	static const uint8_t data_in[48] = {
		0x25, 0x83, 0, 0x02, 0, 0,  1, 2, [16] = 1, 2,  3,        4, 0xff, 0xff, 0xff, 0xff, [24] = 0, 0,
		0,    9,    0, 0,    0, 10, 0, 0, 0,        11, [40] = 0, 0, 2,    0,    0,    0,    0,        5,
	};
	struct ffp_answer a;
	ffp_decode_answer(data_in, &a);
	assert_int_equal(a.opcode, FFP_DATA_IN);
	assert_true(a.final && a.has_status && a.underflow && !a.continues);
	assert_int_equal(a.status, 2);
	assert_int_equal(a.n_data_bytes, 0x102);
	assert_int_equal(a.itt, 0x01020304);
	assert_int_equal(a.ttt, FFP_NO_TAG);
	assert_int_equal(a.stat_sn, 9);
	assert_int_equal(a.exp_cmd_sn, 10);
	assert_int_equal(a.max_cmd_sn, 11);
	assert_int_equal(a.buffer_offset, 0x200);
	assert_int_equal(a.residual, 5);

	static const uint8_t async[48] = {0x32, 0x80, [36] = 2};
	ffp_decode_answer(async, &a);
	assert_int_equal(a.async_event, 2);
	static const uint8_t text[48] = {0xe4, 0x40, [20] = 1,
					 2,    3,    4}; /* the two highest bits are no part of the opcode */
	ffp_decode_answer(text, &a);
	assert_int_equal(a.opcode, FFP_TEXT_RESPONSE);
	assert_true(a.continues && !a.final);
	assert_int_equal(a.ttt, 0x01020304);
}

static void which_answers_stat_sn_counts(void **state)
{
	(void)state;
	assert_true(ffp_is_status(&(struct ffp_answer){.opcode = FFP_SCSI_RESPONSE}));
	assert_true(ffp_is_status(&(struct ffp_answer){.opcode = FFP_DATA_IN, .has_status = true}));
	assert_false(ffp_is_status(&(struct ffp_answer){.opcode = FFP_DATA_IN}));
	assert_true(ffp_is_status(&(struct ffp_answer){.opcode = FFP_NOP_IN, .itt = 1}));
	assert_false(ffp_is_status(&(struct ffp_answer){.opcode = FFP_NOP_IN, .itt = FFP_NO_TAG}));
	assert_true(ffp_is_status(&(struct ffp_answer){.opcode = FFP_ASYNC, .itt = FFP_NO_TAG}));
}

static void serial_numbers(void **state)
{
	(void)state;
	assert_true(ffp_not_before(5, 5));
	assert_true(ffp_not_before(6, 5));
	assert_false(ffp_not_before(5, 6));
	assert_true(ffp_not_before(1, 0xffffffff));
	assert_false(ffp_not_before(0xffffffff, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command),      cmocka_unit_test(text_logout_nop),
		cmocka_unit_test(answers),        cmocka_unit_test(which_answers_stat_sn_counts),
		cmocka_unit_test(serial_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
