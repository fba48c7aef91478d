/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's state machine. Kernel objects are made only once TCP is connected. A failed attempt takes them down
 * before anything else happens, or stops the connection of a session that has been up. The ISID is open-iscsi's scheme,
 * 00 02 3d and the kernel's session id, so that each later login, ours or iscsid's, is a reinstatement of this session
 * (RFC 7143 section 6.3.5).
 */
#include "boot/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/format.h"
#include "boot/discover.h"
#include "boot/log.h"
#include "boot/portal.h"
#include "iscsi/ffp.h"

enum {
	RESOLVE_WAIT_MS = 20000,
	DISCOVER_LOGOUT_MS = 5000, /* after which the child has ended, or hangs */
	CONNECT_WAIT_MS = 10000,
	LOGIN_WAIT_MS = 15000, /* for the whole login, as open-iscsi's login_timeout */
	LOGOUT_WAIT_MS = 2000,
	UNBIND_WAIT_MS = 60000, /* what is cached may have to go to a slow target */
	SCAN_WAIT_MS = 60000,
	/* Of a session that is in use: a packet lost with the network costs no more than this. */
	AGAIN_CONNECT_WAIT_MS = 700,
	AGAIN_CONNECT_LATER_MS = 3000,
	AGAIN_LOGIN_WAIT_MS = 3000,
	SPREAD_MS = 250, /* over which many machines come back to a target */
	/* Of connections that break as soon as they are there. */
	SHORT_LIFE_MS = 1000,
	SHORT_LIVES_FREE = 3,
	SHORT_LIFE_PAUSE_MS = 500,
	SHORT_LIFE_DOUBLINGS = 3,
};

void session_init(struct session *s, const struct boot_plan *plan, unsigned index, struct transport *transport)
{
	memset(s, 0, sizeof *s);
	s->plan = plan;
	s->planned = s->target = &plan->targets[index];
	s->transport = transport;
	s->errand.fd = -1;
	s->tcp_fd = -1;
	s->probe.fd = -1;
}

void session_set_target(struct session *s, const struct plan_target *found)
{
	s->found = *found;
	s->target = &s->found;
}

static void enter(struct session *s, enum session_state state, int64_t now_ms, int64_t wait_ms)
{
	s->state = state;
	s->wait_ms = wait_ms;
	s->deadline_ms = now_ms + wait_ms;
}

/* --- failing --- */

/* Serves the handover engine until it needs something else of us. */
static bool serve_handover(struct session *s)
{
	bool good = true;
	while (handover_state(&s->handover) == HANDOVER_REQUEST) {
		uint8_t bytes[ISCSI_NL_REQUEST_MAX];
		struct iscsi_nl_message reply;
		struct writer request = writer_over(bytes, sizeof bytes);
		request.n_bytes = handover_request(&s->handover, bytes, sizeof bytes);
		if (!transport_request(s->transport, &request, &reply, &s->fail))
			reply = (struct iscsi_nl_message){.type = ISCSI_NL_IF_ERROR, .error = -EIO};
		good = handover_reply(&s->handover, &reply, &s->fail) && good;
	}
	return good;
}

/* Ends the attempt; what is in the kernel goes where `leave` leads. */
static void end_attempt(struct session *s, void (*leave)(struct handover *))
{
	errand_cancel(&s->errand);
	mtu_stop(&s->probe);
	if (s->handover.has_session) {
		leave(&s->handover);
		serve_handover(s);
	}
	login_end(&s->login);
	if (s->tcp_fd >= 0)
		tcp_close(s->tcp_fd);
	s->tcp_fd = -1;
	s->state = SESSION_IDLE;
}

void session_stop(struct session *s)
{
	child_kill(&s->scan);
	end_attempt(s, handover_close);
	s->scanned = false;
	s->retry.urgent = false;
	s->advice = LOGIN_ADVICE_NONE;
	s->lost_ms = 0;
}

bool session_is_kept(const struct session *s)
{
	return s->handover.has_run;
}

bool session_is_tried_first(const struct session *s)
{
	bool is_under_way = s->state >= SESSION_DISCOVERING && s->state <= SESSION_LOGGING_IN;
	return is_under_way && !s->handover.has_run && s->retry.n_failed == 0;
}

static void shorten_packets(struct session *s, uint32_t packet_max)
{
	s->packet_max = packet_max;
	log_wait("%s: the first data of a disk does not come, as when packets of %u bytes get lost: going on with %u "
		 "at most; look at the MTU of switches and tunnels in between",
		 s->portal, s->unproven_bytes, packet_max);
}

static void lengthen_packets(struct session *s)
{
	s->packet_max = s->proven_max;
	s->n_timeouts = 0;
	log_wait("%s: with packets of %u bytes it does not come either, so their length is not why: going on as before",
		 s->portal, s->unproven_bytes);
}

/*
 * Where the answer to the first read of a disk does not come while login and LUNs did, its packets, which are longer,
 * may get lost without a word. Those of 1500 bytes and less seldom do: a target may be slow, so that takes two times.
 */
