/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP for the initiator, RFC 7143 section 12.1.3 and RFC 1994. CHAP_N is plain text and never decoded, whatever it
 * begins with. No response is ever shown: who sees one can try secrets on it.
 */
#include "iscsi/chap.h"

#include <string.h>

#include "iscsi/textkeys.h"

/* Numbers as IANA has them; the best first, the one that every target knows last. */
static const struct algorithm {
	const char *number;
	const struct hash_algorithm *hash;
} algorithms[] = {
	{"8", &hash_sha3_256},
	{"7", &hash_sha256},
	{"6", &hash_sha1},
	{"5", &hash_md5},
};

enum { N_ALGORITHMS = sizeof algorithms / sizeof *algorithms };

bool chap_is_wanted(const struct chap_config *config)
{
	return config->username != NULL && config->username[0] != '\0';
}

bool chap_is_mutual(const struct chap_config *config)
{
	return chap_is_wanted(config) && config->secret_in != NULL && config->secret_in->n_bytes > 0;
}

static size_t first_offered(const struct chap_config *config)
{
	return config->md5_only ? N_ALGORITHMS - 1 : 0;
}

void chap_put_algorithms(const struct chap_config *config, struct writer *w)
{
	writer_text(w, "CHAP_A=");
	for (size_t i = first_offered(config); i < N_ALGORITHMS; i++) {
		writer_text(w, algorithms[i].number);
		writer_text(w, i + 1 < N_ALGORITHMS ? "," : "");
	}
	writer_u8(w, '\0');
}

static const struct hash_algorithm *find_hash(const struct chap_config *config, struct span number)
{
	for (size_t i = first_offered(config); i < N_ALGORITHMS; i++)
		if (span_is(number, algorithms[i].number))
			return algorithms[i].hash;
	return NULL;
}

static bool refuse(struct fail *fail, enum fail_code code, const char *name, struct span value, const char *reason)
{
	struct textkey pair = {.name = span_of(name), .value = value};
	return value.text != NULL ? textkeys_fail(fail, code, &pair, reason)
				  : fail_set(fail, FAIL_PROTOCOL, "%s is missing", name);
}

static void respond(const struct hash_algorithm *hash, uint8_t identifier, const struct secret *secret,
		    const uint8_t *challenge, size_t n_bytes, uint8_t response[static HASH_DIGEST_MAX])
{
	struct hash_context h;
	hash_init(&h, hash);
	hash_update(&h, &identifier, 1);
	hash_update(&h, secret->bytes, secret->n_bytes);
	hash_update(&h, challenge, n_bytes);
	hash_final(&h, response);
}

static void put_binary(struct writer *w, const char *name, const uint8_t *bytes, size_t n_bytes)
{
	writer_format(w, "%s=0x", name);
	writer_hex(w, bytes, n_bytes);
	writer_u8(w, '\0');
}

static void put_challenge(const struct chap_nonce *nonce, struct writer *w)
{
	writer_format(w, "CHAP_I=%u", nonce->identifier);
	writer_u8(w, '\0');
	put_binary(w, "CHAP_C", nonce->challenge, sizeof nonce->challenge);
}

/* What would let the target answer our challenge with what we tell it ourselves, section 9.2.1. */
static bool check_directions(const struct chap_config *config, const uint8_t *challenge, size_t n_bytes,
			     struct fail *fail)
{
	const struct chap_nonce *nonce = &config->nonce;
	if (secret_equal(config->secret, config->secret_in))
		return fail_set(fail, FAIL_SECRETS_EQUAL, "%s", "");
	if (n_bytes == sizeof nonce->challenge && memcmp(challenge, nonce->challenge, n_bytes) == 0)
		return fail_set(fail, FAIL_CHAP_REFLECTED, "CHAP_C is our own");
	return true;
}

bool chap_put_proof(struct chap *chap, const struct chap_config *config, const struct chap_challenge *asked,
		    struct writer *w, struct fail *fail)
{
	uint32_t identifier;
	uint8_t challenge[CHAP_BINARY_MAX];
	size_t n_bytes;
	chap->hash = find_hash(config, asked->algorithm);
	if (chap->hash == NULL)
		return refuse(fail, FAIL_CHAP_ALGORITHM, "CHAP_A", asked->algorithm, "not one of ours");
	if (!textkeys_number(asked->identifier, 0, UINT8_MAX, &identifier))
		return refuse(fail, FAIL_PROTOCOL, "CHAP_I", asked->identifier, "not a number of one byte");
	if (!textkeys_binary(asked->challenge, challenge, sizeof challenge, &n_bytes))
		return refuse(fail, FAIL_PROTOCOL, "CHAP_C", asked->challenge, "not 1 to 1024 bytes in hex or base64");
	if (chap_is_mutual(config) && !check_directions(config, challenge, n_bytes, fail))
		return false;
	respond(chap->hash, (uint8_t)identifier, config->secret, challenge, n_bytes, chap->response);
	textkeys_put(w, span_of("CHAP_N"), span_of(config->username));
	put_binary(w, "CHAP_R", chap->response, chap->hash->digest_bytes);
	if (chap_is_mutual(config))
		put_challenge(&config->nonce, w);
	return true;
}

static bool check_name(const struct chap_config *config, struct span name, struct fail *fail)
{
	if (name.text == NULL)
		return fail_set(fail, FAIL_TARGET_UNPROVEN, "CHAP_N is missing");
	if (config->username_in == NULL || config->username_in[0] == '\0' || span_is(name, config->username_in))
		return true;
	struct textkey pair = {.name = span_of("CHAP_N"), .value = name};
	return textkeys_fail(fail, FAIL_TARGET_NAME, &pair, "not the name expected");
}

bool chap_check_proof(const struct chap *chap, const struct chap_config *config, const struct chap_answer *answer,
		      struct fail *fail)
{
	const struct chap_nonce *nonce = &config->nonce;
	uint8_t theirs[HASH_DIGEST_MAX], expected[HASH_DIGEST_MAX];
	size_t n_bytes;
	if (answer->response.text == NULL)
		return fail_set(fail, FAIL_TARGET_UNPROVEN, "CHAP_R is missing");
	if (!textkeys_binary(answer->response, theirs, sizeof theirs, &n_bytes) || n_bytes != chap->hash->digest_bytes)
		return fail_set(fail, FAIL_TARGET_UNPROVEN, "CHAP_R is not the %zu bytes of %s",
				chap->hash->digest_bytes, chap->hash->name);
	if (bytes_equal(theirs, chap->response, n_bytes))
		return fail_set(fail, FAIL_CHAP_REFLECTED, "CHAP_R is our own");
	respond(chap->hash, nonce->identifier, config->secret_in, nonce->challenge, sizeof nonce->challenge, expected);
	bool right = bytes_equal(theirs, expected, n_bytes);
	bytes_wipe(expected, sizeof expected);
	if (!right)
		return fail_set(fail, FAIL_TARGET_UNPROVEN, "CHAP_R is wrong");
	return check_name(config, answer->name, fail);
}
