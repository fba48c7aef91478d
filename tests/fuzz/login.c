/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole login against a target that answers what the input says; RFC 7143 sections 6.3, 11.13, 12.1.3. The first byte
 * chooses the configuration. Each answer is six bytes and text up to a byte 0xff: flags, TSIH, status (class and
 * detail, four bits each), how often the text stands there once more, and a place in the header with what is changed
 * there (48 and up: nothing). The rest of the header is right. Names, secrets and our challenge are those of
 * tests/talk.
 */
#include "iscsi/login.h"
#include "iscsi/textkeys.h"

#include "fuzz.h"

enum {
	CHAP = 1,
	MUTUAL = 2,
	OFFER_DIGESTS = 4,
	DEMAND_DIGESTS = 8,
	DISCOVERY = 16,
	SECURITY_FIRST = 32,
	CARRIER_HAS_TAGS = 64,
	MD5_ONLY = 128,
	TEXT_END = 0xff,
	FLAG_CONTINUE = 0x40,
	ANSWER_MAX = 10000,
};

/* All text of one side, one answer or request behind the other. */
struct side {
	char text[LOGIN_ROUNDS_MAX * ANSWER_MAX];
	size_t n_bytes;
	size_t n_whole; /* before them no text was left unfinished */
};

/* What may go out: a stage alone, with a text that goes on, or with the transit to the next. */
static const uint8_t request_flags[] = {0x00, 0x40, 0x81, 0x04, 0x44, 0x87};

static const struct secret secret = {"secretsecret12", 14}, secret_in = {"othersecret34", 13};
static const uint8_t isid[6] = {0x80, 0x12, 0x34, 0x56, 0x78, 0x9a};

static struct login login;
static struct side ours, theirs;
static uint8_t last_flags; /* of the last answer */