static void doubt_path(struct session *s)
{
	bool is_suspect =
		s->timed_out && (s->unproven_bytes > MTU_LEAST || (s->unproven_bytes > 0 && s->n_timeouts > 0));
	s->timed_out = false;
	if (!is_suspect)
		return;
	s->n_timeouts++;
	if (s->unproven_bytes > MTU_ETHERNET)
		shorten_packets(s, MTU_ETHERNET);
	else if (s->unproven_bytes <= MTU_LEAST)
		lengthen_packets(s);
	else if (s->n_timeouts > 1)
		shorten_packets(s, MTU_LEAST);
}

void session_prove_path(struct session *s)
{
	s->unproven_bytes = 0;
	s->proven_max = s->packet_max;
	s->n_timeouts = 0;
}

/* How long to leave a target in peace that takes each login and then breaks the connection. */
static int64_t pause_after_ms(struct session *s, int64_t lived_ms)
{
	s->n_short_lives = lived_ms < SHORT_LIFE_MS ? s->n_short_lives + 1 : 0;
	if (s->n_short_lives <= SHORT_LIVES_FREE)
		return 0;
	unsigned n_doublings = s->n_short_lives - SHORT_LIVES_FREE - 1;
	return (int64_t)SHORT_LIFE_PAUSE_MS
	       << (n_doublings < SHORT_LIFE_DOUBLINGS ? n_doublings : SHORT_LIFE_DOUBLINGS);
}

/* The connection of a session that was up is gone: its disks wait from now on. */
static void session_lost(struct session *s, int64_t now_ms)
{
	int64_t pause_ms = pause_after_ms(s, now_ms - s->since_ms);
	s->n_lost++;
	s->lost_ms = s->since_ms = now_ms;
	text_escape(s->fail.detail, s->loss, sizeof s->loss);
	s->advice = s->worked;
	log_error("%s: the connection to %s broke (%s), its disks wait until it is back", s->portal, s->target->name,
		  s->fail.detail);
	doubt_path(s);
	if (pause_ms > 0)
		log_wait("%s: that was %u times in a row right after the login, the next one follows in %.1f s",
			 s->portal, s->n_short_lives, (double)pause_ms / 1000);
	end_attempt(s, handover_recover);
	enter(s, SESSION_WAIT_RETRY, now_ms, pause_ms + now_ms % SPREAD_MS);
}

/* Some targets refuse what others need: such an attempt is made again at once, once, the other way. */
static bool try_other_way(struct session *s)
{
	static const char *const ways[] = {
		[LOGIN_ADVICE_MD5_ONLY] = "does not take our list of CHAP algorithms, trying MD5 alone",
		[LOGIN_ADVICE_SECURITY_FIRST] = "wants to be asked about authentication, trying so",
	};
	bool was_other = s->advice != LOGIN_ADVICE_NONE;
	s->advice = LOGIN_ADVICE_NONE;
	if (was_other || handover_state(&s->handover) != HANDOVER_LOGIN)
		return false;
	s->advice = login_advice(&s->login, &s->fail);
	if (s->advice == LOGIN_ADVICE_NONE)
		return false;
	if (s->retry.n_failed == 0)
		log_wait("%s: the target %s", s->portal, ways[s->advice]);
	return true;
}

/* A target that is gone from its portal may have a successor there: that is asked for, until a login has succeeded. */
static void doubt_target(struct session *s)
{
	bool is_gone = s->fail.code == FAIL_TARGET_NOT_FOUND || s->fail.code == FAIL_TARGET_REMOVED;
	bool is_elsewhere = strcmp(s->target->host, s->planned->host) != 0 || s->target->port != s->planned->port;
	if (is_gone || is_elsewhere)
		s->target = s->planned;
}

/* The session was to go, and it goes however far that came. */
static void session_left(struct session *s)
{
	log_info("%s: %s: %s, as asked", s->portal, s->target->name, s->has_left ? "logged out" : "ended");
	if (s->has_left)
		session_stop(s);
	else
		session_abandon(s); /* its disks may still be busy: nobody waits for that here */
	s->state = SESSION_GAVE_UP;
}

static void session_failed(struct session *s, int64_t now_ms)
{
	if (s->leaves) {
		session_left(s);
		return;
	}
	if (s->lost_ms == 0 && session_is_kept(s)) {
		session_lost(s, now_ms);
		return;
	}
	if (try_other_way(s)) {
		end_attempt(s, handover_recover);
		enter(s, SESSION_WAIT_RETRY, now_ms, 0);
		return;
	}
	fail_context(&s->fail, "cannot log in to %s at %s", plan_target_name(s->target), s->portal);
	end_attempt(s, handover_recover);
	if (!session_is_kept(s))
		doubt_target(s);
	s->redirects.n = 0;
	bool again = retry_failed(&s->retry, now_ms, s->portal, &s->fail);
	s->state = again ? SESSION_WAIT_RETRY : SESSION_GAVE_UP;
	s->deadline_ms = s->retry.next_ms;
}

/* --- logging in --- */

