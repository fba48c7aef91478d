/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover against a scripted kernel: it writes down every request as a line of text, keeps count of what exists
 * in it, and refuses at a step of the test's choice. The complete lists of requests stand here in plain text.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/handover.h"

enum {
	EVENT_AT = 16,
	TEXT_AT = 16 + 56,
	LINES_MAX = 64,
	LINE_BYTES = 320,
	NEVER = -1,
};

static const struct handover_values values = {
	.max_recv_dlength = 262144,
	.max_xmit_dlength = 8192,
	.header_digest = true,
	.data_digest = false,
	.initial_r2t = false,
	.immediate_data = true,
	.pdu_in_order = true,
	.dataseq_in_order = true,
	.max_r2t = 1,
	.first_burst = 65536,
	.max_burst = 1048576,
	.erl = 0,
	.exp_stat_sn = 4294967295,
	.tpgt = 65535,
};

static const struct secret secret = {.bytes = "wOnD3rful s3cret", .n_bytes = 16};

static const struct handover_config plain = {
	.transport = 0xffffffffc0a81000,
	.tcp_fd = 9,
	.target_name = "iqn.2026-01.lab:root",
	.initiator_name = "iqn.2026-01.lab:pi4",
	.persistent_address = "fe80::1",
	.persistent_port = 65535,
	.recovery_tmo_s = -1,
	.ping_tmo_s = 5,
	.recv_tmo_s = 4000000000,
	.fast_abort = true,
	.abort_tmo_s = 16,
	.lu_reset_tmo_s = 31,
	.tgt_reset_tmo_s = 32,
};

static struct handover_config with_chap(void)
{
	struct handover_config config = plain;
	config.username = "pi4";
	config.secret = &secret;
	return config;
}

static const char *const before_login[] = {
	"CREATE_SESSION cmdsn 0 cmds 128 depth 32",
	"CREATE_CONN 5:0",
	"BIND_CONN 5:3 fd 9 leading 1",
	"SET_PARAM 5:3 15=iqn.2026-01.lab:root",
	"SET_PARAM 5:3 17=fe80::1",
	"SET_PARAM 5:3 18=65535",
	"SET_PARAM 5:3 19=-1",
	"SET_PARAM 5:3 22=pi4",
	"SET_PARAM 5:3 24=wOnD3rful s3cret",
	"SET_PARAM 5:3 26=1",
	"SET_PARAM 5:3 27=16",
	"SET_PARAM 5:3 28=31",
	"SET_PARAM 5:3 35=32",
	"SET_PARAM 5:3 30=5",
	"SET_PARAM 5:3 31=4000000000",
	"SET_PARAM 5:3 32=default",
	"SET_PARAM 5:3 34=iqn.2026-01.lab:pi4",
};

static const char *const after_login[] = {
	"SET_PARAM 5:3 0=262144",      "SET_PARAM 5:3 1=8192",   "SET_PARAM 5:3 2=1",  "SET_PARAM 5:3 3=0",
	"SET_PARAM 5:3 4=0",           "SET_PARAM 5:3 5=1",      "SET_PARAM 5:3 6=1",  "SET_PARAM 5:3 7=65536",
	"SET_PARAM 5:3 8=1048576",     "SET_PARAM 5:3 9=1",      "SET_PARAM 5:3 10=1", "SET_PARAM 5:3 11=0",
	"SET_PARAM 5:3 14=4294967295", "SET_PARAM 5:3 16=65535", "START_CONN 5:3",
};

