/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The login engine against a scripted target: the ways to log in byte for byte, every refusal with its words, the
 * bounds. Damaged conversations are in test_talk.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/login.h"

#include "talk.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET "secretsecret12"
#define SECRET_IN "othersecret34"
#define NAMES "InitiatorName=iqn.2026-01.lab:me\nTargetName=iqn.2026-01.lab:root\nSessionType=Normal\n"
#define KEYS                                                                                                           \
	"HeaderDigest=None\nDataDigest=None\nDefaultTime2Wait=2\nDefaultTime2Retain=0\nErrorRecoveryLevel=0\n"         \
	"InitialR2T=No\nImmediateData=Yes\nMaxBurstLength=16776192\nFirstBurstLength=262144\nMaxOutstandingR2T=1\n"    \
	"MaxConnections=1\nDataPDUInOrder=Yes\nDataSequenceInOrder=Yes\nMaxRecvDataSegmentLength=262144\n"
#define ANSWERS                                                                                                        \
	"HeaderDigest=None\nDataDigest=None\nDefaultTime2Wait=2\nDefaultTime2Retain=0\nErrorRecoveryLevel=0\n"         \
	"InitialR2T=Yes\nImmediateData=Yes\nMaxBurstLength=262144\nFirstBurstLength=65536\nMaxOutstandingR2T=1\n"      \
	"MaxConnections=1\nDataPDUInOrder=Yes\nDataSequenceInOrder=Yes\nMaxRecvDataSegmentLength=32768\n"
#define ASKED "CHAP_A=5\nCHAP_I=42\nCHAP_C=0xb91ccff7e5ea1ba14642c7b8b06f8a6c\n"
#define NONCE "CHAP_I=77\nCHAP_C=0x000102030405060708090a0b0c0d0e0f\n"
#define PROOF_IN "CHAP_N=san\nCHAP_R=0x24e6c1b9070409bb06d52de4aa897cf4\n"
#define PROOF "CHAP_N=pi4\nCHAP_R=0x2002e82f7dcea276f3cf121d03c2986b\n"

static struct login login;
static struct secret secret, secret_in;
static struct fail fail;
static uint32_t stat_sn;

static struct login_config base_config(void)
{
	struct login_config config = {
		.initiator_name = "iqn.2026-01.lab:me",
		.target_name = "iqn.2026-01.lab:root",
		.cid = 0x0506,
		.cmd_sn = 0xfffffffa,
	};
	memcpy(config.isid, talk_isid, sizeof talk_isid);
	return config;
}

static void start_with(const struct login_config *config)
{
	assert_true(secret_set(&secret, SECRET, strlen(SECRET)));
	assert_true(secret_set(&secret_in, SECRET_IN, strlen(SECRET_IN)));
	memset(&login, 0xa5, sizeof login);
	memset(&fail, 0, sizeof fail);
	stat_sn = TALK_FIRST_STAT_SN;
	login_start(&login, config);
}

static void start(bool chap)
{
	struct login_config config = base_config();
	config.chap.username = chap ? "pi4" : "";
	config.chap.secret = &secret;
	start_with(&config);
}

static void start_mutual(void)
{
	struct login_config config = base_config();
	config.chap = (struct chap_config){
		.username = "pi4", .secret = &secret, .username_in = "san", .secret_in = &secret_in};
	config.chap.nonce.identifier = 77;
	for (uint8_t i = 0; i < CHAP_CHALLENGE_BYTES; i++)
		config.chap.nonce.challenge[i] = i;
	start_with(&config);
}

static void start_security_first(void)
{
	struct login_config config = base_config();
	config.security_first = true;
	start_with(&config);
}

static bool answer(const struct reply *reply)
{
	uint8_t header[48];
	size_t n_bytes;
	uint8_t *wire = talk_wire(reply->text, &n_bytes);
	assert_int_equal(login_state(&login), LOGIN_SEND);
	login_sent(&login);
	assert_int_equal(login_state(&login), LOGIN_RECEIVE);
	talk_header(reply, stat_sn++, n_bytes, header);
	bool good = talk_deliver(&login, header, wire, n_bytes, &fail);
	free(wire);
	return good;
}

static void expect_request(uint8_t flags, uint32_t exp_stat_sn, const char *text)
{
	const uint8_t *header, *data;
	size_t n_bytes;
	uint8_t expected[48] = {0x43, flags};
	assert_int_equal(login_state(&login), LOGIN_SEND);
	login_to_send(&login, &header, &data, &n_bytes);
	talk_put_be(expected + 5, (uint32_t)strlen(text), 3);
	memcpy(expected + 8, talk_isid, 6);
	talk_put_be(expected + 20, 0x0506, 2);
	talk_put_be(expected + 24, 0xfffffffa, 4);
	talk_put_be(expected + 28, exp_stat_sn, 4);
	assert_memory_equal(header, expected, 48);
	assert_int_equal(n_bytes, strlen(text));
	assert_string_equal(talk_request_text(&login), text);
}

static void expect_failed(enum fail_code code, const char *detail)
{
	assert_int_equal(login_state(&login), LOGIN_FAILED);
	assert_string_equal(fail.detail, detail);
	assert_int_equal(fail.code, code);
}

static void expect_done(uint16_t tsih)
{
	const struct login_result *r = login_result(&login);
	assert_int_equal(login_state(&login), LOGIN_DONE);
	assert_int_equal(fail.code, FAIL_NONE);
	assert_int_equal(r->tsih, tsih);
	assert_int_equal(r->exp_stat_sn, stat_sn);
	assert_int_equal(r->exp_cmd_sn, 7);
	assert_int_equal(r->max_cmd_sn, 70);
	assert_int_equal(r->status_class, 0);
}

static void no_authentication_takes_one_round_trip(void **state)
{
	(void)state;
	start(false);
	expect_request(0x87, 0, NAMES KEYS);
	assert_true(answer(&(struct reply){0x87, 0x0100, 0, "TargetPortalGroupTag=3\nTargetAlias=disk\n" ANSWERS}));
	expect_done(0x0100);
	const struct login_result *r = login_result(&login);
	assert_false(r->chap);
	assert_true(r->has_tpgt);
	assert_int_equal(r->tpgt, 3);
	assert_string_equal(r->target_alias, "disk");
	assert_int_equal(r->values.max_burst_length, 262144);
	assert_int_equal(r->values.first_burst_length, 65536);
	assert_int_equal(r->values.max_xmit_data_segment_length, 32768);
	assert_int_equal(r->values.max_recv_data_segment_length, 262144);
	assert_true(r->values.initial_r2t);
	assert_int_equal(r->values.default_time2retain, 0);
}

