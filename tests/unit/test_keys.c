/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of login PDUs and the negotiation table: each key with answers it may have and answers it may not have,
 * proposals of the target, and what the session gets when nothing is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/keys.h"
#include "iscsi/login.h"

#include "hostile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Pairs in a row without a blank, each closed by its NUL, become lines here. */
static const char offer[] = "HeaderDigest=None\n"
			    "DataDigest=None\n"
			    "DefaultTime2Wait=2\n"
			    "DefaultTime2Retain=0\n"
			    "ErrorRecoveryLevel=0\n"
			    "InitialR2T=No\n"
			    "ImmediateData=Yes\n"
			    "MaxBurstLength=16776192\n"
			    "FirstBurstLength=262144\n"
			    "MaxOutstandingR2T=1\n"
			    "MaxConnections=1\n"
			    "DataPDUInOrder=Yes\n"
			    "DataSequenceInOrder=Yes\n"
			    "MaxRecvDataSegmentLength=262144\n";

struct scene {
	struct negotiation negotiation;
	struct login_result result;
	uint8_t out[1024];
	struct writer answers;
	struct fail fail;
};

static void begin_with(struct scene *s, bool offered, const char *digests)
{
	memset(s, 0, sizeof *s);
	keys_start(&s->negotiation, false, digests, &s->result);
	s->answers = writer_over(s->out, sizeof s->out);
	if (offered)
		keys_offer(&s->negotiation, &s->answers);
	s->answers.n_bytes = 0;
}

static void begin(struct scene *s, bool offered)
{
	begin_with(s, offered, NULL);
}

static bool take(struct scene *s, enum login_stage stage, const char *text)
{
	struct span value = span_of(text);
	struct textkey pair = {.name = span_cut(&value, '='), .value = value};
	return keys_take(&s->negotiation, stage, &pair, &s->result, &s->answers, &s->fail);
}

static const char *written(struct scene *s)
{
	for (size_t i = 0; i < s->answers.n_bytes; i++)
		if (s->out[i] == '\0')
			s->out[i] = '\n';
	s->out[s->answers.n_bytes] = '\0';
	return (const char *)s->out;
}

/* The values as one line: digests, R2T and immediate, orders, lengths, counts and times, level. */
static const char *values_text(struct scene *s)
{
	static char text[256];
	const struct login_values *v = &s->result.values;
	assert_true(keys_finish(&s->negotiation, &s->result, &s->fail));
	snprintf(text, sizeof text, "%d%d %d%d %d%d %u/%u %u/%u %u %u %u/%u %u", v->header_digest, v->data_digest,
		 v->initial_r2t, v->immediate_data, v->data_pdu_in_order, v->data_sequence_in_order,
		 v->max_recv_data_segment_length, v->max_xmit_data_segment_length, v->max_burst_length,
		 v->first_burst_length, v->max_outstanding_r2t, v->max_connections, v->default_time2wait,
		 v->default_time2retain, v->error_recovery_level);
	return text;
}

#define DEFAULTS "00 11 11 262144/8192 262144/65536 1 1 2/20 0"

static void the_offer(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, false);
	keys_offer(&s.negotiation, &s.answers);
	assert_string_equal(written(&s), offer);
}

static void the_offer_for_discovery(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, false);
	keys_start(&s.negotiation, true, NULL, &s.result);
	keys_offer(&s.negotiation, &s.answers);
	assert_string_equal(written(&s),
			    "HeaderDigest=None\nDataDigest=None\nDefaultTime2Wait=2\nDefaultTime2Retain=0\n"
			    "ErrorRecoveryLevel=0\nMaxRecvDataSegmentLength=262144\n");
}