/* What a failure calls the steps, in the order of the two lists. */
static const char *const step_names[] = {
	"CREATE_SESSION",
	"CREATE_CONN",
	"BIND_CONN",
	"SET_PARAM TARGET_NAME",
	"SET_PARAM PERSISTENT_ADDRESS",
	"SET_PARAM PERSISTENT_PORT",
	"SET_PARAM SESS_RECOVERY_TMO",
	"SET_PARAM USERNAME",
	"SET_PARAM PASSWORD",
	"SET_PARAM FAST_ABORT",
	"SET_PARAM ABORT_TMO",
	"SET_PARAM LU_RESET_TMO",
	"SET_PARAM TGT_RESET_TMO",
	"SET_PARAM PING_TMO",
	"SET_PARAM RECV_TMO",
	"SET_PARAM IFACE_NAME",
	"SET_PARAM INITIATOR_NAME",
	"SET_PARAM MAX_RECV_DLENGTH",
	"SET_PARAM MAX_XMIT_DLENGTH",
	"SET_PARAM HDRDGST_EN",
	"SET_PARAM DATADGST_EN",
	"SET_PARAM INITIAL_R2T_EN",
	"SET_PARAM MAX_R2T",
	"SET_PARAM IMM_DATA_EN",
	"SET_PARAM FIRST_BURST",
	"SET_PARAM MAX_BURST",
	"SET_PARAM PDU_INORDER_EN",
	"SET_PARAM DATASEQ_INORDER_EN",
	"SET_PARAM ERL",
	"SET_PARAM EXP_STATSN",
	"SET_PARAM TPGT",
	"START_CONN",
};

enum {
	N_BEFORE = sizeof before_login / sizeof before_login[0],
	N_AFTER = sizeof after_login / sizeof after_login[0],
	N_STEPS = N_BEFORE + N_AFTER,
	CHAP_AT = 7, /* USERNAME, PASSWORD */
};

/* --- the scripted kernel --- */

struct script {
	int answer_at; /* number of the request that gets the answer below; NEVER */
	struct iscsi_nl_message answer;
	bool refuse_teardown;
	unsigned n_lines;
	char lines[LINES_MAX][LINE_BYTES];
	bool has_session, has_conn, is_bound;
};

static uint32_t word(const uint8_t *message, size_t at)
{
	uint32_t value;
	memcpy(&value, message + EVENT_AT + at, sizeof value);
	return value;
}

static void write_down(struct script *k, const uint8_t *m)
{
	static const char *const names[] = {
		[11] = "CREATE_SESSION", [12] = "DESTROY_SESSION", [13] = "CREATE_CONN",
		[14] = "DESTROY_CONN",   [15] = "BIND_CONN",       [16] = "SET_PARAM",
		[17] = "START_CONN",     [18] = "STOP_CONN",       [43] = "DESTROY_SESSION_ASYNC"};
	uint32_t type = word(m, 0);
	assert_true(k->n_lines < LINES_MAX && type < sizeof names / sizeof names[0]);
	char *line = k->lines[k->n_lines++];
	uint64_t transport;
	memcpy(&transport, m + EVENT_AT + 8, sizeof transport);
	assert_true(transport == plain.transport);
	int n = snprintf(line, LINE_BYTES, "%s", names[type]);
	if (type != ISCSI_NL_CREATE_SESSION)
		n += snprintf(line + n, LINE_BYTES - (size_t)n, " %u:%u", word(m, 16), word(m, 20));
	char *rest = line + n;
	size_t n_rest = LINE_BYTES - (size_t)n;
	if (type == ISCSI_NL_CREATE_SESSION)
		snprintf(rest, n_rest, " cmdsn %u cmds %u depth %u", word(m, 16), word(m, 20) & 0xffff,
			 word(m, 20) >> 16);
	else if (type == ISCSI_NL_BIND_CONN)
		snprintf(rest, n_rest, " fd %u leading %u", word(m, 24), word(m, 32));
	else if (type == ISCSI_NL_STOP_CONN)
		snprintf(rest, n_rest, " flag %u", word(m, 32));
	else if (type == ISCSI_NL_SET_PARAM)
		snprintf(rest, n_rest, " %u=%.*s", word(m, 24), (int)word(m, 28), (const char *)m + TEXT_AT);
}

static bool is_teardown(uint32_t type)
{
	return type == ISCSI_NL_STOP_CONN || type == ISCSI_NL_DESTROY_CONN || type == ISCSI_NL_DESTROY_SESSION ||
	       type == ISCSI_NL_DESTROY_SESSION_ASYNC;
}

