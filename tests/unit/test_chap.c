/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP responses of both sides against values that Python's hashlib computed, and every way in which a challenge or the
 * target's answer can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "iscsi/chap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEX_16 "0xb91ccff7e5ea1ba14642c7b8b06f8a6c"
#define BASE64_16 "0buRzP9+XqG6FGQse4sG+KbA=="

#define NAME_BYTES (sizeof "CHAP_N=pi4")

static struct secret secret, secret_in;
static struct chap chap;

static int set_up(void **state)
{
	(void)state;
	return secret_set(&secret, "secretsecret12", 14) && secret_set(&secret_in, "othersecret34", 13) ? 0 : -1;
}

static struct span maybe(const char *text)
{
	return text != NULL ? span_of(text) : (struct span){0};
}

static bool prove(const char *a, const char *i, const char *c, const char *username, struct writer *w,
		  struct fail *fail)
{
	struct chap_challenge asked = {maybe(a), maybe(i), maybe(c)};
	struct chap_config config = {
		.username = username, .secret = &secret, .secret_in = &(struct secret){.n_bytes = 0}};
	return chap_put_proof(&chap, &config, &asked, w, fail);
}

static void algorithms_are_offered(void **state)
{
	(void)state;
	static const char *const texts[] = {"CHAP_A=8,7,6,5", "CHAP_A=5"};
	for (size_t i = 0; i < COUNT(texts); i++) {
		uint8_t out[32];
		struct writer w = writer_over(out, sizeof out);
		chap_put_algorithms(&(struct chap_config){.md5_only = i == 1}, &w);
		assert_int_equal(w.n_bytes, strlen(texts[i]) + 1);
		assert_memory_equal(out, texts[i], w.n_bytes);
	}
}

static const struct {
	const char *number, *name, *ours, *theirs;
} of_algorithms[] = {
	{"5", "MD5", "2002e82f7dcea276f3cf121d03c2986b", "24e6c1b9070409bb06d52de4aa897cf4"},
	{"6", "SHA1", "66657466c8b39335d9c57b13dca166003863fab9", "389e363fca983f089d667ecbfa2f414ccb3b6394"},
	{"7", "SHA256", "377f3348af705a4a29da69663d3f103329e9b189ab9e479aaaf0c617d18f9249",
	 "f00b1e808b9e06261e11a8547fcfe9b6af132271f571dbe2170deefaa33adb5e"},
	{"8", "SHA3-256", "fb2b040b9fd108789148fde7d0e12f6e568525d589b0940956f70b827c737b59",
	 "728bfa3a0202238031475e43edc30749b46664f80fb265f0da1403831c19bc7f"},
};

static void every_algorithm(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(of_algorithms); i++) {
		uint8_t out[128];
		struct fail fail = {0};
		struct writer w = writer_over(out, sizeof out);
		assert_true(prove(of_algorithms[i].number, "42", HEX_16, "pi4", &w, &fail));
		assert_memory_equal(out + NAME_BYTES, "CHAP_R=0x", 9);
		assert_string_equal((char *)out + NAME_BYTES + 9, of_algorithms[i].ours);
		assert_int_equal(w.n_bytes, NAME_BYTES + 9 + strlen(of_algorithms[i].ours) + 1);
		assert_string_equal(chap.hash->name, of_algorithms[i].name);
	}
}

static void md5_alone(void **state)
{
	(void)state;
	struct chap_config config = {.username = "pi4", .secret = &secret, .md5_only = true};
	for (size_t i = 0; i < COUNT(of_algorithms); i++) {
		uint8_t out[128];
		struct fail fail = {0};
		struct writer w = writer_over(out, sizeof out);
		struct chap_challenge asked = {span_of(of_algorithms[i].number), span_of("1"), span_of(HEX_16)};
		assert_int_equal(chap_put_proof(&chap, &config, &asked, &w, &fail), i == 0);
		assert_int_equal(fail.code, i == 0 ? FAIL_NONE : FAIL_CHAP_ALGORITHM);
	}
}

/* --- mutual --- */