/* What the target proposes of the others gets its word, and no value. */
static void irrelevant_in_discovery(void **state)
{
	(void)state;
	static const char *const names[] = {
		"InitialR2T",     "ImmediateData",       "MaxBurstLength", "FirstBurstLength",   "MaxOutstandingR2T",
		"MaxConnections", "DataSequenceInOrder", "DataPDUInOrder", "iSCSIProtocolLevel", "TaskReporting",
	};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct scene s;
		char pair[64], answer[64];
		begin(&s, false);
		keys_start(&s.negotiation, true, NULL, &s.result);
		keys_offer(&s.negotiation, &s.answers);
		s.answers.n_bytes = 0;
		snprintf(pair, sizeof pair, "%s=No", names[i]);
		snprintf(answer, sizeof answer, "%s=Irrelevant\n", names[i]);
		assert_true(take(&s, STAGE_OPERATIONAL, pair));
		assert_string_equal(written(&s), answer);
		assert_string_equal(values_text(&s), DEFAULTS);
		begin(&s, false);
		keys_start(&s.negotiation, true, NULL, &s.result);
		snprintf(pair, sizeof pair, "%s=Reject", names[i]);
		assert_false(take(&s, STAGE_OPERATIONAL, pair));
	}
}

/* Every key that is negotiated, refused in every way, stays as it is; a declaration cannot be refused. */
static void every_key_refused(void **state)
{
	(void)state;
	static const char *const refusals[] = {"Reject", "Irrelevant", "NotUnderstood"};
	for (size_t k = 0; k < COUNT(refusals); k++) {
		const char *rest = offer;
		for (unsigned n = 0; *rest != '\0'; n++, rest = strchr(rest, '\n') + 1) {
			struct scene s;
			char pair[64];
			snprintf(pair, sizeof pair, "%.*s=%s", (int)strcspn(rest, "="), rest, refusals[k]);
			begin(&s, true);
			bool declared = strncmp(rest, "MaxRecv", 7) == 0;
			assert_int_equal(take(&s, STAGE_OPERATIONAL, pair), !declared);
			assert_string_equal(values_text(&s), DEFAULTS);
			assert_string_equal(written(&s), "");
		}
	}
}

static void nothing_answered_leaves_the_defaults(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, true);
	assert_string_equal(values_text(&s), DEFAULTS);
}

