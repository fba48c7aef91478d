/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question, and the choice. Of what the portal says nothing is believed that matters: the login to the target it
 * names is authenticated as any other, so that a discovery without authentication will do.
 */
#include "boot/discover.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	LIST_BYTES = FAIL_DETAIL_BYTES - 32, /* names in the message */
};

struct search {
	const struct wire *wire;
	const struct plan_target *asked;
	struct plan_target *found;
	bool is_here, is_elsewhere; /* whether it is at the portal that was asked, or has a usable address at all */
	unsigned n_names;
	char list[LIST_BYTES];
	struct writer names; /* over list, but for its NUL */
	char fault[FAIL_DETAIL_BYTES];
};

/* --- which portal --- */

/* An address that is another machine's there than here. */
static bool is_local(const char *host)
{
	static const uint8_t zeros[15];
	struct span scope = span_of(host);
	struct span address = span_cut(&scope, '%');
	struct ip_address ip;
	if (!text_ip(address, &ip))
		return false;
	if (ip.family == 4)
		return ip.bytes[0] == 0 || ip.bytes[0] == 127 || (ip.bytes[0] == 169 && ip.bytes[1] == 254);
	bool is_link_local = ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80;
	return is_link_local || (memcmp(ip.bytes, zeros, sizeof zeros) == 0 && ip.bytes[15] <= 1);
}

/* By the text that was asked for or by the address it led to. */
static bool is_asked(const struct search *s, const char *host, uint16_t port)
{
	struct ip_address ip;
	char numeric[IP_TEXT_BYTES] = "";
	if (text_ip(span_of(host), &ip))
		ip_format(&ip, numeric);
	return port == s->asked->port &&
	       (strcasecmp(host, s->asked->host) == 0 || strcmp(numeric, s->wire->first_address) == 0);
}

static void set_group(struct plan_target *found, const struct discovery_record *record)
{
	found->has_tpgt = record->has_tpgt;
	found->tpgt = record->tpgt;
}

/* A record without an address means the portal that answered, which after a redirect is not the one that was asked. */
static void take_portal(struct search *s, const struct discovery_record *record)
{
	char host[HOST_MAX + 1];
	uint16_t port = record->port;
	struct span answering;
	if (record->host != NULL)
		snprintf(host, sizeof host, "%s", record->host);
	else if (!text_host_port(span_of(s->wire->portal), &answering, &port) ||
		 !span_copy(answering, host, sizeof host))
		return;
	if (is_asked(s, host, port) && !s->is_here) {
		s->is_here = true;
		set_group(s->found, record);
	}
	if (s->is_here || s->is_elsewhere || (is_local(host) && !is_local(s->asked->host)))
		return;
	s->is_elsewhere = true;
	memcpy(s->found->host, host, sizeof host);
	s->found->port = port;
	set_group(s->found, record);
}

/* --- which target --- */

/* In the list; no name has a blank. */
static bool is_known(const struct search *s, const char *name)
{
	struct span rest = {s->list, s->names.n_bytes};
	while (rest.text != NULL) {
		struct span known = span_cut(&rest, ' ');
		known.n_bytes -= rest.text != NULL; /* the comma */
		if (span_is(known, name))
			return true;
	}
	return false;
}

/* Once the list is full, what comes may be known or not and is not counted. */
static void take_name(struct search *s, const char *name)
{
	if (s->names.full || is_known(s, name))
		return;
	if (s->n_names++ == 0)
		snprintf(s->found->name, sizeof s->found->name, "%s", name);
	writer_format(&s->names, "%s%s", s->names.n_bytes > 0 ? ", " : "", name);
}

static void take_record(void *to, const struct discovery_record *record)
{
	struct search *s = to;
	take_name(s, record->name);
	if (s->n_names == 1)
		take_portal(s, record);
}

static void take_fault(void *to, const char *what)
{
	struct search *s = to;
	snprintf(s->fault, sizeof s->fault, "%s", what);
}

static bool choose(struct search *s, struct fail *fail)
{
	s->list[s->names.n_bytes] = '\0';
	if (s->n_names == 0)
		return fail_set(fail, FAIL_NO_TARGET, "%s", s->fault);
	if (s->n_names > 1)
		return fail_set(fail, FAIL_TARGETS_MANY, "%s%u: %s%s", s->names.full ? "at least " : "", s->n_names,
				s->list, s->names.full ? ", ..." : "");
	if (s->is_here) {
		memcpy(s->found->host, s->asked->host, sizeof s->found->host);
		s->found->port = s->asked->port;
	}
	return true;
}

