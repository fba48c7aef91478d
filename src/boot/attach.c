/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of a boot with only sessions and disks in it. It ends with success, with a failure that does not pass, when
 * the time is over or when somebody interrupts it; whatever the end but success, its sessions are taken down.
 */
#include "boot/attach.h"

#include <errno.h>
#include <string.h>

#include "boot/census.h"
#include "boot/keeper.h"
#include "boot/log.h"
#include "boot/programs.h"
#include "boot/root.h"
#include "boot/session.h"
#include "boot/transport.h"
#include "boot/wait.h"
#include "kernel/uevent.h"
#include "sys/sys.h"

enum {
	MODPROBE_WAIT_MS = 30000,
	MODPROBE_LOOK_MS = 20,
	SCAN_AGAIN_MS = 5000, /* while something is missing */
	LEAVE_WAIT_MS = 5000,
};

struct attach {
	const struct attach_config *config;
	struct transport transport;
	unsigned n_sessions;
	struct session sessions[TARGETS_MAX];
	bool is_new[TARGETS_MAX]; /* no other session of this kernel is to the same target and portal */
	struct disks disks;
	const struct disk *root;
	struct fail missing; /* what keeps us from success just now */
	int64_t deadline_ms, scan_ms;
	struct wait wait;
	int child_fd, uevent_fd, interrupt_fd;
};

static struct attach attach;

/* --- the kernel's part --- */

/* Whatever modprobe there is; drivers that are built in need none. */
static void load_drivers(void)
{
	static const char *const argvs[][7] = {
		{"/sbin/modprobe", "-a", "-q", "iscsi_tcp", "sd_mod", NULL},
		{"/usr/sbin/modprobe", "-a", "-q", "iscsi_tcp", "sd_mod", NULL},
		{"/usr/bin/modprobe", "-a", "-q", "iscsi_tcp", "sd_mod", NULL},
		{BUSYBOX, "modprobe", "-a", "-q", "iscsi_tcp", "sd_mod", NULL},
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
		load_drivers();
	return transport_open(&a->transport, fail) && disks_init(&a->disks, fail);
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
		session_kick(&a->sessions[i]);
	}
	a->n_sessions = plan->n_targets;
}

/* --- judging --- */

