/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NETLINK_ISCSI messages (kernel include/scsi/iscsi_if.h): struct iscsi_uevent in bytes, host byte order. Encoding and
 * decoding only; the order of the conversation is in handover.c. The layout is declared here and not taken from the
 * kernel's headers: iscsi_if.h is not part of the user-space headers. The reply union lies at offset 40 of the event on
 * every ABI with 8-byte alignment of u64, and at 36 on i386.
 */
#ifndef KERNEL_ISCSI_NL_H
#define KERNEL_ISCSI_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/writer.h"

enum {
	ISCSI_NL_PROTOCOL = 8,    /* NETLINK_ISCSI */
	ISCSI_NL_EVENT_GROUP = 1, /* multicast group of iscsid: login answers and connection errors */
	ISCSI_NL_REQUEST_MAX = 72 + 48 + 8192 + 8,
	ISCSI_NL_REPLY_MAX = 256,     /* the kernel's answer to a request of ours */
	ISCSI_NL_MESSAGE_MAX = 16384, /* any message of the kernel */
};

enum iscsi_nl_request {
	ISCSI_NL_CREATE_SESSION = 11,
	ISCSI_NL_DESTROY_SESSION = 12,
	ISCSI_NL_CREATE_CONN = 13,
	ISCSI_NL_DESTROY_CONN = 14,
	ISCSI_NL_BIND_CONN = 15,
	ISCSI_NL_SET_PARAM = 16,
	ISCSI_NL_START_CONN = 17,
	ISCSI_NL_STOP_CONN = 18,
	ISCSI_NL_SEND_PDU = 19,
	ISCSI_NL_SET_HOST_PARAM = 26,
	ISCSI_NL_UNBIND_SESSION = 27,
	ISCSI_NL_DESTROY_SESSION_ASYNC = 43, /* since Linux 5.7 */
};

enum iscsi_nl_event {
	ISCSI_NL_RECV_PDU = 101,
	ISCSI_NL_CONN_ERROR = 102,
	ISCSI_NL_IF_ERROR = 103,
	ISCSI_NL_SESSION_DESTROYED = 104,
	ISCSI_NL_SESSION_UNBOUND = 105,
};

enum iscsi_nl_stop {
	ISCSI_NL_STOP_TERM = 1,
	ISCSI_NL_STOP_RECOVER = 3,
};

/* enum iscsi_param of the kernel; values are text. */
enum iscsi_nl_param {
	ISCSI_PARAM_MAX_RECV_DLENGTH = 0,
	ISCSI_PARAM_MAX_XMIT_DLENGTH = 1,
	ISCSI_PARAM_HDRDGST_EN = 2,
	ISCSI_PARAM_DATADGST_EN = 3,
	ISCSI_PARAM_INITIAL_R2T_EN = 4,
	ISCSI_PARAM_MAX_R2T = 5,
	ISCSI_PARAM_IMM_DATA_EN = 6,
	ISCSI_PARAM_FIRST_BURST = 7,
	ISCSI_PARAM_MAX_BURST = 8,
	ISCSI_PARAM_PDU_INORDER_EN = 9,
	ISCSI_PARAM_DATASEQ_INORDER_EN = 10,
	ISCSI_PARAM_ERL = 11,
	ISCSI_PARAM_EXP_STATSN = 14,
	ISCSI_PARAM_TARGET_NAME = 15,
	ISCSI_PARAM_TPGT = 16,
	ISCSI_PARAM_PERSISTENT_ADDRESS = 17,
	ISCSI_PARAM_PERSISTENT_PORT = 18,
	ISCSI_PARAM_SESS_RECOVERY_TMO = 19,
	ISCSI_PARAM_USERNAME = 22,
	ISCSI_PARAM_USERNAME_IN = 23,
	ISCSI_PARAM_PASSWORD = 24,
	ISCSI_PARAM_PASSWORD_IN = 25,
	ISCSI_PARAM_FAST_ABORT = 26,
	ISCSI_PARAM_ABORT_TMO = 27,
	ISCSI_PARAM_LU_RESET_TMO = 28,
	ISCSI_PARAM_PING_TMO = 30,
	ISCSI_PARAM_RECV_TMO = 31,
	ISCSI_PARAM_IFACE_NAME = 32,
	ISCSI_PARAM_INITIATOR_NAME = 34,
	ISCSI_PARAM_TGT_RESET_TMO = 35,
};

/* Addressing of a request. `transport` is the number in /sys/class/iscsi_transport/tcp/handle. */
struct iscsi_nl_conn {
	uint64_t transport;
	uint32_t sid, cid;
};

/* Encoders: one whole netlink message each, appended to w. */
void iscsi_nl_create_session(struct writer *w, uint64_t transport, uint32_t initial_cmd_sn, uint16_t cmds_max,
			     uint16_t queue_depth);
void iscsi_nl_bind_conn(struct writer *w, const struct iscsi_nl_conn *conn, int tcp_fd, bool leading);
void iscsi_nl_stop_conn(struct writer *w, const struct iscsi_nl_conn *conn, enum iscsi_nl_stop flag);
void iscsi_nl_set_param(struct writer *w, const struct iscsi_nl_conn *conn, enum iscsi_nl_param param,
			const void *value, size_t n_bytes); /* the final NUL is added here */
void iscsi_nl_send_pdu(struct writer *w, const struct iscsi_nl_conn *conn, const uint8_t header[static 48],
		       const uint8_t *data, size_t n_data_bytes);
/* CREATE_CONN, DESTROY_CONN, START_CONN, UNBIND_SESSION, both kinds of DESTROY_SESSION: addressing only. */
void iscsi_nl_simple(struct writer *w, enum iscsi_nl_request request, const struct iscsi_nl_conn *conn);

/* One message of the kernel, decoded. */
struct iscsi_nl_message {
	uint32_t type;       /* a request's number in its reply, or an enum iscsi_nl_event */
	int32_t error;       /* IF_ERROR: negative errno; replies: retcode, 0 is success */
	uint32_t sid, cid;   /* replies of CREATE_SESSION and CREATE_CONN, all events but IF_ERROR; else 0 */
	uint32_t host_no;    /* reply of CREATE_SESSION, SESSION_DESTROYED, SESSION_UNBOUND */
	uint32_t conn_error; /* CONN_ERROR: 1001... */
	const uint8_t *pdu;  /* RECV_PDU: 48 bytes header, data and its padding; inside the decoded buffer */
	size_t n_pdu_bytes;  /* a multiple of 4: the kernel fills up the message */
};

/*
 * Decodes the first netlink message in bytes and says in *n_used how far it reaches (aligned). False: nothing
 * whole is there; then *n_used is 0.
 */
bool iscsi_nl_decode(const uint8_t *bytes, size_t n_bytes, struct iscsi_nl_message *message, size_t *n_used);

/* The kernel's word for a connection error (enum iscsi_err), e.g. "TCP_CONN_CLOSE"; "unknown" otherwise. */
const char *iscsi_nl_conn_error_name(uint32_t error);

/* The kernel waited in vain for an answer on a connection that was there. */
bool iscsi_nl_is_timeout(uint32_t conn_error);

#endif
