/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays the conversations of tests/talk, given as arguments. Each runs as it stands;
 * with every answer split into two PDUs at every byte, where it must end the same; with every answer cut at every byte
 * and with every bit of every answer flipped, where it must not crash, and may only succeed as the rules below say.
 *
 *     ! NAME SECRET            CHAP
 *     ? NAME SECRET            what the target has to prove; our challenge is 77 and the bytes 0 to 15
 *     % OPTION                 md5-only, security-first, discovery, tpgt N (announced), or digests: CRC32C,None
 *     > FLAGS PAIR             a request: flags byte in hex, its text; a pair on each line
 *     < FLAGS TSIH [STATUS] PAIR   an answer; STATUS four hex digits, 0000 when left out
 *     ^ OPCODE                 the answer before is another PDU
 *     * N PAIR                 N times in the text before; a PAIR with \ at its end goes on in the next PDU
 *     = OUTCOME                "tsih ...", "redirect WHERE", or "ID DETAIL" of the failure and what to try then
 */
#include <ctype.h>
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

enum {
	ROUNDS_MAX = 8,
	TEXT_MAX = 16384,
	LINE_MAX_BYTES = 4096,
};

struct round {
	uint8_t request_flags;
	char request[TEXT_MAX];
	struct reply reply;
	uint8_t opcode; /* 0: a Login Response */
	char reply_text[TEXT_MAX];
};

struct talk {
	char username[64], username_in[64];
	struct secret secret, secret_in;
	bool md5_only, security_first, discovery, has_tpgt;
	uint16_t tpgt;
	char digests[32];
	struct round rounds[ROUNDS_MAX];
	size_t n_rounds;
	char outcome[LINE_MAX_BYTES];
};

/* How one answer of the conversation is changed. */
struct damage {
	enum { WHOLE, SPLIT, CUT, FLIP } kind;
	size_t round;
	size_t at;   /* SPLIT, CUT: bytes of data before it; FLIP: byte of header and data */
	uint8_t bit; /* FLIP */
};

static struct talk talk;
static struct login login;
static struct fail fail;
static uint32_t stat_sn;
static uint8_t opcode; /* of the answer that is delivered; 0: a Login Response */

/* A word of exactly n_digits hex digits at *line, which is stepped over with the blanks behind it. */
static bool read_hex(const char **line, size_t n_digits, uint16_t *out)
{
	size_t n = 0;
	while (isxdigit((unsigned char)(*line)[n]))
		n++;
	if (n != n_digits || ((*line)[n] != ' ' && (*line)[n] != '\0'))
		return false;
	*out = (uint16_t)strtoul(*line, NULL, 16);
	*line += n + strspn(*line + n, " ");
	return true;
}

static void add_pair(char text[static TEXT_MAX], const char *pair)
{
	size_t n = strlen(text), length = strlen(pair);
	if (length == 0)
		return;
	assert_true(n + length + 1 < TEXT_MAX);
	memcpy(text + n, pair, length);
	text[n + length] = '\n';
	if (pair[length - 1] == '\\')
		text[n + length - 1] = '\0';
}

static void add_pairs(char text[static TEXT_MAX], const char *line)
{
	char *pair;
	for (unsigned long n = strtoul(line, &pair, 10); n > 0; n--)
		add_pair(text, pair + 1);
}

/* Returns where the pairs of the following lines belong. */
static char *read_request(const char *line)
{
	uint16_t flags;
	assert_true(talk.n_rounds < ROUNDS_MAX);
	struct round *round = &talk.rounds[talk.n_rounds++];
	assert_true(read_hex(&line, 2, &flags));
	round->request_flags = (uint8_t)flags;
	add_pair(round->request, line);
	return round->request;
}

static char *read_reply(const char *line)
{
	uint16_t flags;
	struct round *round = &talk.rounds[talk.n_rounds - 1];
	assert_true(read_hex(&line, 2, &flags));
	assert_true(read_hex(&line, 4, &round->reply.tsih));
	read_hex(&line, 4, &round->reply.status);
	round->reply.flags = (uint8_t)flags;
	round->reply.text = round->reply_text;
	add_pair(round->reply_text, line);
	return round->reply_text;
}

static void read_account(const char *line, char username[static 64], struct secret *secret)
{
	size_t n = strcspn(line, " ");
	assert_true(n < 64 && line[n] == ' ');
	memcpy(username, line, n);
	assert_true(secret_set(secret, line + n + 1, strlen(line + n + 1)));
}