/* Does what is asked, as the kernel would. Objects may only be taken down from the leaf. */
static struct iscsi_nl_message obey(struct script *k, const uint8_t *m)
{
	struct iscsi_nl_message reply = {.type = word(m, 0)};
	switch (reply.type) {
	case ISCSI_NL_CREATE_SESSION:
		k->has_session = true;
		reply.sid = 5;
		reply.host_no = 8;
		break;
	case ISCSI_NL_CREATE_CONN:
		k->has_conn = true;
		reply.sid = 5;
		reply.cid = 3;
		break;
	case ISCSI_NL_BIND_CONN:
		k->is_bound = true;
		break;
	case ISCSI_NL_STOP_CONN:
		k->is_bound = false;
		break;
	case ISCSI_NL_DESTROY_CONN:
		assert_true(k->has_conn && !k->is_bound);
		k->has_conn = false;
		break;
	case ISCSI_NL_DESTROY_SESSION:
	case ISCSI_NL_DESTROY_SESSION_ASYNC:
		assert_true(k->has_session && !k->has_conn);
		k->has_session = false;
		break;
	default:
		break;
	}
	return reply;
}

static struct iscsi_nl_message kernel_answer(struct script *k, const uint8_t *m)
{
	write_down(k, m);
	if ((int)k->n_lines - 1 == k->answer_at)
		return k->answer;
	struct iscsi_nl_message reply = obey(k, m);
	if (k->refuse_teardown && is_teardown(reply.type))
		return (struct iscsi_nl_message){.type = ISCSI_NL_IF_ERROR, .error = -EINVAL};
	return reply;
}

/* One request and its answer. */
static bool turn(struct handover *h, struct script *k, struct fail *fail)
{
	static uint8_t message[ISCSI_NL_REQUEST_MAX];
	assert_int_equal(handover_state(h), HANDOVER_REQUEST);
	assert_true(handover_request(h, message, sizeof message) > 0);
	struct iscsi_nl_message reply = kernel_answer(k, message);
	return handover_reply(h, &reply, fail);
}

/* Serves the engine, login included, until it rests. Returns the number of failed turns. */
static unsigned serve(struct handover *h, struct script *k, struct fail *fail)
{
	unsigned n_failed = 0;
	for (;;) {
		if (handover_state(h) == HANDOVER_REQUEST)
			n_failed += !turn(h, k, fail);
		else if (handover_state(h) == HANDOVER_LOGIN)
			handover_logged_in(h, &values);
		else
			return n_failed;
	}
}

static void serve_requests(struct handover *h, struct script *k)
{
	struct fail fail = {0};
	while (handover_state(h) == HANDOVER_REQUEST)
		assert_true(turn(h, k, &fail));
	assert_int_equal(fail.code, FAIL_NONE);
}

static void assert_lines(const struct script *k, unsigned at, const char *const *expected, unsigned n_expected)
{
	for (unsigned i = 0; i < n_expected; i++) {
		assert_true(at + i < k->n_lines);
		assert_string_equal(k->lines[at + i], expected[i]);
	}
}

/* The way down from request number `at` on, and nothing after it or left behind. */
static void assert_taken_down(const struct handover *h, const struct script *k, unsigned at, bool had_session,
			      bool had_conn)
{
	if (had_conn) {
		assert_true(at + 2 <= k->n_lines);
		assert_string_equal(k->lines[at++], "STOP_CONN 5:3 flag 1");
		assert_string_equal(k->lines[at++], "DESTROY_CONN 5:3");
	}
	if (had_session) {
		assert_true(at < k->n_lines);
		assert_memory_equal(k->lines[at++], "DESTROY_SESSION 5:", 18);
	}
	assert_int_equal(k->n_lines, at);
	assert_int_equal(handover_state(h), HANDOVER_CLOSED);
	assert_false(h->has_session || h->has_conn);
	assert_false(k->has_session || k->has_conn || k->is_bound);
}

/* --- tests --- */

static void asks_for_everything_in_order(void **state)
{
	(void)state;
	struct script k = {.answer_at = NEVER};
	struct handover h;
	struct handover_config config = with_chap();
	handover_start(&h, &config);
	serve_requests(&h, &k);
	assert_int_equal(handover_state(&h), HANDOVER_LOGIN);
	assert_int_equal(k.n_lines, N_BEFORE);
	assert_lines(&k, 0, before_login, N_BEFORE);
	assert_int_equal(h.conn.sid, 5);
	assert_int_equal(h.conn.cid, 3);
	assert_int_equal(h.host_no, 8);
	handover_logged_in(&h, &values);
	serve_requests(&h, &k);
	assert_int_equal(handover_state(&h), HANDOVER_RUNNING);
	assert_int_equal(k.n_lines, N_STEPS);
	assert_lines(&k, N_BEFORE, after_login, N_AFTER);
	assert_true(h.has_session && h.has_conn);
}