static void chap_takes_four(void **state)
{
	(void)state;
	start(true);
	expect_request(0x00, 0, NAMES "AuthMethod=CHAP\n");
	assert_true(answer(&(struct reply){0x00, 0, 0, "TargetPortalGroupTag=1\nAuthMethod=CHAP\n"}));
	expect_request(0x00, 0x101, "CHAP_A=8,7,6,5\n");
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	expect_request(0x81, 0x102, PROOF);
	assert_false(login_result(&login)->chap);
	assert_true(answer(&(struct reply){0x81, 0, 0, NULL}));
	expect_request(0x87, 0x103, KEYS);
	assert_true(answer(&(struct reply){0x87, 1, 0, ANSWERS}));
	expect_done(1);
	assert_true(login_result(&login)->chap);
	assert_int_equal(login_result(&login)->tpgt, 1);
}

static void mutual_chap_takes_no_more(void **state)
{
	(void)state;
	start_mutual();
	expect_request(0x00, 0, NAMES "AuthMethod=CHAP\n");
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	expect_request(0x00, 0x101, "CHAP_A=8,7,6,5\n");
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	expect_request(0x81, 0x102, PROOF NONCE);
	assert_true(answer(&(struct reply){0x81, 0, 0, PROOF_IN}));
	expect_request(0x87, 0x103, KEYS);
	assert_true(answer(&(struct reply){0x87, 1, 0, ANSWERS}));
	expect_done(1);
	assert_true(login_result(&login)->chap && login_result(&login)->mutual);
	assert_string_equal(login_result(&login)->chap_algorithm, "MD5");
}

/* The proof counts in whichever round of the stage it comes, and once. */
static void a_proof_before_the_transit(void **state)
{
	(void)state;
	start_mutual();
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	assert_true(answer(&(struct reply){0x00, 0, 0, PROOF_IN}));
	expect_request(0x81, 0x103, "");
	assert_false(login_result(&login)->chap);
	assert_true(answer(&(struct reply){0x81, 0, 0, NULL}));
	expect_request(0x87, 0x104, KEYS);

	start_mutual();
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	assert_true(answer(&(struct reply){0x00, 0, 0, PROOF_IN}));
	assert_false(answer(&(struct reply){0x81, 0, 0, PROOF_IN}));
	expect_failed(FAIL_PROTOCOL, "CHAP_N=san: this key was sent before");
}

static void targets_that_prove_nothing(void **state)
{
	(void)state;
	static const struct {
		struct reply challenge, proof; /* without a proof the challenge is refused */
		enum fail_code code;
		const char *detail;
	} cases[] = {
		{{0x00, 0, 0, ASKED}, {0x81, 0, 0, ""}, FAIL_TARGET_UNPROVEN, "CHAP_R is missing"},
		{{0x00, 0, 0, ASKED}, {0x00, 0, 0, ""}, FAIL_TARGET_UNPROVEN, "CHAP_R is missing"},
		{{0x00, 0, 0, ASKED}, {0x81, 0, 0, "CHAP_N=san\n"}, FAIL_TARGET_UNPROVEN, "CHAP_R is missing"},
		{{0x00, 0, 0, ASKED},
		 {0x81, 0, 0, "CHAP_R=0x24e6c1b9070409bb06d52de4aa897cf4\n"},
		 FAIL_TARGET_UNPROVEN,
		 "CHAP_N is missing"},
		{{0x00, 0, 0, ASKED},
		 {0x81, 0, 0, "CHAP_N=san\nCHAP_R=0x24e6c1b9070409bb06d52de4aa897cf5\n"},
		 FAIL_TARGET_UNPROVEN,
		 "CHAP_R is wrong"},
		{{0x00, 0, 0, ASKED}, {0x81, 0, 0, PROOF}, FAIL_CHAP_REFLECTED, "CHAP_R is our own"},
		{{0x00, 0, 0, ASKED},
		 {0x81, 0, 0, "CHAP_N=eve\nCHAP_R=0x24e6c1b9070409bb06d52de4aa897cf4\n"},
		 FAIL_TARGET_NAME,
		 "CHAP_N=eve: not the name expected"},
		{{0x00, 0, 0, "CHAP_A=5\n" NONCE}, {0}, FAIL_CHAP_REFLECTED, "CHAP_C is our own"},
		{{0x00, 0, 0, ASKED},
		 {0x00, 0, 0x0201, ""},
		 FAIL_AUTH_REFUSED,
		 "status 0201, perhaps for want of a secret of its own"},
		{{0x81, 0, 0, ASKED}, {0}, FAIL_PROTOCOL, "the target leaves stage 0 on its own"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_mutual();
		assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
		if (cases[i].proof.text != NULL) {
			assert_true(answer(&cases[i].challenge));
			assert_false(answer(&cases[i].proof));
		} else {
			assert_false(answer(&cases[i].challenge));
		}
		expect_failed(cases[i].code, cases[i].detail);
		assert_false(login_result(&login)->mutual);
	}
}

static void the_stage_without_a_method(void **state)
{
	(void)state;
	static const char *const answers[] = {"TargetPortalGroupTag=1\nAuthMethod=None\n", NULL};
	for (size_t i = 0; i < COUNT(answers); i++) {
		start_security_first();
		expect_request(0x81, 0, NAMES "AuthMethod=None\n");
		assert_true(answer(&(struct reply){0x81, 0, 0, answers[i]}));
		expect_request(0x87, 0x101, KEYS);
		assert_true(answer(&(struct reply){0x87, 1, 0, ANSWERS}));
		expect_done(1);
		assert_false(login_result(&login)->chap);
	}
}

static void the_stage_without_a_method_takes_its_time(void **state)
{
	(void)state;
	start_security_first();
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=None\n"}));
	expect_request(0x81, 0x101, "");
	assert_true(answer(&(struct reply){0x81, 0, 0, NULL}));
	expect_request(0x87, 0x102, KEYS);
}

static void methods_that_are_not_none(void **state)
{
	(void)state;
	static const struct {
		struct reply reply;
		enum fail_code code;
		const char *detail;
	} cases[] = {
		{{0x00, 0, 0, "AuthMethod=CHAP\n"}, FAIL_CHAP_WANTED, "AuthMethod=CHAP: demanded by the target"},
		{{0x00, 0, 0, "AuthMethod=Reject\n"}, FAIL_CHAP_WANTED, "AuthMethod=Reject: offered was None"},
		{{0x81, 0, 0, "AuthMethod=KRB5\n"}, FAIL_NEGOTIATION, "AuthMethod=KRB5: offered was None"},
		{{0x00, 0, 0, "AuthMethod=None\nAuthMethod=None\n"},
		 FAIL_PROTOCOL,
		 "AuthMethod=None: this key was sent before"},
		{{0x83, 1, 0, ""}, FAIL_PROTOCOL, "the target goes to stage 3 instead of 1"},
		{{0x00, 0, 0x0201, ""}, FAIL_CHAP_WANTED, "status 0201"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start_security_first();
		assert_false(answer(&cases[i].reply));
		expect_failed(cases[i].code, cases[i].detail);
		assert_int_equal(login_advice(&login, &fail), LOGIN_ADVICE_NONE);
	}
}

static void what_a_closed_connection_means(void **state)
{
	(void)state;
	start(false);
	assert_int_equal(login_closed(&login), FAIL_LOGIN_CLOSED);
	start(true);
	assert_int_equal(login_closed(&login), FAIL_LOGIN_CLOSED);
	start_security_first();
	assert_int_equal(login_closed(&login), FAIL_CHAP_WANTED);
}

static void when_to_begin_with_the_security_stage(void **state)
{
	(void)state;
	static const struct {
		struct reply reply;
		enum login_advice advice;
	} cases[] = {
		{{0x00, 0, 0x0200, ""}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x00, 0, 0x0201, ""}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x04, 0, 0x0207, ""}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x04, 0, 0x020b, ""}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x00, 0, 0, ""}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x04, 0, 0, "AuthMethod=CHAP,None\n"}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x87, 1, 0, "AuthMethod=None\n"}, LOGIN_ADVICE_SECURITY_FIRST},
		{{0x00, 0, 0x0202, ""}, LOGIN_ADVICE_NONE},
		{{0x00, 0, 0x0203, ""}, LOGIN_ADVICE_NONE},
		{{0x00, 0, 0x0206, ""}, LOGIN_ADVICE_NONE},
		{{0x00, 0, 0x0300, ""}, LOGIN_ADVICE_NONE},
		{{0x87, 0, 0, ""}, LOGIN_ADVICE_NONE},
		{{0x04, 0, 0, "CHAP_A=5\n"}, LOGIN_ADVICE_NONE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start(false);
		assert_int_equal(login_advice(&login, &fail), LOGIN_ADVICE_NONE);
		assert_false(answer(&cases[i].reply));
		assert_int_equal(login_advice(&login, &fail), cases[i].advice);
		/* a round later the target has let the security stage pass */
		start(false);
		assert_true(answer(&(struct reply){0x04, 0, 0, NULL}));
		assert_false(answer(&cases[i].reply));
		assert_int_equal(login_advice(&login, &fail), LOGIN_ADVICE_NONE);
		/* nor is there another try with CHAP */
		start(true);
		assert_false(answer(&cases[i].reply));
		assert_int_equal(login_advice(&login, &fail), LOGIN_ADVICE_NONE);
	}
}

