/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The login engine. An answer goes through four gates: the frame (is this the answer to our request?), the status, the
 * header's rules (RFC 7143 sections 11.12 and 11.13), the text. Then the step that was asked judges it and writes the
 * next request. Only an initiator that opens a new normal session with one connection; digests never apply here
 * (11.2.3).
 */
#include "iscsi/login.h"

#include <string.h>

#include "base/secret.h"
#include "iscsi/status.h"
#include "iscsi/textkeys.h"

/* The keys of the security stage, RFC 7143 section 12.1. */
enum security_key { AUTH_METHOD, CHAP_A, CHAP_I, CHAP_C, CHAP_N, CHAP_R, N_SECURITY_KEYS };

static const char *const security_names[N_SECURITY_KEYS] = {
	"AuthMethod", "CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R",
};

/* What an answer said. Spans point into login->text; text == NULL: not sent. */
struct answer {
	bool transit;
	uint16_t tsih;
	struct span security[N_SECURITY_KEYS];
};

struct step {
	enum login_stage stage, next;
	bool transit;                   /* we ask to leave the stage */
	unsigned expects;               /* security keys the answer may hold, a bit each */
	enum fail_code unauthenticated; /* what status 0201 means here: what the target has seen of us so far tells */
	/* Judges a complete answer, chooses the next step and writes its keys. */
	bool (*answered)(struct login *login, const struct answer *answer, struct writer *next);
};

static bool no_method_answered(struct login *login, const struct answer *answer, struct writer *next);
static bool method_answered(struct login *login, const struct answer *answer, struct writer *next);
static bool algorithm_answered(struct login *login, const struct answer *answer, struct writer *next);
static bool proof_answered(struct login *login, const struct answer *answer, struct writer *next);
static bool operational_answered(struct login *login, const struct answer *answer, struct writer *next);

static const struct step steps[] = {
	[STEP_NO_METHOD] = {STAGE_SECURITY, STAGE_OPERATIONAL, true, 1u << AUTH_METHOD, FAIL_CHAP_WANTED,
			    no_method_answered},
	[STEP_METHOD] = {STAGE_SECURITY, STAGE_OPERATIONAL, false, 1u << AUTH_METHOD, FAIL_AUTH_DOWNGRADE,
			 method_answered},
	[STEP_ALGORITHM] = {STAGE_SECURITY, STAGE_OPERATIONAL, false, 1u << CHAP_A | 1u << CHAP_I | 1u << CHAP_C,
			    FAIL_CHAP_ALGORITHM, algorithm_answered},
	[STEP_PROOF] = {STAGE_SECURITY, STAGE_OPERATIONAL, true, 1u << CHAP_N | 1u << CHAP_R, FAIL_AUTH_REFUSED,
			proof_answered},
	[STEP_OPERATIONAL] = {STAGE_OPERATIONAL, STAGE_FULL_FEATURE, true, 0, FAIL_CHAP_WANTED, operational_answered},
};

/* Makes the request that carries the next part of our text; all but the last have the C bit, section 11.12.2. */
static bool compose_part(struct login *login)
{
	const struct step *step = &steps[login->step];
	size_t n_left = login->n_data_bytes - login->n_data_sent;
	bool continues = n_left > PDU_LOGIN_DATA_MAX;
	if (login->n_requests == LOGIN_ROUNDS_MAX)
		return fail_set(&login->fail, FAIL_PROTOCOL, "no end after %d requests", LOGIN_ROUNDS_MAX);
	login->request.current = step->stage;
	login->request.next = step->next;
	login->request.continues = continues;
	login->request.transit = login->transit && !continues;
	login->request.exp_stat_sn = login->result.exp_stat_sn;
	login->request.n_data_bytes = continues ? PDU_LOGIN_DATA_MAX : (uint32_t)n_left;
	pdu_encode_login_request(&login->request, login->header);
	login->n_requests++;
	login->sent = false;
	return true;
}

/* What stands in login->data goes to the target next. */
static bool compose(struct login *login, const struct writer *text, bool transit)
{
	if (text->full)
		return fail_set(&login->fail, FAIL_PROTOCOL, "answers to the target's keys of more than %d bytes",
				LOGIN_TEXT_MAX);
	login->n_data_bytes = text->n_bytes;
	login->n_data_sent = 0;
	login->transit = transit;
	return compose_part(login);
}

