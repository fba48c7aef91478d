/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Negotiation of the login keys by table, RFC 7143 sections 6.2 and 13: what we offer, what the target may answer to
 * it, and what we answer to its proposals. AuthMethod and the CHAP keys are not here (login.c, chap.h), because they
 * are steps of a conversation and no values of the session.
 */
#ifndef ISCSI_KEYS_H
#define ISCSI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/writer.h"
#include "iscsi/pdu.h"
#include "iscsi/textkeys.h"

struct login_result;

/* Which rows of the table have been on the wire, a bit each. */
struct negotiation {
	uint32_t offered;    /* proposed or declared by us */
	uint32_t received;   /* answered, proposed or declared by the target */
	const char *digests; /* what we offer for HeaderDigest and DataDigest */
	bool discovery;      /* without the keys that mean nothing in a discovery session */
};

/*
 * Nothing negotiated yet: the values of the result become what RFC 7143 gives them without negotiation. `digests`: NULL
 * for None.
 */
void keys_start(struct negotiation *n, bool discovery, const char *digests, struct login_result *result);

/* Writes all operational keys that we offer in this type of session. */
void keys_offer(struct negotiation *n, struct writer *w);

/*
 * Takes one key that the target sent in this stage: checks an answer against our offer and keeps it, answers a proposal
 * into *answers. Fails with FAIL_NEGOTIATION or FAIL_PROTOCOL.
 */
bool keys_take(struct negotiation *n, enum login_stage stage, const struct textkey *pair, struct login_result *result,
	       struct writer *answers, struct fail *fail);

/*
 * After the last key: brings the values that depend on each other together. Fails when a digest that had to be has not
 * been agreed on.
 */
bool keys_finish(const struct negotiation *n, struct login_result *result, struct fail *fail);

#endif
