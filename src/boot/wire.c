/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The carrier. Each function waits until it is done or the deadline has come. The ISID is of the random type (RFC 7143
 * section 11.12.5), so that the login is no reinstatement of a session that the kernel or another program holds.
 */
#include "boot/wire.h"

#include <errno.h>
#include <string.h>

#include "boot/loop.h"
#include "boot/mtu.h"
#include "boot/portal.h"
#include "sys/entropy.h"

enum {
	ATTENTIONS_MAX = 8, /* a unit may have some to tell: power on, its capacity, its LUNs */
	LOGOUT_WAIT_MS = 2000,
	TEXT_ROUNDS_MAX = 65536, /* Text Responses of one answer */
	ISID_TYPE_RANDOM = 0x80,
};

void wire_init(struct wire *w)
{
	w->fd = -1;
	w->interrupt_fd = -1;
	w->resolver.fd = -1;
}

/* --- waiting --- */

/* Whoever sends without end does not get beyond the deadline, either. */
static bool wait_for(struct wire *w, int fd, unsigned wanted)
{
	struct loop loop;
	loop_begin(&loop);
	while (loop.now_ms < w->deadline_ms) {
		loop_want(&loop, fd, wanted);
		if (w->interrupt_fd >= 0)
			loop_want(&loop, w->interrupt_fd, POLL_READ);
		loop_wake_at(&loop, w->deadline_ms);
		loop_wait(&loop);
		w->is_interrupted = w->interrupt_fd >= 0 && loop_is_ready(&loop, w->interrupt_fd);
		if (w->is_interrupted)
			return false;
		if (loop_is_ready(&loop, fd))
			return true;
		loop_begin(&loop);
	}
	return false;
}

static bool lost(const struct wire *w, int error, struct fail *fail)
{
	enum fail_code code = w->in_login ? login_closed(&w->login) : FAIL_SESSION_LOST;
	return error != 0 ? fail_errno(fail, code, error, "%s", "")
			  : fail_set(fail, code, "%s", w->in_login ? "" : "closed by the target");
}

static bool silent(const struct wire *w, struct fail *fail)
{
	if (w->in_login)
		return fail_set(fail, FAIL_LOGIN_TIMEOUT, "%s", "");
	if (w->waits_for_window)
		return fail_set(fail, FAIL_TARGET_SILENT, "its window for commands stays closed, MaxCmdSN %u, CmdSN %u",
				(unsigned int)w->max_cmd_sn, (unsigned int)w->counters.cmd_sn);
	return fail_set(fail, FAIL_TARGET_SILENT, "%s", "");
}

/* --- PDUs --- */

/* Of what has been written from `begin` on. */
static void put_digest(struct writer *w, size_t begin)
{
	uint8_t digest[FRAMER_DIGEST_BYTES];
	framer_put_digest(w->bytes + begin, w->n_bytes - begin, digest);
	writer_bytes(w, digest, sizeof digest);
}