static bool send_pdu(struct session *s, const uint8_t header[static PDU_HEADER_BYTES], const uint8_t *data,
		     size_t n_data_bytes)
{
	uint8_t bytes[ISCSI_NL_REQUEST_MAX];
	struct iscsi_nl_message reply;
	struct writer request = writer_over(bytes, sizeof bytes);
	iscsi_nl_send_pdu(&request, &s->handover.conn, header, data, n_data_bytes);
	if (!transport_request(s->transport, &request, &reply, &s->fail))
		return false;
	return reply.error == 0 || fail_set(&s->fail, login_closed(&s->login), "sending: %s", strerror(-reply.error));
}

static bool send_login_pdu(struct session *s)
{
	const uint8_t *header, *data;
	size_t n_data_bytes;
	login_to_send(&s->login, &header, &data, &n_data_bytes);
	if (!send_pdu(s, header, data, n_data_bytes))
		return false;
	login_sent(&s->login);
	return true;
}

static bool make_chap(struct session *s, struct chap_config *chap)
{
	struct plan_identity id = plan_identity_of(s->plan, s->target);
	*chap = (struct chap_config){
		.username = id.username,
		.secret = id.secret,
		.username_in = id.username_in,
		.secret_in = id.secret_in,
		.md5_only = s->advice == LOGIN_ADVICE_MD5_ONLY,
	};
	int error = chap->secret_in != NULL ? entropy_read(&chap->nonce, sizeof chap->nonce) : 0;
	return error == 0 || fail_errno(&s->fail, FAIL_NO_RANDOM, -error, "%s", "");
}

static bool begin_login(struct session *s)
{
	uint32_t sid = s->handover.conn.sid;
	struct login_config config = {
		.initiator_name = s->plan->initiator.name,
		.target_name = s->target->name,
		.has_tpgt = s->target->has_tpgt && s->redirects.n == 0 && !session_is_kept(s),
		.tpgt = s->target->tpgt,
		.isid = {0x00, 0x02, 0x3d, (uint8_t)(sid >> 16), (uint8_t)(sid >> 8), (uint8_t)sid},
		.digests = plan_digest_offer(s->plan->digest),
		.security_first = s->advice == LOGIN_ADVICE_SECURITY_FIRST,
		.carrier_has_tags = true,
	};
	if (!make_chap(s, &config.chap))
		return false;
	login_start(&s->login, &config);
	return send_login_pdu(s);
}

static struct handover_values kernel_values(const struct login_result *result)
{
	const struct login_values *v = &result->values;
	return (struct handover_values){
		.max_recv_dlength = v->max_recv_data_segment_length,
		.max_xmit_dlength = v->max_xmit_data_segment_length,
		.header_digest = v->header_digest,
		.data_digest = v->data_digest,
		.initial_r2t = v->initial_r2t,
		.immediate_data = v->immediate_data,
		.pdu_in_order = v->data_pdu_in_order,
		.dataseq_in_order = v->data_sequence_in_order,
		.max_r2t = v->max_outstanding_r2t,
		.first_burst = v->first_burst_length,
		.max_burst = v->max_burst_length,
		.erl = v->error_recovery_level,
		.exp_stat_sn = result->exp_stat_sn,
		.tpgt = result->has_tpgt ? result->tpgt : 1,
	};
}

static void log_login(const struct session *s, const struct login_result *result)
{
	if (result->chap)
		log_info("%s: logged in to %s, %sCHAP %s", s->portal, s->target->name, result->mutual ? "mutual " : "",
			 result->chap_algorithm);
	else
		log_info("%s: logged in to %s, no authentication", s->portal, s->target->name);
}

static void tell_return(const struct session *s, int64_t now_ms)
{
	if (s->lost_ms != 0)
		log_wait("%s: %s is back after %.1f s, its disks go on (attempt %u)", s->portal, s->target->name,
			 (double)(now_ms - s->lost_ms) / 1000, s->retry.n_failed + 1);
	else if (s->retry.n_failed > 0)
		log_wait("%s: back after %lld s and %u attempts", s->portal,
			 (long long)(now_ms - s->retry.since_ms) / 1000, s->retry.n_failed + 1);
}

/* Its connection is there, or looked after by somebody else. */
static void found_again(struct session *s, int64_t now_ms)
{
	if (s->lost_ms != 0)
		s->away_ms += now_ms - s->lost_ms;
	s->lost_ms = 0;
	s->since_ms = now_ms;
}

static bool enter_full_feature(struct session *s, int64_t now_ms)
{
	const struct login_result *result = login_result(&s->login);
	struct handover_values values = kernel_values(result);
	handover_logged_in(&s->handover, &values);
	if (!serve_handover(s))
		return false;
	tcp_close(s->tcp_fd); /* the kernel holds the connection */
	s->tcp_fd = -1;
	s->state = SESSION_UP;
	s->deadline_ms = INT64_MAX;
	log_login(s, result);
	s->worked = s->advice;
	tell_return(s, now_ms);
	retry_reset(&s->retry);
	s->retry.urgent = true;
	found_again(s, now_ms);
	s->n_login_timeouts = 0;
	s->redirects.n = 0;
	login_end(&s->login);
	transport_fix_recovery_tmo(s->transport, s->handover.conn.sid, s->plan->outage.replacement_s);
	if (!s->scanned)
		session_scan(s, now_ms);
	return true;
}

