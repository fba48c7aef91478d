/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of a boot with only sessions and disks in it, and before it one with only the network. It ends with success,
 * with a failure that does not pass, when the time is over or when somebody interrupts it; whatever the end but
 * success, its sessions are taken down.
 */
#include "boot/attach.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "boot/census.h"
#include "boot/down.h"
#include "boot/keeper.h"
#include "boot/log.h"
#include "boot/net.h"
#include "boot/programs.h"
#include "boot/root.h"
#include "boot/runfiles.h"
#include "boot/session.h"
#include "boot/sources.h"
#include "boot/transport.h"
#include "boot/wait.h"
#include "kernel/uevent.h"
#include "sys/sys.h"

enum {
	MODPROBE_WAIT_MS = 30000,
	MODPROBE_LOOK_MS = 5,
	SCAN_AGAIN_MS = 5000, /* while something is missing */
	LEAVE_WAIT_MS = 5000,
	BESIDE_WAIT_MS = 5000, /* for what is missing beside sessions that are there */
	BOOT_FAILURES = 2,
};

struct attach {
	const struct attach_config *config;
	struct transport transport;
	unsigned n_sessions;
	struct session sessions[TARGETS_MAX];
	bool is_new[TARGETS_MAX];   /* no other session of this kernel is to the same target and portal */
	bool has_all;               /* in a boot: sessions to all targets are there, which shows before anything else */
	bool is_there[TARGETS_MAX]; /* in a boot: there is one, which will do; it is not ours and stays as it is */
	struct disks disks;
	const struct disk *root;
	struct fail missing; /* what keeps us from success just now */
	struct fail lacked;  /* the same, also while the disks are read once more */
	int64_t deadline_ms, scan_ms;
	struct wait wait;
	int child_fd, uevent_fd, interrupt_fd;
	struct net net;       /* in a boot; else without links */
	uint32_t leases_read; /* a bit for each of plan->nets */
	unsigned n_arrivals;  /* how often a link had come up when the sessions were last kicked */
};

static struct attach attach;

/* --- the kernel's part --- */

/* Drivers that are built in need none. */
void attach_load(const char *driver, const char *other)
{
	const char *const argvs[][7] = {
		{"/sbin/modprobe", "-a", "-q", driver, other, NULL},
		{"/usr/sbin/modprobe", "-a", "-q", driver, other, NULL},
		{"/usr/bin/modprobe", "-a", "-q", driver, other, NULL},
		{BUSYBOX, "modprobe", "-a", "-q", driver, other, NULL},
	};
	struct child child = {.pid = 0};
	for (size_t i = 0; i < sizeof argvs / sizeof *argvs && child.pid == 0; i++)
		child_spawn(&child, argvs[i], program_environment, CHILD_QUIET);
	for (int waited_ms = 0; !child_ended(&child) && waited_ms < MODPROBE_WAIT_MS; waited_ms += MODPROBE_LOOK_MS)
		poll_wait(NULL, 0, MODPROBE_LOOK_MS);
	child_kill(&child);
}

static bool open_all(struct attach *a, struct fail *fail)
{
	a->child_fd = child_signal_fd();
	a->interrupt_fd = interrupt_fd();
	a->uevent_fd = netlink_open(UEVENT_PROTOCOL, UEVENT_GROUP);
	if (a->uevent_fd < 0)
		return fail_errno(fail, FAIL_NETLINK, -a->uevent_fd, "uevents");
	if (!transport_exists())
		attach_load("iscsi_tcp", "sd_mod");
	return transport_open(&a->transport, fail) && disks_init(&a->disks, fail);
}

/* The kernel's name for a portal that is given as a number: it can be told who is there without asking there. */
static bool format_address(const struct plan_target *target, char out[static IP_TEXT_BYTES])
{
	struct ip_address ip;
	bool is_number = target->name[0] != '\0' && text_ip(span_of(target->host), &ip);
	if (is_number)
		ip_format(&ip, out);
	return is_number;
}