static void answers_that_are_kept(void **state)
{
	(void)state;
	static const struct {
		const char *answer, *values;
	} cases[] = {
		{"HeaderDigest=None", DEFAULTS},
		{"DataDigest=None", DEFAULTS},
		{"InitialR2T=Yes", DEFAULTS},
		{"InitialR2T=No", "00 01 11 262144/8192 262144/65536 1 1 2/20 0"},
		{"ImmediateData=Yes", DEFAULTS},
		{"ImmediateData=No", "00 10 11 262144/8192 262144/65536 1 1 2/20 0"},
		{"DataPDUInOrder=Yes", DEFAULTS},
		{"DataSequenceInOrder=Yes", DEFAULTS},
		{"MaxBurstLength=16776192", "00 11 11 262144/8192 16776192/65536 1 1 2/20 0"},
		{"MaxBurstLength=512", "00 11 11 262144/8192 512/512 1 1 2/20 0"},
		{"FirstBurstLength=262144", "00 11 11 262144/8192 262144/262144 1 1 2/20 0"},
		{"FirstBurstLength=512", "00 11 11 262144/8192 262144/512 1 1 2/20 0"},
		{"MaxRecvDataSegmentLength=512", "00 11 11 262144/512 262144/65536 1 1 2/20 0"},
		{"MaxRecvDataSegmentLength=16777215", "00 11 11 262144/16777215 262144/65536 1 1 2/20 0"},
		{"MaxOutstandingR2T=1", DEFAULTS},
		{"MaxConnections=1", DEFAULTS},
		{"DefaultTime2Wait=2", DEFAULTS},
		{"DefaultTime2Wait=3600", "00 11 11 262144/8192 262144/65536 1 1 3600/20 0"},
		{"DefaultTime2Retain=0", "00 11 11 262144/8192 262144/65536 1 1 2/0 0"},
		{"ErrorRecoveryLevel=0", DEFAULTS},
		{"MaxBurstLength=Reject", DEFAULTS},
		{"InitialR2T=Irrelevant", DEFAULTS},
		{"HeaderDigest=Reject", DEFAULTS},
		{"FirstBurstLength=Irrelevant", DEFAULTS},
		{"DefaultTime2Retain=NotUnderstood", DEFAULTS},
		{"SessionType=Normal", DEFAULTS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		begin(&s, true);
		assert_true(take(&s, STAGE_OPERATIONAL, cases[i].answer));
		assert_string_equal(values_text(&s), cases[i].values);
		assert_string_equal(written(&s), "");
	}
}

static void answers_outside_the_offer(void **state)
{
	(void)state;
	static const struct {
		const char *answer, *section;
	} cases[] = {
		{"HeaderDigest=CRC32C", "13.1"},
		{"HeaderDigest=None,CRC32C", "13.1"},
		{"HeaderDigest=", "13.1"},
		{"HeaderDigest=none", "13.1"},
		{"DataDigest=CRC32C", "13.1"},
		{"InitialR2T=yes", "13.10"},
		{"InitialR2T=", "13.10"},
		{"InitialR2T=Maybe", "13.10"},
		{"ImmediateData=1", "13.11"},
		{"DataPDUInOrder=No", "13.18"},
		{"DataSequenceInOrder=No", "13.19"},
		{"MaxBurstLength=16776193", "13.13"},
		{"MaxBurstLength=511", "13.13"},
		{"MaxBurstLength=0", "13.13"},
		{"MaxBurstLength=-1", "13.13"},
		{"MaxBurstLength=", "13.13"},
		{"MaxBurstLength=262144 ", "13.13"},
		{"MaxBurstLength=4295229440", "13.13"},
		{"MaxBurstLength=18446744073709813760", "13.13"},
		{"MaxBurstLength=0x", "13.13"},
		{"MaxBurstLength=0xfffe01", "13.13"},
		{"MaxBurstLength=262144,65536", "13.13"},
		{"FirstBurstLength=262145", "13.14"},
		{"FirstBurstLength=511", "13.14"},
		{"MaxRecvDataSegmentLength=511", "13.12"},
		{"MaxRecvDataSegmentLength=0", "13.12"},
		{"MaxRecvDataSegmentLength=16777216", "13.12"},
		{"MaxRecvDataSegmentLength=Reject", "13.12"},
		{"MaxOutstandingR2T=0", "13.17"},
		{"MaxOutstandingR2T=2", "13.17"},
		{"MaxConnections=0", "13.2"},
		{"MaxConnections=2", "13.2"},
		{"DefaultTime2Wait=1", "13.15"},
		{"DefaultTime2Wait=3601", "13.15"},
		{"DefaultTime2Retain=1", "13.16"},
		{"ErrorRecoveryLevel=1", "13.20"},
		{"TargetPortalGroupTag=65536", "13.9"},
		{"TargetPortalGroupTag=", "13.9"},
		{"TargetName=Reject", "13.4"},
		{"InitiatorName=NotUnderstood", "13.5"},
		{"SessionType=Irrelevant", "13.21"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		char detail[160];
		begin(&s, true);
		assert_false(take(&s, STAGE_OPERATIONAL, cases[i].answer));
		assert_int_equal(s.fail.code, FAIL_NEGOTIATION);
		snprintf(detail, sizeof detail, "%s: against RFC 7143 section %s", cases[i].answer, cases[i].section);
		assert_string_equal(s.fail.detail, detail);
		assert_string_equal(values_text(&s), DEFAULTS);
	}
}

static void a_hexadecimal_number_is_a_number(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, true);
	assert_true(take(&s, STAGE_OPERATIONAL, "MaxBurstLength=0x40000"));
	assert_true(take(&s, STAGE_OPERATIONAL, "FirstBurstLength=0X3fE00"));
	assert_string_equal(values_text(&s), "00 11 11 262144/8192 262144/261632 1 1 2/20 0");
}

static void the_first_burst_is_no_longer_than_any(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, true);
	assert_true(take(&s, STAGE_OPERATIONAL, "FirstBurstLength=262144"));
	assert_true(take(&s, STAGE_OPERATIONAL, "MaxBurstLength=131072"));
	assert_string_equal(values_text(&s), "00 11 11 262144/8192 131072/131072 1 1 2/20 0");
}