static bool follow_redirect(struct session *s)
{
	char to[PORTAL_TEXT_BYTES];
	if (!redirects_read(&s->redirects, login_result(&s->login)->redirect_to, &s->fail))
		return false;
	plan_format_portal(s->redirects.host, s->redirects.port, to);
	if (!redirects_follow(&s->redirects, s->portal, to, &s->fail))
		return false;
	log_info("%s: redirects us to %s", s->portal, to);
	s->advice = LOGIN_ADVICE_NONE;
	end_attempt(s, handover_recover);
	return true;
}

/* What an answer or the bind made possible. */
static bool go_on_with_login(struct session *s, int64_t now_ms)
{
	switch (login_state(&s->login)) {
	case LOGIN_SEND:
		return send_login_pdu(s);
	case LOGIN_DONE:
		return enter_full_feature(s, now_ms);
	case LOGIN_REDIRECTED:
		return follow_redirect(s);
	default:
		return true;
	}
}

static bool session_owns(const struct session *s, const struct iscsi_nl_message *event)
{
	return s->handover.has_session && s->handover.conn.sid == event->sid;
}

/* The kernel hands the data over with its padding; the header knows how much of it is data (bytes 5 to 7). */
static size_t pdu_data_bytes(const struct iscsi_nl_message *event)
{
	struct cursor c = cursor_over(event->pdu, event->n_pdu_bytes);
	cursor_skip(&c, 5);
	size_t stated = cursor_be24(&c);
	size_t there = event->n_pdu_bytes - PDU_HEADER_BYTES;
	return stated < there ? stated : there;
}

/* The kernel writes the counters and stops sending commands. */
static bool start_logout(struct session *s, int64_t now_ms)
{
	uint8_t header[PDU_HEADER_BYTES];
	const struct ffp_counters counters = {.itt = 0};
	ffp_encode_logout(&counters, header);
	enter(s, SESSION_LOGGING_OUT, now_ms, LOGOUT_WAIT_MS);
	return send_pdu(s, header, NULL, 0);
}

/* For the kernel to write back what is cached and to remove the disks; SESSION_UNBOUND says that it has. */
static bool start_unbind(struct session *s, int64_t now_ms)
{
	uint8_t bytes[ISCSI_NL_REPLY_MAX];
	struct iscsi_nl_message reply;
	struct writer request = writer_over(bytes, sizeof bytes);
	iscsi_nl_simple(&request, ISCSI_NL_UNBIND_SESSION, &s->handover.conn);
	enter(s, SESSION_UNBINDING, now_ms, UNBIND_WAIT_MS);
	if (!transport_request(s->transport, &request, &reply, &s->fail))
		return false;
	return reply.error == 0 || fail_errno(&s->fail, FAIL_KERNEL_REFUSED, -reply.error, "UNBIND_SESSION");
}

void session_leave(struct session *s, int64_t now_ms)
{
	bool is_up = s->state == SESSION_UP;
	if (s->state == SESSION_ASIDE || s->leaves)
		return;
	s->leaves = true;
	s->fail = (struct fail){.code = FAIL_NONE};
	if (!is_up || !start_unbind(s, now_ms))
		session_left(s);
}

/* RFC 7143 section 11.9.1: what a target wants of a session that is up. */
static bool take_async(struct session *s, const struct ffp_answer *answer, int64_t now_ms)
{
	switch (answer->async_event) {
	case FFP_ASYNC_LOGOUT:
	case FFP_ASYNC_RENEGOTIATE:
		log_wait("%s: the target asks for a new login", s->portal);
		return start_logout(s, now_ms);
	case FFP_ASYNC_DROP_CONNECTION:
	case FFP_ASYNC_DROP_ALL:
		return fail_set(&s->fail, FAIL_SESSION_LOST, "the target drops the connection");
	default:
		return true;
	}
}

/* A PDU the kernel leaves to us while the session is up. */
static bool take_pdu(struct session *s, const struct iscsi_nl_message *event, int64_t now_ms)
{
	struct ffp_answer answer;
	ffp_decode_answer(event->pdu, &answer);
	if (answer.opcode == FFP_ASYNC && s->state == SESSION_UP)
		return take_async(s, &answer, now_ms);
	s->has_left = s->has_left || (s->leaves && answer.opcode == FFP_LOGOUT_RESPONSE);
	if (answer.opcode == FFP_LOGOUT_RESPONSE && s->state == SESSION_LOGGING_OUT)
		return fail_set(&s->fail, FAIL_SESSION_LOST, "logged out, as the target asked");
	return true;
}

static bool take_login_answer(struct session *s, const struct iscsi_nl_message *event, int64_t now_ms)
{
	return login_receive(&s->login, event->pdu, event->pdu + PDU_HEADER_BYTES, pdu_data_bytes(event), &s->fail) &&
	       go_on_with_login(s, now_ms);
}