static void read_option(const char *line)
{
	if (strcmp(line, "md5-only") == 0)
		talk.md5_only = true;
	else if (strcmp(line, "security-first") == 0)
		talk.security_first = true;
	else if (strcmp(line, "discovery") == 0)
		talk.discovery = true;
	else if (sscanf(line, "tpgt %hu", &talk.tpgt) == 1)
		talk.has_tpgt = true;
	else
		snprintf(talk.digests, sizeof talk.digests, "%s", line);
}

static void load(const char *path)
{
	char line[LINE_MAX_BYTES];
	char *text = NULL;
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	memset(&talk, 0, sizeof talk);
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		const char *rest = line + (strlen(line) > 2 ? 2 : strlen(line));
		if (line[0] == '!')
			read_account(rest, talk.username, &talk.secret);
		else if (line[0] == '?')
			read_account(rest, talk.username_in, &talk.secret_in);
		else if (line[0] == '%')
			read_option(rest);
		else if (line[0] == '>')
			text = read_request(rest);
		else if (line[0] == '<')
			text = read_reply(rest);
		else if (line[0] == '^')
			talk.rounds[talk.n_rounds - 1].opcode = (uint8_t)strtoul(rest, NULL, 16);
		else if (line[0] == '*')
			add_pairs(text, rest);
		else if (line[0] == '=')
			strcpy(talk.outcome, rest);
		else if (line[0] == ' ')
			add_pair(text, rest);
	}
	fclose(file);
	assert_true(talk.outcome[0] != '\0');
}

static const char *outcome(void)
{
	static char text[LINE_MAX_BYTES + FAIL_DETAIL_BYTES];
	static const char *const advice[] = {
		[LOGIN_ADVICE_NONE] = "",
		[LOGIN_ADVICE_MD5_ONLY] = ", then md5-only",
		[LOGIN_ADVICE_SECURITY_FIRST] = ", then security-first",
	};
	const struct login_result *r = login_result(&login);
	const struct login_values *v = &r->values;
	switch (login_state(&login)) {
	case LOGIN_DONE:
		snprintf(text, sizeof text,
			 "tsih %04x tpgt %u %s%s digests %d%d r2t %d immediate %d send %u burst %u first %u", r->tsih,
			 r->tpgt, r->mutual ? "mutual " : "", r->chap ? r->chap_algorithm : "open", v->header_digest,
			 v->data_digest, v->initial_r2t, v->immediate_data, v->max_xmit_data_segment_length,
			 v->max_burst_length, v->first_burst_length);
		break;
	case LOGIN_REDIRECTED:
		snprintf(text, sizeof text, "redirect %s", r->redirect_to);
		break;
	case LOGIN_FAILED:
		snprintf(text, sizeof text, "%s%s%s%s", fail_lookup(fail.code)->id, fail.detail[0] != '\0' ? " " : "",
			 fail.detail, advice[login_advice(&login, &fail)]);
		break;
	default:
		snprintf(text, sizeof text, "unfinished");
	}
	return text;
}

static void make_header(const struct reply *reply, size_t n_bytes, uint8_t header[48])
{
	talk_header(reply, stat_sn++, n_bytes, header);
	if (opcode != 0)
		header[0] = opcode;
}

static bool deliver(const struct reply *reply, const uint8_t *wire, size_t n_bytes)
{
	uint8_t header[48];
	login_sent(&login);
	make_header(reply, n_bytes, header);
	return talk_deliver(&login, header, wire, n_bytes, &fail);
}

/*
 * The answer in two PDUs, the first with C. The request between them has no T, so that the second has none either;
 * where the whole answer had it, an empty round brings it.
 */
static bool deliver_split(const struct reply *reply, const uint8_t *wire, size_t n_bytes, size_t at)
{
	struct reply part = *reply;
	part.flags = (uint8_t)(0x40 | (reply->flags & 0x0c));
	part.tsih = 0;
	if (!deliver(&part, wire, at))
		return false;
	assert_int_equal(talk_request_flags(&login), reply->flags & 0x0c);
	assert_string_equal(talk_request_text(&login), "");
	part.flags = reply->flags & 0x0c;
	if (!deliver(&part, wire + at, n_bytes - at))
		return false;
	return (reply->flags & 0x80) == 0 || deliver(reply, NULL, 0);
}