static void when_to_offer_md5_alone(void **state)
{
	(void)state;
	static const struct {
		struct reply reply;
		enum login_advice advice;
	} cases[] = {
		{{0x00, 0, 0x0200, ""}, LOGIN_ADVICE_MD5_ONLY},
		{{0x00, 0, 0x0201, ""}, LOGIN_ADVICE_MD5_ONLY},
		{{0x00, 0, 0, "CHAP_A=Reject\n"}, LOGIN_ADVICE_MD5_ONLY},
		{{0x00, 0, 0, "CHAP_A=9\nCHAP_I=1\nCHAP_C=0x12\n"}, LOGIN_ADVICE_MD5_ONLY},
		{{0x00, 0, 0x0300, ""}, LOGIN_ADVICE_NONE},
		{{0x81, 0, 0, ASKED}, LOGIN_ADVICE_NONE},
		{{0x00, 0, 0, ""}, LOGIN_ADVICE_NONE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct login_config config = base_config();
		config.chap = (struct chap_config){.username = "pi4", .secret = &secret};
		start_with(&config);
		assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
		assert_false(answer(&cases[i].reply));
		assert_int_equal(login_advice(&login, &fail), cases[i].advice);
		config.chap.md5_only = true;
		start_with(&config);
		assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
		expect_request(0x00, 0x101, "CHAP_A=5\n");
		assert_false(answer(&cases[i].reply));
		assert_int_equal(login_advice(&login, &fail), LOGIN_ADVICE_NONE);
	}
}

static void when_the_target_chokes_on_the_proof(void **state)
{
	(void)state;
	static const struct {
		char algorithm;
		uint16_t status;
		enum login_advice advice;
	} cases[] = {
		{'7', 0x0200, LOGIN_ADVICE_MD5_ONLY}, {'8', 0x0200, LOGIN_ADVICE_MD5_ONLY},
		{'5', 0x0200, LOGIN_ADVICE_NONE},     {'7', 0x0201, LOGIN_ADVICE_NONE},
		{'7', 0x0202, LOGIN_ADVICE_NONE},     {'7', 0x0300, LOGIN_ADVICE_NONE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char asked[] = ASKED;
		asked[strlen("CHAP_A=")] = cases[i].algorithm;
		start(true);
		assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
		assert_true(answer(&(struct reply){0x00, 0, 0, asked}));
		assert_false(answer(&(struct reply){0x00, 0, cases[i].status, NULL}));
		assert_int_equal(login_advice(&login, &fail), cases[i].advice);
	}
}

/* The carrier's failures: a target that closes at the list, and all others. */
static void when_the_target_closes(void **state)
{
	(void)state;
	struct fail closed = {.code = FAIL_LOGIN_CLOSED}, silent = {.code = FAIL_LOGIN_TIMEOUT};
	start(false);
	assert_int_equal(login_advice(&login, &closed), LOGIN_ADVICE_NONE);
	start(true);
	assert_int_equal(login_advice(&login, &closed), LOGIN_ADVICE_NONE);
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	assert_int_equal(login_advice(&login, &closed), LOGIN_ADVICE_MD5_ONLY);
	assert_int_equal(login_advice(&login, &silent), LOGIN_ADVICE_NONE);
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	assert_int_equal(login_advice(&login, &closed), LOGIN_ADVICE_NONE);
}

static void a_digest_that_has_to_be(void **state)
{
	(void)state;
	struct login_config config = base_config();
	config.digests = "CRC32C";
	start_with(&config);
	assert_true(answer(&(struct reply){0x04, 0, 0, "HeaderDigest=CRC32C\n"}));
	assert_false(answer(&(struct reply){0x87, 1, 0, NULL}));
	expect_failed(FAIL_NO_DIGEST, "DataDigest");
	start_with(&config);
	assert_true(answer(&(struct reply){0x87, 1, 0, "HeaderDigest=CRC32C\nDataDigest=CRC32C\n"}));
	expect_done(1);
	assert_true(login_result(&login)->values.header_digest && login_result(&login)->values.data_digest);
}

static void a_tsih_counts_at_the_end(void **state)
{
	(void)state;
	start(true);
	assert_true(answer(&(struct reply){0x00, 7, 0, "AuthMethod=CHAP\n"}));
	assert_true(answer(&(struct reply){0x00, 7, 0, ASKED}));
	assert_true(answer(&(struct reply){0x81, 7, 0, NULL}));
	expect_request(0x87, 0x103, KEYS);
	assert_true(answer(&(struct reply){0x87, 9, 0, ANSWERS}));
	expect_done(9);
}

static void a_target_that_names_no_values_gets_the_defaults(void **state)
{
	(void)state;
	start(false);
	assert_true(answer(&(struct reply){0x87, 1, 0, NULL}));
	expect_done(1);
	assert_false(login_result(&login)->has_tpgt);
	assert_int_equal(login_result(&login)->values.first_burst_length, 65536);
	assert_true(login_result(&login)->values.initial_r2t);
}

/* A target may stay in a stage for another round; what it proposes there is answered. */
static void more_rounds_than_needed(void **state)
{
	(void)state;
	start(true);
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\nX-org.example.a=1\n"}));
	expect_request(0x00, 0x101, "X-org.example.a=NotUnderstood\nCHAP_A=8,7,6,5\n");
	assert_true(answer(&(struct reply){0x01, 0, 0, ASKED}));
	assert_true(answer(&(struct reply){0x00, 0, 0, NULL}));
	expect_request(0x81, 0x103, "");
	assert_true(answer(&(struct reply){0x81, 0, 0, NULL}));
	assert_true(answer(&(struct reply){0x04, 0, 0, "IFMarker=Yes\niSCSIProtocolLevel=1\n" ANSWERS}));
	expect_request(0x87, 0x105, "IFMarker=Reject\niSCSIProtocolLevel=1\n");
	assert_true(answer(&(struct reply){0x87, 9, 0, NULL}));
	expect_done(9);
	assert_int_equal(login_result(&login)->values.max_burst_length, 262144);
}

static void stat_sn_wraps(void **state)
{
	(void)state;
	start(true);
	stat_sn = 0xffffffff;
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	expect_request(0x00, 0, "CHAP_A=8,7,6,5\n");
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	assert_true(answer(&(struct reply){0x81, 0, 0, NULL}));
	assert_true(answer(&(struct reply){0x87, 1, 0, ANSWERS}));
	expect_done(1);
}

struct refusal {
	bool chap;
	struct reply replies[5]; /* the last one that is not all zero is the wrong one */
	enum fail_code code;
	const char *detail;
};

#define METHOD                                                                                                         \
	{                                                                                                              \
		0x00, 0, 0, "AuthMethod=CHAP\n"                                                                        \
	}
#define CHALLENGE                                                                                                      \
	{                                                                                                              \
		0x00, 0, 0, ASKED                                                                                      \
	}
#define ACCEPTED                                                                                                       \
	{                                                                                                              \
		0x81, 0, 0, ""                                                                                         \
	}

static const struct refusal refusals[] = {
	/* stages and bits */
	{false, {{0x83, 1, 0, ""}}, FAIL_PROTOCOL, "an answer in stage 0 to a request in stage 1"},
	{false, {{0x8b, 1, 0, ""}}, FAIL_PROTOCOL, "an answer in stage 2 to a request in stage 1"},
	{false, {{0x0c, 0, 0, ""}}, FAIL_PROTOCOL, "an answer in stage 3 to a request in stage 1"},
	{false, {{0x85, 0, 0, ""}}, FAIL_PROTOCOL, "the target goes to stage 1 instead of 3"},
	{false, {{0x86, 1, 0, ""}}, FAIL_PROTOCOL, "the target goes to stage 2 instead of 3"},
	{false, {{0x84, 1, 0, ""}}, FAIL_PROTOCOL, "the target goes to stage 0 instead of 3"},
	{false, {{0xc7, 1, 0, "a=b\n"}}, FAIL_PROTOCOL, "T and C bit in one answer"},
	{false, {{0x44, 0, 0, "a=b\n"}, {0x87, 1, 0, ""}}, FAIL_PROTOCOL, "the target leaves stage 1 on its own"},
	{true, {{0x81, 0, 0, "AuthMethod=CHAP\n"}}, FAIL_PROTOCOL, "the target leaves stage 0 on its own"},
	{true, {{0x83, 1, 0, "AuthMethod=CHAP\n"}}, FAIL_PROTOCOL, "the target leaves stage 0 on its own"},
	{true, {METHOD, {0x81, 0, 0, ASKED}}, FAIL_PROTOCOL, "the target leaves stage 0 on its own"},
	{true, {METHOD, CHALLENGE, {0x83, 1, 0, ""}}, FAIL_PROTOCOL, "the target goes to stage 3 instead of 1"},
	{true, {METHOD, CHALLENGE, {0x80, 0, 0, ""}}, FAIL_PROTOCOL, "the target goes to stage 0 instead of 1"},
	{true,
	 {METHOD, CHALLENGE, ACCEPTED, {0x81, 0, 0, ""}},
	 FAIL_PROTOCOL,
	 "an answer in stage 0 to a request in stage 1"},
	/* TSIH */
	{false, {{0x87, 0, 0, ANSWERS}}, FAIL_PROTOCOL, "no TSIH in the last answer"},
	/* the method */
	{true, {{0x00, 0, 0, ""}}, FAIL_PROTOCOL, "AuthMethod is missing"},
	{true, {{0x00, 0, 0, "AuthMethod=None\n"}}, FAIL_AUTH_DOWNGRADE, "AuthMethod=None: offered was CHAP"},
	{true, {{0x00, 0, 0, "AuthMethod=Reject\n"}}, FAIL_AUTH_DOWNGRADE, "AuthMethod=Reject: offered was CHAP"},
	{true, {{0x00, 0, 0, "AuthMethod=KRB5\n"}}, FAIL_NEGOTIATION, "AuthMethod=KRB5: offered was CHAP"},
	{true, {{0x00, 0, 0, "AuthMethod=CHAP,None\n"}}, FAIL_NEGOTIATION, "AuthMethod=CHAP,None: offered was CHAP"},
	{true, {{0x00, 0, 0, "AuthMethod=\n"}}, FAIL_NEGOTIATION, "AuthMethod=: offered was CHAP"},
	{true,
	 {{0x00, 0, 0, "AuthMethod=CHAP\nAuthMethod=CHAP\n"}},
	 FAIL_PROTOCOL,
	 "AuthMethod=CHAP: this key was sent before"},
	{true, {{0x00, 0, 0, "AuthMethod=CHAP\nCHAP_A=5\n"}}, FAIL_PROTOCOL, "CHAP_A=5: not asked for"},
	{true, {METHOD, {0x00, 0, 0, "AuthMethod=None\n" ASKED}}, FAIL_PROTOCOL, "AuthMethod=None: not asked for"},
	/* the challenge */
	{true, {METHOD, {0x00, 0, 0, ""}}, FAIL_PROTOCOL, "CHAP_A is missing"},
	{true, {METHOD, {0x00, 0, 0, "CHAP_A=5\nCHAP_I=1\n"}}, FAIL_PROTOCOL, "CHAP_C is missing"},
	{true, {METHOD, {0x00, 0, 0, "CHAP_A=5\nCHAP_C=0x12\n"}}, FAIL_PROTOCOL, "CHAP_I is missing"},
	{true,
	 {METHOD, {0x00, 0, 0, "CHAP_A=9\nCHAP_I=1\nCHAP_C=0x12\n"}},
	 FAIL_CHAP_ALGORITHM,
	 "CHAP_A=9: not one of ours"},
	{true, {METHOD, {0x00, 0, 0, "CHAP_A=Reject\n"}}, FAIL_CHAP_ALGORITHM, "CHAP_A=Reject: not one of ours"},
	{true, {METHOD, {0x00, 0, 0, ASKED "CHAP_I=1\n"}}, FAIL_PROTOCOL, "CHAP_I=1: this key was sent before"},
	{true, {METHOD, {0x00, 0, 0, ASKED "CHAP_N=you\n"}}, FAIL_PROTOCOL, "CHAP_N=you: not asked for"},
	{true, {METHOD, CHALLENGE, {0x81, 0, 0, ASKED}}, FAIL_PROTOCOL, "CHAP_A=5: not asked for"},
	{true, {METHOD, CHALLENGE, {0x81, 0, 0, "CHAP_R=0x12\n"}}, FAIL_PROTOCOL, "CHAP_R=0x12: not asked for"},
	{true,
	 {METHOD, CHALLENGE, {0x81, 0, 0, "MaxBurstLength=512\n"}},
	 FAIL_PROTOCOL,
	 "MaxBurstLength=512: an operational key in the security stage"},
	/* keys */
	{false,
	 {{0x87, 1, 0, "MaxBurstLength=99999999\n"}},
	 FAIL_NEGOTIATION,
	 "MaxBurstLength=99999999: against RFC 7143 section 13.13"},
	{false,
	 {{0x87, 1, 0, "HeaderDigest=CRC32C\n"}},
	 FAIL_NEGOTIATION,
	 "HeaderDigest=CRC32C: against RFC 7143 section 13.1"},
	{false,
	 {{0x04, 0, 0, ANSWERS}, {0x87, 1, 0, "InitialR2T=Yes\n"}},
	 FAIL_PROTOCOL,
	 "InitialR2T=Yes: this key was sent before"},
	{false, {{0x87, 1, 0, "Turbo=Reject\n"}}, FAIL_PROTOCOL, "Turbo=Reject: an answer to what was not asked"},
	{false,
	 {{0x87, 1, 0, "SessionType=Reject\n"}},
	 FAIL_NEGOTIATION,
	 "SessionType=Reject: against RFC 7143 section 13.21"},
	{false, {{0x04, 0, 0, "CHAP_A=5\n"}}, FAIL_PROTOCOL, "CHAP_A=5: not asked for"},
	{false, {{0x04, 0, 0, "AuthMethod=None\n"}}, FAIL_PROTOCOL, "AuthMethod=None: not asked for"},
	{false,
	 {{0x04, 0, 0, "AuthMethod=CHAP,None\n"}},
	 FAIL_CHAP_WANTED,
	 "AuthMethod=CHAP,None: demanded by the target"},
	{true,
	 {METHOD, CHALLENGE, ACCEPTED, {0x04, 0, 0, "AuthMethod=CHAP\n"}},
	 FAIL_PROTOCOL,
	 "AuthMethod=CHAP: not asked for"},
	/* text */
	{false, {{0x87, 1, 0, "InitialR2T=Yes"}}, FAIL_PROTOCOL, "text without its final NUL"},
	{false, {{0x87, 1, 0, "InitialR2T\n"}}, FAIL_PROTOCOL, "a key without '='"},
	{false, {{0x87, 1, 0, "=Yes\n"}}, FAIL_PROTOCOL, "a value without a key"},
	{false, {{0x87, 1, 0, "a=\033[2J\n"}}, FAIL_PROTOCOL, "a control character in the text"},
	/* status */
	{false, {{0x00, 0, 0x0201, ""}}, FAIL_CHAP_WANTED, "status 0201"},
	{true, {{0x00, 0, 0x0201, "AuthMethod=Reject\n"}}, FAIL_AUTH_DOWNGRADE, "status 0201"},
	{true, {METHOD, {0x00, 0, 0x0201, ""}}, FAIL_CHAP_ALGORITHM, "status 0201"},
	{true, {METHOD, CHALLENGE, {0x00, 0, 0x0201, ""}}, FAIL_AUTH_REFUSED, "status 0201"},
	{true, {METHOD, CHALLENGE, ACCEPTED, {0x00, 0, 0x0201, ""}}, FAIL_AUTH_REFUSED, "status 0201"},
	{false, {{0x00, 0, 0x0200, ""}}, FAIL_INITIATOR_ERROR, "status 0200"},
	{false, {{0x04, 0, 0x0202, ""}}, FAIL_FORBIDDEN, "status 0202"},
	{false, {{0x87, 0, 0x0203, ""}}, FAIL_TARGET_NOT_FOUND, "status 0203"},
	{false, {{0x87, 0, 0x0204, ""}}, FAIL_TARGET_REMOVED, "status 0204"},
	{false, {{0x87, 0, 0x0205, ""}}, FAIL_VERSION, "status 0205"},
	{false, {{0x87, 0, 0x0206, ""}}, FAIL_TOO_MANY_CONNECTIONS, "status 0206"},
	{false, {{0x87, 0, 0x020b, ""}}, FAIL_INITIATOR_ERROR, "status 020b, invalid during login"},
	{false, {{0x87, 0, 0x0300, ""}}, FAIL_TARGET_ERROR, "status 0300"},
	{false, {{0x87, 0, 0x0301, ""}}, FAIL_TARGET_UNAVAILABLE, "status 0301"},
	{false, {{0x87, 0, 0x0302, ""}}, FAIL_TARGET_RESOURCES, "status 0302"},
	{false, {{0x87, 0, 0x03ff, ""}}, FAIL_TARGET_ERROR, "status 03ff"},
	{false, {{0x87, 0, 0x0400, ""}}, FAIL_PROTOCOL, "status 0400"},
	/* redirects that lead nowhere */
	{false, {{0x00, 0, 0x0101, ""}}, FAIL_REDIRECT, "status 0101 without a TargetAddress"},
	{false, {{0x00, 0, 0x0102, "TargetAlias=a\n"}}, FAIL_REDIRECT, "status 0102 without a TargetAddress"},
	{false, {{0x00, 0, 0x0101, "TargetAddress=\n"}}, FAIL_REDIRECT, "TargetAddress=: not an address"},
	{false, {{0x00, 0, 0x0101, "TargetAddress=,1\n"}}, FAIL_REDIRECT, "TargetAddress=,1: not an address"},
	{false,
	 {{0x00, 0, 0x0101, "TargetAddress=10.0.0.9:0\n"}},
	 FAIL_REDIRECT,
	 "TargetAddress=10.0.0.9:0: not an address"},
	{false,
	 {{0x00, 0, 0x0101, "TargetAddress=[fe80::1\n"}},
	 FAIL_REDIRECT,
	 "TargetAddress=[fe80::1: not an address"},
	{false, {{0x00, 0, 0x0101, "TargetAddress=10.0.0.9"}}, FAIL_REDIRECT, "status 0101 without a TargetAddress"},
};

static void refusals_and_their_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *c = &refusals[i];
		size_t n = 1;
		while (n < COUNT(c->replies) && c->replies[n].text != NULL)
			n++;
		start(c->chap);
		for (size_t k = 0; k + 1 < n; k++)
			assert_true(answer(&c->replies[k]));
		assert_false(answer(&c->replies[n - 1]));
		expect_failed(c->code, c->detail);
	}
}