static bool take_event(struct session *s, const struct iscsi_nl_message *event, int64_t now_ms)
{
	bool has_login = s->state == SESSION_LOGGING_IN;
	switch (event->type) {
	case ISCSI_NL_CONN_ERROR:
		s->timed_out = iscsi_nl_is_timeout(event->conn_error);
		return fail_set(&s->fail, has_login ? login_closed(&s->login) : FAIL_SESSION_LOST, "error %u %s",
				event->conn_error, iscsi_nl_conn_error_name(event->conn_error));
	case ISCSI_NL_SESSION_UNBOUND:
		return s->state != SESSION_UNBINDING || start_logout(s, now_ms);
	case ISCSI_NL_RECV_PDU:
		return has_login ? take_login_answer(s, event, now_ms) : take_pdu(s, event, now_ms);
	default:
		return true;
	}
}

static void session_destroyed(struct session *s)
{
	handover_forget(&s->handover);
	session_stop(s);
	s->state = SESSION_GAVE_UP;
	fail_set(&s->fail, FAIL_SESSION_LOST, "another program has logged it out");
	log_wait("%s: %s: another program has logged it out", s->portal, s->target->name);
}

/* The attempt ends without a word to the kernel. */
static void leave_alone(struct handover *h)
{
	(void)h;
}

void session_stand_aside(struct session *s, int64_t now_ms)
{
	if (!session_is_kept(s) || s->state == SESSION_ASIDE)
		return;
	end_attempt(s, leave_alone);
	s->leaves = false;
	found_again(s, now_ms);
	enter(s, SESSION_ASIDE, INT64_MAX, 0);
}

/* Logged out by somebody else, and the event that told of it was lost. */
static bool is_gone(const struct session *s)
{
	return session_is_kept(s) && !transport_has_session(s->transport, s->handover.conn.sid);
}

bool session_is_away(const struct session *s)
{
	return session_is_kept(s) && !is_gone(s) && !transport_is_logged_in(s->transport, s->handover.conn.sid);
}

void session_abandon(struct session *s)
{
	end_attempt(s, handover_abandon);
	s->state = SESSION_GAVE_UP;
}

void session_verify(struct session *s, int64_t now_ms)
{
	if (is_gone(s)) {
		session_destroyed(s);
		return;
	}
	if (s->state != SESSION_UP || !session_is_away(s))
		return;
	fail_set(&s->fail, FAIL_SESSION_LOST, "the kernel shows it as lost");
	session_failed(s, now_ms);
}

void session_take_back(struct session *s, int64_t now_ms)
{
	if (s->state != SESSION_ASIDE)
		return;
	s->n_short_lives = 0;
	if (is_gone(s)) {
		session_destroyed(s);
		return;
	}
	handover_adopt(&s->handover);
	enter(s, SESSION_UP, INT64_MAX, 0);
	s->fail = (struct fail){.code = FAIL_NONE};
	found_again(s, now_ms);
	retry_reset(&s->retry);
	session_verify(s, now_ms);
}

/* A connection error is news of the connection that is in use; not of one that is stopped already. */
static bool is_stale(const struct session *s, const struct iscsi_nl_message *event)
{
	return event->type == ISCSI_NL_CONN_ERROR && s->state != SESSION_UP && s->state != SESSION_LOGGING_IN &&
	       s->state != SESSION_LOGGING_OUT && s->state != SESSION_UNBINDING;
}

static void session_event(struct session *s, const struct iscsi_nl_message *event, int64_t now_ms)
{
	if (event->type == ISCSI_NL_SESSION_DESTROYED)
		session_destroyed(s);
	else if (!is_stale(s, event) && !take_event(s, event, now_ms))
		session_failed(s, now_ms);
}

void sessions_take_events(struct transport *transport, struct session *sessions, unsigned n_sessions, int64_t now_ms)
{
	struct iscsi_nl_message event;
	while (transport_event(transport, &event))
		for (unsigned i = 0; i < n_sessions; i++)
			if (session_owns(&sessions[i], &event))
				session_event(&sessions[i], &event, now_ms);
	for (unsigned i = 0; transport->lost_events && i < n_sessions; i++)
		session_verify(&sessions[i], now_ms);
	transport->lost_events = false;
}

/* --- reaching the portal --- */

static int64_t connect_wait_ms(const struct session *s, int64_t now_ms)
{
	if (!session_is_kept(s))
		return CONNECT_WAIT_MS;
	return retry_is_late(&s->retry, now_ms) ? AGAIN_CONNECT_LATER_MS : AGAIN_CONNECT_WAIT_MS;
}

/* Short at first, since the network may have come back meanwhile; ever longer, since the target may be slow. */
static int64_t login_wait_ms(const struct session *s)
{
	int64_t wait_ms = (int64_t)AGAIN_LOGIN_WAIT_MS * (s->n_login_timeouts + 1);
	return session_is_kept(s) && wait_ms < LOGIN_WAIT_MS ? wait_ms : LOGIN_WAIT_MS;
}