static struct chap_config mutual(void)
{
	struct chap_config config = {
		.username = "pi4", .secret = &secret, .username_in = "san", .secret_in = &secret_in};
	config.nonce.identifier = 77;
	for (size_t i = 0; i < sizeof config.nonce.challenge; i++)
		config.nonce.challenge[i] = (uint8_t)i;
	return config;
}

/* Our proof by the algorithm, after which the target is to answer. */
static bool ask(const struct chap_config *config, const char *algorithm, const char *challenge, struct writer *w,
		struct fail *fail)
{
	struct chap_challenge asked = {span_of(algorithm), span_of("42"), span_of(challenge)};
	memset(fail, 0, sizeof *fail);
	return chap_put_proof(&chap, config, &asked, w, fail);
}

static bool check(const struct chap_config *config, const char *name, const char *response, struct fail *fail)
{
	struct chap_answer answer = {maybe(name), maybe(response)};
	return chap_check_proof(&chap, config, &answer, fail);
}

static void the_target_is_asked(void **state)
{
	(void)state;
	uint8_t out[256];
	struct fail fail;
	struct chap_config config = mutual();
	struct writer w = writer_over(out, sizeof out);
	assert_true(chap_is_mutual(&config));
	assert_true(ask(&config, "5", HEX_16, &w, &fail));
	const char *text = (char *)out + NAME_BYTES + 42;
	assert_string_equal(text, "CHAP_I=77");
	assert_string_equal(text + 10, "CHAP_C=0x000102030405060708090a0b0c0d0e0f");
	assert_int_equal(w.n_bytes, NAME_BYTES + 42 + 10 + 42);
}

static void the_target_proves_itself(void **state)
{
	(void)state;
	static const char *const names[] = {"san", "", NULL};
	for (size_t i = 0; i < COUNT(of_algorithms); i++) {
		for (size_t k = 0; k < COUNT(names); k++) {
			uint8_t out[256];
			char response[80];
			struct fail fail;
			struct chap_config config = mutual();
			struct writer w = writer_over(out, sizeof out);
			config.username_in = names[k];
			snprintf(response, sizeof response, "0x%s", of_algorithms[i].theirs);
			assert_true(ask(&config, of_algorithms[i].number, HEX_16, &w, &fail));
			assert_true(check(&config, k == 0 ? "san" : "anything", response, &fail));
			assert_int_equal(fail.code, FAIL_NONE);
		}
	}
}

#define RIGHT "0x24e6c1b9070409bb06d52de4aa897cf4"

static void answers_that_prove_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *name, *response;
		enum fail_code code;
		const char *detail;
	} cases[] = {
		{"san", NULL, FAIL_TARGET_UNPROVEN, "CHAP_R is missing"},
		{NULL, RIGHT, FAIL_TARGET_UNPROVEN, "CHAP_N is missing"},
		{"san", "", FAIL_TARGET_UNPROVEN, "CHAP_R is not the 16 bytes of MD5"},
		{"san", "0x", FAIL_TARGET_UNPROVEN, "CHAP_R is not the 16 bytes of MD5"},
		{"san", RIGHT "00", FAIL_TARGET_UNPROVEN, "CHAP_R is not the 16 bytes of MD5"},
		{"san", "0x24e6c1b9070409bb06d52de4aa897c", FAIL_TARGET_UNPROVEN, "CHAP_R is not the 16 bytes of MD5"},
		{"san", "24e6c1b9070409bb06d52de4aa897cf4", FAIL_TARGET_UNPROVEN, "CHAP_R is not the 16 bytes of MD5"},
		{"san", "0x2002e82f7dcea276f3cf121d03c2986b", FAIL_CHAP_REFLECTED, "CHAP_R is our own"},
		{"sam", RIGHT, FAIL_TARGET_NAME, "CHAP_N=sam: not the name expected"},
		{"", RIGHT, FAIL_TARGET_NAME, "CHAP_N=: not the name expected"},
		{"0x73616e", RIGHT, FAIL_TARGET_NAME, "CHAP_N=0x73616e: not the name expected"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t out[256];
		struct fail fail;
		struct chap_config config = mutual();
		struct writer w = writer_over(out, sizeof out);
		assert_true(ask(&config, "5", HEX_16, &w, &fail));
		assert_false(check(&config, cases[i].name, cases[i].response, &fail));
		assert_string_equal(fail.detail, cases[i].detail);
		assert_int_equal(fail.code, cases[i].code);
	}
}

