/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover as one table, walked from top to bottom: what is asked of the kernel, where the caller logs in, where
 * the session runs, where it waits for another connection, and the way down. A row is a request or one of the resting
 * places; the engine is its position in the table. Sends and receives nothing itself.
 */
#include "kernel/handover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/writer.h"

enum {
	CMDS_MAX = 128, /* a power of two; 15 of them are the kernel's own */
	QUEUE_DEPTH = 32,
};

/* How the text of a parameter is made from the field at `at` in struct handover. */
enum value_kind {
	VALUE_FIXED, /* the text in the row */
	VALUE_TEXT,
	VALUE_SECRET,
	VALUE_BOOL,
	VALUE_U16,
	VALUE_U32,
	VALUE_S32,
};

struct step {
	const char *name;
	enum handover_state state;
	enum iscsi_nl_request request;
	enum iscsi_nl_param param; /* with ISCSI_NL_SET_PARAM, and all below */
	enum value_kind kind;
	size_t at;
	const char *fixed;
	/* When it is left out. */
	enum { ALWAYS, NEEDS_CHAP, NEEDS_NAME_IN, NEEDS_SECRET_IN } condition;
};

#define REQUEST(NAME) .name = #NAME, .request = ISCSI_NL_##NAME
#define PARAM(NAME) .name = "SET_PARAM " #NAME, .request = ISCSI_NL_SET_PARAM, .param = ISCSI_PARAM_##NAME
#define FIELD(KIND, PATH) .kind = (KIND), .at = offsetof(struct handover, PATH)

static const struct step steps[] = {
	{REQUEST(CREATE_SESSION)},
	{REQUEST(CREATE_CONN)},
	{REQUEST(BIND_CONN)},
	{PARAM(TARGET_NAME), FIELD(VALUE_TEXT, config.target_name)},
	{PARAM(PERSISTENT_ADDRESS), FIELD(VALUE_TEXT, config.persistent_address)},
	{PARAM(PERSISTENT_PORT), FIELD(VALUE_U16, config.persistent_port)},
	{PARAM(SESS_RECOVERY_TMO), FIELD(VALUE_S32, config.recovery_tmo_s)},
	{PARAM(USERNAME), FIELD(VALUE_TEXT, config.username), .condition = NEEDS_CHAP},
	{PARAM(PASSWORD), FIELD(VALUE_SECRET, config.secret), .condition = NEEDS_CHAP},
	{PARAM(USERNAME_IN), FIELD(VALUE_TEXT, config.username_in), .condition = NEEDS_NAME_IN},
	{PARAM(PASSWORD_IN), FIELD(VALUE_SECRET, config.secret_in), .condition = NEEDS_SECRET_IN},
	{PARAM(FAST_ABORT), FIELD(VALUE_BOOL, config.fast_abort)},
	{PARAM(ABORT_TMO), FIELD(VALUE_U32, config.abort_tmo_s)},
	{PARAM(LU_RESET_TMO), FIELD(VALUE_U32, config.lu_reset_tmo_s)},
	{PARAM(TGT_RESET_TMO), FIELD(VALUE_U32, config.tgt_reset_tmo_s)},
	{PARAM(PING_TMO), FIELD(VALUE_U32, config.ping_tmo_s)},
	{PARAM(RECV_TMO), FIELD(VALUE_U32, config.recv_tmo_s)},
	{PARAM(IFACE_NAME), .fixed = "default"},
	{PARAM(INITIATOR_NAME), FIELD(VALUE_TEXT, config.initiator_name)},

	{.name = "login", .state = HANDOVER_LOGIN},

	{PARAM(MAX_RECV_DLENGTH), FIELD(VALUE_U32, values.max_recv_dlength)},
	{PARAM(MAX_XMIT_DLENGTH), FIELD(VALUE_U32, values.max_xmit_dlength)},
	{PARAM(HDRDGST_EN), FIELD(VALUE_BOOL, values.header_digest)},
	{PARAM(DATADGST_EN), FIELD(VALUE_BOOL, values.data_digest)},
	{PARAM(INITIAL_R2T_EN), FIELD(VALUE_BOOL, values.initial_r2t)},
	{PARAM(MAX_R2T), FIELD(VALUE_U32, values.max_r2t)},
	{PARAM(IMM_DATA_EN), FIELD(VALUE_BOOL, values.immediate_data)},
	{PARAM(FIRST_BURST), FIELD(VALUE_U32, values.first_burst)},
	{PARAM(MAX_BURST), FIELD(VALUE_U32, values.max_burst)},
	{PARAM(PDU_INORDER_EN), FIELD(VALUE_BOOL, values.pdu_in_order)},
	{PARAM(DATASEQ_INORDER_EN), FIELD(VALUE_BOOL, values.dataseq_in_order)},
	{PARAM(ERL), FIELD(VALUE_U32, values.erl)},
	{PARAM(EXP_STATSN), FIELD(VALUE_U32, values.exp_stat_sn)},
	{PARAM(TPGT), FIELD(VALUE_U32, values.tpgt)},
	{REQUEST(START_CONN)},

	{.name = "running", .state = HANDOVER_RUNNING},

	{REQUEST(STOP_CONN)},
	{.name = "stopped", .state = HANDOVER_STOPPED},

	{REQUEST(STOP_CONN)},
	{REQUEST(DESTROY_CONN)},
	{REQUEST(DESTROY_SESSION)},

	{.name = "closed", .state = HANDOVER_CLOSED},
};