static void mutual_chap(void **state)
{
	(void)state;
	static const struct secret secret_in = {.bytes = "th3 0ther", .n_bytes = 9};
	static const char *const both[] = {"SET_PARAM 5:3 23=san", "SET_PARAM 5:3 25=th3 0ther"};
	for (unsigned n = 0; n < 2; n++) {
		struct script k = {.answer_at = NEVER};
		struct handover h;
		struct handover_config config = with_chap();
		config.username_in = n == 0 ? "san" : "";
		config.secret_in = &secret_in;
		handover_start(&h, &config);
		serve_requests(&h, &k);
		assert_int_equal(handover_state(&h), HANDOVER_LOGIN);
		assert_int_equal(k.n_lines, N_BEFORE + 2 - n);
		assert_lines(&k, 0, before_login, CHAP_AT + 2);
		assert_lines(&k, CHAP_AT + 2, both + n, 2 - n);
		assert_lines(&k, CHAP_AT + 4 - n, before_login + CHAP_AT + 2, N_BEFORE - CHAP_AT - 2);
	}
}

/* Secrets that are there without what they belong to. */
static void no_half_of_mutual_chap(void **state)
{
	(void)state;
	static const struct secret none = {.n_bytes = 0};
	for (unsigned i = 0; i < 2; i++) {
		struct script k = {.answer_at = NEVER};
		struct handover h;
		struct handover_config config = with_chap();
		config.username = i == 0 ? config.username : "";
		config.username_in = "san";
		config.secret_in = i == 0 ? &none : config.secret;
		handover_start(&h, &config);
		serve_requests(&h, &k);
		assert_int_equal(k.n_lines, i == 0 ? N_BEFORE : N_BEFORE - 2);
	}
}

static void leaves_out_chap(void **state)
{
	(void)state;
	const char *const usernames[] = {NULL, ""};
	for (size_t i = 0; i < 2; i++) {
		struct script k = {.answer_at = NEVER};
		struct handover h;
		struct handover_config config = plain;
		config.username = usernames[i];
		handover_start(&h, &config);
		serve_requests(&h, &k);
		assert_int_equal(handover_state(&h), HANDOVER_LOGIN);
		assert_int_equal(k.n_lines, N_BEFORE - 2);
		assert_lines(&k, 0, before_login, CHAP_AT);
		assert_lines(&k, CHAP_AT, before_login + CHAP_AT + 2, N_BEFORE - CHAP_AT - 2);
	}
}

/* Each step refused, in both of the kernel's ways, with an obedient and a stubborn way down. */
static void refused_at(int at, struct iscsi_nl_message answer, bool refuse_teardown, enum fail_code code,
		       const char *detail)
{
	struct script k = {.answer_at = at, .answer = answer, .refuse_teardown = refuse_teardown};
	struct handover h;
	struct fail fail = {0};
	struct handover_config config = with_chap();
	handover_start(&h, &config);
	assert_int_equal(serve(&h, &k, &fail), 1);
	assert_int_equal(fail.code, code);
	assert_string_equal(fail.detail, detail);
	assert_taken_down(&h, &k, (unsigned)at + 1, at > 0, at > 1);
}

static void takes_down_after_a_refusal(void **state)
{
	(void)state;
	for (int at = 0; at < N_STEPS; at++) {
		char detail[128];
		uint32_t type = at == 0 ? 11 : at == 1 ? 13 : at == 2 ? 15 : at == N_STEPS - 1 ? 17 : 16;
		for (int stubborn = 0; stubborn < 2; stubborn++) {
			snprintf(detail, sizeof detail, "%s: Cannot allocate memory", step_names[at]);
			refused_at(at, (struct iscsi_nl_message){.type = ISCSI_NL_IF_ERROR, .error = -ENOMEM}, stubborn,
				   FAIL_KERNEL_REFUSED, detail);
			snprintf(detail, sizeof detail, "%s: %s", step_names[at], strerror(ENOTCONN));
			refused_at(at, (struct iscsi_nl_message){.type = type, .error = -ENOTCONN}, stubborn,
				   FAIL_KERNEL_REFUSED, detail);
		}
	}
}