static void start_sessions(struct attach *a)
{
	char line[PLAN_LINE_BYTES];
	const struct boot_plan *plan = a->config->plan;
	log_info("we are %s (%s)", plan->initiator.name, plan->initiator.origin.text);
	for (unsigned i = 0; i < plan->n_targets; i++) {
		plan_describe_target(plan, i, line);
		log_info("plan: %s", line);
		session_init(&a->sessions[i], plan, i, &a->transport);
		a->sessions[i].probes_path = a->config->boots;
		format_address(a->sessions[i].target, a->sessions[i].persistent_address);
		session_kick(&a->sessions[i]);
	}
	a->n_sessions = plan->n_targets;
	a->n_arrivals = a->net.n_arrivals;
}

/* --- the network of a boot --- */

static bool is_interrupted(const struct attach *a, const struct loop *loop, struct fail *fail)
{
	return loop_is_ready(loop, a->interrupt_fd) && !fail_set(fail, FAIL_INTERRUPTED, "%s", "");
}

/*
 * Root may be on what is there, as an md array that lacks the rest: others find out, and are not kept from it. The rest
 * has a little time, as targets often come up together.
 */
static void limit_wait(struct attach *a)
{
	int64_t now_ms = clock_now_ms();
	if (!a->config->wants_root && now_ms + BESIDE_WAIT_MS < a->deadline_ms)
		a->deadline_ms = now_ms + BESIDE_WAIT_MS;
}

static void want_network(struct attach *a, struct loop *loop)
{
	loop_begin(loop);
	loop_want(loop, a->child_fd, POLL_READ);
	loop_want(loop, a->interrupt_fd, POLL_READ);
	net_want(&a->net, loop);
	if (a->wait.what[0] != '\0')
		loop_wake_at(loop, a->wait.next_ms);
	loop_wake_at(loop, a->deadline_ms);
}

/* Done when each link is up or has failed once, and leases have said what is asked of them. */
static bool step_network(struct attach *a, const struct loop *loop)
{
	char what[WAIT_TEXT_BYTES];
	struct plan_notes notes = {.n_notes = 0};
	child_signal_drain(a->child_fd);
	net_step(&a->net, loop);
	bool waits = net_take_leases(&a->net, a->config->plan, &a->leases_read, &notes);
	log_notes(&notes);
	int64_t deadline_ms = net_describe_wait(&a->net, what);
	wait_tell(&a->wait, what, deadline_ms < a->deadline_ms ? deadline_ms : a->deadline_ms, loop->now_ms);
	return net_usable(&a->net) && !net_is_coming(&a->net) && !waits;
}

static bool complete_plan(struct attach *a, struct fail *fail)
{
	struct plan_machine machine;
	struct plan_notes notes = {.n_notes = 0};
	sources_see_machine(&a->net.nics, &machine);
	bool good = sources_check("", a->config->plan, &machine, &notes, fail);
	log_notes(&notes);
	return good;
}

static unsigned count_sessions(const char *target)
{
	struct census_session found;
	unsigned n = 0;
	for (uint32_t sid = 0; census_next(sid, &found); sid = found.sid + 1)
		n += strcmp(found.target, target) == 0;
	return n;
}

static unsigned count_portals(const struct boot_plan *plan, const char *target)
{
	unsigned n = 0;
	for (unsigned i = 0; i < plan->n_targets; i++)
		n += strcmp(plan->targets[i].name, target) == 0;
	return n;
}

/* Where the portal has a name, nobody is asked for its address: there are as many sessions as portals, or not. */
static bool is_session_there(const struct boot_plan *plan, const struct plan_target *target)
{
	char address[IP_TEXT_BYTES], portal[PORTAL_TEXT_BYTES];
	struct census_session found;
	if (!format_address(target, address))
		return target->name[0] != '\0' && count_sessions(target->name) >= count_portals(plan, target->name);
	plan_format_portal(address, target->port, portal);
	return census_find(target->name, portal, 0, &found);
}

/* How many targets the plan has as far as it is known without a network, and how many of them there is a session to. */
static unsigned count_targets(const struct attach *a, unsigned *n_there)
{
	struct plan_machine machine;
	struct plan_notes notes = {.n_notes = 0};
	struct fail fail = {.code = FAIL_NONE};
	unsigned n_targets;
	struct boot_plan *plan = memory_share(sizeof *plan);
	if (plan == NULL)
		return 0;
	*plan = *a->config->plan;
	sources_see_machine(&a->net.nics, &machine);
	n_targets = sources_check("", plan, &machine, &notes, &fail) ? plan->n_targets : 0;
	for (unsigned i = 0; i < n_targets; i++)
		*n_there += is_session_there(plan, &plan->targets[i]);
	plan_wipe(plan);
	memory_unshare(plan, sizeof *plan);
	return n_targets;
}