static struct login_config configure(unsigned bits)
{
	struct login_config config = {
		.initiator_name = "iqn.2026-01.lab:me",
		.target_name = "iqn.2026-01.lab:root",
		.discovery = bits & DISCOVERY,
		.chap = {.username = bits & CHAP ? "pi4" : NULL,
			 .secret = &secret,
			 .username_in = "san",
			 .secret_in = bits & MUTUAL ? &secret_in : NULL,
			 .nonce = {77, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
			 .md5_only = bits & MD5_ONLY},
		.digests = bits & DEMAND_DIGESTS  ? "CRC32C"
			   : bits & OFFER_DIGESTS ? "CRC32C,None"
						  : NULL,
		.security_first = bits & SECURITY_FIRST,
		.carrier_has_tags = bits & CARRIER_HAS_TAGS,
	};
	memcpy(config.isid, isid, sizeof isid);
	return config;
}

static void add_text(struct side *side, const void *text, size_t n_bytes)
{
	memcpy(side->text + side->n_bytes, text, n_bytes);
	side->n_bytes += n_bytes;
}

/* The first value of a key; text NULL when there is none. */
static struct span find(const struct side *side, const char *name)
{
	struct span rest = {side->text, side->n_bytes};
	struct textkey pair;
	struct fail fail = {.code = FAIL_NONE};
	while (textkeys_next(&rest, &pair, &fail))
		if (span_is(pair.name, name))
			return pair.value;
	return (struct span){0};
}

static const struct hash_algorithm *agreed_hash(void)
{
	static const struct hash_algorithm *const hashes[] = {&hash_md5, &hash_sha1, &hash_sha256, &hash_sha3_256};
	struct span number = find(&theirs, "CHAP_A");
	CHECK(number.n_bytes == 1 && number.text[0] >= '5' && number.text[0] <= '8');
	return hashes[number.text[0] - '5'];
}

/* CHAP_R of one side answers CHAP_I and CHAP_C of the other. */
static bool proves(const struct side *prover, const struct secret *known, const struct side *asker)
{
	uint32_t identifier;
	uint8_t challenge[CHAP_BINARY_MAX], response[HASH_DIGEST_MAX], expected[HASH_DIGEST_MAX];
	size_t n_challenge, n_response;
	struct hash_context h;
	if (!textkeys_number(find(asker, "CHAP_I"), 0, UINT8_MAX, &identifier) ||
	    !textkeys_binary(find(asker, "CHAP_C"), challenge, sizeof challenge, &n_challenge) ||
	    !textkeys_binary(find(prover, "CHAP_R"), response, sizeof response, &n_response))
		return false;
	uint8_t byte = (uint8_t)identifier;
	hash_init(&h, agreed_hash());
	hash_update(&h, &byte, 1);
	hash_update(&h, known->bytes, known->n_bytes);
	hash_update(&h, challenge, n_challenge);
	hash_final(&h, expected);
	return n_response == agreed_hash()->digest_bytes && memcmp(response, expected, n_response) == 0;
}

static void check_values(const struct login_values *v, unsigned bits)
{
	bool offered = bits & (OFFER_DIGESTS | DEMAND_DIGESTS);
	CHECK(offered || !(v->header_digest || v->data_digest));
	CHECK(!(bits & DEMAND_DIGESTS) || (v->header_digest && v->data_digest));
	CHECK(v->data_pdu_in_order && v->data_sequence_in_order);
	CHECK(v->max_burst_length >= 512 && v->max_burst_length <= 16776192);
	CHECK(v->first_burst_length >= 512 && v->first_burst_length <= v->max_burst_length);
	CHECK(v->max_xmit_data_segment_length >= 512 && v->max_xmit_data_segment_length <= 16777215);
	CHECK(v->max_outstanding_r2t == 1 && v->max_connections == 1 && v->error_recovery_level == 0);
	CHECK(v->default_time2wait <= 3600 && v->default_time2retain <= 20);
}

static void check_success(unsigned bits)
{
	const struct login_result *r = login_result(&login);
	CHECK(r->tsih != 0 && r->status_class == 0);
	CHECK((last_flags & 0xcf) == 0x87); /* T, from the operational stage to the full feature phase */
	CHECK(r->chap == ((bits & CHAP) != 0));
	CHECK(r->mutual == ((bits & CHAP) && (bits & MUTUAL)));
	if (r->chap) {
		CHECK(proves(&ours, &secret, &theirs) && span_is(find(&ours, "CHAP_N"), "pi4"));
		CHECK(strcmp(r->chap_algorithm, agreed_hash()->name) == 0);
		CHECK(!(bits & MD5_ONLY) || agreed_hash() == &hash_md5);
	}
	if (r->mutual)
		CHECK(proves(&theirs, &secret_in, &ours) && span_is(find(&theirs, "CHAP_N"), "san"));
	check_values(&r->values, bits);
	CHECK_TEXT(r->target_alias);
}

/* Of its own accord, not as an echo of what the target said. */
static bool says_secret(struct span text, const struct secret *s)
{
	return memmem(text.text, text.n_bytes, s->bytes, s->n_bytes) != NULL &&
	       memmem(theirs.text, theirs.n_bytes, s->bytes, s->n_bytes) == NULL;
}

/* All of a text that has gone out, in one request or in several. */
static void check_text_of_ours(struct span text)
{
	struct textkey pair;
	struct fail fail = {.code = FAIL_NONE};
	CHECK(!says_secret(text, &secret) && !says_secret(text, &secret_in));
	while (textkeys_next(&text, &pair, &fail))
		continue;
	CHECK(fail.code == FAIL_NONE);
}

/* A request that goes out: a stage that is one, and a text that goes on or is whole. */
static void send_request(void)
{
	const uint8_t *header, *data;
	size_t n_bytes;
	login_to_send(&login, &header, &data, &n_bytes);
	CHECK(n_bytes <= PDU_LOGIN_DATA_MAX && header[0] == 0x43);
	CHECK(memchr(request_flags, header[1], sizeof request_flags) != NULL);
	add_text(&ours, data, n_bytes);
	if ((header[1] & FLAG_CONTINUE) == 0) {
		check_text_of_ours((struct span){ours.text + ours.n_whole, ours.n_bytes - ours.n_whole});
		ours.n_whole = ours.n_bytes;
	}
	login_sent(&login);
	CHECK(login_state(&login) == LOGIN_RECEIVE);
}

static void put_header(uint8_t header[PDU_HEADER_BYTES], struct cursor *input)
{
	memset(header, 0, PDU_HEADER_BYTES);
	header[0] = 0x23;
	header[1] = cursor_u8(input);
	memcpy(header + 8, isid, sizeof isid);
	header[15] = cursor_u8(input);
	uint8_t status = cursor_u8(input);
	header[36] = status >> 4;
	header[37] = status & 15;
}

/* The text up to its end mark, 1 + n_again times; n_bytes of it. */
static uint8_t *take_text(struct cursor *input, size_t n_again, size_t *n_bytes)
{
	const uint8_t *from = input->bytes + input->at;
	const uint8_t *end = memchr(from, TEXT_END, cursor_left(input));
	size_t n_once = end != NULL ? (size_t)(end - from) : cursor_left(input);
	if (n_once * (n_again + 1) > ANSWER_MAX)
		n_again = 0;
	if (n_once > ANSWER_MAX)
		n_once = ANSWER_MAX;
	*n_bytes = n_once * (n_again + 1);
	uint8_t *text = malloc(*n_bytes > 0 ? *n_bytes : 1);
	for (size_t at = 0; at < *n_bytes; at += n_once)
		memcpy(text + at, from, n_once);
	cursor_skip(input, n_once);
	cursor_u8(input);
	return text;
}

static void answer(struct cursor *input, struct fail *fail)
{
	uint8_t header[PDU_HEADER_BYTES];
	size_t n_bytes;
	put_header(header, input);
	uint8_t n_again = cursor_u8(input), at = cursor_u8(input), change = cursor_u8(input);
	uint8_t *text = take_text(input, n_again, &n_bytes);
	header[6] = (uint8_t)(n_bytes >> 8);
	header[7] = (uint8_t)n_bytes;
	if (at < sizeof header)
		header[at] ^= change;
	last_flags = header[1];
	bool good = login_receive(&login, header, text, n_bytes, fail);
	CHECK(good == (login_state(&login) != LOGIN_FAILED));
	CHECK(good == (fail->code == FAIL_NONE));
	if (good)
		add_text(&theirs, text, n_bytes);
	free(text);
}

static void check_failure(const struct fail *fail)
{
	static const uint8_t header[PDU_HEADER_BYTES] = {0x23};
	char said[FAIL_TEXT_BYTES];
	struct fail again = {.code = FAIL_NONE};
	CHECK(!login_receive(&login, header, NULL, 0, &again) && again.code == fail->code);
	CHECK_TEXT(fail->detail);
	fail_describe(fail, said);
	login_advice(&login, fail);
	CHECK(login_state(&login) == LOGIN_FAILED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct cursor input = cursor_over(bytes, n_bytes);
	unsigned bits = cursor_u8(&input);
	struct login_config config = configure(bits);
	struct fail fail = {.code = FAIL_NONE};
	unsigned n_requests = 0;
	ours.n_bytes = ours.n_whole = theirs.n_bytes = 0;
	login_start(&login, &config);
	while (login_state(&login) == LOGIN_SEND && cursor_left(&input) > 0) {
		CHECK(++n_requests <= LOGIN_ROUNDS_MAX);
		send_request();
		answer(&input, &fail);
	}
	if (login_state(&login) == LOGIN_DONE)
		check_success(bits);
	if (login_state(&login) == LOGIN_FAILED)
		check_failure(&fail);
	if (login_state(&login) == LOGIN_REDIRECTED) {
		struct span host;
		uint16_t port = 1;
		CHECK_TEXT(login_result(&login)->redirect_to);
		CHECK(text_host_port(span_of(login_result(&login)->redirect_to), &host, &port));
	}
	login_end(&login);
	return 0;
}