static bool hand_over(struct session *s, int64_t now_ms)
{
	struct plan_identity id = plan_identity_of(s->plan, s->target);
	const struct handover_config config = {
		.transport = s->transport->handle,
		.tcp_fd = s->tcp_fd,
		.target_name = s->target->name,
		.initiator_name = s->plan->initiator.name,
		.persistent_address = s->persistent_address,
		.persistent_port = s->target->port,
		.username = id.username,
		.secret = id.secret,
		.username_in = id.username_in,
		.secret_in = id.secret_in,
		.recovery_tmo_s = (int32_t)s->plan->outage.replacement_s,
		.ping_tmo_s = s->plan->outage.nop_timeout_s,
		.recv_tmo_s = s->plan->outage.nop_interval_s,
		.fast_abort = !s->plan->outage.slow_abort,
		.abort_tmo_s = s->plan->outage.abort_s,
		.lu_reset_tmo_s = s->plan->outage.lun_reset_s,
		.tgt_reset_tmo_s = s->plan->outage.target_reset_s,
	};
	enter(s, SESSION_LOGGING_IN, now_ms, login_wait_ms(s));
	if (session_is_kept(s))
		handover_resume(&s->handover, s->tcp_fd);
	else
		handover_start(&s->handover, &config);
	return serve_handover(s) && begin_login(s);
}

/* Only what would really be sent has to get through: the target may have a small MTU itself. */
static bool connected(struct session *s, int64_t now_ms)
{
	uint32_t n_bytes = s->probes_path ? tcp_packet_bytes(s->tcp_fd) : 0;
	s->unproven_bytes = n_bytes;
	if (n_bytes <= MTU_ETHERNET || !mtu_start(&s->probe, &s->address, n_bytes, now_ms))
		return hand_over(s, now_ms);
	enter(s, SESSION_PROBING, now_ms, MTU_WAIT_MS);
	return true;
}

static bool connect_portal(struct session *s, int64_t now_ms);

static bool probing(struct session *s, int64_t now_ms)
{
	enum mtu_verdict verdict = mtu_step(&s->probe, now_ms);
	if (verdict == MTU_NOT_YET)
		return true;
	mtu_stop(&s->probe);
	if (verdict == MTU_GOOD)
		session_prove_path(s);
	if (verdict != MTU_LOST)
		return hand_over(s, now_ms);
	log_wait("%s: packets of %u bytes do not get through, those of %d do: going on with these; repair the MTU of "
		 "the switches in between or of the target",
		 s->portal, s->probe.n_bytes, MTU_ETHERNET);
	s->packet_max = MTU_ETHERNET;
	tcp_close(s->tcp_fd); /* what it has announced to the target cannot be taken back */
	s->tcp_fd = -1;
	return connect_portal(s, now_ms);
}

static bool connect_portal(struct session *s, int64_t now_ms)
{
	int error = tcp_connect(&s->address, s->packet_max, &s->tcp_fd);
	enter(s, SESSION_CONNECTING, now_ms, connect_wait_ms(s, now_ms));
	if (s->redirects.n == 0) {
		s->first_address = s->address;
		tcp_address_format(&s->address, s->persistent_address);
	}
	if (error == 0)
		return connected(s, now_ms);
	return error == -EINPROGRESS || portal_connect_failed(-error, &s->fail);
}

/* The address of a name found before, for a session that asks no name server any more. */
static bool reach_known(struct session *s, int64_t now_ms)
{
	bool is_known =
		strcmp(s->redirect_known, s->redirects.host) == 0 && s->redirect_known_port == s->redirects.port;
	if (s->redirects.n > 0 && !is_known)
		return fail_set(&s->fail, FAIL_NAME_UNRESOLVED, "%s, a redirect to a name that was not in use before",
				s->redirects.host);
	s->address = s->redirects.n > 0 ? s->redirect_address : s->first_address;
	return connect_portal(s, now_ms);
}

static bool start_discovery(struct session *s, int64_t now_ms)
{
	int error = discover_start(&s->errand, s->plan, s->planned);
	enter(s, SESSION_DISCOVERING, now_ms, DISCOVER_WAIT_MS + DISCOVER_LOGOUT_MS);
	return error == 0 || fail_errno(&s->fail, FAIL_INTERNAL, -error, "discovery");
}

static bool start(struct session *s, int64_t now_ms)
{
	struct ip_address ip;
	const char *host = s->redirects.n > 0 ? s->redirects.host : s->target->host;
	uint16_t port = s->redirects.n > 0 ? s->redirects.port : s->target->port;
	s->fail = (struct fail){.code = FAIL_NONE};
	plan_format_portal(host, port, s->portal);
	if (s->target->name[0] == '\0')
		return start_discovery(s, now_ms);
	if (text_ip(span_of(host), &ip)) {
		tcp_address_make(&s->address, &ip, port, 0);
		return connect_portal(s, now_ms);
	}
	if (s->stays)
		return reach_known(s, now_ms);
	int error = resolve_start(&s->errand, host, port);
	enter(s, SESSION_RESOLVING, now_ms, RESOLVE_WAIT_MS);
	return error == 0 || fail_errno(&s->fail, FAIL_NAME_UNRESOLVED, -error, "%s", host);
}

/* What was said before is not said again. */
static void tell_found(const struct session *s, const struct plan_target *found)
{
	char line[PLAN_LINE_BYTES];
	const struct plan_target *known = &s->found;
	if (strcmp(known->name, found->name) == 0 && strcmp(known->host, found->host) == 0 &&
	    known->port == found->port)
		return;
	discover_describe(s->planned, found, line);
	log_info("%s", line);
}