static void takes_down_after_a_foreign_answer(void **state)
{
	(void)state;
	const uint32_t foreign[] = {0, ISCSI_NL_SEND_PDU, ISCSI_NL_RECV_PDU, ISCSI_NL_CONN_ERROR};
	for (int at = 0; at < N_STEPS; at++) {
		for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
			char detail[128];
			snprintf(detail, sizeof detail, "%s was answered by message %u", step_names[at], foreign[i]);
			refused_at(at, (struct iscsi_nl_message){.type = foreign[i]}, false, FAIL_NETLINK, detail);
		}
	}
}

/* Extreme error numbers are still a refusal. */
static void survives_odd_errors(void **state)
{
	(void)state;
	const int32_t errors[] = {0, 1, INT32_MIN, INT32_MAX};
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		struct script k = {.answer_at = 2, .answer = {.type = ISCSI_NL_IF_ERROR, .error = errors[i]}};
		struct handover h;
		struct fail fail = {0};
		handover_start(&h, &plain);
		assert_int_equal(serve(&h, &k, &fail), 1);
		assert_int_equal(fail.code, FAIL_KERNEL_REFUSED);
		assert_taken_down(&h, &k, 3, true, true);
	}
}

static void passes_over_unknown_parameters(void **state)
{
	(void)state;
	for (int at = 3; at < N_STEPS - 1; at++) {
		const uint32_t types[] = {ISCSI_NL_IF_ERROR, ISCSI_NL_SET_PARAM};
		for (size_t i = 0; i < 2; i++) {
			struct script k = {.answer_at = at, .answer = {.type = types[i], .error = -ENOSYS}};
			struct handover h;
			struct fail fail = {0};
			struct handover_config config = with_chap();
			handover_start(&h, &config);
			assert_int_equal(serve(&h, &k, &fail), 0);
			assert_int_equal(handover_state(&h), HANDOVER_RUNNING);
			assert_int_equal(k.n_lines, N_STEPS);
			assert_int_equal(fail.code, FAIL_NONE);
		}
	}
	const int no_params[] = {0, 1, 2, N_STEPS - 1};
	for (size_t i = 0; i < 4; i++) {
		char detail[128];
		snprintf(detail, sizeof detail, "%s: %s", step_names[no_params[i]], strerror(ENOSYS));
		refused_at(no_params[i], (struct iscsi_nl_message){.type = ISCSI_NL_IF_ERROR, .error = -ENOSYS}, false,
			   FAIL_KERNEL_REFUSED, detail);
	}
}

/* Closed by the caller after each number of requests, resting places included. */
static void closes_from_anywhere(void **state)
{
	(void)state;
	for (unsigned at = 0; at <= N_STEPS; at++) {
		struct script k = {.answer_at = NEVER};
		struct handover h;
		struct fail fail = {0};
		struct handover_config config = with_chap();
		handover_start(&h, &config);
		while (k.n_lines < at) {
			if (handover_state(&h) == HANDOVER_LOGIN)
				handover_logged_in(&h, &values);
			assert_true(turn(&h, &k, &fail));
		}
		handover_close(&h);
		serve_requests(&h, &k);
		assert_taken_down(&h, &k, at, at > 0, at > 1);
		handover_close(&h);
		assert_int_equal(handover_state(&h), HANDOVER_CLOSED);
	}
}

static void closing_again_changes_nothing(void **state)
{
	(void)state;
	struct script k = {.answer_at = NEVER};
	struct handover h;
	struct fail fail = {0};
	handover_start(&h, &plain);
	serve_requests(&h, &k);
	unsigned at = k.n_lines;
	handover_close(&h);
	while (handover_state(&h) == HANDOVER_REQUEST) {
		assert_true(turn(&h, &k, &fail));
		handover_close(&h);
	}
	assert_taken_down(&h, &k, at, true, true);
}

static void first_failure_sticks(void **state)
{
	(void)state;
	struct script k = {.answer_at = 4, .answer = {.type = ISCSI_NL_IF_ERROR, .error = -ENOMEM}};
	struct handover h;
	struct fail fail = {.code = FAIL_LOGIN_TIMEOUT, .detail = "earlier"};
	handover_start(&h, &plain);
	assert_int_equal(serve(&h, &k, &fail), 1);
	assert_int_equal(fail.code, FAIL_LOGIN_TIMEOUT);
	assert_string_equal(fail.detail, "earlier");
	assert_int_equal(handover_state(&h), HANDOVER_CLOSED);
}

