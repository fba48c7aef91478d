/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Login headers against bytes written by hand from the figures of RFC 7143 sections 11.12 and 11.13.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/pdu.h"

static const struct login_request request = {
	.transit = true,
	.current = STAGE_OPERATIONAL,
	.next = STAGE_FULL_FEATURE,
	.isid = {0x80, 0x12, 0x34, 0x56, 0x78, 0x9a},
	.tsih = 0xbcde,
	.itt = 0x01020304,
	.cid = 0x0506,
	.cmd_sn = 0xfffffffa,
	.exp_stat_sn = 0x0a0b0c0d,
	.n_data_bytes = 0x010203,
};

static void a_request_is_these_bytes(void **state)
{
	(void)state;
	static const uint8_t expected[48] = {
		0x43, 0x87, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, /* opcode, flags, versions, AHS, length */
		0x80, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, /* ISID, TSIH */
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x00, 0x00, /* ITT, CID */
		0xff, 0xff, 0xff, 0xfa, 0x0a, 0x0b, 0x0c, 0x0d, /* CmdSN, ExpStatSN */
	};
	uint8_t header[48];
	memset(header, 0xff, sizeof header);
	pdu_encode_login_request(&request, header);
	assert_memory_equal(header, expected, sizeof expected);
}

static void the_flags_of_a_request(void **state)
{
	(void)state;
	static const struct {
		struct login_request request;
		uint8_t flags;
	} cases[] = {
		{{.current = STAGE_SECURITY, .next = STAGE_OPERATIONAL}, 0x00},
		{{.current = STAGE_SECURITY, .next = STAGE_OPERATIONAL, .transit = true}, 0x81},
		{{.current = STAGE_SECURITY, .next = STAGE_FULL_FEATURE, .transit = true}, 0x83},
		{{.current = STAGE_OPERATIONAL, .next = STAGE_FULL_FEATURE}, 0x04},
		{{.current = STAGE_OPERATIONAL, .next = STAGE_FULL_FEATURE, .continues = true}, 0x44},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t header[48];
		pdu_encode_login_request(&cases[i].request, header);
		assert_int_equal(header[1], cases[i].flags);
	}
}

static const uint8_t response_bytes[48] = {
	0x23, 0xc7, 0x00, 0x09, 0x0e, 0x01, 0x02, 0x03, /* opcode, flags, versions, AHS, length */
	0x80, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, /* ISID, TSIH */
	0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, /* ITT */
	0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24, /* StatSN, ExpCmdSN */
	0x31, 0x32, 0x33, 0x34, 0x02, 0x0b,             /* MaxCmdSN, status */
};

static void a_response_is_read_whole(void **state)
{
	(void)state;
	struct login_response r;
	struct fail fail = {0};
	assert_true(pdu_decode_login_response(response_bytes, &r, &fail));
	assert_true(r.transit);
	assert_true(r.continues);
	assert_int_equal(r.current, 1);
	assert_int_equal(r.next, 3);
	assert_int_equal(r.version_active, 9);
	assert_int_equal(r.n_ahs_words, 14);
	assert_int_equal(r.n_data_bytes, 0x010203);
	assert_memory_equal(r.isid, request.isid, 6);
	assert_int_equal(r.tsih, 0xbcde);
	assert_int_equal(r.itt, 0x01020304);
	assert_int_equal(r.stat_sn, 0x11121314);
	assert_int_equal(r.exp_cmd_sn, 0x21222324);
	assert_int_equal(r.max_cmd_sn, 0x31323334);
	assert_int_equal(r.status_class, 2);
	assert_int_equal(r.status_detail, 11);
}

static void each_flag_alone(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 256; flags++) {
		uint8_t header[48];
		struct login_response r;
		struct fail fail = {0};
		memcpy(header, response_bytes, sizeof header);
		header[1] = (uint8_t)flags;
		assert_true(pdu_decode_login_response(header, &r, &fail));
		assert_int_equal(r.transit, flags >> 7);
		assert_int_equal(r.continues, flags >> 6 & 1);
		assert_int_equal(r.current, flags >> 2 & 3);
		assert_int_equal(r.next, flags & 3);
	}
}

static void every_other_opcode_is_refused(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		uint8_t header[48];
		struct login_response r;
		struct fail fail = {0};
		memcpy(header, response_bytes, sizeof header);
		header[0] = (uint8_t)first;
		bool good = (first & 0x3f) == 0x23;
		assert_int_equal(pdu_decode_login_response(header, &r, &fail), good);
		assert_int_equal(fail.code, good ? FAIL_NONE : FAIL_PROTOCOL);
	}
	uint8_t reject[48] = {0x3f};
	struct login_response r;
	struct fail fail = {0};
	assert_false(pdu_decode_login_response(reject, &r, &fail));
	assert_string_equal(fail.detail, "opcode 0x3f instead of a Login Response");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_these_bytes),      cmocka_unit_test(the_flags_of_a_request),
		cmocka_unit_test(a_response_is_read_whole),      cmocka_unit_test(each_flag_alone),
		cmocka_unit_test(every_other_opcode_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