static bool deliver_flipped(const struct reply *reply, uint8_t *wire, size_t n_bytes, const struct damage *damage)
{
	uint8_t header[48];
	login_sent(&login);
	make_header(reply, n_bytes, header);
	uint8_t *byte = damage->at < 48 ? &header[damage->at] : &wire[damage->at - 48];
	*byte = (uint8_t)(*byte ^ 1u << damage->bit);
	return talk_deliver(&login, header, wire, n_bytes, &fail);
}

static bool deliver_round(size_t i, const struct damage *damage)
{
	const struct reply *reply = &talk.rounds[i].reply;
	size_t n_bytes;
	bool good;
	opcode = talk.rounds[i].opcode;
	uint8_t *wire = talk_wire(reply->text, &n_bytes);
	if (damage->kind == WHOLE || damage->round != i)
		good = deliver(reply, wire, n_bytes);
	else if (damage->kind == SPLIT)
		good = deliver_split(reply, wire, n_bytes, damage->at);
	else if (damage->kind == CUT)
		good = deliver(reply, wire, damage->at);
	else
		good = deliver_flipped(reply, wire, n_bytes, damage);
	free(wire);
	return good;
}

/* Plays the whole conversation, or up to where the engine ends it. Only an undamaged one compares the requests. */
static const char *play(const struct damage *damage)
{
	struct login_config config = {
		.initiator_name = "iqn.2026-01.lab:me",
		.target_name = "iqn.2026-01.lab:root",
		.chap = {.username = talk.username,
			 .secret = &talk.secret,
			 .username_in = talk.username_in,
			 .secret_in = &talk.secret_in,
			 .nonce = {77, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
			 .md5_only = talk.md5_only},
		.digests = talk.digests[0] != '\0' ? talk.digests : NULL,
		.security_first = talk.security_first,
		.discovery = talk.discovery,
		.has_tpgt = talk.has_tpgt,
		.tpgt = talk.tpgt,
	};
	memcpy(config.isid, talk_isid, sizeof talk_isid);
	memset(&fail, 0, sizeof fail);
	stat_sn = TALK_FIRST_STAT_SN;
	login_start(&login, &config);
	for (size_t i = 0; i < talk.n_rounds && login_state(&login) == LOGIN_SEND; i++) {
		if (damage->kind == WHOLE) {
			assert_int_equal(talk_request_flags(&login), talk.rounds[i].request_flags);
			assert_string_equal(talk_request_text(&login), talk.rounds[i].request);
		}
		deliver_round(i, damage);
	}
	assert_int_equal(login_state(&login) == LOGIN_FAILED, fail.code != FAIL_NONE);
	return outcome();
}

/* The answer that the login fails by, not by its status. */
static bool is_fatal(size_t round)
{
	return round + 1 == talk.n_rounds && talk.outcome[0] == 'E' && talk.rounds[round].reply.status == 0;
}

/* Bytes of an answer's header whose every bit means something to us, so that no flip may go unseen. */
static bool is_checked(size_t round, const struct damage *flip)
{
	const struct reply *reply = &talk.rounds[round].reply;
	bool refused = reply->status != 0;
	if (talk.rounds[round].opcode != 0)
		return flip->at == 0 && flip->bit < 6;
	switch (flip->at) {
	case 0: /* reserved bits */
		return flip->bit < 6;
	case TALK_FLAGS_AT: /* reserved bits; C and NSG count only beside T: text may go on where it did not */
		if (is_fatal(round))
			return flip->bit == 2 || flip->bit == 3;
		if (flip->bit < 2 || flip->bit == 6)
			return !refused && (reply->flags & 0x80) != 0;
		return !refused && flip->bit != 4 && flip->bit != 5;
	case TALK_AHS_AT:
	case TALK_LENGTH_AT:
	case TALK_LENGTH_AT + 1:
	case TALK_LENGTH_AT + 2:
	case TALK_ITT_AT:
	case TALK_ITT_AT + 1:
	case TALK_ITT_AT + 2:
	case TALK_ITT_AT + 3:
		return true;
	case TALK_STATUS_AT: /* it may become the status that the conversation ends by */
		return (reply->status ^ 0x100 << flip->bit) != talk.rounds[talk.n_rounds - 1].reply.status;
	case TALK_VERSION_AT:
		return !refused;
	default:
		break;
	}
	if (flip->at >= TALK_ISID_AT && flip->at < TALK_ISID_AT + 6)
		return !refused;
	return false;
}

/* What holds for a login that succeeded, however its answers were damaged. */
static void assert_sane_success(void)
{
	const struct login_result *r = login_result(&login);
	const struct login_values *v = &r->values;
	assert_int_equal(r->chap, talk.username[0] != '\0');
	assert_int_not_equal(r->tsih, 0);
	assert_int_equal(r->mutual, talk.secret_in.n_bytes > 0);
	assert_true(strstr(talk.digests, "CRC32C") != NULL || !(v->header_digest || v->data_digest));
	assert_true(strcmp(talk.digests, "CRC32C") != 0 || (v->header_digest && v->data_digest));
	assert_true(v->data_pdu_in_order && v->data_sequence_in_order);
	assert_in_range(v->max_burst_length, 512, 16776192);
	assert_in_range(v->first_burst_length, 512, v->max_burst_length);
	assert_in_range(v->max_xmit_data_segment_length, 512, 16777215);
	assert_int_equal(v->max_outstanding_r2t, 1);
	assert_int_equal(v->error_recovery_level, 0);
}

static void as_it_stands(void **state)
{
	load(*state);
	assert_string_equal(play(&(struct damage){.kind = WHOLE}), talk.outcome);
}

static void split_at_every_byte(void **state)
{
	load(*state);
	for (size_t round = 0; round < talk.n_rounds; round++) {
		const struct round *r = &talk.rounds[round];
		bool early = (r->reply.flags & 0x80) > (r->request_flags & 0x80);
		bool in_part = ((r->reply.flags | r->request_flags) & 0x40) != 0;
		if (r->reply.status != 0 || r->opcode != 0 || early || in_part)
			continue;
		for (size_t at = 0; at <= strlen(talk.rounds[round].reply_text); at++)
			assert_string_equal(play(&(struct damage){SPLIT, round, at, 0}), talk.outcome);
	}
}

/* Only behind a whole pair may a shorter text pass; where it goes on in another PDU, a shorter value may be one, too.
 */
static void cut_at_every_byte(void **state)
{
	load(*state);
	for (size_t round = 0; round < talk.n_rounds; round++) {
		const char *text = talk.rounds[round].reply_text;
		bool continues = (talk.rounds[round].reply.flags & 0x40) != 0;
		for (size_t at = 0; at < strlen(text); at++) {
			play(&(struct damage){CUT, round, at, 0});
			if (login_state(&login) == LOGIN_DONE) {
				assert_sane_success();
				assert_true(at == 0 || text[at - 1] == '\n' || continues);
			}
		}
	}
}

static void every_bit_flipped(void **state)
{
	load(*state);
	for (size_t round = 0; round < talk.n_rounds; round++) {
		size_t n_bytes = 48 + strlen(talk.rounds[round].reply_text);
		for (size_t at = 0; at < n_bytes; at++) {
			for (uint8_t bit = 0; bit < 8; bit++) {
				struct damage flip = {FLIP, round, at, bit};
				const char *end = play(&flip);
				if (login_state(&login) == LOGIN_DONE)
					assert_sane_success();
				if (at < 48 && is_checked(round, &flip) && strcmp(end, talk.outcome) == 0)
					fail_msg("byte %zu bit %u of answer %zu goes unseen", at, bit, round);
			}
		}
	}
}

/* Without the words that lead through CHAP there is no login with CHAP. */
static void every_bit_of_the_method_counts(void **state)
{
	static const char *const words[] = {"AuthMethod=CHAP", "CHAP_A="};
	load(*state);
	for (size_t round = 0; round < talk.n_rounds; round++) {
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			const char *word = strstr(talk.rounds[round].reply_text, words[i]);
			if (word == NULL)
				continue;
			size_t at = 48 + (size_t)(word - talk.rounds[round].reply_text);
			for (size_t bit = 0; bit < 8 * strlen(words[i]); bit++) {
				play(&(struct damage){FLIP, round, at + bit / 8, (uint8_t)(bit % 8)});
				assert_int_not_equal(login_state(&login), LOGIN_DONE);
			}
		}
	}
}

static int run(char *path)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(as_it_stands, path),
		cmocka_unit_test_prestate(split_at_every_byte, path),
		cmocka_unit_test_prestate(cut_at_every_byte, path),
		cmocka_unit_test_prestate(every_bit_flipped, path),
		cmocka_unit_test_prestate(every_bit_of_the_method_counts, path),
	};
	return cmocka_run_group_tests_name(path, tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	int n_failed = argc < 2;
	for (int i = 1; i < argc; i++)
		n_failed += run(argv[i]);
	return n_failed > 0;
}