/* One byte of an otherwise good last answer. */
static void headers_that_are_not_ours(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
		enum fail_code code;
		const char *detail;
	} cases[] = {
		{0, 0x3f, FAIL_PROTOCOL, "opcode 0x3f instead of a Login Response"},
		{0, 0x20, FAIL_PROTOCOL, "opcode 0x20 instead of a Login Response"},
		{TALK_VERSION_AT, 1, FAIL_VERSION, "Version-active 1"},
		{TALK_AHS_AT, 1, FAIL_PROTOCOL, "a Login Response with additional header segments"},
		{TALK_LENGTH_AT, 1, FAIL_PROTOCOL, "a Login Response of 65550 bytes"},
		{TALK_LENGTH_AT + 1, 0x20, FAIL_PROTOCOL, "a Login Response of 8206 bytes"},
		{TALK_LENGTH_AT + 2, 13, FAIL_PROTOCOL, "14 bytes of data where the header says 13"},
		{TALK_LENGTH_AT + 2, 15, FAIL_PROTOCOL, "14 bytes of data where the header says 15"},
		{TALK_ISID_AT, 0, FAIL_PROTOCOL, "an answer with another ISID"},
		{TALK_ISID_AT + 5, 0, FAIL_PROTOCOL, "an answer with another ISID"},
		{TALK_ITT_AT, 1, FAIL_PROTOCOL, "an answer to another task (ITT 0x01000000)"},
		{TALK_ITT_AT + 3, 1, FAIL_PROTOCOL, "an answer to another task (ITT 0x00000001)"},
	};
	static const uint8_t text[14] = "TargetAlias=a";
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t header[48];
		start(false);
		login_sent(&login);
		talk_header(&(struct reply){.flags = 0x87, .tsih = 1}, 1, sizeof text, header);
		header[cases[i].at] = cases[i].value;
		assert_false(talk_deliver(&login, header, text, sizeof text, &fail));
		expect_failed(cases[i].code, cases[i].detail);
	}
}