/* The target lets us go on with our text by an empty answer, section 6.2. */
static bool part_answered(struct login *login, const struct login_response *response)
{
	if (response->continues || response->n_data_bytes > 0)
		return fail_set(&login->fail, FAIL_PROTOCOL, "an answer in the middle of our text");
	login->n_data_sent += login->request.n_data_bytes;
	return compose_part(login);
}

static void put(struct writer *w, const char *name, const char *value)
{
	textkeys_put(w, span_of(name), span_of(value));
}

void login_start(struct login *login, const struct login_config *config)
{
	memset(login, 0, sizeof *login);
	login->config = *config;
	memcpy(login->request.isid, config->isid, sizeof config->isid);
	login->request.cid = config->cid;
	login->request.cmd_sn = config->cmd_sn;
	keys_start(&login->negotiation, config->discovery, config->digests, &login->result);

	struct writer w = writer_over(login->data, sizeof login->data);
	put(&w, "InitiatorName", config->initiator_name);
	if (!config->discovery)
		put(&w, "TargetName", config->target_name);
	put(&w, "SessionType", config->discovery ? "Discovery" : "Normal");
	if (chap_is_wanted(&config->chap)) {
		login->step = STEP_METHOD;
		put(&w, "AuthMethod", "CHAP");
	} else if (config->security_first) {
		login->step = STEP_NO_METHOD;
		put(&w, "AuthMethod", "None");
	} else {
		login->step = STEP_OPERATIONAL;
		keys_offer(&login->negotiation, &w);
	}
	compose(login, &w, steps[login->step].transit);
}

enum login_state login_state(const struct login *login)
{
	if (login->fail.code != FAIL_NONE)
		return LOGIN_FAILED;
	if (login->result.status_class == STATUS_CLASS_REDIRECTION)
		return LOGIN_REDIRECTED;
	if (login->step == STEP_DONE)
		return LOGIN_DONE;
	return login->sent ? LOGIN_RECEIVE : LOGIN_SEND;
}

void login_to_send(const struct login *login, const uint8_t **header, const uint8_t **data, size_t *n_data_bytes)
{
	*header = login->header;
	*data = login->data + login->n_data_sent;
	*n_data_bytes = login->request.n_data_bytes;
}

void login_sent(struct login *login)
{
	login->sent = true;
}

/* Gate 1: a Login Response to our request, in one piece. */
static bool check_frame(struct login *login, const struct login_response *response, size_t n_data_bytes)
{
	if (response->n_ahs_words != 0)
		return fail_set(&login->fail, FAIL_PROTOCOL, "a Login Response with additional header segments");
	if (response->n_data_bytes > PDU_LOGIN_DATA_MAX)
		return fail_set(&login->fail, FAIL_PROTOCOL, "a Login Response of %u bytes",
				(unsigned int)response->n_data_bytes);
	if (response->n_data_bytes != n_data_bytes)
		return fail_set(&login->fail, FAIL_PROTOCOL, "%zu bytes of data where the header says %u", n_data_bytes,
				(unsigned int)response->n_data_bytes);
	if (response->itt != login->request.itt && !login->config.carrier_has_tags)
		return fail_set(&login->fail, FAIL_PROTOCOL, "an answer to another task (ITT 0x%08x)",
				(unsigned int)response->itt);
	return true;
}

/* The address of a redirect without the portal group tag behind its comma, section 13.8. */
static bool take_redirect(struct login *login, struct span text)
{
	struct textkey pair;
	struct fail fault = {0};
	while (textkeys_next(&text, &pair, &fault)) {
		if (!span_is(pair.name, "TargetAddress"))
			continue;
		struct span rest = pair.value;
		struct span address = span_cut(&rest, ',');
		struct span host;
		uint16_t port;
		if (text_host_port(address, &host, &port) && textkeys_is_plain(address) &&
		    span_copy(address, login->result.redirect_to, sizeof login->result.redirect_to))
			return true;
		return textkeys_fail(&login->fail, FAIL_REDIRECT, &pair, "not an address");
	}
	return fail_set(&login->fail, FAIL_REDIRECT, "status %02x%02x without a TargetAddress",
			login->result.status_class, login->result.status_detail);
}

