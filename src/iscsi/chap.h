/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP as RFC 7143 section 12.1.3 carries it in text keys; the response is that of RFC 1994. This side proves who it
 * is; it does not ask the target to. Pure: the target's challenge comes in as text, ours would come from the caller.
 */
#ifndef ISCSI_CHAP_H
#define ISCSI_CHAP_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/writer.h"

enum {
	CHAP_BINARY_MAX = 1024, /* bytes of a challenge or response, section 12.1.3 */
};

/* The values of CHAP_A, CHAP_I and CHAP_C as the target sent them; text == NULL: not sent. */
struct chap_challenge {
	struct span algorithm, identifier, challenge;
};

/* Writes CHAP_A with all algorithms we have, best first. */
void chap_put_algorithms(struct writer *w);

/* Writes CHAP_N and CHAP_R: the proof that we know the secret. Copies of what leads to it are wiped. */
bool chap_put_proof(const struct chap_challenge *asked, const char *username, const struct secret *secret,
		    struct writer *w, struct fail *fail);

#endif