/* As soon as the portal's address is known: a second session would show every disk a second time. */
static bool check_new(struct attach *a, unsigned index, struct fail *fail)
{
	const struct session *s = &a->sessions[index];
	char portal[PORTAL_TEXT_BYTES];
	struct census_session other;
	if (a->is_new[index] || s->persistent_address[0] == '\0')
		return true;
	plan_format_portal(s->persistent_address, s->target->port, portal);
	for (uint32_t sid = 0; census_next(sid, &other); sid = other.sid + 1) {
		bool is_own = s->handover.has_session && s->handover.conn.sid == other.sid;
		if (!is_own && strcmp(other.target, s->target->name) == 0 && strcmp(other.persistent, portal) == 0)
			return fail_set(fail, FAIL_SESSION_THERE, "session %u to %s at %s", other.sid, other.target,
					portal);
	}
	a->is_new[index] = true;
	return true;
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

/* A session that failed for good; where root is looked for, it may be on the others. */
static bool none_hopeless(const struct attach *a, struct fail *fail)
{
	unsigned n_hopeless = 0;
	const struct fail *first = NULL;
	for (unsigned i = 0; i < a->n_sessions; i++) {
		const struct session *s = &a->sessions[i];
		n_hopeless += s->state == SESSION_GAVE_UP;
		if (s->state == SESSION_GAVE_UP && first == NULL)
			first = &s->fail;
	}
	if (first == NULL || (a->config->wants_root && n_hopeless < a->n_sessions))
		return true;
	*fail = *first;
	return false;
}

/* True, with a->missing saying what of, while something can still come. */
static bool judge(struct attach *a, bool *done, struct fail *fail)
{
	enum root_verdict verdict = ROOT_NOT_YET;
	a->missing = (struct fail){.code = FAIL_NONE};
	if (!a->disks.current)
		return true;
	if (a->config->wants_root)
		verdict =
			root_choose(a->config->plan, a->sessions, a->n_sessions, a->disks.list, &a->root, &a->missing);
	else if (root_disks_are_there(a->sessions, a->n_sessions, a->disks.list, &a->missing))
		verdict = ROOT_FOUND;
	*done = verdict == ROOT_FOUND && all_tried(a);
	if (verdict == ROOT_NEVER)
		*fail = a->missing;
	return verdict != ROOT_NEVER;
}

/* What to say when the time is over: a session's last failure, what is missing, or what is awaited. */
static bool out_of_time(const struct attach *a, struct fail *fail)
{
	log_wait("%u s are over", a->config->timeout_s);
	for (unsigned i = 0; i < a->n_sessions; i++) {
		const struct session *s = &a->sessions[i];
		if (s->state == SESSION_UP)
			continue;
		*fail = s->fail;
		return fail_set(fail, session_waits_for(s), "%s at %s", plan_target_name(s->target), s->portal);
	}
	*fail = a->missing;
	return fail_set(fail, FAIL_NO_DISK, "this is what is waited for");
}

/* --- the loop --- */

static void take_uevents(struct attach *a)
{
	static uint8_t bytes[UEVENT_MESSAGE_MAX];
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
		bool was_settled = session_settled(s);
		session_step(s, loop);
		if (session_settled(s) != was_settled)
			disks_changed(&a->disks);
		if (!check_new(a, i, fail))
			return false;
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
	for (unsigned i = 0; i < a->n_sessions && what[0] == '\0'; i++)
		deadline_ms = session_describe_wait(&a->sessions[i], what);
	wait_tell(&a->wait, what, deadline_ms < a->deadline_ms ? deadline_ms : a->deadline_ms, now_ms);
}

static void want(const struct attach *a, struct loop *loop)
{
	loop_begin(loop);
	loop_want(loop, a->child_fd, POLL_READ);
	loop_want(loop, a->uevent_fd, POLL_READ);
	loop_want(loop, a->interrupt_fd, POLL_READ);
	loop_want(loop, a->transport.event_fd, POLL_READ);
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
	if (loop_is_ready(loop, a->interrupt_fd))
		return fail_set(fail, FAIL_INTERRUPTED, "%s", "");
	take_uevents(a);
	if (!step_sessions(a, loop, fail))
		return false;
	disks_step(&a->disks, a->sessions, a->n_sessions, loop->now_ms);
	if (!judge(a, done, fail))
		return false;
	scan_again(a, loop->now_ms);
	tell_wait(a, loop->now_ms);
	return *done || loop->now_ms < a->deadline_ms || out_of_time(a, fail);
}

static bool run(struct attach *a, struct fail *fail)
{
	struct loop loop;
	bool done = false;
	loop_begin(&loop);
	a->deadline_ms = loop.now_ms + (int64_t)a->config->timeout_s * 1000;
	while (step(a, &loop, &done, fail)) {
		if (done)
			return true;
		want(a, &loop);
		loop_wait(&loop);
	}
	return false;
}

/* --- the end --- */

/* Root does without those that are not up. */
static void leave_out_others(struct attach *a)
{
	for (unsigned i = 0; i < a->n_sessions; i++) {
		struct session *s = &a->sessions[i];
		if (session_is_kept(s))
			continue;
		log_wait("%s: %s is not logged in, left out", s->portal, plan_target_name(s->target));
		session_stop(s);
	}
}

static void forget_attach(void *argument)
{
	struct attach *a = argument;
	memory_unshare(a->disks.list, sizeof *a->disks.list);
	memory_forget(&a->sessions[a->n_sessions], (TARGETS_MAX - a->n_sessions) * sizeof *a->sessions);
}

static bool leave_keeper(struct attach *a, struct fail *fail)
{
	return keeper_leave(&(struct keeper_config){
		       .transport = &a->transport,
		       .sessions = a->sessions,
		       .n_sessions = a->n_sessions,
		       .root = a->root != NULL ? a->root->session : TARGETS_MAX,
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
		if (a->sessions[i].state == SESSION_UP)
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

bool attach_run(const struct attach_config *config, const struct disk_list **disks, const struct disk **root,
		struct fail *fail)
{
	struct attach *a = &attach;
	*a = (struct attach){.config = config};
	if (!open_all(a, fail))
		return false;
	start_sessions(a);
	bool good = run(a, fail);
	if (good) {
		leave_out_others(a);
		good = leave_keeper(a, fail);
	}
	if (!good)
		undo(a);
	*disks = a->disks.list;
	*root = a->root;
	return good;
}