static bool start_network(struct attach *a, struct fail *fail)
{
	struct loop loop;
	loop_begin(&loop);
	file_make_dir(LEASE_DIR, 0755);
	net_start(&a->net, a->config->plan, loop.now_ms);
	while (!step_network(a, &loop) && loop.now_ms < a->deadline_ms) {
		want_network(a, &loop);
		loop_wait(&loop);
		if (is_interrupted(a, &loop, fail))
			return false;
	}
	return true;
}

/* Sessions that are there have their network; where some are, it is nothing to fail for. */
static bool bring_up(struct attach *a, struct fail *fail)
{
	unsigned n_there = 0;
	if (!net_open(&a->net, fail))
		return false;
	unsigned n_targets = count_targets(a, &n_there);
	if (n_there > 0)
		limit_wait(a);
	a->has_all = n_there > 0 && n_there == n_targets;
	if (!a->has_all && !start_network(a, fail))
		return false;
	if (n_there > 0 || net_usable(&a->net))
		return complete_plan(a, fail);
	const struct fail *why = net_fail(&a->net);
	if (why != NULL)
		*fail = *why;
	else
		fail_set(fail, net_waits_for(&a->net), "this is what is waited for");
	return false;
}

/* A link that has just come up may be the way to any portal. */
static void kick_sessions(struct attach *a)
{
	if (a->net.n_arrivals == a->n_arrivals)
		return;
	a->n_arrivals = a->net.n_arrivals;
	for (unsigned i = 0; i < a->n_sessions; i++)
		session_kick(&a->sessions[i]);
}

/* --- judging --- */

/* Root is looked for on its disks as on those of one of ours. */
static void use_there(struct attach *a, unsigned index, const struct census_session *other)
{
	struct session *s = &a->sessions[index];
	session_stop(s);
	s->state = SESSION_UP;
	s->deadline_ms = INT64_MAX;
	s->scanned = true;
	s->handover.conn.sid = other->sid;
	s->handover.host_no = other->host_no;
	a->is_there[index] = true;
	disks_changed(&a->disks);
	limit_wait(a);
}

/* As soon as the portal's address is known: a second session would show every disk a second time. */
static bool check_new(struct attach *a, unsigned index, struct fail *fail)
{
	struct session *s = &a->sessions[index];
	char portal[PORTAL_TEXT_BYTES];
	struct census_session other;
	if (a->is_new[index] || a->is_there[index] || s->persistent_address[0] == '\0')
		return true;
	plan_format_portal(s->persistent_address, s->target->port, portal);
	a->is_new[index] =
		!census_find(s->target->name, portal, s->handover.has_session ? s->handover.conn.sid : 0, &other);
	if (a->is_new[index])
		return true;
	if (!a->config->boots)
		return fail_set(fail, FAIL_SESSION_THERE, "session %u to %s at %s", other.sid, other.target, portal);
	use_there(a, index, &other);
	return true;
}

static unsigned count_there(const struct attach *a)
{
	unsigned n_there = 0;
	for (unsigned i = 0; i < a->n_sessions; i++)
		n_there += a->is_there[i];
	return n_there;
}

/* Every session is where it can be for now: up with its disks, or failed at least once. */
static bool all_tried(const struct attach *a)
{
	for (unsigned i = 0; i < a->n_sessions; i++) {
		const struct session *s = &a->sessions[i];
		if (!session_settled(s) && s->retry.n_failed == 0 && s->state != SESSION_GAVE_UP)
			return false;
	}
	return true;
}

/*
 * Secrets and words that somebody has to put right. Not what passes when a target has come up: after a power failure it
 * may answer before it has its names and access lists.
 */