/* Gate 2. The rest of the header need not be valid when the status is not success. */
static bool take_status(struct login *login, const struct login_response *response, struct span text)
{
	login->result.status_class = response->status_class;
	login->result.status_detail = response->status_detail;
	if (response->status_class == STATUS_CLASS_REDIRECTION)
		return take_redirect(login, text);
	enum fail_code code = status_fail_code(response->status_class, response->status_detail);
	if (code == FAIL_AUTH_REFUSED && !login->result.chap)
		code = steps[login->step].unauthenticated;
	if (code == FAIL_CHAP_WANTED || code == FAIL_INITIATOR_ERROR)
		login->security_wanted = true;
	bool of_mutual = code == FAIL_AUTH_REFUSED && chap_is_mutual(&login->config.chap);
	return code == FAIL_NONE ||
	       fail_set(&login->fail, code, "status %02x%02x%s%s", response->status_class, response->status_detail,
			status_words(response->status_class, response->status_detail),
			of_mutual ? ", perhaps for want of a secret of its own" : "");
}

static bool check_stage(struct login *login, const struct login_response *response)
{
	const struct login_request *request = &login->request;
	login->security_wanted = response->current == STAGE_SECURITY;
	if (response->current != request->current)
		return fail_set(&login->fail, FAIL_PROTOCOL, "an answer in stage %u to a request in stage %u",
				response->current, request->current);
	if (!response->transit)
		return true;
	if (response->continues)
		return fail_set(&login->fail, FAIL_PROTOCOL, "T and C bit in one answer");
	if (!request->transit)
		return fail_set(&login->fail, FAIL_PROTOCOL, "the target leaves stage %u on its own",
				response->current);
	if (response->next != request->next)
		return fail_set(&login->fail, FAIL_PROTOCOL, "the target goes to stage %u instead of %u",
				response->next, request->next);
	return true;
}

/* A new session gets its TSIH with the last answer, section 11.13.3; what stands there before means nothing. */
static bool check_tsih(struct login *login, const struct login_response *response)
{
	bool last = response->transit && response->next == STAGE_FULL_FEATURE;
	return !last || response->tsih != 0 || fail_set(&login->fail, FAIL_PROTOCOL, "no TSIH in the last answer");
}

/*
 * Gate 3. StatSN (section 4.2.2.2) is taken as it comes: some targets count wrong during the login, and on one
 * connection with one request at a time nothing can be lost or stand in for something else.
 */
static bool check_header(struct login *login, const struct login_response *response)
{
	if (response->version_active != 0)
		return fail_set(&login->fail, FAIL_VERSION, "Version-active %u", response->version_active);
	if (memcmp(response->isid, login->request.isid, sizeof response->isid) != 0)
		return fail_set(&login->fail, FAIL_PROTOCOL, "an answer with another ISID");
	return check_stage(login, response) && check_tsih(login, response);
}

static bool join_text(struct login *login, const uint8_t *data, size_t n_bytes)
{
	if (n_bytes > sizeof login->text - login->n_text_bytes)
		return fail_set(&login->fail, FAIL_PROTOCOL, "more than %d bytes of text in one answer",
				LOGIN_TEXT_MAX);
	if (n_bytes > 0)
		memcpy(login->text + login->n_text_bytes, data, n_bytes);
	login->n_text_bytes += n_bytes;
	return true;
}

static bool is_expected(const struct login *login, unsigned key)
{
	if (login->step == STEP_PROOF && !chap_is_mutual(&login->config.chap))
		return false;
	return (steps[login->step].expects & 1u << key) != 0;
}

static bool take_security(struct login *login, const struct textkey *pair, unsigned key, struct answer *answer)
{
	login->security_wanted = key == AUTH_METHOD;
	if (key == AUTH_METHOD && !chap_is_wanted(&login->config.chap) &&
	    textkeys_list_has(pair->value, span_of("CHAP")))
		return textkeys_fail(&login->fail, FAIL_CHAP_WANTED, pair, "demanded by the target");
	if (!is_expected(login, key))
		return textkeys_fail(&login->fail, FAIL_PROTOCOL, pair, "not asked for");
	if ((login->security_received & 1u << key) != 0)
		return textkeys_fail(&login->fail, FAIL_PROTOCOL, pair, "this key was sent before");
	login->security_received |= 1u << key;
	answer->security[key] = pair->value;
	return true;
}