static void the_targets_declarations(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, false);
	assert_false(s.result.has_tpgt);
	assert_true(take(&s, STAGE_SECURITY, "TargetPortalGroupTag=65535"));
	assert_true(take(&s, STAGE_SECURITY, "TargetAlias=Oma's disk \xc3\xa4"));
	assert_true(take(&s, STAGE_SECURITY, "TargetAddress=10.0.0.9:3260,1"));
	assert_true(take(&s, STAGE_SECURITY, "MaxRecvDataSegmentLength=65536"));
	assert_true(s.result.has_tpgt);
	assert_int_equal(s.result.tpgt, 65535);
	assert_string_equal(s.result.target_alias, "Oma's disk \xc3\xa4");
	assert_string_equal(s.result.redirect_to, "");
	assert_int_equal(s.result.values.max_xmit_data_segment_length, 65536);
	assert_string_equal(written(&s), "");
}

static void an_alias_has_its_bound(void **state)
{
	(void)state;
	struct scene s;
	char text[12 + 256 + 1] = "TargetAlias=";
	memset(text + 12, 'a', 255);
	begin(&s, true);
	assert_true(take(&s, STAGE_OPERATIONAL, text));
	assert_int_equal(strlen(s.result.target_alias), 255);
	text[12 + 255] = 'a';
	begin(&s, true);
	assert_false(take(&s, STAGE_OPERATIONAL, text));
	assert_int_equal(s.fail.code, FAIL_NEGOTIATION);
}