static bool send_pdu(struct wire *w, const uint8_t header[static PDU_HEADER_BYTES], const uint8_t *data, size_t n_bytes,
		     struct fail *fail)
{
	struct writer all = writer_over(w->sending, sizeof w->sending);
	writer_bytes(&all, header, PDU_HEADER_BYTES);
	if (w->header_digest)
		put_digest(&all, 0);
	size_t n_head = all.n_bytes;
	writer_bytes(&all, data, n_bytes);
	writer_zeros(&all, framer_padding(n_bytes));
	if (w->data_digest && n_bytes > 0)
		put_digest(&all, n_head);
	if (all.full)
		return fail_set(fail, FAIL_INTERNAL, "a PDU of %zu bytes", n_bytes);
	for (size_t n_sent = 0; n_sent < all.n_bytes;) {
		if (!wait_for(w, w->fd, POLL_WRITE))
			return silent(w, fail);
		ssize_t n = tcp_send(w->fd, w->sending + n_sent, all.n_bytes - n_sent);
		if (n < 0 && n != -EAGAIN)
			return lost(w, (int)-n, fail);
		n_sent += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* One whole PDU into w->framer. */
static bool receive_pdu(struct wire *w, struct fail *fail)
{
	uint8_t *at;
	framer_start(&w->framer, w->data, w->in_login ? PDU_LOGIN_DATA_MAX : sizeof w->data);
	framer_expect_digests(&w->framer, w->header_digest, w->data_digest);
	for (size_t room; (room = framer_room(&w->framer, &at)) > 0;) {
		if (!wait_for(w, w->fd, POLL_READ))
			return silent(w, fail);
		ssize_t n = tcp_receive(w->fd, at, room);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return lost(w, (int)-n, fail);
		if (!framer_filled(&w->framer, (size_t)n, fail))
			return false;
	}
	return true;
}

/* --- reaching the portal --- */

static bool resolve(struct wire *w, const char *host, uint16_t port, struct fail *fail)
{
	struct ip_address ip;
	if (text_ip(span_of(host), &ip)) {
		tcp_address_make(&w->address, &ip, port, 0);
		return true;
	}
	int error = resolve_start(&w->resolver, host, port);
	if (error == 0) {
		bool answered = wait_for(w, w->resolver.fd, POLL_READ);
		error = answered ? resolve_finish(&w->resolver, &w->address) : -EAGAIN;
		errand_cancel(&w->resolver);
	}
	return error == 0 || fail_errno(fail, FAIL_NAME_UNRESOLVED, -error, "%s", host);
}

/* The list of targets may be longer than a packet, and needs no speed: it comes by any path. */
static bool connect_portal(struct wire *w, const struct wire_peer *peer, const char *host, uint16_t port,
			   struct fail *fail)
{
	plan_format_portal(host, port, w->portal);
	if (!resolve(w, host, port, fail))
		return false;
	int error = tcp_connect(&w->address, peer->discovery ? MTU_LEAST : 0, &w->fd);
	if (error == -EINPROGRESS) {
		if (!wait_for(w, w->fd, POLL_WRITE))
			return fail_set(fail, FAIL_PORTAL_SILENT, "%s", "");
		error = tcp_connect_result(w->fd);
	}
	if (w->first_address[0] == '\0')
		tcp_address_format(&w->address, w->first_address);
	return error == 0 || portal_connect_failed(-error, fail);
}

static void hang_up(struct wire *w)
{
	login_end(&w->login);
	bytes_wipe(w->sending, sizeof w->sending);
	if (w->fd >= 0)
		tcp_close(w->fd);
	w->fd = -1;
	w->header_digest = w->data_digest = false;
}

/* --- logging in --- */

/* at_portal: of the plan, not where a redirect leads. */
static bool make_config(const struct wire_peer *peer, bool at_portal, enum login_advice advice,
			struct login_config *config, struct fail *fail)
{
	const struct boot_plan *plan = peer->plan;
	struct plan_identity id = plan_identity_of(plan, peer->target);
	*config = (struct login_config){
		.initiator_name = plan->initiator.name,
		.target_name = peer->target->name,
		.discovery = peer->discovery,
		.has_tpgt = at_portal && !peer->discovery && peer->target->has_tpgt,
		.tpgt = peer->target->tpgt,
		.security_first = advice == LOGIN_ADVICE_SECURITY_FIRST,
		.cmd_sn = 1,
		.digests = plan_digest_offer(plan->digest),
		.chap = {.username = id.username,
			 .secret = id.secret,
			 .username_in = id.username_in,
			 .secret_in = id.secret_in,
			 .md5_only = advice == LOGIN_ADVICE_MD5_ONLY},
	};
	int error = entropy_read(&config->chap.nonce, sizeof config->chap.nonce);
	if (error == 0)
		error = entropy_read(config->isid, sizeof config->isid);
	config->isid[0] = ISID_TYPE_RANDOM;
	return error == 0 || fail_errno(fail, FAIL_NO_RANDOM, -error, "%s", "");
}

static bool converse(struct wire *w, struct fail *fail)
{
	bool good = true;
	while (good && login_state(&w->login) == LOGIN_SEND) {
		const uint8_t *header, *data;
		size_t n_bytes;
		login_to_send(&w->login, &header, &data, &n_bytes);
		good = send_pdu(w, header, data, n_bytes, fail);
		login_sent(&w->login);
		good = good && receive_pdu(w, fail) &&
		       login_receive(&w->login, w->framer.header, w->data, w->framer.n_data_bytes, fail);
	}
	return good;
}

/* The first command has the CmdSN of the login, section 4.2.2.1. */
static void enter_full_feature(struct wire *w)
{
	const struct login_result *result = login_result(&w->login);
	w->in_login = false;
	w->header_digest = result->values.header_digest;
	w->data_digest = result->values.data_digest;
	w->counters = (struct ffp_counters){.itt = 1, .cmd_sn = 1, .exp_stat_sn = result->exp_stat_sn};
	w->max_cmd_sn = result->max_cmd_sn;
}

/* One connection. A redirect is a success, too. */
static bool attempt(struct wire *w, const struct wire_peer *peer, const char *host, uint16_t port,
		    enum login_advice advice, struct fail *fail)
{
	struct login_config config;
	w->in_login = true;
	if (!make_config(peer, host == peer->target->host, advice, &config, fail) ||
	    !connect_portal(w, peer, host, port, fail))
		return false;
	login_start(&w->login, &config);
	return converse(w, fail);
}

static bool follow_redirect(const struct wire *w, struct redirects *r, struct fail *fail)
{
	char to[PORTAL_TEXT_BYTES];
	if (!redirects_read(r, login_result(&w->login)->redirect_to, fail))
		return false;
	plan_format_portal(r->host, r->port, to);
	return redirects_follow(r, w->portal, to, fail);
}

bool wire_log_in(struct wire *w, const struct wire_peer *peer, int64_t timeout_ms, struct fail *fail)
{
	struct redirects redirects = {.n = 0};
	enum login_advice advice = LOGIN_ADVICE_NONE;
	w->deadline_ms = clock_now_ms() + timeout_ms;
	w->first_address[0] = '\0';
	for (;;) {
		struct fail fault = {.code = FAIL_NONE};
		bool is_first = redirects.n == 0;
		bool good = attempt(w, peer, is_first ? peer->target->host : redirects.host,
				    is_first ? peer->target->port : redirects.port, advice, &fault);
		if (good && login_state(&w->login) == LOGIN_DONE) {
			enter_full_feature(w);
			return true;
		}
		bool was_advised = advice != LOGIN_ADVICE_NONE;
		advice = w->fd >= 0 && !good && !was_advised ? login_advice(&w->login, &fault) : LOGIN_ADVICE_NONE;
		good = good && follow_redirect(w, &redirects, &fault);
		hang_up(w);
		if (!good && advice == LOGIN_ADVICE_NONE) {
			*fail = fault;
			return false;
		}
	}
}

/* --- full feature phase --- */

static void count(struct wire *w, const struct ffp_answer *answer)
{
	if (ffp_is_status(answer))
		w->counters.exp_stat_sn = answer->stat_sn + 1;
	if (ffp_not_before(answer->max_cmd_sn + 1, answer->exp_cmd_sn) &&
	    ffp_not_before(answer->max_cmd_sn, w->max_cmd_sn))
		w->max_cmd_sn = answer->max_cmd_sn;
}

static bool answer_nop(struct wire *w, const struct ffp_answer *nop, struct fail *fail)
{
	uint8_t header[PDU_HEADER_BYTES];
	if (nop->ttt == FFP_NO_TAG)
		return true;
	ffp_encode_nop_answer(&w->counters, nop->lun, nop->ttt, header);
	return send_pdu(w, header, NULL, 0, fail);
}

/* Events that leave nothing to wait for, RFC 7143 section 11.9.1; the others are news for somebody who stays. */
static bool take_async(const struct ffp_answer *answer, struct fail *fail)
{
	static const char *const ends[] = {
		[FFP_ASYNC_LOGOUT] = "the target asks us to log out",
		[FFP_ASYNC_DROP_CONNECTION] = "the target drops the connection",
		[FFP_ASYNC_DROP_ALL] = "the target drops the session",
		[FFP_ASYNC_TASKS_END] = "the target ends all tasks",
	};
	const char *end = answer->async_event < sizeof ends / sizeof *ends ? ends[answer->async_event] : NULL;
	return end == NULL || fail_set(fail, FAIL_SESSION_LOST, "%s", end);
}

/* The next PDU; what the target says *unasked is served. */
static bool take_pdu(struct wire *w, struct ffp_answer *answer, bool *unasked, struct fail *fail)
{
	if (!receive_pdu(w, fail))
		return false;
	ffp_decode_answer(w->framer.header, answer);
	count(w, answer);
	*unasked = answer->opcode == FFP_NOP_IN || answer->opcode == FFP_ASYNC;
	if (answer->opcode == FFP_REJECT)
		return fail_set(fail, FAIL_PROTOCOL, "the target rejects our request (reason 0x%02x)",
				answer->response);
	if (answer->opcode == FFP_NOP_IN)
		return answer_nop(w, answer, fail);
	return answer->opcode != FFP_ASYNC || take_async(answer, fail);
}

/* The next PDU that is an answer to us. */
static bool next_answer(struct wire *w, struct ffp_answer *answer, struct fail *fail)
{
	bool unasked = true;
	while (unasked)
		if (!take_pdu(w, answer, &unasked, fail))
			return false;
	if (answer->itt != w->counters.itt)
		return fail_set(fail, FAIL_PROTOCOL, "an answer to another task (ITT 0x%08x)",
				(unsigned int)answer->itt);
	return true;
}

static bool unexpected(const struct ffp_answer *answer, struct fail *fail)
{
	return fail_set(fail, FAIL_PROTOCOL, "opcode 0x%02x, which was not asked for", answer->opcode);
}

/* Section 4.2.2.1: nothing but immediate requests while the window is closed. Any PDU may open it. */
static bool wait_for_window(struct wire *w, struct fail *fail)
{
	struct ffp_answer answer;
	bool good = true, unasked = true;
	w->waits_for_window = true;
	while (good && !ffp_not_before(w->max_cmd_sn, w->counters.cmd_sn)) {
		good = take_pdu(w, &answer, &unasked, fail);
		if (good && !unasked)
			good = unexpected(&answer, fail);
	}
	w->waits_for_window = false;
	return good;
}

struct transfer {
	uint8_t *out;
	size_t n_max, n_bytes;
};

static bool take_data(const struct wire *w, const struct ffp_answer *answer, struct transfer *t, struct fail *fail)
{
	size_t n = w->framer.n_data_bytes;
	if (answer->buffer_offset != t->n_bytes || n > t->n_max - t->n_bytes)
		return fail_set(fail, FAIL_PROTOCOL, "%zu bytes of data at %u of %zu", n,
				(unsigned int)answer->buffer_offset, t->n_max);
	memcpy(t->out + t->n_bytes, w->data, n);
	t->n_bytes += n;
	return true;
}

/* Sends the command and takes its data until its status has come; sense data is then in w->data. */
static bool run(struct wire *w, uint64_t lun, const struct scsi_command *command, struct transfer *t,
		struct ffp_answer *answer, struct fail *fail)
{
	uint8_t header[PDU_HEADER_BYTES], lun_bytes[FFP_LUN_BYTES];
	if (!wait_for_window(w, fail))
		return false;
	scsi_lun_bytes(lun, lun_bytes);
	ffp_encode_command(&w->counters, lun_bytes, command->cdb, command->n_expected, header);
	w->counters.cmd_sn++;
	if (!send_pdu(w, header, NULL, 0, fail))
		return false;
	do {
		if (!next_answer(w, answer, fail))
			return false;
		if (answer->opcode == FFP_DATA_IN) {
			if (!take_data(w, answer, t, fail))
				return false;
		} else if (answer->opcode != FFP_SCSI_RESPONSE) {
			return unexpected(answer, fail);
		}
	} while (!(answer->opcode == FFP_SCSI_RESPONSE || answer->has_status));
	w->counters.itt++;
	if (answer->opcode == FFP_SCSI_RESPONSE && answer->response != 0)
		return fail_set(fail, FAIL_DISK_READ, "the target failed (response 0x%02x)", answer->response);
	return true;
}

bool wire_command(struct wire *w, uint64_t lun, const struct scsi_command *command, uint8_t *out, size_t n_max,
		  size_t *n_bytes, struct fail *fail)
{
	struct ffp_answer answer = {.status = SCSI_STATUS_GOOD};
	struct scsi_sense sense = {.key = 0};
	for (unsigned n_attentions = 0;; n_attentions++) {
		struct transfer t = {.out = out, .n_max = n_max < command->n_expected ? n_max : command->n_expected};
		if (!run(w, lun, command, &t, &answer, fail))
			return false;
		*n_bytes = t.n_bytes;
		if (answer.status == SCSI_STATUS_GOOD)
			return true;
		bool has_sense =
			answer.opcode == FFP_SCSI_RESPONSE && scsi_take_sense(w->data, w->framer.n_data_bytes, &sense);
		if (!has_sense)
			return fail_set(fail, FAIL_DISK_READ, "command 0x%02x: status 0x%02x", command->cdb[0],
					answer.status);
		if (sense.key != SCSI_SENSE_UNIT_ATTENTION || n_attentions == ATTENTIONS_MAX)
			return fail_set(fail, FAIL_DISK_READ, "command 0x%02x: sense %x/%02x/%02x", command->cdb[0],
					sense.key, sense.code, sense.qualifier);
	}
}

bool wire_send_targets(struct wire *w, const struct discovery_sink *sink, struct fail *fail)
{
	static const char all[] = "SendTargets=All";
	struct discovery discovery;
	struct ffp_answer answer = {.ttt = FFP_NO_TAG};
	uint8_t header[PDU_HEADER_BYTES];
	size_t n_text = sizeof all;
	discovery_start(&discovery, sink);
	for (unsigned n_rounds = 0; n_rounds < TEXT_ROUNDS_MAX; n_rounds++) {
		ffp_encode_text(&w->counters, answer.ttt, (uint32_t)n_text, header);
		if (!send_pdu(w, header, (const uint8_t *)all, n_text, fail) || !next_answer(w, &answer, fail))
			return false;
		if (answer.opcode != FFP_TEXT_RESPONSE)
			return unexpected(&answer, fail);
		if (!discovery_take(&discovery, w->data, w->framer.n_data_bytes, fail))
			return false;
		n_text = 0;
		if (answer.final && !answer.continues) {
			w->counters.itt++;
			return discovery_end(&discovery, fail);
		}
		if (answer.final || answer.ttt == FFP_NO_TAG)
			return fail_set(fail, FAIL_PROTOCOL, "a text that goes on without a Target Transfer Tag");
	}
	return fail_set(fail, FAIL_PROTOCOL, "no end after %d Text Responses", TEXT_ROUNDS_MAX);
}

/* --- the end --- */

/* Bytes that nobody has read would have the connection reset, and our last request lost. */
static void drain(struct wire *w)
{
	ssize_t n = 1;
	while ((n > 0 || n == -EAGAIN) && wait_for(w, w->fd, POLL_READ))
		n = tcp_receive(w->fd, w->data, sizeof w->data);
}

/* Whatever becomes of it, the connection is closed then. */
static void log_out(struct wire *w)
{
	uint8_t header[PDU_HEADER_BYTES];
	struct ffp_answer answer = {.opcode = FFP_NOP_IN};
	struct fail fault = {.code = FAIL_NONE};
	w->deadline_ms = clock_now_ms() + LOGOUT_WAIT_MS;
	w->counters.itt++; /* a task that was given up may still have the last one */
	ffp_encode_logout(&w->counters, header);
	if (!send_pdu(w, header, NULL, 0, &fault))
		return;
	while (answer.opcode != FFP_LOGOUT_RESPONSE && receive_pdu(w, &fault))
		ffp_decode_answer(w->framer.header, &answer);
	if (fault.code == FAIL_PROTOCOL || fault.code == FAIL_DIGEST)
		drain(w);
}

void wire_close(struct wire *w)
{
	int interrupt_fd = w->interrupt_fd;
	bool is_interrupted = w->is_interrupted;
	w->interrupt_fd = -1;
	if (w->fd >= 0 && !w->in_login)
		log_out(w);
	hang_up(w);
	w->interrupt_fd = interrupt_fd;
	w->is_interrupted = is_interrupted;
}