static bool take_key(struct login *login, const struct textkey *pair, struct answer *answer, struct writer *next)
{
	for (unsigned key = 0; key < N_SECURITY_KEYS; key++)
		if (span_is(pair->name, security_names[key]))
			return take_security(login, pair, key, answer);
	return keys_take(&login->negotiation, steps[login->step].stage, pair, &login->result, next, &login->fail);
}

/* Section 13.9. A target that does not say its group is taken at its word: old ones leave the key out. */
static bool check_tpgt(struct login *login)
{
	const struct login_config *config = &login->config;
	return !config->has_tpgt || !login->result.has_tpgt || login->result.tpgt == config->tpgt ||
	       fail_set(&login->fail, FAIL_PROTOCOL, "TargetPortalGroupTag=%u: the portal was announced in group %u",
			login->result.tpgt, config->tpgt);
}

/* Gate 4: all keys of a complete text. Answers to proposals begin the next request. */
static bool take_text(struct login *login, struct answer *answer, struct writer *next)
{
	struct span rest = {.text = login->text, .n_bytes = login->n_text_bytes};
	struct textkey pair;
	login->n_text_bytes = 0;
	while (textkeys_next(&rest, &pair, &login->fail))
		if (!take_key(login, &pair, answer, next))
			return false;
	return login->fail.code == FAIL_NONE;
}

/* The whole answer to a whole request; a part of one is asked for the rest by an empty request. */
static bool take_answer(struct login *login, const struct login_response *response)
{
	struct answer answer = {.transit = response->transit, .tsih = response->tsih};
	struct writer next = writer_over(login->data, sizeof login->data);
	if (response->continues)
		return compose(login, &next, false);
	if (!take_text(login, &answer, &next) || !check_tpgt(login) ||
	    !steps[login->step].answered(login, &answer, &next))
		return false;
	return login->step == STEP_DONE || compose(login, &next, steps[login->step].transit);
}

static bool receive(struct login *login, const uint8_t header[static PDU_HEADER_BYTES], const uint8_t *data,
		    size_t n_data_bytes)
{
	struct login_response response;
	struct span text = {.text = (const char *)data, .n_bytes = n_data_bytes};
	if (!pdu_decode_login_response(header, &response, &login->fail) ||
	    !check_frame(login, &response, n_data_bytes) || !take_status(login, &response, text))
		return false;
	if (response.status_class != STATUS_CLASS_SUCCESS)
		return true;
	if (!check_header(login, &response))
		return false;
	login->result.exp_stat_sn = response.stat_sn + 1;
	login->result.exp_cmd_sn = response.exp_cmd_sn;
	login->result.max_cmd_sn = response.max_cmd_sn;
	if (login->request.continues)
		return part_answered(login, &response);
	return join_text(login, data, n_data_bytes) && take_answer(login, &response);
}

bool login_receive(struct login *login, const uint8_t header[static PDU_HEADER_BYTES], const uint8_t *data,
		   size_t n_data_bytes, struct fail *fail)
{
	if (login_state(login) != LOGIN_RECEIVE)
		fail_set(&login->fail, FAIL_PROTOCOL, "an answer without a request");
	else if (receive(login, header, data, n_data_bytes))
		return true;
	if (fail->code == FAIL_NONE)
		*fail = login->fail;
	return false;
}

/* A target that leaves the stage without a word about the method has taken the only one offered. */
static bool no_method_answered(struct login *login, const struct answer *answer, struct writer *next)
{
	struct textkey pair = {.name = span_of(security_names[AUTH_METHOD]), .value = answer->security[AUTH_METHOD]};
	if (span_is(pair.value, "Reject"))
		return textkeys_fail(&login->fail, FAIL_CHAP_WANTED, &pair, "offered was None");
	if (pair.value.text != NULL && !span_is(pair.value, "None"))
		return textkeys_fail(&login->fail, FAIL_NEGOTIATION, &pair, "offered was None");
	if (!answer->transit)
		return true;
	login->step = STEP_OPERATIONAL;
	keys_offer(&login->negotiation, next);
	return true;
}

