/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoding and decoding of struct iscsi_uevent. A message is a netlink header of 16 bytes, the event, and for some
 * requests text or a PDU behind it. The kernel answers with the same event, its reply union filled in. Knows nothing of
 * sockets and of the order of requests.
 */
#include "kernel/iscsi_nl.h"

#include "base/cursor.h"

/* The request with the strictest layout: it makes the request union as large as it is on this ABI. */
struct bind_request {
	uint32_t sid, cid;
	uint64_t tcp_fd;
	uint32_t leading;
};

enum {
	NL_HEADER_BYTES = 16,
	EVENT_BYTES = 56,
	REQUEST_AT = 16, /* the request union in the event */
	REPLY_AT = REQUEST_AT + sizeof(struct bind_request),
	FIRST_EVENT = 100, /* types below are replies */
	PDU_HEADER_BYTES = 48,
};

static size_t aligned(size_t n_bytes)
{
	return (n_bytes + 3) & ~(size_t)3;
}

/* Everything up to the request union, for an event with n_behind bytes behind it. */
static void put_head(struct writer *w, enum iscsi_nl_request request, uint64_t transport, size_t n_behind)
{
	writer_host32(w, (uint32_t)(NL_HEADER_BYTES + EVENT_BYTES + n_behind));
	writer_host16(w, (uint16_t)request);
	writer_zeros(w, 2 + 4 + 4); /* flags, sequence, port id */
	writer_host32(w, request);
	writer_zeros(w, 4); /* iferror */
	writer_host64(w, transport);
}

static void put_conn(struct writer *w, const struct iscsi_nl_conn *conn)
{
	writer_host32(w, conn->sid);
	writer_host32(w, conn->cid);
}

/* The rest of the event behind n_bytes of the request union. */
static void put_rest(struct writer *w, size_t n_bytes)
{
	writer_zeros(w, EVENT_BYTES - REQUEST_AT - n_bytes);
}

static void put_padding(struct writer *w, size_t n_behind)
{
	writer_zeros(w, aligned(n_behind) - n_behind);
}

void iscsi_nl_create_session(struct writer *w, uint64_t transport, uint32_t initial_cmd_sn, uint16_t cmds_max,
			     uint16_t queue_depth)
{
	put_head(w, ISCSI_NL_CREATE_SESSION, transport, 0);
	writer_host32(w, initial_cmd_sn);
	writer_host16(w, cmds_max);
	writer_host16(w, queue_depth);
	put_rest(w, 8);
}

/* A u64 and a u32 behind the address: BIND_CONN and STOP_CONN. */
static void put_conn_request(struct writer *w, enum iscsi_nl_request request, const struct iscsi_nl_conn *conn,
			     uint64_t wide, uint32_t flag)
{
	put_head(w, request, conn->transport, 0);
	put_conn(w, conn);
	writer_host64(w, wide);
	writer_host32(w, flag);
	put_rest(w, 20);
}

void iscsi_nl_bind_conn(struct writer *w, const struct iscsi_nl_conn *conn, int tcp_fd, bool leading)
{
	put_conn_request(w, ISCSI_NL_BIND_CONN, conn, (uint64_t)tcp_fd, leading);
}

void iscsi_nl_stop_conn(struct writer *w, const struct iscsi_nl_conn *conn, enum iscsi_nl_stop flag)
{
	put_conn_request(w, ISCSI_NL_STOP_CONN, conn, 0, flag);
}

void iscsi_nl_set_param(struct writer *w, const struct iscsi_nl_conn *conn, enum iscsi_nl_param param,
			const void *value, size_t n_bytes)
{
	size_t n_text = n_bytes + 1;
	put_head(w, ISCSI_NL_SET_PARAM, conn->transport, n_text);
	put_conn(w, conn);
	writer_host32(w, param);
	writer_host32(w, (uint32_t)n_text);
	put_rest(w, 16);
	writer_bytes(w, value, n_bytes);
	writer_u8(w, 0);
	put_padding(w, n_text);
}

void iscsi_nl_send_pdu(struct writer *w, const struct iscsi_nl_conn *conn, const uint8_t header[static 48],
		       const uint8_t *data, size_t n_data_bytes)
{
	size_t n_pdu = PDU_HEADER_BYTES + n_data_bytes;
	put_head(w, ISCSI_NL_SEND_PDU, conn->transport, n_pdu);
	put_conn(w, conn);
	writer_host32(w, PDU_HEADER_BYTES);
	writer_host32(w, (uint32_t)n_data_bytes);
	put_rest(w, 16);
	writer_bytes(w, header, PDU_HEADER_BYTES);
	writer_bytes(w, data, n_data_bytes);
	put_padding(w, n_pdu);
}

