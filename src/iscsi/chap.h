/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP as RFC 7143 section 12.1.3 carries it in text keys, in one direction or both; the response is that of RFC 1994.
 * Pure: the target's challenge comes in as text, ours as bytes from the caller.
 */
#ifndef ISCSI_CHAP_H
#define ISCSI_CHAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/writer.h"
#include "crypto/hash.h"

enum {
	CHAP_BINARY_MAX = 1024,    /* bytes of a challenge or response, section 12.1.3 */
	CHAP_CHALLENGE_BYTES = 16, /* of ours */
};

/* What we ask the target with: fresh random bytes for each login. */
struct chap_nonce {
	uint8_t identifier;
	uint8_t challenge[CHAP_CHALLENGE_BYTES];
};

/* Who we are and, for mutual CHAP, who the target has to be. Pointers are the caller's. */
struct chap_config {
	const char *username;           /* empty or NULL: no CHAP */
	const struct secret *secret;    /* with username */
	const char *username_in;        /* empty or NULL: any */
	const struct secret *secret_in; /* NULL or empty: not mutual */
	struct chap_nonce nonce;        /* with secret_in */
	bool md5_only;                  /* offer nothing else */
};

/* What was agreed on and answered. */
struct chap {
	const struct hash_algorithm *hash;
	uint8_t response[HASH_DIGEST_MAX]; /* ours */
};

/* The values of CHAP_A, CHAP_I and CHAP_C as the target sent them; text == NULL: not sent. */
struct chap_challenge {
	struct span algorithm, identifier, challenge;
};

/* The values of CHAP_N and CHAP_R, the same way. */
struct chap_answer {
	struct span name, response;
};

bool chap_is_wanted(const struct chap_config *config);
bool chap_is_mutual(const struct chap_config *config);

/* Writes CHAP_A with the algorithms we offer, best first. */
void chap_put_algorithms(const struct chap_config *config, struct writer *w);

/*
 * Writes CHAP_N and CHAP_R, the proof that we know the secret, and, for mutual CHAP, CHAP_I and CHAP_C. Copies of what
 * leads to the proof are wiped.
 */
bool chap_put_proof(struct chap *chap, const struct chap_config *config, const struct chap_challenge *asked,
		    struct writer *w, struct fail *fail);

/* Whether the target's answer to our challenge proves that it knows secret_in. */
bool chap_check_proof(const struct chap *chap, const struct chap_config *config, const struct chap_answer *answer,
		      struct fail *fail);

#endif