/* The longest values of every kind fit the promised buffer; a smaller one is noticed, never overrun. */
static void largest_values_fit(void **state)
{
	(void)state;
	static char name[ISCSI_NAME_MAX + 1], user[CHAP_NAME_MAX + 1];
	static struct secret longest = {.n_bytes = SECRET_MAX};
	static uint8_t message[ISCSI_NL_REQUEST_MAX];
	memset(name, 'n', ISCSI_NAME_MAX);
	memset(user, 'u', CHAP_NAME_MAX);
	memset(longest.bytes, 's', SECRET_MAX);
	struct handover_config config = plain;
	config.target_name = config.initiator_name = name;
	config.username = user;
	config.secret = &longest;
	struct script k = {.answer_at = NEVER};
	struct handover h;
	struct fail fail = {0};
	handover_start(&h, &config);
	while (handover_state(&h) == HANDOVER_REQUEST) {
		size_t n_bytes = handover_request(&h, message, sizeof message);
		assert_true(n_bytes > 0);
		for (size_t n_max = 0; n_max < n_bytes; n_max++)
			assert_int_equal(handover_request(&h, message, n_max), 0);
		assert_true(turn(&h, &k, &fail));
	}
	assert_int_equal(handover_state(&h), HANDOVER_LOGIN);
	assert_int_equal(strlen(k.lines[CHAP_AT + 1]), strlen("SET_PARAM 5:3 24=") + SECRET_MAX);
}

/* A session that runs, in `k` and `h`. */
static void run(struct handover *h, struct script *k)
{
	struct fail fail = {0};
	struct handover_config config = with_chap();
	*k = (struct script){.answer_at = NEVER};
	handover_start(h, &config);
	assert_int_equal(serve(h, k, &fail), 0);
	assert_int_equal(handover_state(h), HANDOVER_RUNNING);
}

static void a_lost_session_is_stopped_and_resumed(void **state)
{
	(void)state;
	struct script k;
	struct handover h;
	run(&h, &k);
	for (int fd = 10; fd < 12; fd++) {
		char bind[LINE_BYTES];
		k.n_lines = 0;
		handover_recover(&h);
		serve_requests(&h, &k);
		assert_int_equal(handover_state(&h), HANDOVER_STOPPED);
		assert_int_equal(k.n_lines, 1);
		assert_string_equal(k.lines[0], "STOP_CONN 5:3 flag 3");
		handover_recover(&h);
		assert_int_equal(handover_state(&h), HANDOVER_STOPPED);
		handover_resume(&h, fd);
		serve_requests(&h, &k);
		assert_int_equal(handover_state(&h), HANDOVER_LOGIN);
		snprintf(bind, sizeof bind, "BIND_CONN 5:3 fd %d leading 1", fd);
		assert_string_equal(k.lines[1], bind);
		assert_lines(&k, 2, before_login + 3, N_BEFORE - 3);
		handover_logged_in(&h, &values);
		serve_requests(&h, &k);
		assert_lines(&k, N_BEFORE - 1, after_login, N_AFTER);
		assert_int_equal(k.n_lines, N_STEPS - 1);
		assert_int_equal(handover_state(&h), HANDOVER_RUNNING);
	}
	handover_close(&h);
	serve_requests(&h, &k);
	assert_taken_down(&h, &k, N_STEPS - 1, true, true);
}

/* Whatever is refused while it comes back, and if the kernel refuses to stop it, too: its disks stay. */
static void a_refusal_never_takes_down_a_session_that_has_run(void **state)
{
	(void)state;
	for (int at = 2; at < N_STEPS; at++) {
		struct script k;
		struct handover h;
		struct fail fail = {0};
		run(&h, &k);
		k.n_lines = 0;
		handover_recover(&h);
		serve_requests(&h, &k);
		k.n_lines = 0;
		k.answer_at = at - 2;
		k.answer = (struct iscsi_nl_message){.type = ISCSI_NL_IF_ERROR, .error = -ENOTCONN};
		k.refuse_teardown = at % 2 == 0;
		handover_resume(&h, 10);
		assert_int_equal(serve(&h, &k, &fail), 1);
		assert_int_equal(fail.code, FAIL_KERNEL_REFUSED);
		assert_int_equal(handover_state(&h), HANDOVER_STOPPED);
		assert_string_equal(k.lines[k.n_lines - 1], "STOP_CONN 5:3 flag 3");
		assert_int_equal(k.n_lines, at);
		assert_true(h.has_session && h.has_conn && k.has_session && k.has_conn);
	}
}