/* Some targets count it wrong; what came last is what we say and hand on. */
static void a_gap_in_stat_sn(void **state)
{
	(void)state;
	start(true);
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	stat_sn += 5;
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	expect_request(0x81, 0x107, PROOF);
	stat_sn = 3;
	assert_true(answer(&(struct reply){0x81, 0, 0, NULL}));
	expect_request(0x87, 4, KEYS);
	assert_true(answer(&(struct reply){0x87, 1, 0, ANSWERS}));
	expect_done(1);
}

/* Targets that refuse fill in little else. */
static void a_status_counts_before_the_rest_of_the_header(void **state)
{
	(void)state;
	uint8_t header[48] = {0x23};
	start(true);
	login_sent(&login);
	talk_put_be(header + TALK_STATUS_AT, 0x0203, 2);
	assert_false(talk_deliver(&login, header, NULL, 0, &fail));
	expect_failed(FAIL_TARGET_NOT_FOUND, "status 0203");
}

static void the_kernel_writes_its_own_tags(void **state)
{
	(void)state;
	uint8_t header[48];
	start(false);
	login.config.carrier_has_tags = true;
	login_sent(&login);
	talk_header(&(struct reply){.flags = 0x87, .tsih = 1}, 1, 0, header);
	header[TALK_ITT_AT] = 0x10;
	assert_true(talk_deliver(&login, header, NULL, 0, &fail));
	assert_int_equal(login_state(&login), LOGIN_DONE);
}

