/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP for the initiator, RFC 7143 section 12.1.3 and RFC 1994. CHAP_N is plain text and never decoded, whatever it
 * begins with.
 */
#include "iscsi/chap.h"

#include "crypto/hash.h"
#include "iscsi/textkeys.h"

/* Numbers as IANA has them. */
static const struct algorithm {
	const char *number;
	const struct hash_algorithm *hash;
} algorithms[] = {
	{"5", &hash_md5},
};

enum { N_ALGORITHMS = sizeof algorithms / sizeof *algorithms };

void chap_put_algorithms(struct writer *w)
{
	writer_text(w, "CHAP_A=");
	for (size_t i = 0; i < N_ALGORITHMS; i++) {
		writer_text(w, i > 0 ? "," : "");
		writer_text(w, algorithms[i].number);
	}
	writer_u8(w, '\0');
}

static const struct hash_algorithm *find_hash(struct span number)
{
	for (size_t i = 0; i < N_ALGORITHMS; i++)
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

static void put_response(const struct hash_algorithm *hash, uint8_t identifier, const struct secret *secret,
			 const uint8_t *challenge, size_t n_bytes, struct writer *w)
{
	struct hash_context h;
	uint8_t digest[HASH_DIGEST_MAX];
	hash_init(&h, hash);
	hash_update(&h, &identifier, 1);
	hash_update(&h, secret->bytes, secret->n_bytes);
	hash_update(&h, challenge, n_bytes);
	hash_final(&h, digest);
	writer_text(w, "CHAP_R=0x");
	writer_hex(w, digest, hash->digest_bytes);
	writer_u8(w, '\0');
	bytes_wipe(digest, sizeof digest);
}

bool chap_put_proof(const struct chap_challenge *asked, const char *username, const struct secret *secret,
		    struct writer *w, struct fail *fail)
{
	const struct hash_algorithm *hash = find_hash(asked->algorithm);
	if (hash == NULL)
		return refuse(fail, FAIL_CHAP_ALGORITHM, "CHAP_A", asked->algorithm, "not one of ours");
	uint32_t identifier;
	if (!textkeys_number(asked->identifier, 0, UINT8_MAX, &identifier))
		return refuse(fail, FAIL_PROTOCOL, "CHAP_I", asked->identifier, "not a number of one byte");
	uint8_t challenge[CHAP_BINARY_MAX];
	size_t n_bytes;
	if (!textkeys_binary(asked->challenge, challenge, sizeof challenge, &n_bytes))
		return refuse(fail, FAIL_PROTOCOL, "CHAP_C", asked->challenge, "not 1 to 1024 bytes in hex or base64");
	textkeys_put(w, span_of("CHAP_N"), span_of(username));
	put_response(hash, (uint8_t)identifier, secret, challenge, n_bytes, w);
	return true;
}