static void every_digit_of_the_answer_counts(void **state)
{
	(void)state;
	uint8_t out[256];
	struct fail fail;
	struct chap_config config = mutual();
	struct writer w = writer_over(out, sizeof out);
	assert_true(ask(&config, "5", HEX_16, &w, &fail));
	for (size_t at = 2; at < strlen(RIGHT); at++) {
		char response[] = RIGHT;
		response[at] = response[at] == '0' ? '1' : '0';
		memset(&fail, 0, sizeof fail);
		assert_false(check(&config, "san", response, &fail));
		assert_string_equal(fail.detail, "CHAP_R is wrong");
	}
}

static void nothing_of_ours_comes_back(void **state)
{
	(void)state;
	static const char *const reflections[] = {"0x000102030405060708090a0b0c0d0e0f", "0bAAECAwQFBgcICQoLDA0ODw=="};
	for (size_t i = 0; i < COUNT(reflections); i++) {
		uint8_t out[256];
		struct fail fail;
		struct chap_config config = mutual();
		struct writer w = writer_over(out, sizeof out);
		assert_false(ask(&config, "5", reflections[i], &w, &fail));
		assert_int_equal(fail.code, FAIL_CHAP_REFLECTED);
		assert_string_equal(fail.detail, "CHAP_C is our own");
		assert_int_equal(w.n_bytes, 0);
	}
}

/* Only our own challenge, whole, is refused; in one direction there is none. */
static void challenges_like_ours(void **state)
{
	(void)state;
	static const char *const others[] = {
		"0x000102030405060708090a0b0c0d0e",
		"0x000102030405060708090a0b0c0d0e0f00",
		"0x000102030405060708090a0b0c0d0e0e",
		"0x00",
	};
	for (size_t i = 0; i < COUNT(others); i++) {
		uint8_t out[256];
		struct fail fail;
		struct chap_config config = mutual();
		struct writer w = writer_over(out, sizeof out);
		assert_true(ask(&config, "5", others[i], &w, &fail));
		config.secret_in = NULL;
		assert_false(chap_is_mutual(&config));
		assert_false(chap_is_mutual(&(struct chap_config){.username = "", .secret_in = &secret_in}));
		w.n_bytes = 0;
		assert_true(ask(&config, "5", "0x000102030405060708090a0b0c0d0e0f", &w, &fail));
	}
}

static void one_secret_for_both(void **state)
{
	(void)state;
	uint8_t out[256];
	struct fail fail;
	struct chap_config config = mutual();
	struct writer w = writer_over(out, sizeof out);
	config.secret_in = &secret;
	assert_false(ask(&config, "5", HEX_16, &w, &fail));
	assert_int_equal(fail.code, FAIL_SECRETS_EQUAL);
	assert_int_equal(w.n_bytes, 0);
}

/* --- one way --- */

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
		{"9", "1", HEX_16, FAIL_CHAP_ALGORITHM, "CHAP_A=9: not one of ours"},
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
		cmocka_unit_test(every_algorithm),
		cmocka_unit_test(md5_alone),
		cmocka_unit_test(the_target_is_asked),
		cmocka_unit_test(the_target_proves_itself),
		cmocka_unit_test(answers_that_prove_nothing),
		cmocka_unit_test(every_digit_of_the_answer_counts),
		cmocka_unit_test(nothing_of_ours_comes_back),
		cmocka_unit_test(challenges_like_ours),
		cmocka_unit_test(one_secret_for_both),
		cmocka_unit_test(responses),
		cmocka_unit_test(the_longest_challenge),
		cmocka_unit_test(a_name_is_never_decoded),
		cmocka_unit_test(refusals),
		cmocka_unit_test(a_long_value_is_shown_cut),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
