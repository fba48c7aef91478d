/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the kernel's iSCSI netlink (include/scsi/iscsi_if.h): each is decoded, and answers a handover, which must
 * never run on a refusal and always come to its end.
 */
#include "kernel/handover.h"

#include "fuzz.h"

enum { CLOSE_STEPS_MAX = 8 };

static struct handover begin(const struct secret *secret)
{
	struct handover_config config = {
		.target_name = "iqn.2026-01.lab:root",
		.initiator_name = "iqn.2026-01.lab:me",
		.persistent_address = "10.0.0.1",
		.persistent_port = 3260,
		.username = "pi4",
		.secret = secret,
	};
	struct handover h;
	handover_start(&h, &config);
	return h;
}

static void serve(struct handover *h, const struct iscsi_nl_message *message)
{
	static const struct handover_values values = {.max_recv_dlength = 262144};
	uint8_t request[ISCSI_NL_REQUEST_MAX];
	struct fail fail = {.code = FAIL_NONE};
	if (handover_state(h) == HANDOVER_LOGIN)
		handover_logged_in(h, &values);
	if (handover_state(h) != HANDOVER_REQUEST)
		return;
	CHECK(handover_request(h, request, sizeof request) > 0);
	bool good = handover_reply(h, message, &fail);
	CHECK(good == (fail.code == FAIL_NONE));
	CHECK(good || handover_state(h) != HANDOVER_RUNNING);
}

static void check_message(const struct iscsi_nl_message *message, const uint8_t *bytes, size_t n_used)
{
	CHECK(iscsi_nl_conn_error_name(message->conn_error) != NULL);
	if (message->pdu == NULL)
		return;
	CHECK(message->type == ISCSI_NL_RECV_PDU && message->n_pdu_bytes >= 48);
	CHECK(message->pdu > bytes && message->pdu + message->n_pdu_bytes <= bytes + n_used);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static const struct secret secret = {"secretsecret12", 14};
	struct handover h = begin(&secret);
	struct iscsi_nl_message message = {.type = 4711};
	size_t n_used;
	for (size_t at = 0; iscsi_nl_decode(bytes + at, n_bytes - at, &message, &n_used); at += n_used) {
		CHECK(n_used > 0 && n_used <= n_bytes - at);
		check_message(&message, bytes + at, n_used);
		serve(&h, &message);
	}
	CHECK(n_used == 0);
	handover_close(&h);
	message = (struct iscsi_nl_message){.type = ISCSI_NL_IF_ERROR, .error = -22};
	for (unsigned i = 0; i < CLOSE_STEPS_MAX; i++)
		serve(&h, &message);
	CHECK(handover_state(&h) == HANDOVER_CLOSED);
	return 0;
}