enum {
	N_STEPS = sizeof steps / sizeof steps[0],
	STEP_CLOSED = N_STEPS - 1,
	STEP_DESTROY_SESSION = N_STEPS - 2,
	STEP_STOP_CONN = N_STEPS - 4,
	STEP_STOPPED = N_STEPS - 5,
	STEP_RECOVER = N_STEPS - 6,
	STEP_RUNNING = N_STEPS - 7,
	STEP_BIND_CONN = 2,
};

static bool is_closing(const struct handover *h)
{
	return h->step >= STEP_STOP_CONN;
}

/* On the way to a resting place that is reached whatever the kernel answers. */
static bool is_going_down(const struct handover *h)
{
	return h->step >= STEP_RECOVER;
}

static bool has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static bool is_due(const struct handover *h, const struct step *step)
{
	const struct handover_config *config = &h->config;
	bool has_chap = has_text(config->username);
	bool is_mutual = has_chap && config->secret_in != NULL && config->secret_in->n_bytes > 0;
	switch (step->condition) {
	case NEEDS_CHAP:
		return has_chap;
	case NEEDS_NAME_IN:
		return is_mutual && has_text(config->username_in);
	case NEEDS_SECRET_IN:
		return is_mutual;
	default:
		return true;
	}
}

static void step_forward(struct handover *h)
{
	do
		h->step++;
	while (!is_due(h, &steps[h->step]));
}

void handover_start(struct handover *h, const struct handover_config *config)
{
	*h = (struct handover){.config = *config, .conn.transport = config->transport};
}

enum handover_state handover_state(const struct handover *h)
{
	return steps[h->step].state;
}

static struct span secret_text(const struct secret *secret)
{
	return (struct span){(const char *)secret->bytes, secret->n_bytes};
}

/* The text of a parameter; numbers are made in `digits`. */
static struct span value_text(const struct handover *h, const struct step *step, char digits[static 16])
{
	const void *field = (const char *)h + step->at;
	switch (step->kind) {
	case VALUE_FIXED:
		return span_of(step->fixed);
	case VALUE_TEXT:
		return span_of(*(const char *const *)field);
	case VALUE_SECRET:
		return secret_text(*(const struct secret *const *)field);
	case VALUE_BOOL:
		snprintf(digits, 16, "%d", *(const bool *)field);
		break;
	case VALUE_U16:
		snprintf(digits, 16, "%u", *(const uint16_t *)field);
		break;
	case VALUE_U32:
		snprintf(digits, 16, "%u", *(const uint32_t *)field);
		break;
	case VALUE_S32:
		snprintf(digits, 16, "%d", *(const int32_t *)field);
		break;
	}
	return span_of(digits);
}

static void put_param(struct writer *w, const struct handover *h, const struct step *step)
{
	char digits[16];
	struct span value = value_text(h, step, digits);
	iscsi_nl_set_param(w, &h->conn, step->param, value.text, value.n_bytes);
}