/* Another program has had it: wherever we stood, it is stopped again before anything else. */
static void an_adopted_session_is_stopped_before_it_is_resumed(void **state)
{
	(void)state;
	struct script k;
	struct handover h;
	run(&h, &k);
	for (unsigned resumed = 0; resumed < 2; resumed++) {
		handover_recover(&h);
		serve_requests(&h, &k);
		if (resumed) {
			handover_resume(&h, 10);
			serve_requests(&h, &k);
		}
		handover_adopt(&h);
		assert_int_equal(handover_state(&h), HANDOVER_RUNNING);
		k.n_lines = 0;
		handover_recover(&h);
		serve_requests(&h, &k);
		assert_int_equal(k.n_lines, 1);
		assert_string_equal(k.lines[0], "STOP_CONN 5:3 flag 3");
	}
}

static void a_session_that_never_ran_is_not_kept(void **state)
{
	(void)state;
	struct script k = {.answer_at = NEVER};
	struct handover h;
	handover_start(&h, &plain);
	serve_requests(&h, &k);
	unsigned at = k.n_lines;
	handover_recover(&h);
	serve_requests(&h, &k);
	assert_taken_down(&h, &k, at, true, true);
}

static void a_session_taken_down_by_others_is_forgotten(void **state)
{
	(void)state;
	struct script k;
	struct handover h;
	run(&h, &k);
	handover_forget(&h);
	assert_int_equal(handover_state(&h), HANDOVER_CLOSED);
	assert_false(h.has_session || h.has_conn);
	handover_recover(&h);
	assert_int_equal(handover_state(&h), HANDOVER_CLOSED);
}

/* Whether it runs or waits; refusals on the way change nothing. */
static void an_abandoned_session_is_taken_down_in_the_background(void **state)
{
	(void)state;
	static const char *const way[] = {"STOP_CONN 5:3 flag 1", "DESTROY_CONN 5:3", "DESTROY_SESSION_ASYNC 5:3"};
	for (unsigned n = 0; n < 4; n++) {
		struct script k = {.answer_at = NEVER};
		struct handover h;
		struct fail fail = {0};
		handover_start(&h, &plain);
		serve(&h, &k, &fail);
		if (n % 2 == 1)
			handover_recover(&h);
		serve(&h, &k, &fail);
		unsigned at = k.n_lines;
		k.refuse_teardown = n >= 2;
		handover_abandon(&h);
		serve(&h, &k, &fail);
		assert_int_equal(k.n_lines, at + 3);
		assert_lines(&k, at, way, 3);
		assert_int_equal(handover_state(&h), HANDOVER_CLOSED);
		assert_false(h.has_session || h.has_conn || h.has_run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_everything_in_order),
		cmocka_unit_test(leaves_out_chap),
		cmocka_unit_test(mutual_chap),
		cmocka_unit_test(no_half_of_mutual_chap),
		cmocka_unit_test(takes_down_after_a_refusal),
		cmocka_unit_test(takes_down_after_a_foreign_answer),
		cmocka_unit_test(survives_odd_errors),
		cmocka_unit_test(passes_over_unknown_parameters),
		cmocka_unit_test(closes_from_anywhere),
		cmocka_unit_test(closing_again_changes_nothing),
		cmocka_unit_test(first_failure_sticks),
		cmocka_unit_test(largest_values_fit),
		cmocka_unit_test(a_lost_session_is_stopped_and_resumed),
		cmocka_unit_test(a_refusal_never_takes_down_a_session_that_has_run),
		cmocka_unit_test(an_adopted_session_is_stopped_before_it_is_resumed),
		cmocka_unit_test(a_session_that_never_ran_is_not_kept),
		cmocka_unit_test(a_session_taken_down_by_others_is_forgotten),
		cmocka_unit_test(an_abandoned_session_is_taken_down_in_the_background),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