static bool method_answered(struct login *login, const struct answer *answer, struct writer *next)
{
	struct textkey pair = {.name = span_of(security_names[AUTH_METHOD]), .value = answer->security[AUTH_METHOD]};
	if (pair.value.text == NULL)
		return fail_set(&login->fail, FAIL_PROTOCOL, "AuthMethod is missing");
	if (span_is(pair.value, "None") || span_is(pair.value, "Reject"))
		return textkeys_fail(&login->fail, FAIL_AUTH_DOWNGRADE, &pair, "offered was CHAP");
	if (!span_is(pair.value, "CHAP"))
		return textkeys_fail(&login->fail, FAIL_NEGOTIATION, &pair, "offered was CHAP");
	login->step = STEP_ALGORITHM;
	chap_put_algorithms(&login->config.chap, next);
	return true;
}

static bool algorithm_answered(struct login *login, const struct answer *answer, struct writer *next)
{
	const struct chap_config *config = &login->config.chap;
	struct chap_challenge asked = {
		.algorithm = answer->security[CHAP_A],
		.identifier = answer->security[CHAP_I],
		.challenge = answer->security[CHAP_C],
	};
	if (config->secret == NULL || config->secret->n_bytes == 0)
		return fail_set(&login->fail, FAIL_CHAP_HALF, "no secret");
	if (!chap_put_proof(&login->chap, config, &asked, next, &login->fail))
		return false;
	login->step = STEP_PROOF;
	return true;
}

/* Without T the target has accepted nothing yet: an empty request asks again. */
static bool proof_answered(struct login *login, const struct answer *answer, struct writer *next)
{
	struct chap_answer theirs = {.name = answer->security[CHAP_N], .response = answer->security[CHAP_R]};
	if (chap_is_mutual(&login->config.chap) && !login->result.mutual) {
		if (!chap_check_proof(&login->chap, &login->config.chap, &theirs, &login->fail))
			return false;
		login->result.mutual = true;
	}
	if (!answer->transit)
		return true;
	login->result.chap = true;
	login->result.chap_algorithm = login->chap.hash->name;
	login->step = STEP_OPERATIONAL;
	keys_offer(&login->negotiation, next);
	return true;
}

static bool operational_answered(struct login *login, const struct answer *answer, struct writer *next)
{
	(void)next; /* the answers to the target's proposals are all that a further request needs */
	if (!answer->transit)
		return true;
	if (!keys_finish(&login->negotiation, &login->result, &login->fail))
		return false;
	login->result.tsih = answer->tsih;
	login->step = STEP_DONE;
	return true;
}

const struct login_result *login_result(const struct login *login)
{
	return &login->result;
}

enum fail_code login_closed(const struct login *login)
{
	return login->step == STEP_NO_METHOD ? FAIL_CHAP_WANTED : FAIL_LOGIN_CLOSED;
}

enum login_advice login_advice(const struct login *login, const struct fail *fail)
{
	bool refused = login->result.status_class == STATUS_CLASS_INITIATOR_ERROR ||
		       fail->code == FAIL_CHAP_ALGORITHM || fail->code == FAIL_LOGIN_CLOSED;
	if (login->step == STEP_ALGORITHM && !login->config.chap.md5_only && refused)
		return LOGIN_ADVICE_MD5_ONLY;
	/* For tgt and IET 7 is SHA-1: they choose it and then choke on the length of our SHA-256. */
	if (login->step == STEP_PROOF && login->chap.hash != &hash_md5 && fail->code == FAIL_INITIATOR_ERROR)
		return LOGIN_ADVICE_MD5_ONLY;
	bool is_first = login->step == STEP_OPERATIONAL && login->n_requests == 1;
	if (is_first && login->security_wanted)
		return LOGIN_ADVICE_SECURITY_FIRST;
	return LOGIN_ADVICE_NONE;
}

void login_end(struct login *login)
{
	bytes_wipe(&login->chap, sizeof login->chap);
	bytes_wipe(login->data, sizeof login->data);
	bytes_wipe(login->text, sizeof login->text);
	login->config.chap = (struct chap_config){.username = NULL};
}
