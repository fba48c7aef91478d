/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP responses against values that Python's hashlib computed, and every way in which a challenge can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "iscsi/chap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEX_16 "0xb91ccff7e5ea1ba14642c7b8b06f8a6c"
#define BASE64_16 "0buRzP9+XqG6FGQse4sG+KbA=="

static struct secret secret;

static int set_up(void **state)
{
	(void)state;
	return secret_set(&secret, "secretsecret12", 14) ? 0 : -1;
}

static struct span maybe(const char *text)
{
	return text != NULL ? span_of(text) : (struct span){0};
}

static bool prove(const char *a, const char *i, const char *c, const char *username, struct writer *w,
		  struct fail *fail)
{
	struct chap_challenge asked = {maybe(a), maybe(i), maybe(c)};
	return chap_put_proof(&asked, username, &secret, w, fail);
}

static void algorithms_are_offered(void **state)
{
	(void)state;
	uint8_t out[32];
	struct writer w = writer_over(out, sizeof out);
	chap_put_algorithms(&w);
	assert_int_equal(w.n_bytes, sizeof "CHAP_A=5");
	assert_memory_equal(out, "CHAP_A=5", w.n_bytes);
}

static void responses(void **state)
{
	(void)state;
	static const struct {
		const char *identifier, *challenge, *response;
	} cases[] = {
		{"0", HEX_16, "0x75002ab09ba2e923185012b629b79e9a"},
		{"0x0", HEX_16, "0x75002ab09ba2e923185012b629b79e9a"},
		{"1", HEX_16, "0x04f0db6ead8add7ab6d4ab50a519fe1f"},
		{"42", HEX_16, "0x2002e82f7dcea276f3cf121d03c2986b"},
		{"0x2a", HEX_16, "0x2002e82f7dcea276f3cf121d03c2986b"},
		{"0X2A", "0Xb91CCFF7e5ea1ba14642c7b8b06f8a6c", "0x2002e82f7dcea276f3cf121d03c2986b"},
		{"255", HEX_16, "0xee76d0336f25d97bc4ae481c8a97eb0e"},
		{"0xff", BASE64_16, "0xee76d0336f25d97bc4ae481c8a97eb0e"},
		{"42", "0BuRzP9+XqG6FGQse4sG+KbA==", "0x2002e82f7dcea276f3cf121d03c2986b"},
		{"7", "0x5a", "0xcac59e599905ca03f4929e20594f4751"},
		{"7", "0bWg==", "0xcac59e599905ca03f4929e20594f4751"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t out[128];
		struct fail fail = {0};
		struct writer w = writer_over(out, sizeof out);
		assert_true(prove("5", cases[i].identifier, cases[i].challenge, "pi4", &w, &fail));
		assert_string_equal((char *)out, "CHAP_N=pi4");
		assert_memory_equal(out + 11, "CHAP_R=", 7);
		assert_string_equal((char *)out + 18, cases[i].response);
		assert_int_equal(w.n_bytes, 11 + 7 + 35);
	}
}

/* 1024 bytes 00 01 .. ff 00 .., and one more. */
static void the_longest_challenge(void **state)
{
	(void)state;
	char text[2 + 2 * 1025 + 1] = "0x";
	for (size_t i = 0; i < 1025; i++) {
		text[2 + 2 * i] = "0123456789abcdef"[i >> 4 & 15];
		text[3 + 2 * i] = "0123456789abcdef"[i & 15];
	}
	uint8_t out[128];
	struct fail fail = {0};
	struct writer w = writer_over(out, sizeof out);
	assert_false(prove("5", "7", text, "pi4", &w, &fail));
	assert_int_equal(fail.code, FAIL_PROTOCOL);
	text[2 + 2 * 1024] = '\0';
	memset(&fail, 0, sizeof fail);
	assert_true(prove("5", "7", text, "pi4", &w, &fail));
	assert_string_equal((char *)out + 18, "0xf01cb7c1dbd37ed26531b098e89f8173");
}

/* Targets of 2026 were found to decode names that begin like a number. */
static void a_name_is_never_decoded(void **state)
{
	(void)state;
	uint8_t out[128];
	struct fail fail = {0};
	struct writer w = writer_over(out, sizeof out);
	assert_true(prove("5", "1", HEX_16, "0x7069", &w, &fail));
	assert_string_equal((char *)out, "CHAP_N=0x7069");
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *a, *i, *c;
		enum fail_code code;
		const char *detail;
	} cases[] = {
		{NULL, "1", HEX_16, FAIL_PROTOCOL, "CHAP_A is missing"},
		{"7", "1", HEX_16, FAIL_CHAP_ALGORITHM, "CHAP_A=7: not one of ours"},
		{"Reject", NULL, NULL, FAIL_CHAP_ALGORITHM, "CHAP_A=Reject: not one of ours"},
		{"5,7", "1", HEX_16, FAIL_CHAP_ALGORITHM, "CHAP_A=5,7: not one of ours"},
		{"", "1", HEX_16, FAIL_CHAP_ALGORITHM, "CHAP_A=: not one of ours"},
		{"5", NULL, HEX_16, FAIL_PROTOCOL, "CHAP_I is missing"},
		{"5", "256", HEX_16, FAIL_PROTOCOL, "CHAP_I=256: not a number of one byte"},
		{"5", "0x100", HEX_16, FAIL_PROTOCOL, "CHAP_I=0x100: not a number of one byte"},
		{"5", "-1", HEX_16, FAIL_PROTOCOL, "CHAP_I=-1: not a number of one byte"},
		{"5", "", HEX_16, FAIL_PROTOCOL, "CHAP_I=: not a number of one byte"},
		{"5", "0x", HEX_16, FAIL_PROTOCOL, "CHAP_I=0x: not a number of one byte"},
		{"5", "99999999999999999999999", HEX_16, FAIL_PROTOCOL,
		 "CHAP_I=99999999999999999999999: not a number of one byte"},
		{"5", "1", NULL, FAIL_PROTOCOL, "CHAP_C is missing"},
		{"5", "1", "", FAIL_PROTOCOL, "CHAP_C=: not 1 to 1024 bytes in hex or base64"},
		{"5", "1", "0x", FAIL_PROTOCOL, "CHAP_C=0x: not 1 to 1024 bytes in hex or base64"},
		{"5", "1", "0b", FAIL_PROTOCOL, "CHAP_C=0b: not 1 to 1024 bytes in hex or base64"},
		{"5", "1", "0x5g", FAIL_PROTOCOL, "CHAP_C=0x5g: not 1 to 1024 bytes in hex or base64"},
		{"5", "1", "5a5a", FAIL_PROTOCOL, "CHAP_C=5a5a: not 1 to 1024 bytes in hex or base64"},
		{"5", "1", "0bWg=", FAIL_PROTOCOL, "CHAP_C=0bWg=: not 1 to 1024 bytes in hex or base64"},
		{"5", "1", "0d5a", FAIL_PROTOCOL, "CHAP_C=0d5a: not 1 to 1024 bytes in hex or base64"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t out[128];
		struct fail fail = {0};
		struct writer w = writer_over(out, sizeof out);
		assert_false(prove(cases[i].a, cases[i].i, cases[i].c, "pi4", &w, &fail));
		assert_int_equal(fail.code, cases[i].code);
		assert_string_equal(fail.detail, cases[i].detail);
		assert_int_equal(w.n_bytes, 0);
	}
}

static void a_long_value_is_shown_cut(void **state)
{
	(void)state;
	char text[3000];
	uint8_t out[128];
	struct fail fail = {0};
	struct writer w = writer_over(out, sizeof out);
	memset(text, 'z', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_false(prove("5", "1", text, "pi4", &w, &fail));
	assert_true(strlen(fail.detail) < 160);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms_are_offered),
		cmocka_unit_test(responses),
		cmocka_unit_test(the_longest_challenge),
		cmocka_unit_test(a_name_is_never_decoded),
		cmocka_unit_test(refusals),
		cmocka_unit_test(a_long_value_is_shown_cut),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