static bool needs_somebody(enum fail_code code)
{
	static const enum fail_code codes[] = {FAIL_AUTH_REFUSED,   FAIL_CHAP_WANTED,     FAIL_CHAP_ALGORITHM,
					       FAIL_AUTH_DOWNGRADE, FAIL_TARGET_UNPROVEN, FAIL_TARGET_NAME,
					       FAIL_CHAP_REFLECTED, FAIL_TARGETS_MANY,    FAIL_NO_DIGEST};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* It failed for good; or, in a boot, twice with what somebody has to put right: there is a shell to say so in. */
static bool is_hopeless(const struct attach *a, const struct session *s)
{
	bool has_failed = s->state == SESSION_WAIT_RETRY && s->retry.n_failed >= BOOT_FAILURES;
	return s->state == SESSION_GAVE_UP || (a->config->boots && has_failed && needs_somebody(s->retry.code));
}

/* A session that failed for good; where root is looked for, it may be on the others. */
static bool none_hopeless(const struct attach *a, struct fail *fail)
{
	unsigned n_hopeless = 0;
	const struct fail *first = NULL;
	for (unsigned i = 0; i < a->n_sessions; i++) {
		const struct session *s = &a->sessions[i];
		if (!is_hopeless(a, s))
			continue;
		n_hopeless++;
		if (first == NULL)
			first = &s->fail;
	}
	bool needs_all = !a->config->wants_root && !a->config->boots;
	if (first == NULL || (!needs_all && n_hopeless < a->n_sessions))
		return true;
	*fail = *first;
	return false;
}

static unsigned count_up(const struct attach *a)
{
	unsigned n_up = 0;
	for (unsigned i = 0; i < a->n_sessions; i++)
		n_up += a->sessions[i].state == SESSION_UP;
	return n_up;
}

/* Nobody asks for a disk of those that are there. */
static bool has_nothing_to_do(const struct attach *a)
{
	return !a->config->wants_root && count_there(a) == a->n_sessions;
}

/* True, with a->missing saying what of, while something can still come. */
static bool judge(struct attach *a, bool *done, struct fail *fail)
{
	enum root_verdict verdict = ROOT_NOT_YET;
	a->missing = (struct fail){.code = FAIL_NONE};
	*done = has_nothing_to_do(a);
	if (!a->disks.current || *done)
		return true;
	if (a->config->wants_root)
		verdict =
			root_choose(a->config->plan, a->sessions, a->n_sessions, a->disks.list, &a->root, &a->missing);
	else if (root_disks_are_there(a->sessions, a->n_sessions, !a->config->boots, a->disks.list, &a->missing))
		verdict = ROOT_FOUND;
	*done = verdict == ROOT_FOUND && all_tried(a) && count_up(a) > 0;
	if (*done && !a->config->wants_root && count_up(a) < a->n_sessions && count_there(a) == 0) {
		limit_wait(a);
		*done = false;
	}
	a->lacked = a->missing;
	if (verdict == ROOT_NEVER)
		*fail = a->missing;
	return verdict != ROOT_NEVER;
}

/* The time is over: what is there has to do, and what is missing is told. */
static bool goes_without(const struct attach *a)
{
	bool does = a->config->boots && !a->config->wants_root && count_up(a) > 0;
	if (does && a->lacked.code != FAIL_NONE)
		log_fail(&a->lacked);
	return does;
}

/* What to say when the time is over: a session's last failure, what is missing, or what is awaited. */
static bool out_of_time(const struct attach *a, struct fail *fail)
{
	log_wait("%u s are over", a->config->timeout_s);
	for (unsigned i = 0; i < a->n_sessions; i++) {
		const struct session *s = &a->sessions[i];
		if (s->state == SESSION_UP)
			continue;
		session_reason(s, fail);
		return fail_set(fail, session_waits_for(s), "%s at %s", plan_target_name(s->target), s->portal);
	}
	*fail = a->lacked;
	return fail_set(fail, a->disks.reader.pid != 0 ? FAIL_DISK_SILENT : FAIL_NO_DISK, "this is what is waited for");
}

/* --- the loop --- */

static void take_uevents(struct attach *a)
{
	uint8_t bytes[UEVENT_MESSAGE_MAX];
	struct uevent event;
	ssize_t n;
	while ((n = netlink_receive(a->uevent_fd, bytes, sizeof bytes)) > 0 || n == -ENOBUFS)
		if (n < 0 || (uevent_decode(bytes, (size_t)n, &event) && span_is(event.subsystem, "block")))
			disks_changed(&a->disks);
}

static bool step_sessions(struct attach *a, const struct loop *loop, struct fail *fail)
{
	sessions_take_events(&a->transport, a->sessions, a->n_sessions, loop->now_ms);
	for (unsigned i = 0; i < a->n_sessions; i++) {
		struct session *s = &a->sessions[i];
		if (!check_new(a, i, fail))
			return false;
		session_step(s, loop);
		if (session_changes(s) & SESSION_CHANGED_SETTLED)
			disks_changed(&a->disks);
	}
	return none_hopeless(a, fail);
}

/* LUNs that are missing may have come meanwhile. */
static void scan_again(struct attach *a, int64_t now_ms)
{
	if (a->missing.code == FAIL_NONE || now_ms < a->scan_ms)
		return;
	for (unsigned i = 0; i < a->n_sessions && a->scan_ms != 0; i++)
		session_scan(&a->sessions[i], now_ms);
	a->scan_ms = now_ms + SCAN_AGAIN_MS;
}

static void tell_wait(struct attach *a, int64_t now_ms)
{
	char what[WAIT_TEXT_BYTES] = "";
	int64_t deadline_ms = INT64_MAX;
	if (disks_are_awaited(&a->disks, &a->missing))
		format_text(what, sizeof what, "the disks to be read");
	for (unsigned i = 0; i < a->n_sessions && what[0] == '\0'; i++)
		deadline_ms = session_describe_wait(&a->sessions[i], what);
	wait_tell(&a->wait, what, deadline_ms < a->deadline_ms ? deadline_ms : a->deadline_ms, now_ms);
}

static void want(struct attach *a, struct loop *loop)
{
	loop_begin(loop);
	loop_want(loop, a->child_fd, POLL_READ);
	loop_want(loop, a->uevent_fd, POLL_READ);
	loop_want(loop, a->interrupt_fd, POLL_READ);
	loop_want(loop, a->transport.event_fd, POLL_READ);
	if (a->config->boots)
		net_want(&a->net, loop);
	for (unsigned i = 0; i < a->n_sessions; i++)
		session_want(&a->sessions[i], loop);
	if (a->disks.reader.pid != 0)
		loop_wake_at(loop, a->disks.deadline_ms);
	if (a->missing.code != FAIL_NONE)
		loop_wake_at(loop, a->scan_ms);
	if (a->wait.what[0] != '\0')
		loop_wake_at(loop, a->wait.next_ms);
	loop_wake_at(loop, a->deadline_ms);
}

/* One turn after the wait. False: it failed. */
static bool step(struct attach *a, const struct loop *loop, bool *done, struct fail *fail)
{
	child_signal_drain(a->child_fd);
	if (is_interrupted(a, loop, fail))
		return false;
	take_uevents(a);
	if (a->config->boots)
		net_step(&a->net, loop);
	kick_sessions(a);
	if (!step_sessions(a, loop, fail))
		return false;
	disks_step(&a->disks, a->sessions, a->n_sessions, loop->now_ms);
	if (!judge(a, done, fail))
		return false;
	scan_again(a, loop->now_ms);
	tell_wait(a, loop->now_ms);
	*done = *done || (loop->now_ms >= a->deadline_ms && goes_without(a));
	return *done || loop->now_ms < a->deadline_ms || out_of_time(a, fail);
}

static bool run(struct attach *a, struct fail *fail)
{
	struct loop loop;
	bool done = false;
	loop_begin(&loop);
	while (step(a, &loop, &done, fail)) {
		if (done)
			return true;
		want(a, &loop);
		loop_wait(&loop);
	}
	return false;
}

/* --- the end --- */

/* Root does without those that are not up; those of others are left to them. */
static void leave_out_others(struct attach *a)
{
	for (unsigned i = 0; i < a->n_sessions; i++) {
		struct session *s = &a->sessions[i];
		if (session_is_kept(s))
			continue;
		if (!a->is_there[i])
			log_wait("%s: %s is not logged in, left out", s->portal, plan_target_name(s->target));
		session_stop(s);
	}
}

static void forget_attach(void *argument)
{
	struct attach *a = argument;
	memory_unshare(a->disks.list, sizeof *a->disks.list);
	memory_forget(&a->net, sizeof a->net);
	memory_forget(&a->sessions[a->n_sessions], (TARGETS_MAX - a->n_sessions) * sizeof *a->sessions);
}

/* The session whose disk is root; where others find root on all of them, the first one. */
static unsigned lead_session(const struct attach *a)
{
	unsigned lead = 0;
	if (a->root != NULL)
		return a->root->session;
	while (lead < a->n_sessions && !session_is_kept(&a->sessions[lead]))
		lead++;
	return lead;
}

/* For the keeper: where others find root, it may need each of them. */
static unsigned root_session(const struct attach *a)
{
	if (a->root != NULL)
		return a->root->session;
	return a->config->boots ? DOWN_ANY_ROOT : DOWN_NO_ROOT;
}

static bool leave_keeper(struct attach *a, struct fail *fail)
{
	return keeper_leave(&(struct keeper_config){
		       .transport = &a->transport,
		       .sessions = a->sessions,
		       .n_sessions = a->n_sessions,
		       .root = root_session(a),
		       .shutdown_s = a->config->plan->outage.shutdown_s,
		       .title = a->config->title,
		       .n_title_bytes = a->config->n_title_bytes,
		       .forget = forget_attach,
		       .argument = a,
	       }) ||
	       fail_set(fail, FAIL_SPAWN, "the keeper");
}

static bool is_any_kept(const struct attach *a)
{
	for (unsigned i = 0; i < a->n_sessions; i++)
		if (session_is_kept(&a->sessions[i]))
			return true;
	return false;
}

/* Those that are up are logged out in order, the others dropped: back to what was before. */
static void undo(struct attach *a)
{
	struct loop loop;
	loop_begin(&loop);
	disks_stop(&a->disks);
	a->deadline_ms = loop.now_ms + LEAVE_WAIT_MS;
	a->interrupt_fd = -1;
	a->missing = (struct fail){.code = FAIL_NONE};
	for (unsigned i = 0; i < a->n_sessions; i++)
		if (a->sessions[i].state == SESSION_UP && !a->is_there[i])
			session_leave(&a->sessions[i], loop.now_ms);
		else
			session_stop(&a->sessions[i]);
	while (is_any_kept(a) && loop.now_ms < a->deadline_ms) {
		want(a, &loop);
		loop_wait(&loop);
		sessions_take_events(&a->transport, a->sessions, a->n_sessions, loop.now_ms);
		for (unsigned i = 0; i < a->n_sessions; i++)
			if (session_is_kept(&a->sessions[i]))
				session_step(&a->sessions[i], &loop);
	}
	for (unsigned i = 0; i < a->n_sessions; i++)
		session_stop(&a->sessions[i]);
	transport_close(&a->transport);
}

/* What the initramfs and the root find when this has ended. */
static bool leave(struct attach *a, struct fail *fail)
{
	leave_out_others(a);
	if (!is_any_kept(a))
		return true;
	if (a->config->boots) {
		net_leave(&a->net);
		runfiles_leave(&a->net, a->config->plan, a->sessions, a->n_sessions, lead_session(a));
	}
	return leave_keeper(a, fail);
}

bool attach_run(const struct attach_config *config, const struct disk_list **disks, const struct disk **root,
		struct fail *fail)
{
	struct attach *a = &attach;
	*a = (struct attach){.config = config, .net = {.nics = {.fd = -1}}};
	a->deadline_ms = config->timeout_s > 0 ? clock_now_ms() + (int64_t)config->timeout_s * 1000 : INT64_MAX;
	if (!open_all(a, fail))
		return false;
	bool good = !config->boots || bring_up(a, fail);
	if (good && config->only_network) {
		net_leave(&a->net);
		runfiles_leave_network(&a->net, config->plan);
	} else if (good && (!a->has_all || config->wants_root)) { /* else there is nothing to do, and nothing to tell */
		start_sessions(a);
		good = run(a, fail) && leave(a, fail);
	}
	if (!good)
		undo(a);
	net_stop(&a->net);
	*disks = a->disks.list;
	*root = a->root;
	return good;
}