/* --- the question --- */

static bool ask(struct wire *w, const struct boot_plan *plan, const struct plan_target *asked, int64_t timeout_ms,
		struct plan_target *found, struct fail *fail)
{
	struct search s = {.wire = w, .asked = asked, .found = found};
	const struct wire_peer peer = {.plan = plan, .target = asked, .discovery = true};
	const struct discovery_sink sink = {take_record, take_fault, &s};
	*found = *asked;
	s.names = writer_over(s.list, sizeof s.list - 1);
	wire_init(w);
	bool good = wire_log_in(w, &peer, timeout_ms, fail) && wire_send_targets(w, &sink, fail);
	wire_close(w);
	return good && choose(&s, fail);
}

/* Many targets know of no secrets for discovery, and refuse who brings one. */
static bool is_of_secret(enum fail_code code)
{
	return code == FAIL_AUTH_REFUSED || code == FAIL_AUTH_DOWNGRADE || code == FAIL_CHAP_ALGORITHM ||
	       code == FAIL_TARGET_UNPROVEN;
}

bool discover_target(struct wire *w, const struct boot_plan *plan, const struct plan_target *asked, int64_t timeout_ms,
		     struct plan_target *found, struct fail *fail)
{
	int64_t end_ms = clock_now_ms() + timeout_ms;
	struct plan_target answer, nobody = *asked;
	struct fail fault = {.code = FAIL_NONE}, second = {.code = FAIL_NONE};
	bool good = ask(w, plan, asked, timeout_ms, &answer, &fault);
	if (!good && asked->username[0] != '\0' && is_of_secret(fault.code)) {
		nobody.username[0] = '\0';
		good = ask(w, plan, &nobody, end_ms - clock_now_ms(), &answer, &second);
		if (!good && second.code != FAIL_CHAP_WANTED)
			fault = second;
	}
	if (!good) {
		fail_context(&fault, "cannot find the target at %s", w->portal);
		*fail = fault;
		return false;
	}
	*found = answer;
	memcpy(found->username, asked->username, sizeof found->username);
	return true;
}

/* --- as an errand --- */

struct question {
	const struct boot_plan *plan;
	const struct plan_target *asked;
};

struct answer {
	struct plan_target found;
	struct fail fail;
};
_Static_assert(sizeof(struct answer) <= PIPE_BUF, "one write, one read");

static void work(const void *question, void *result)
{
	const struct question *q = question;
	struct answer *answer = result;
	struct wire *w = memory_share(sizeof *w);
	if (w != NULL)
		discover_target(w, q->plan, q->asked, DISCOVER_WAIT_MS, &answer->found, &answer->fail);
	else
		fail_errno(&answer->fail, FAIL_INTERNAL, ENOMEM, "%s", "");
}

int discover_start(struct errand *e, const struct boot_plan *plan, const struct plan_target *asked)
{
	const struct question question = {plan, asked};
	struct answer answer = {.fail = {.code = FAIL_NONE}};
	return errand_start(e, work, &question, &answer, sizeof answer);
}

bool discover_finish(struct errand *e, struct plan_target *found, struct fail *fail)
{
	struct answer answer;
	int error = errand_finish(e, &answer, sizeof answer);
	if (error != 0)
		return fail_errno(fail, FAIL_INTERNAL, -error, "discovery");
	if (answer.fail.code != FAIL_NONE) {
		*fail = answer.fail;
		return false;
	}
	*found = answer.found;
	return true;
}

void discover_describe(const struct plan_target *asked, const struct plan_target *found,
		       char out[static PLAN_LINE_BYTES])
{
	char here[PORTAL_TEXT_BYTES], there[PORTAL_TEXT_BYTES];
	plan_format_portal(asked->host, asked->port, here);
	plan_format_portal(found->host, found->port, there);
	bool is_here = strcmp(here, there) == 0;
	snprintf(out, PLAN_LINE_BYTES, "%s: discovered %s%s%s", here, found->name, is_here ? "" : " at ",
		 is_here ? "" : there);
}