static void redirects(void **state)
{
	(void)state;
	static const struct {
		uint16_t status;
		const char *text, *where;
	} cases[] = {
		{0x0101, "TargetAddress=10.0.0.9:3261\n", "10.0.0.9:3261"},
		{0x0102, "TargetAlias=a\nTargetAddress=[2001:db8::1]:3260,1\n", "[2001:db8::1]:3260"},
		{0x0101, "TargetAddress=san.example.org\nTargetAddress=b\n", "san.example.org"},
		{0x01ff, "TargetAddress=10.0.0.9\n", "10.0.0.9"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		start(false);
		assert_true(answer(&(struct reply){0x04, 0, cases[i].status, cases[i].text}));
		assert_int_equal(login_state(&login), LOGIN_REDIRECTED);
		assert_int_equal(fail.code, FAIL_NONE);
		assert_int_equal(login_result(&login)->status_class, 1);
		assert_string_equal(login_result(&login)->redirect_to, cases[i].where);
	}
}

/* What does not fit is refused, not cut off: 255 bytes before the comma. */
static void a_redirect_far_away(void **state)
{
	(void)state;
	for (size_t n = 254; n <= 256; n++) {
		char text[300] = "TargetAddress=";
		memset(text + 14, 'h', n);
		strcpy(text + 14 + n, ",1\n");
		start(false);
		assert_int_equal(answer(&(struct reply){0x04, 0, 0x0101, text}), n <= 255);
		assert_int_equal(strlen(login_result(&login)->redirect_to), n <= 255 ? n : 0);
	}
}

/* A TargetAddress in a normal answer leads nowhere. */
static void an_address_is_no_redirect(void **state)
{
	(void)state;
	start(false);
	assert_true(answer(&(struct reply){0x87, 1, 0, "TargetAddress=10.0.0.9:3260,1\n"}));
	expect_done(1);
	assert_string_equal(login_result(&login)->redirect_to, "");
}

static void text_over_several_answers(void **state)
{
	(void)state;
	start(false);
	assert_true(answer(&(struct reply){0x44, 0, 0, "TargetPortalGroupTag=5\nMaxBurst"}));
	expect_request(0x04, 0x101, "");
	assert_true(answer(&(struct reply){0x44, 0, 0, NULL}));
	expect_request(0x04, 0x102, "");
	assert_true(answer(&(struct reply){0x04, 0, 0, "Length=65536\n"}));
	expect_request(0x87, 0x103, "");
	assert_true(answer(&(struct reply){0x87, 1, 0, NULL}));
	expect_done(1);
	assert_int_equal(login_result(&login)->tpgt, 5);
	assert_int_equal(login_result(&login)->values.max_burst_length, 65536);
}

/* Two answers of 8192 bytes fit, not one byte more. */
static void text_without_end(void **state)
{
	(void)state;
	static char text[PDU_LOGIN_DATA_MAX + 1];
	memset(text, 'a', PDU_LOGIN_DATA_MAX);
	start(false);
	assert_true(answer(&(struct reply){0x44, 0, 0, text}));
	assert_true(answer(&(struct reply){0x44, 0, 0, text}));
	assert_false(answer(&(struct reply){0x44, 0, 0, "a"}));
	expect_failed(FAIL_PROTOCOL, "more than 16384 bytes of text in one answer");
}

/* What a login costs with a target that answers at once. */
static void round_trips(void **state)
{
	(void)state;
	static const struct reply done = {0x87, 1, 0, ANSWERS}, method = {0x00, 0, 0, "AuthMethod=CHAP\n"},
				  challenge = {0x00, 0, 0, ASKED}, accepted = {0x81, 0, 0, NULL},
				  proven = {0x81, 0, 0, PROOF_IN}, empty = {0x87, 1, 0, NULL};
	static const struct {
		enum { OPEN, SECURITY_FIRST, CHAP, MUTUAL, DISCOVERY } kind;
		uint32_t n_requests;
		const struct reply *replies[4];
	} cases[] = {
		{OPEN, 1, {&done}},
		{SECURITY_FIRST, 2, {&accepted, &done}},
		{CHAP, 4, {&method, &challenge, &accepted, &done}},
		{MUTUAL, 4, {&method, &challenge, &proven, &done}},
		{DISCOVERY, 1, {&empty}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct login_config config = base_config();
		config.discovery = cases[i].kind == DISCOVERY;
		if (cases[i].kind == MUTUAL)
			start_mutual();
		else if (cases[i].kind == SECURITY_FIRST)
			start_security_first();
		else if (cases[i].kind == CHAP)
			start(true);
		else
			start_with(&config);
		for (uint32_t k = 0; k < cases[i].n_requests; k++)
			assert_true(answer(cases[i].replies[k]));
		expect_done(1);
		assert_int_equal(login.n_requests, cases[i].n_requests);
	}
}

/* With CHAP configured there is one way to the end: whatever answer is left out or doubled, it is not reached. */
static void chap_knows_no_way_around(void **state)
{
	(void)state;
	static const struct reply way[] = {
		{0x00, 0, 0, "AuthMethod=CHAP\n"}, {0x00, 0, 0, ASKED}, {0x81, 0, 0, PROOF_IN}, {0x87, 1, 0, ANSWERS}};
	unsigned n_done = 0;
	for (unsigned order = 0; order < 256; order++) { /* two bits choose each answer */
		start_mutual();
		for (unsigned k = 0; k < 4 && login_state(&login) == LOGIN_SEND; k++)
			answer(&way[order >> 2 * k & 3]);
		n_done += login_state(&login) == LOGIN_DONE;
	}
	assert_int_equal(n_done, 1);
}

static void a_target_that_never_ends(void **state)
{
	(void)state;
	static const struct reply endless[] = {{0x44, 0, 0, NULL}, {0x04, 0, 0, NULL}, {0x04, 0, 0, "X-a=b\n"}};
	for (size_t i = 0; i < COUNT(endless); i++) {
		size_t n = 1;
		start(false);
		while (answer(&endless[i]))
			n++;
		assert_int_equal(n, LOGIN_ROUNDS_MAX);
		expect_failed(FAIL_PROTOCOL, "no end after 32 requests");
	}
}

/* Answers to proposals that need two requests; the target has to let us go on with an empty answer. */
static void text_over_several_requests(void **state)
{
	(void)state;
	static const struct {
		struct reply reply;
		const char *detail; /* NULL: it does */
	} cases[] = {
		{{0x04, 0, 0, NULL}, NULL},
		{{0x04, 0, 0, "TargetAlias=a\n"}, "an answer in the middle of our text"},
		{{0x44, 0, 0, NULL}, "an answer in the middle of our text"},
		{{0x87, 1, 0, NULL}, "the target leaves stage 1 on its own"},
		{{0x00, 0, 0, NULL}, "an answer in stage 0 to a request in stage 1"},
	};
	static char text[520 * sizeof "Xy=1\n"], answers[520 * sizeof "Xy=NotUnderstood\n"];
	for (size_t i = 0; i < 520; i++) {
		strcat(text, "Xy=1\n");
		strcat(answers, "Xy=NotUnderstood\n");
	}
	for (size_t i = 0; i < COUNT(cases); i++) {
		start(false);
		assert_true(answer(&(struct reply){0x04, 0, 0, text}));
		assert_int_equal(talk_request_flags(&login), 0x44);
		const char *part = talk_request_text(&login);
		assert_int_equal(strlen(part), PDU_LOGIN_DATA_MAX);
		assert_memory_equal(part, answers, PDU_LOGIN_DATA_MAX);
		assert_int_equal(answer(&cases[i].reply), cases[i].detail == NULL);
		if (cases[i].detail != NULL) {
			expect_failed(FAIL_PROTOCOL, cases[i].detail);
			continue;
		}
		expect_request(0x87, 0x102, answers + PDU_LOGIN_DATA_MAX);
		assert_true(answer(&(struct reply){0x87, 1, 0, NULL}));
		expect_done(1);
	}
}

/* 512 answers of 16 bytes are what one request may carry. */
static void text_that_just_fits(void **state)
{
	(void)state;
	static char text[512 * sizeof "X=1\n"], answers[PDU_LOGIN_DATA_MAX + 1];
	for (size_t i = 0; i < 512; i++) {
		strcat(text, "X=1\n");
		strcat(answers, "X=NotUnderstood\n");
	}
	start(false);
	assert_true(answer(&(struct reply){0x04, 0, 0, text}));
	expect_request(0x87, 0x101, answers);
}

/* Each needs an answer longer than itself. */
static void more_proposals_than_an_answer_holds(void **state)
{
	(void)state;
	static char text[PDU_LOGIN_DATA_MAX + 1];
	for (size_t i = 0; i + 4 < sizeof text; i += 4)
		memcpy(text + i, "a=b\n", 4);
	start(false);
	assert_false(answer(&(struct reply){0x04, 0, 0, text}));
	expect_failed(FAIL_PROTOCOL, "answers to the target's keys of more than 16384 bytes");
}

static void the_first_failure_sticks(void **state)
{
	(void)state;
	start(false);
	assert_false(answer(&(struct reply){0x04, 0, 0x0202, NULL}));
	uint8_t header[48];
	talk_header(&(struct reply){0x87, 1, 0, NULL}, 1, 0, header);
	struct fail again = {0};
	assert_false(talk_deliver(&login, header, NULL, 0, &again));
	assert_int_equal(again.code, FAIL_FORBIDDEN);
	assert_int_equal(login_state(&login), LOGIN_FAILED);
	struct fail earlier = {.code = FAIL_SESSION_LOST};
	assert_false(talk_deliver(&login, header, NULL, 0, &earlier));
	assert_int_equal(earlier.code, FAIL_SESSION_LOST);
}

static void an_answer_out_of_turn(void **state)
{
	(void)state;
	uint8_t header[48];
	start(false);
	talk_header(&(struct reply){0x87, 1, 0, NULL}, 1, 0, header);
	assert_false(talk_deliver(&login, header, NULL, 0, &fail));
	expect_failed(FAIL_PROTOCOL, "an answer without a request");

	start(false);
	assert_true(answer(&(struct reply){0x87, 1, 0, NULL}));
	assert_false(talk_deliver(&login, header, NULL, 0, &fail));
	expect_failed(FAIL_PROTOCOL, "an answer without a request");
}

static void a_user_without_a_secret(void **state)
{
	(void)state;
	start(true);
	secret_wipe(&secret);
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	assert_false(answer(&(struct reply){0x00, 0, 0, ASKED}));
	expect_failed(FAIL_CHAP_HALF, "no secret");

	struct login_config config = base_config();
	config.chap.username = "pi4";
	start_with(&config);
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	assert_false(answer(&(struct reply){0x00, 0, 0, ASKED}));
	expect_failed(FAIL_CHAP_HALF, "no secret");
}

static bool holds(const void *memory, size_t n_bytes, const char *text)
{
	size_t length = strlen(text);
	for (size_t i = 0; i + length <= n_bytes; i++)
		if (memcmp((const char *)memory + i, text, length) == 0)
			return true;
	return false;
}

static void the_engine_keeps_no_secret(void **state)
{
	(void)state;
	start_mutual();
	assert_true(answer(&(struct reply){0x00, 0, 0, "AuthMethod=CHAP\n"}));
	assert_true(answer(&(struct reply){0x00, 0, 0, ASKED}));
	assert_true(answer(&(struct reply){0x00, 0, 0, PROOF_IN}));
	assert_false(holds(&login, sizeof login, SECRET));
	assert_false(holds(&login, sizeof login, SECRET_IN));
	assert_true(holds(&login, sizeof login, "CHAP_R="));
	login_end(&login);
	assert_false(holds(&login, sizeof login, "CHAP_R="));
	assert_false(holds(&login, sizeof login, "CHAP_C="));
	assert_null(login.config.chap.secret);
	static const uint8_t zeros[sizeof login.chap.response];
	assert_memory_equal(login.chap.response, zeros, sizeof zeros);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_authentication_takes_one_round_trip),
		cmocka_unit_test(chap_takes_four),
		cmocka_unit_test(mutual_chap_takes_no_more),
		cmocka_unit_test(a_proof_before_the_transit),
		cmocka_unit_test(targets_that_prove_nothing),
		cmocka_unit_test(the_stage_without_a_method),
		cmocka_unit_test(the_stage_without_a_method_takes_its_time),
		cmocka_unit_test(methods_that_are_not_none),
		cmocka_unit_test(what_a_closed_connection_means),
		cmocka_unit_test(when_to_begin_with_the_security_stage),
		cmocka_unit_test(when_to_offer_md5_alone),
		cmocka_unit_test(when_the_target_chokes_on_the_proof),
		cmocka_unit_test(when_the_target_closes),
		cmocka_unit_test(a_digest_that_has_to_be),
		cmocka_unit_test(a_tsih_counts_at_the_end),
		cmocka_unit_test(a_target_that_names_no_values_gets_the_defaults),
		cmocka_unit_test(more_rounds_than_needed),
		cmocka_unit_test(stat_sn_wraps),
		cmocka_unit_test(refusals_and_their_words),
		cmocka_unit_test(headers_that_are_not_ours),
		cmocka_unit_test(a_gap_in_stat_sn),
		cmocka_unit_test(a_status_counts_before_the_rest_of_the_header),
		cmocka_unit_test(the_kernel_writes_its_own_tags),
		cmocka_unit_test(redirects),
		cmocka_unit_test(a_redirect_far_away),
		cmocka_unit_test(an_address_is_no_redirect),
		cmocka_unit_test(text_over_several_answers),
		cmocka_unit_test(text_without_end),
		cmocka_unit_test(text_over_several_requests),
		cmocka_unit_test(text_that_just_fits),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(chap_knows_no_way_around),
		cmocka_unit_test(a_target_that_never_ends),
		cmocka_unit_test(more_proposals_than_an_answer_holds),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(an_answer_out_of_turn),
		cmocka_unit_test(a_user_without_a_secret),
		cmocka_unit_test(the_engine_keeps_no_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