static void proposals_are_answered(void **state)
{
	(void)state;
	static const struct {
		const char *proposal, *answer;
	} cases[] = {
		{"IFMarker=Yes", "IFMarker=Reject\n"},
		{"OFMarker=No", "OFMarker=Reject\n"},
		{"IFMarkInt=1~65535", "IFMarkInt=Reject\n"},
		{"OFMarkInt=2048", "OFMarkInt=Reject\n"},
		{"TaskReporting=ResponseFence,RFC3720", "TaskReporting=RFC3720\n"},
		{"TaskReporting=FastAbort", "TaskReporting=Reject\n"},
		{"iSCSIProtocolLevel=2", "iSCSIProtocolLevel=1\n"},
		{"iSCSIProtocolLevel=0", "iSCSIProtocolLevel=0\n"},
		{"iSCSIProtocolLevel=32", "iSCSIProtocolLevel=Reject\n"},
		{"X-org.example.turbo=Yes", "X-org.example.turbo=NotUnderstood\n"},
		{"X#NodeArchitecture=1", "X#NodeArchitecture=NotUnderstood\n"},
		{"maxburstlength=512", "maxburstlength=NotUnderstood\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		begin(&s, true);
		assert_true(take(&s, STAGE_OPERATIONAL, cases[i].proposal));
		assert_string_equal(written(&s), cases[i].answer);
		assert_string_equal(values_text(&s), DEFAULTS);
	}
}

/* Keys that we usually offer, proposed by the target before we did. */
static void proposals_by_the_rule_of_each_type(void **state)
{
	(void)state;
	static const struct {
		const char *proposal, *answer, *values;
	} cases[] = {
		{"HeaderDigest=CRC32C,None", "HeaderDigest=None\n", DEFAULTS},
		{"DataDigest=CRC32C", "DataDigest=Reject\n", DEFAULTS},
		{"InitialR2T=Yes", "InitialR2T=Yes\n", DEFAULTS},
		{"InitialR2T=No", "InitialR2T=No\n", "00 01 11 262144/8192 262144/65536 1 1 2/20 0"},
		{"ImmediateData=No", "ImmediateData=No\n", "00 10 11 262144/8192 262144/65536 1 1 2/20 0"},
		{"DataPDUInOrder=No", "DataPDUInOrder=Yes\n", DEFAULTS},
		{"MaxBurstLength=16777215", "MaxBurstLength=16776192\n",
		 "00 11 11 262144/8192 16776192/65536 1 1 2/20 0"},
		{"MaxBurstLength=1024", "MaxBurstLength=1024\n", "00 11 11 262144/8192 1024/1024 1 1 2/20 0"},
		{"MaxBurstLength=1", "MaxBurstLength=Reject\n", DEFAULTS},
		{"DefaultTime2Wait=0", "DefaultTime2Wait=2\n", DEFAULTS},
		{"DefaultTime2Wait=5", "DefaultTime2Wait=5\n", "00 11 11 262144/8192 262144/65536 1 1 5/20 0"},
		{"ErrorRecoveryLevel=2", "ErrorRecoveryLevel=0\n", DEFAULTS},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		begin(&s, false);
		assert_true(take(&s, STAGE_OPERATIONAL, cases[i].proposal));
		assert_string_equal(written(&s), cases[i].answer);
		assert_string_equal(values_text(&s), cases[i].values);
	}
}

static void keys_out_of_place(void **state)
{
	(void)state;
	static const struct {
		bool offered;
		enum login_stage stage;
		const char *first, *second, *detail;
	} cases[] = {
		{true, STAGE_OPERATIONAL, "InitialR2T=Yes", "InitialR2T=Yes",
		 "InitialR2T=Yes: this key was sent before"},
		{true, STAGE_OPERATIONAL, "TargetPortalGroupTag=1", "TargetPortalGroupTag=1",
		 "TargetPortalGroupTag=1: this key was sent before"},
		{true, STAGE_OPERATIONAL, "IFMarker=No", "IFMarker=No", "IFMarker=No: this key was sent before"},
		{true, STAGE_OPERATIONAL, NULL, "TaskReporting=Reject",
		 "TaskReporting=Reject: an answer to what was not asked"},
		{true, STAGE_OPERATIONAL, NULL, "IFMarker=Reject", "IFMarker=Reject: an answer to what was not asked"},
		{true, STAGE_OPERATIONAL, NULL, "Turbo=NotUnderstood",
		 "Turbo=NotUnderstood: an answer to what was not asked"},
		{true, STAGE_OPERATIONAL, NULL, "Turbo=Irrelevant",
		 "Turbo=Irrelevant: an answer to what was not asked"},
		{false, STAGE_OPERATIONAL, NULL, "MaxBurstLength=Reject",
		 "MaxBurstLength=Reject: an answer to what was not asked"},
		{false, STAGE_SECURITY, NULL, "MaxBurstLength=65536",
		 "MaxBurstLength=65536: an operational key in the security stage"},
		{false, STAGE_SECURITY, NULL, "HeaderDigest=None",
		 "HeaderDigest=None: an operational key in the security stage"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		begin(&s, cases[i].offered);
		if (cases[i].first != NULL)
			assert_true(take(&s, cases[i].stage, cases[i].first));
		assert_false(take(&s, cases[i].stage, cases[i].second));
		assert_int_equal(s.fail.code, FAIL_PROTOCOL);
		assert_string_equal(s.fail.detail, cases[i].detail);
	}
}

/* Every pair in order, or the failure's detail behind '!'. */
static void read_all(const uint8_t *bytes, size_t n_bytes, char *out, size_t n_max)
{
	struct span rest = {.text = (const char *)bytes, .n_bytes = n_bytes};
	struct textkey pair;
	struct fail fail = {0};
	size_t at = 0;
	out[0] = '\0';
	while (textkeys_next(&rest, &pair, &fail) && at < n_max)
		at += (size_t)snprintf(out + at, n_max - at, "[%.*s|%.*s]", (int)pair.name.n_bytes, pair.name.text,
				       (int)pair.value.n_bytes, pair.value.text);
	if (fail.code != FAIL_NONE && at < n_max)
		snprintf(out + at, n_max - at, "!%.100s", fail.detail);
}

static void pairs_of_a_text(void **state)
{
	(void)state;
#define TEXT(literal) literal, sizeof(literal) - 1
	static const struct {
		const char *text;
		size_t n_bytes;
		const char *expected;
	} cases[] = {
		{TEXT(""), ""},
		{TEXT("a=b\0"), "[a|b]"},
		{TEXT("a=b\0c=\0d==\0"), "[a|b][c|][d|=]"},
		{TEXT("a=b\0\0\0c=d\0\0"), "[a|b][c|d]"},
		{TEXT("\0\0"), ""},
		{TEXT("a=\xc3\xa4 b\0"), "[a|\xc3\xa4 b]"},
		{TEXT("a=b"), "!text without its final NUL"},
		{TEXT("a=b\0c=d"), "[a|b]!text without its final NUL"},
		{TEXT("ab\0"), "!a key without '='"},
		{TEXT("=b\0"), "!a value without a key"},
		{TEXT("a=b\nc\0"), "!a control character in the text"},
		{TEXT("a\x7f=b\0"), "!a control character in the text"},
		{TEXT("123456789012345678901234567890123456789012345678901234567890123=v\0"),
		 "[123456789012345678901234567890123456789012345678901234567890123|v]"},
		{TEXT("1234567890123456789012345678901234567890123456789012345678901234=v\0"),
		 "!a key of more than 63 bytes"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[1024];
		uint8_t *exact = malloc(cases[i].n_bytes + 1);
		memcpy(exact + 1, cases[i].text, cases[i].n_bytes);
		read_all(exact + 1, cases[i].n_bytes, out, sizeof out);
		assert_string_equal(out, cases[i].expected);
		free(exact);
	}
#undef TEXT
}

static void what_may_go_on_to_a_console(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool plain;
	} cases[] = {
		{"iqn.2026-01.lab:a", true},
		{"!~", true},
		{"", false},
		{"a b", false},
		{"a\tb", false},
		{"a\x7f", false},
		{"gr\xc3\xbcn", false},
		{"\x9b[2J", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(textkeys_is_plain(span_of(cases[i].text)), cases[i].plain);
}

static void digests_are_offered(void **state)
{
	(void)state;
	static const char *const lists[] = {"None", "CRC32C", "CRC32C,None", "None,CRC32C"};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct scene s;
		char expected[64];
		begin_with(&s, false, lists[i]);
		keys_offer(&s.negotiation, &s.answers);
		snprintf(expected, sizeof expected, "HeaderDigest=%s\nDataDigest=%s\nDefault", lists[i], lists[i]);
		assert_memory_equal(written(&s), expected, strlen(expected));
	}
}

/* What the target says to each list, and what comes of it: digests, or why not. */
static void digests_are_agreed_on(void **state)
{
	(void)state;
	static const struct {
		const char *list, *header, *data; /* NULL: no answer */
		bool header_digest, data_digest;
		const char *detail;
	} cases[] = {
		{"CRC32C", "HeaderDigest=CRC32C", "DataDigest=CRC32C", true, true, ""},
		{"CRC32C,None", "HeaderDigest=CRC32C", "DataDigest=None", true, false, ""},
		{"None,CRC32C", "HeaderDigest=None", "DataDigest=CRC32C", false, true, ""},
		{"None,CRC32C", "HeaderDigest=Reject", NULL, false, false, ""},
		{"CRC32C,None", NULL, NULL, false, false, ""},
		{"CRC32C", "HeaderDigest=None", NULL, false, false, "HeaderDigest"},
		{"CRC32C", NULL, "DataDigest=CRC32C", false, true, "HeaderDigest"},
		{"CRC32C", "HeaderDigest=CRC32C", "DataDigest=Reject", true, false, "DataDigest"},
		{"CRC32C", "HeaderDigest=CRC32C", "DataDigest=NotUnderstood", true, false, "DataDigest"},
		{"None", "HeaderDigest=CRC32C", NULL, false, false,
		 "HeaderDigest=CRC32C: against RFC 7143 section 13.1"},
		{"CRC32C,None", "HeaderDigest=CRC32C,None", NULL, false, false,
		 "HeaderDigest=CRC32C,None: against RFC 7143 section 13.1"},
		{"CRC32C,None", "HeaderDigest=crc32c", NULL, false, false,
		 "HeaderDigest=crc32c: against RFC 7143 section 13.1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene s;
		begin_with(&s, true, cases[i].list);
		bool good = (cases[i].header == NULL || take(&s, STAGE_OPERATIONAL, cases[i].header)) &&
			    (cases[i].data == NULL || take(&s, STAGE_OPERATIONAL, cases[i].data)) &&
			    keys_finish(&s.negotiation, &s.result, &s.fail);
		assert_int_equal(good, cases[i].detail[0] == '\0');
		assert_string_equal(s.fail.detail, cases[i].detail);
		bool is_outside = strchr(cases[i].detail, '=') != NULL;
		assert_int_equal(s.fail.code, good ? FAIL_NONE : is_outside ? FAIL_NEGOTIATION : FAIL_NO_DIGEST);
		assert_int_equal(s.result.values.header_digest, cases[i].header_digest);
		assert_int_equal(s.result.values.data_digest, cases[i].data_digest);
	}
}

static void take_hostile(const uint8_t *bytes, size_t n_bytes)
{
	struct scene s;
	struct span rest = {.text = (const char *)bytes, .n_bytes = n_bytes};
	struct textkey pair;
	begin(&s, true);
	while (textkeys_next(&rest, &pair, &s.fail) &&
	       keys_take(&s.negotiation, STAGE_OPERATIONAL, &pair, &s.result, &s.answers, &s.fail))
		;
	keys_finish(&s.negotiation, &s.result, &s.fail);
	const struct login_values *v = &s.result.values;
	assert_false(v->header_digest || v->data_digest);
	assert_true(v->data_pdu_in_order && v->data_sequence_in_order);
	assert_in_range(v->max_burst_length, 512, 16776192);
	assert_in_range(v->first_burst_length, 512, 262144);
	assert_true(v->first_burst_length <= v->max_burst_length);
	assert_in_range(v->max_xmit_data_segment_length, 512, 16777215);
	assert_int_equal(v->max_recv_data_segment_length, 262144);
	assert_int_equal(v->max_outstanding_r2t, 1);
	assert_int_equal(v->max_connections, 1);
	assert_in_range(v->default_time2wait, 2, 3600);
	assert_true(v->default_time2retain <= 20);
	assert_int_equal(v->error_recovery_level, 0);
}

static void damaged_answers_stay_within_the_offer(void **state)
{
	(void)state;
	static const char text[] = "TargetPortalGroupTag=1\0HeaderDigest=None\0DataDigest=None\0DefaultTime2Wait=2\0"
				   "DefaultTime2Retain=0\0ErrorRecoveryLevel=0\0InitialR2T=Yes\0ImmediateData=Yes\0"
				   "MaxBurstLength=262144\0FirstBurstLength=65536\0MaxOutstandingR2T=1\0"
				   "MaxConnections=1\0DataPDUInOrder=Yes\0DataSequenceInOrder=Yes\0"
				   "MaxRecvDataSegmentLength=0x2000\0TargetAlias=disk\0X-a=b\0IFMarker=No";
	hostile_each((const uint8_t *)text, sizeof text, take_hostile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_offer),
		cmocka_unit_test(the_offer_for_discovery),
		cmocka_unit_test(irrelevant_in_discovery),
		cmocka_unit_test(every_key_refused),
		cmocka_unit_test(nothing_answered_leaves_the_defaults),
		cmocka_unit_test(answers_that_are_kept),
		cmocka_unit_test(answers_outside_the_offer),
		cmocka_unit_test(a_hexadecimal_number_is_a_number),
		cmocka_unit_test(the_first_burst_is_no_longer_than_any),
		cmocka_unit_test(the_targets_declarations),
		cmocka_unit_test(an_alias_has_its_bound),
		cmocka_unit_test(proposals_are_answered),
		cmocka_unit_test(proposals_by_the_rule_of_each_type),
		cmocka_unit_test(keys_out_of_place),
		cmocka_unit_test(pairs_of_a_text),
		cmocka_unit_test(what_may_go_on_to_a_console),
		cmocka_unit_test(digests_are_offered),
		cmocka_unit_test(digests_are_agreed_on),
		cmocka_unit_test(damaged_answers_stay_within_the_offer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
