/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The login phase of RFC 7143 (sections 6.2, 6.3, 11.12, 11.13, 12, 13) as a sans-IO engine. It does not know its
 * carrier: callers fetch one PDU at a time to send and hand in one whole PDU at a time. No heap, clock or randomness;
 * everything comes in by login_start. The first failure sticks.
 *
 *     login_start -> { LOGIN_SEND: login_to_send, login_sent | LOGIN_RECEIVE: login_receive } -> LOGIN_DONE or
 * LOGIN_FAILED
 */
#ifndef ISCSI_LOGIN_H
#define ISCSI_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/limits.h"
#include "iscsi/chap.h"
#include "iscsi/keys.h"
#include "iscsi/pdu.h"

enum {
	LOGIN_TEXT_MAX =
		16384, /* bytes of key=value text in one answer or request; RFC 7143 section 6.2 asks for 8192 */
	LOGIN_ROUNDS_MAX = 32, /* requests in one login */
};

enum login_state {
	LOGIN_SEND,
	LOGIN_RECEIVE,
	LOGIN_DONE,
	LOGIN_REDIRECTED, /* status class 1: result.redirect_to says where */
	LOGIN_FAILED,
};

/* What the session may use. Pointers stay valid, owned by the caller, until the login ends. */
struct login_config {
	const char *initiator_name;
	const char *target_name; /* not for discovery */
	bool discovery;          /* a session for SendTargets alone */
	bool has_tpgt;           /* the portal was announced with its group, `tpgt`; another one ends the login */
	uint16_t tpgt;
	uint8_t isid[6];
	uint16_t cid;
	uint32_t cmd_sn;
	struct chap_config chap;
	const char *digests;   /* offered for header and data, best first: of None and CRC32C; NULL: None */
	bool security_first;   /* without CHAP: through the security stage with AuthMethod=None */
	bool carrier_has_tags; /* the carrier writes and matches the Initiator Task Tag itself, as the kernel does */
};

/* The negotiated values, by their names in RFC 7143 section 13. Lengths in bytes, times in seconds. */
struct login_values {
	bool header_digest, data_digest;
	bool initial_r2t, immediate_data;
	bool data_pdu_in_order, data_sequence_in_order;
	uint32_t max_recv_data_segment_length; /* what we declared */
	uint32_t max_xmit_data_segment_length; /* what the target declared */
	uint32_t max_burst_length, first_burst_length;
	uint32_t max_outstanding_r2t;
	uint32_t max_connections;
	uint32_t default_time2wait, default_time2retain;
	uint32_t error_recovery_level;
};

struct login_result {
	struct login_values values;
	uint16_t tsih;
	bool has_tpgt;
	uint16_t tpgt;
	uint32_t exp_stat_sn; /* StatSN of the last Login Response + 1 */
	uint32_t exp_cmd_sn, max_cmd_sn;
	bool chap;                  /* the target authenticated us by CHAP */
	bool mutual;                /* we authenticated the target, too */
	const char *chap_algorithm; /* with chap: "SHA256" */
	uint8_t status_class, status_detail;
	char target_alias[ISCSI_VALUE_MAX + 1];
	char redirect_to[ISCSI_VALUE_MAX + 1]; /* TargetAddress of a redirect */
};

/*
 * What was asked last; the answer to it leads to the next. Without CHAP a login begins at STEP_OPERATIONAL, or at
 * STEP_NO_METHOD with security_first.
 */
enum login_step {
	STEP_NO_METHOD,   /* AuthMethod=None; out of the security stage */
	STEP_METHOD,      /* AuthMethod */
	STEP_ALGORITHM,   /* CHAP_A */
	STEP_PROOF,       /* CHAP_N, CHAP_R, for mutual CHAP CHAP_I, CHAP_C; out of the security stage */
	STEP_OPERATIONAL, /* the operational keys; out of the operational stage */
	STEP_DONE,
};

/* What another attempt, at once and on a new connection, should do otherwise. */
enum login_advice {
	LOGIN_ADVICE_NONE,
	LOGIN_ADVICE_MD5_ONLY,
	LOGIN_ADVICE_SECURITY_FIRST,
};

/* The engine. Callers look at it only through the functions below. */
struct login {
	struct login_config config;
	struct login_result result;
	struct negotiation negotiation;
	struct chap chap;
	unsigned security_received; /* keys of the security stage, a bit each */
	bool security_wanted;       /* the answer asks for the security stage that we left out */
	enum login_step step;
	bool sent; /* the request is on its way */
	uint32_t n_requests;
	struct login_request request; /* the last one; header is its encoding */
	uint8_t header[PDU_HEADER_BYTES];
	uint8_t data[LOGIN_TEXT_MAX]; /* our text; a request carries PDU_LOGIN_DATA_MAX bytes of it at most */
	size_t n_data_bytes;
	size_t n_data_sent;        /* of them, in the requests before this one */
	bool transit;              /* the last part of our text asks to leave the stage */
	char text[LOGIN_TEXT_MAX]; /* the target's, joined while its C bit is 1 */
	size_t n_text_bytes;
	struct fail fail;
};

/* Begins. Nothing can fail yet. `config` is copied; what it points to is not. */
void login_start(struct login *login, const struct login_config *config);

enum login_state login_state(const struct login *login);

/* In LOGIN_SEND: the PDU to send next, data unpadded; both stay valid until login_sent. */
void login_to_send(const struct login *login, const uint8_t **header, const uint8_t **data, size_t *n_data_bytes);

/* The PDU is on its way: LOGIN_SEND -> LOGIN_RECEIVE. */
void login_sent(struct login *login);

/*
 * In LOGIN_RECEIVE: one whole PDU, data unpadded. False when the login failed; the state is then LOGIN_FAILED and *fail
 * says why, again at every later call.
 */
bool login_receive(struct login *login, const uint8_t header[static PDU_HEADER_BYTES], const uint8_t *data,
		   size_t n_data_bytes, struct fail *fail);

/* After LOGIN_DONE (or LOGIN_REDIRECTED for redirect_to). */
const struct login_result *login_result(const struct login *login);

/*
 * What the end of the connection means now. LIO, when it demands CHAP and is offered None, closes without an answer;
 * None is only offered after a refusal.
 */
enum fail_code login_closed(const struct login *login);

/*
 * After a failure, the engine's own or one of the carrier (FAIL_LOGIN_CLOSED): whether it is one of those that some
 * targets answer a perfect request with. Not twice the same.
 */
enum login_advice login_advice(const struct login *login, const struct fail *fail);

/* Wipes what the engine holds of secrets. */
void login_end(struct login *login);

#endif
