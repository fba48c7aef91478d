/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation that makes a kernel session out of a connected TCP socket, as a sans-IO engine with a table of
 * steps:
 *
 *     CREATE_SESSION, CREATE_CONN, BIND_CONN, SET_PARAM... | login (caller) | SET_PARAM..., START_CONN -> running
 *
 * A session that has run once is kept when its connection is lost: STOP_CONN(RECOVER), and from BIND_CONN on the same
 * lines with a new socket; meanwhile the kernel holds back the I/O of its disks. Everything is taken down from wherever
 * it stands by STOP_CONN(TERM), DESTROY_CONN, DESTROY_SESSION. One request is in flight at a time: the kernel answers
 * inside sendmsg. Follows kernel drivers/scsi/scsi_transport_iscsi.c.
 */
#ifndef KERNEL_HANDOVER_H
#define KERNEL_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/secret.h"
#include "kernel/iscsi_nl.h"

/* What is known before the login. Pointers owned by the caller, valid until the session is closed. */
struct handover_config {
	uint64_t transport;
	int tcp_fd;
	const char *target_name;
	const char *initiator_name;
	const char *persistent_address; /* the portal first asked for, numeric, no brackets */
	uint16_t persistent_port;
	const char *username;            /* empty or NULL: no CHAP */
	const struct secret *secret;     /* kept in the kernel so that iscsid can log in again */
	const char *username_in;         /* of the target; empty or NULL: none */
	const struct secret *secret_in;  /* empty or NULL: no mutual CHAP */
	int32_t recovery_tmo_s;          /* replacement_timeout */
	uint32_t ping_tmo_s, recv_tmo_s; /* noop_out timeout and interval; 0 is off */
	bool fast_abort;
	uint32_t abort_tmo_s, lu_reset_tmo_s, tgt_reset_tmo_s;
};

/* What the login found, RFC 7143 chapter 13, in the kernel's units. */
struct handover_values {
	uint32_t max_recv_dlength, max_xmit_dlength;
	bool header_digest, data_digest, initial_r2t, immediate_data, pdu_in_order, dataseq_in_order;
	uint32_t max_r2t, first_burst, max_burst, erl, exp_stat_sn, tpgt;
};

enum handover_state {
	HANDOVER_REQUEST, /* a request is to be sent: handover_request, then handover_reply */
	HANDOVER_LOGIN,   /* bound and ready: the caller logs in, then handover_logged_in or handover_close */
	HANDOVER_RUNNING, /* full feature phase: the kernel owns the connection */
	HANDOVER_STOPPED, /* the session waits without a connection: handover_resume or handover_close */
	HANDOVER_CLOSED,  /* nothing is left in the kernel */
};

struct handover {
	struct handover_config config;
	struct handover_values values;
	struct iscsi_nl_conn conn; /* sid is valid once has_session */
	bool has_session, has_conn;
	bool has_run;   /* the session has disks that may be in use: a failure stops it, and does not take it down */
	bool abandoned; /* the kernel takes the disks away by itself, without an answer to wait for */
	uint32_t host_no;
	size_t step; /* row in the table of steps */
};

void handover_start(struct handover *h, const struct handover_config *config);
enum handover_state handover_state(const struct handover *h);

/*
 * In HANDOVER_REQUEST: writes the next message. Returns its bytes; 0 only when n_max is too small, which
 * ISCSI_NL_REQUEST_MAX never is.
 */
size_t handover_request(const struct handover *h, uint8_t *out, size_t n_max);

/*
 * The kernel's answer to it. False: the kernel refused a step (FAIL_KERNEL_REFUSED names step and errno) or the answer
 * is to something else; the engine then goes by itself where handover_recover leads: go on serving HANDOVER_REQUEST.
 * Refusals on that way are not failures. ENOSYS for a parameter is passed over.
 */
bool handover_reply(struct handover *h, const struct iscsi_nl_message *reply, struct fail *fail);

/* HANDOVER_LOGIN -> the parameters that the login found, then START_CONN. */
void handover_logged_in(struct handover *h, const struct handover_values *values);

/*
 * The connection is lost, or an attempt has failed: a session that has run goes to HANDOVER_STOPPED, any other is taken
 * down.
 */
void handover_recover(struct handover *h);

/* HANDOVER_RUNNING, as far as we are concerned: another program has had the session meanwhile. */
void handover_adopt(struct handover *h);

/* HANDOVER_STOPPED -> binds another connected socket, then as the first time. */
void handover_resume(struct handover *h, int tcp_fd);

/* Takes down from any state; HANDOVER_CLOSED at once when nothing is in the kernel. */
void handover_close(struct handover *h);

/*
 * The same for a session whose target is away and whose disks are in use: their I/O fails from now on. Taking disks
 * away may wait for who uses them, so it is the kernel's own work and nobody waits for it here.
 */
void handover_abandon(struct handover *h);

/* Somebody else has taken the session down. */
void handover_forget(struct handover *h);

#endif