void iscsi_nl_simple(struct writer *w, enum iscsi_nl_request request, const struct iscsi_nl_conn *conn)
{
	put_head(w, request, conn->transport, 0);
	put_conn(w, conn);
	put_rest(w, 8);
}

/* The members of the reply union that belong to message->type. */
static void take_reply(struct cursor *c, struct iscsi_nl_message *message)
{
	switch (message->type) {
	case ISCSI_NL_CREATE_SESSION:
	case ISCSI_NL_SESSION_UNBOUND:
		message->sid = cursor_host32(c);
		message->host_no = cursor_host32(c);
		break;
	case ISCSI_NL_CREATE_CONN:
	case ISCSI_NL_RECV_PDU:
		message->sid = cursor_host32(c);
		message->cid = cursor_host32(c);
		break;
	case ISCSI_NL_CONN_ERROR:
		message->sid = cursor_host32(c);
		message->cid = cursor_host32(c);
		message->conn_error = cursor_host32(c);
		break;
	case ISCSI_NL_SESSION_DESTROYED:
		message->host_no = cursor_host32(c);
		message->sid = cursor_host32(c);
		break;
	default:
		if (message->type < FIRST_EVENT)
			message->error = (int32_t)cursor_host32(c);
	}
}

/* The event and what is behind it. False: too short for its type. */
static bool take_event(struct cursor *c, struct iscsi_nl_message *message)
{
	struct cursor event = cursor_over(cursor_take(c, EVENT_BYTES), EVENT_BYTES);
	if (c->bad)
		return false;
	message->type = cursor_host32(&event);
	int32_t iferror = (int32_t)cursor_host32(&event);
	cursor_seek(&event, REPLY_AT);
	take_reply(&event, message);
	if (message->type == ISCSI_NL_IF_ERROR)
		message->error = iferror;
	if (message->type == ISCSI_NL_RECV_PDU) {
		message->n_pdu_bytes = cursor_left(c);
		message->pdu = cursor_take(c, message->n_pdu_bytes);
		return message->n_pdu_bytes >= PDU_HEADER_BYTES;
	}
	return true;
}

bool iscsi_nl_decode(const uint8_t *bytes, size_t n_bytes, struct iscsi_nl_message *message, size_t *n_used)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	uint32_t n_message = cursor_host32(&c);
	*n_used = 0;
	if (c.bad || n_message < NL_HEADER_BYTES || n_message > n_bytes)
		return false;
	c = cursor_over(bytes, n_message);
	cursor_skip(&c, NL_HEADER_BYTES);
	struct iscsi_nl_message decoded = {0};
	if (!take_event(&c, &decoded))
		return false;
	*message = decoded;
	*n_used = aligned(n_message) < n_bytes ? aligned(n_message) : n_bytes;
	return true;
}

enum {
	BASE = 1000,
	SCSI_EH_SESSION_RST = BASE + 21, /* a command was not answered, and its abort neither */
	NOP_TIMEDOUT = BASE + 22,
};

bool iscsi_nl_is_timeout(uint32_t conn_error)
{
	return conn_error == SCSI_EH_SESSION_RST || conn_error == NOP_TIMEDOUT;
}

const char *iscsi_nl_conn_error_name(uint32_t error)
{
	static const char *const names[] = {
		[1] = "DATASN",           [2] = "DATA_OFFSET",     [3] = "MAX_CMDSN",
		[4] = "EXP_CMDSN",        [5] = "BAD_OPCODE",      [6] = "DATALEN",
		[7] = "AHSLEN",           [8] = "PROTO",           [9] = "LUN",
		[10] = "BAD_ITT",         [11] = "CONN_FAILED",    [12] = "R2TSN",
		[13] = "SESSION_FAILED",  [14] = "HDR_DGST",       [15] = "DATA_DGST",
		[16] = "PARAM_NOT_FOUND", [17] = "NO_SCSI_CMD",    [18] = "INVALID_HOST",
		[19] = "XMIT_FAILED",     [20] = "TCP_CONN_CLOSE", [21] = "SCSI_EH_SESSION_RST",
		[22] = "NOP_TIMEDOUT",
	};
	if (error <= BASE || error - BASE >= sizeof names / sizeof names[0])
		return "unknown";
	return names[error - BASE];
}