static bool discovered(struct session *s, int64_t now_ms)
{
	struct plan_target found;
	if (!discover_finish(&s->errand, &found, &s->fail))
		return false;
	tell_found(s, &found);
	session_set_target(s, &found);
	return start(s, now_ms);
}

static bool resolved(struct session *s, int64_t now_ms)
{
	int error = resolve_finish(&s->errand, &s->address);
	if (error != 0)
		return fail_errno(&s->fail, FAIL_NAME_UNRESOLVED, -error, "%s", s->portal);
	if (s->redirects.n > 0) {
		memcpy(s->redirect_known, s->redirects.host, sizeof s->redirect_known);
		s->redirect_known_port = s->redirects.port;
		s->redirect_address = s->address;
	}
	return connect_portal(s, now_ms);
}

static bool connecting(struct session *s, int64_t now_ms)
{
	int error = tcp_connect_result(s->tcp_fd);
	return error != 0 ? portal_connect_failed(-error, &s->fail) : connected(s, now_ms);
}

/* --- stepping --- */

/* Nothing came before the deadline: which wait was it? */
static bool too_late(struct session *s, int64_t now_ms)
{
	long long wait_s = (s->wait_ms + 500) / 1000;
	switch (s->state) {
	case SESSION_DISCOVERING:
		return fail_set(&s->fail, FAIL_PORTAL_SILENT, "%lld s", wait_s);
	case SESSION_RESOLVING:
		return fail_set(&s->fail, FAIL_NAME_UNRESOLVED, "no name server answered in %lld s", wait_s);
	case SESSION_CONNECTING:
		return fail_set(&s->fail, FAIL_PORTAL_SILENT, "%lld s", wait_s);
	case SESSION_LOGGING_IN:
		s->n_login_timeouts++;
		return fail_set(&s->fail, FAIL_LOGIN_TIMEOUT, "%lld s", wait_s);
	case SESSION_UNBINDING:
		return start_logout(s, now_ms);
	case SESSION_LOGGING_OUT:
		return fail_set(&s->fail, FAIL_SESSION_LOST, "the target asked for a logout and did not answer it");
	case SESSION_WAIT_RETRY:
		s->retry.begun_ms = now_ms;
		return start(s, now_ms);
	default:
		return true;
	}
}

enum fail_code session_waits_for(const struct session *s)
{
	static const enum fail_code waits[] = {
		[SESSION_IDLE] = FAIL_NO_TRANSPORT,        [SESSION_RESOLVING] = FAIL_NAME_UNRESOLVED,
		[SESSION_CONNECTING] = FAIL_PORTAL_SILENT, [SESSION_LOGGING_IN] = FAIL_LOGIN_TIMEOUT,
		[SESSION_WAIT_RETRY] = FAIL_PORTAL_SILENT, [SESSION_GAVE_UP] = FAIL_PORTAL_SILENT,
		[SESSION_ASIDE] = FAIL_PORTAL_SILENT,      [SESSION_UP] = FAIL_NONE,
		[SESSION_LOGGING_OUT] = FAIL_SESSION_LOST, [SESSION_DISCOVERING] = FAIL_PORTAL_SILENT,
		[SESSION_UNBINDING] = FAIL_SESSION_LOST,   [SESSION_PROBING] = FAIL_PORTAL_SILENT,
	};
	return s->state != SESSION_UP && s->retry.n_failed > 0 ? s->retry.code : waits[s->state];
}

int64_t session_describe_wait(const struct session *s, char out[static WAIT_TEXT_BYTES])
{
	static const char *const waits[] = {
		[SESSION_DISCOVERING] = "the list of targets of",
		[SESSION_RESOLVING] = "a name server to tell the address of",
		[SESSION_CONNECTING] = "an answer from",
		[SESSION_LOGGING_IN] = "the login at",
		[SESSION_LOGGING_OUT] = "the logout at",
		[SESSION_UP] = "the LUNs at", /* while they are looked for */
		[SESSION_UNBINDING] = NULL,
		[SESSION_PROBING] = NULL, /* it does not take long */
		[SESSION_GAVE_UP] = NULL,
	};
	bool waits_for_luns = s->state == SESSION_UP && s->scan.pid != 0;
	out[0] = '\0';
	if (waits[s->state] != NULL && (s->state != SESSION_UP || waits_for_luns))
		format_text(out, WAIT_TEXT_BYTES, "%s %s", waits[s->state], s->portal);
	return waits_for_luns ? s->scan_deadline_ms : s->deadline_ms;
}

void session_kick(struct session *s)
{
	bool is_on_its_way = s->state >= SESSION_DISCOVERING && s->state <= SESSION_CONNECTING;
	if (!session_is_kept(s) && is_on_its_way)
		end_attempt(s, handover_recover);
	if (s->state != SESSION_IDLE && s->state != SESSION_WAIT_RETRY && s->state != SESSION_GAVE_UP)
		return;
	if (!session_is_kept(s))
		retry_reset(&s->retry);
	enter(s, SESSION_WAIT_RETRY, 0, 0);
}

void session_retry_at(struct session *s, int64_t when_ms)
{
	s->target = s->planned;
	if (s->state == SESSION_WAIT_RETRY)
		s->deadline_ms = when_ms;
}