static enum iscsi_nl_request without_wait(enum iscsi_nl_request request)
{
	return request == ISCSI_NL_DESTROY_SESSION ? ISCSI_NL_DESTROY_SESSION_ASYNC : request;
}

size_t handover_request(const struct handover *h, uint8_t *out, size_t n_max)
{
	const struct step *step = &steps[h->step];
	struct writer w = writer_over(out, n_max);
	switch (step->request) {
	case ISCSI_NL_CREATE_SESSION:
		iscsi_nl_create_session(&w, h->conn.transport, 0, CMDS_MAX, QUEUE_DEPTH);
		break;
	case ISCSI_NL_BIND_CONN:
		iscsi_nl_bind_conn(&w, &h->conn, h->config.tcp_fd, true);
		break;
	case ISCSI_NL_SET_PARAM:
		put_param(&w, h, step);
		break;
	case ISCSI_NL_STOP_CONN:
		iscsi_nl_stop_conn(&w, &h->conn, h->step == STEP_RECOVER ? ISCSI_NL_STOP_RECOVER : ISCSI_NL_STOP_TERM);
		break;
	default:
		iscsi_nl_simple(&w, h->abandoned ? without_wait(step->request) : step->request, &h->conn);
	}
	return w.full ? 0 : w.n_bytes;
}

/* Whether the kernel did what this step asks for. */
static bool step_accepted(const struct step *step, const struct iscsi_nl_message *reply, struct fail *fail)
{
	bool refused = reply->type == ISCSI_NL_IF_ERROR || reply->error != 0;
	bool unknown_param = step->request == ISCSI_NL_SET_PARAM && reply->error == -ENOSYS;
	if (reply->type != step->request && reply->type != ISCSI_NL_IF_ERROR)
		return fail_set(fail, FAIL_NETLINK, "%s was answered by message %u", step->name, reply->type);
	if (refused && !unknown_param)
		return fail_errno(fail, FAIL_KERNEL_REFUSED, (int)-(int64_t)reply->error, "%s", step->name);
	return true;
}

/* What now exists in the kernel, or no longer does. */
static void note_reply(struct handover *h, const struct iscsi_nl_message *reply)
{
	switch (steps[h->step].request) {
	case ISCSI_NL_CREATE_SESSION:
		h->has_session = true;
		h->conn.sid = reply->sid;
		h->host_no = reply->host_no;
		break;
	case ISCSI_NL_CREATE_CONN:
		h->has_conn = true;
		h->conn.cid = reply->cid;
		break;
	case ISCSI_NL_START_CONN:
		h->has_run = true;
		break;
	case ISCSI_NL_DESTROY_CONN:
		h->has_conn = false;
		break;
	case ISCSI_NL_DESTROY_SESSION:
		h->has_session = h->has_run = false;
		break;
	default:
		break;
	}
}

bool handover_reply(struct handover *h, const struct iscsi_nl_message *reply, struct fail *fail)
{
	if (!is_going_down(h) && !step_accepted(&steps[h->step], reply, fail)) {
		handover_recover(h);
		return false;
	}
	note_reply(h, reply);
	step_forward(h);
	return true;
}

void handover_logged_in(struct handover *h, const struct handover_values *values)
{
	h->values = *values;
	step_forward(h);
}

void handover_recover(struct handover *h)
{
	if (!h->has_run)
		handover_close(h);
	else if (!is_going_down(h))
		h->step = STEP_RECOVER;
}

void handover_adopt(struct handover *h)
{
	h->step = STEP_RUNNING;
}

void handover_resume(struct handover *h, int tcp_fd)
{
	h->config.tcp_fd = tcp_fd;
	h->step = STEP_BIND_CONN;
}

void handover_forget(struct handover *h)
{
	h->has_session = h->has_conn = h->has_run = false;
	h->step = STEP_CLOSED;
}

void handover_close(struct handover *h)
{
	if (is_closing(h))
		return;
	h->step = h->has_conn ? STEP_STOP_CONN : h->has_session ? STEP_DESTROY_SESSION : STEP_CLOSED;
}

void handover_abandon(struct handover *h)
{
	h->abandoned = true;
	handover_close(h);
}