bool session_reason(const struct session *s, struct fail *fail)
{
	*fail = s->fail;
	if (fail->code != FAIL_NONE || s->retry.n_failed == 0)
		return fail->code != FAIL_NONE;
	fail_context(fail, "cannot log in to %s at %s", plan_target_name(s->target), s->portal);
	fail_set(fail, s->retry.code, "%s", "");
	return true;
}

void session_start_anew(struct session *s)
{
	retry_reset(&s->retry);
	s->fail = (struct fail){.code = FAIL_NONE};
	session_retry_at(s, 0);
}

void session_refuse(struct session *s, const struct fail *why)
{
	log_fail(why);
	s->fail = *why;
	s->state = SESSION_GAVE_UP;
}

void session_want(const struct session *s, struct loop *loop)
{
	if (s->state == SESSION_RESOLVING || s->state == SESSION_DISCOVERING)
		loop_want(loop, s->errand.fd, POLL_READ);
	if (s->state == SESSION_CONNECTING)
		loop_want(loop, s->tcp_fd, POLL_WRITE);
	if (s->state == SESSION_PROBING)
		mtu_want(&s->probe, loop);
	if (s->state != SESSION_IDLE && s->state != SESSION_UP && s->state != SESSION_GAVE_UP)
		loop_wake_at(loop, s->deadline_ms);
	if (s->scan.pid != 0)
		loop_wake_at(loop, s->scan_deadline_ms);
}

/*
 * A scan that takes too long counts as done: what it has found is there, and it is made again when root is missing. One
 * during which the connection was lost may have seen nothing: it is made again, at once or when that is back.
 */
static void step_scan(struct session *s, int64_t now_ms)
{
	if (s->scan.pid == 0)
		return;
	bool late = now_ms >= s->scan_deadline_ms;
	if (late) {
		log_wait("%s: the search for LUNs is not done after %d s, going on with those found", s->portal,
			 SCAN_WAIT_MS / 1000);
		child_kill(&s->scan);
	}
	if (!late && !child_ended(&s->scan))
		return;
	s->scanned = s->scanned || late || s->n_lost == s->scan_n_lost;
	if (!s->scanned)
		session_scan(s, now_ms);
}

void session_step(struct session *s, const struct loop *loop)
{
	bool good = true;
	step_scan(s, loop->now_ms);
	if (s->state == SESSION_RESOLVING && loop_is_ready(loop, s->errand.fd))
		good = resolved(s, loop->now_ms);
	else if (s->state == SESSION_DISCOVERING && loop_is_ready(loop, s->errand.fd))
		good = discovered(s, loop->now_ms);
	else if (s->state == SESSION_CONNECTING && loop_is_ready(loop, s->tcp_fd))
		good = connecting(s, loop->now_ms);
	else if (s->state == SESSION_PROBING)
		good = probing(s, loop->now_ms);
	else if (s->state != SESSION_IDLE && loop->now_ms >= s->deadline_ms)
		good = too_late(s, loop->now_ms);
	if (good && s->state == SESSION_IDLE && s->redirects.n > 0)
		good = start(s, loop->now_ms);
	if (!good)
		session_failed(s, loop->now_ms);
}

void session_stay(struct session *s)
{
	s->stays = true;
	s->probes_path = false;
	session_prove_path(s);
	s->scan = (struct child){.pid = 0};
	s->scanned = true;
	s->errand = (struct errand){.fd = -1};
	s->tcp_fd = s->probe.fd = -1;
	if (!session_is_kept(s) || s->state == SESSION_UP)
		return;
	end_attempt(s, handover_recover);
	enter(s, SESSION_WAIT_RETRY, 0, 0);
}

/* --- the LUNs --- */

static int scan_host(void *argument)
{
	const struct session *s = argument;
	char path[PATH_BYTES], what[64] = "- - -";
	snprintf(path, sizeof path, "/sys/class/scsi_host/host%u/scan", s->handover.host_no);
	if (s->target->lun.given)
		snprintf(what, sizeof what, "0 0 %llu", (unsigned long long)s->target->lun.number);
	return file_write_text(path, what) == 0 ? 0 : 1;
}

void session_scan(struct session *s, int64_t now_ms)
{
	if (s->state != SESSION_UP || s->scan.pid != 0)
		return;
	s->was_settled = false; /* so that its end is a change, however soon it comes */
	s->scan_n_lost = s->n_lost;
	s->scan_deadline_ms = now_ms + SCAN_WAIT_MS;
	int error = child_fork(&s->scan, scan_host, s);
	if (error < 0)
		log_wait("%s: cannot scan for LUNs: %s", s->portal, strerror(-error));
}

bool session_settled(const struct session *s)
{
	return s->state == SESSION_UP && s->scanned && s->scan.pid == 0;
}

unsigned session_changes(struct session *s)
{
	bool is_up = s->state == SESSION_UP, is_settled = session_settled(s);
	unsigned changes = (is_up != s->was_up ? SESSION_CHANGED_UP : 0) |
			   (is_settled != s->was_settled ? SESSION_CHANGED_SETTLED : 0);
	s->was_up = is_up;
	s->was_settled = is_settled;
	return changes;
}
