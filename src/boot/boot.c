/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story, top to bottom: prepare, plan, then one loop that brings up links, sessions, disks and root side by side;
 * switch; or give up with the reason, a shell or a reboot, and try again.
 */
#include "boot/boot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/disks.h"
#include "boot/keeper.h"
#include "boot/log.h"
#include "boot/loop.h"
#include "boot/modules.h"
#include "boot/net.h"
#include "boot/programs.h"
#include "boot/prompt.h"
#include "boot/root.h"
#include "boot/runfiles.h"
#include "boot/session.h"
#include "boot/setup.h"
#include "boot/sources.h"
#include "boot/transport.h"
#include "boot/wait.h"
#include "kernel/uevent.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum {
	DISK_WAIT_S = 30,
	OTHERS_WAIT_MS = 60000,  /* for the other targets, once root's disk is there */
	DISK_GRACE_MS = 1000,    /* drivers attach a little after the scan; until then nothing is missing */
	ANSWER_GRACE_MS = 7000,  /* the same for a LUN without an answer; that it is waited for is told before */
	MODULES_WAIT_MS = 30000, /* for iscsi_tcp and a network card to appear */
	WITHOUT_SHELL_S = 30,
};

/* Milestones, in ms since kernel start; what the last line reports. */
struct timing {
	int64_t start_ms, login_ms, disk_ms;
};

struct boot {
	struct console console;
	char tty[CONSOLE_TTY_BYTES];
	struct boot_plan plan;
	bool awaits_ibft, has_network, told, planned; /* how far the plan is */
	uint32_t leases_read; /* a bit for each of plan.nets: what its lease says is in the plan */
	struct modules modules;
	struct net net;
	struct transport transport;
	unsigned n_sessions;
	struct session sessions[TARGETS_MAX];
	struct disks disks;
	struct root_mount mount;
	struct prompt prompt;
	struct retry root_retry;
	struct wait wait;
	struct fail root_fail;    /* why there is no root yet; FAIL_NONE: not known */
	int64_t missing_since_ms; /* 0: nothing is missing */
	struct timing timing;
	int64_t started_ms; /* this attempt */
	int64_t found_ms;   /* since when root's disk is there; 0: it is not yet */
	int64_t timeout_ms; /* when iscsi_timeout= has passed; no time passes while a question is open */
	int64_t stepped_ms; /* the last turn */
	int child_fd, uevent_fd;
	unsigned n_arrivals; /* how often a link had come up when the sessions were last kicked */
	char **argv, **environment;
	char *title; /* memory of our argv and environment, where `ps` reads the keeper's name */
	size_t n_title_bytes;
};

/* At the beginning of a page, as the keeper forgets whole pages of it. */
static _Alignas(4096) struct boot boot;

/* --- the plan --- */

static bool read_plan(struct boot *b, struct fail *fail)
{
	char cmdline[CMDLINE_BYTES];
	struct plan_notes notes = {.n_notes = 0};
	ssize_t n = file_read_text("/proc/cmdline", cmdline, sizeof cmdline);
	if (n < 0)
		return fail_errno(fail, FAIL_SETUP, (int)-n, "/proc/cmdline");
	memset(&b->plan, 0, sizeof b->plan);
	bool good = plan_read(cmdline, &b->plan, &notes, fail);
	bytes_wipe(cmdline, sizeof cmdline);
	good = sources_read("", true, &b->plan, &notes, fail) && good;
	b->awaits_ibft = !sources_read_ibft("", NULL, &b->plan, &notes);
	log_set_quiet(b->plan.quiet);
	log_notes(&notes);
	return good;
}

/* With panic= nobody watches the machine. */
static bool can_ask(const struct boot *b)
{
	return b->console.watched && b->plan.panic_s == 0;
}

/* `plan` is b's own, or a copy of it. */
static bool check_plan(struct boot *b, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	struct plan_machine machine;
	sources_see_machine(&b->net.nics, &machine);
	machine.can_ask = can_ask(b);
	return sources_check("", plan, &machine, notes, fail);
}

static void tell_targets(struct boot *b, const struct boot_plan *plan)
{
	char line[PLAN_LINE_BYTES];
	for (unsigned i = 0; i < plan->n_targets && !b->told; i++) {
		plan_describe_target(plan, i, line);
		log_info("plan: %s", line);
	}
	b->told = true;
}

static void start_sessions(struct boot *b)
{
	tell_targets(b, &b->plan);
	for (unsigned i = 0; i < b->plan.n_targets; i++) {
		session_init(&b->sessions[i], &b->plan, i, &b->transport);
		b->sessions[i].probes_path = true;
	}
	b->n_sessions = b->plan.n_targets;
	bool has_others = console_find_tty(b->tty);
	prompt_init(&b->prompt, can_ask(b) ? &b->console : NULL, has_others ? b->tty : "");
	log_info("we are %s (%s)", b->plan.initiator.name, b->plan.initiator.origin.text);
}

/* With the firmware's table come the network cards; the kernel may have to load iscsi_ibft to show one. */
static bool start_network(struct boot *b, int64_t now_ms)
{
	struct plan_notes notes = {.n_notes = 0};
	if (b->has_network)
		return true;
	if (b->awaits_ibft && !modules_has_looked(&b->modules))
		return false;
	if (b->awaits_ibft)
		sources_read_ibft("", NULL, &b->plan, &notes);
	plan_add_network(&b->plan, &notes);
	log_notes(&notes);
	net_start(&b->net, &b->plan, now_ms);
	b->has_network = true;
	return true;
}

/*
 * A target that nothing else names may be in a lease, and so may our name: that is not worth a wait of its own, but
 * nobody logs in before the first link is up. Whether there is one to wait for.
 */
static bool waits_for_lease(struct boot *b)
{
	struct plan_notes notes = {.n_notes = 0};
	bool waits = net_take_leases(&b->net, &b->plan, &b->leases_read, &notes);
	log_notes(&notes);
	return waits;
}

/* Only our name is left to a lease: all else is checked, and told, before the network is up. */
static bool rehearse(struct boot *b, struct fail *fail)
{
	struct plan_notes notes = {.n_notes = 0};
	struct fail found = {.code = FAIL_NONE};
	struct boot_plan *plan = memory_share(sizeof *plan);
	if (plan == NULL)
		return fail_set(fail, FAIL_SETUP, "no memory");
	*plan = b->plan;
	if (check_plan(b, plan, &notes, &found))
		tell_targets(b, plan);
	plan_wipe(plan);
	memory_unshare(plan, sizeof *plan);
	/* Neither is certain without the name: the lease may have it, and a secret may be its own. */
	if (found.code == FAIL_NONE || found.code == FAIL_INITIATOR_MISSING || found.code == FAIL_CHAP_HALF)
		return true;
	*fail = found;
	return false;
}

/* A machine without DMI is named after a network card; so it may take until one has appeared. */
static bool complete_plan(struct boot *b, int64_t now_ms, struct fail *fail)
{
	struct plan_notes notes = {.n_notes = 0};
	struct fail found = {.code = FAIL_NONE};
	if (b->planned || !start_network(b, now_ms))
		return true;
	if (waits_for_lease(b))
		return b->told || plan_wants_root_path(&b->plan) || rehearse(b, fail);
	b->planned = check_plan(b, &b->plan, &notes, &found);
	if (!b->planned && found.code == FAIL_INITIATOR_MISSING && now_ms < b->started_ms + MODULES_WAIT_MS)
		return true; /* not yet */
	if (!b->planned) {
		*fail = found;
		return false;
	}
	log_notes(&notes);
	start_sessions(b);
	return true;
}

/* --- events --- */

static void take_uevents(struct boot *b)
{
	uint8_t bytes[UEVENT_MESSAGE_MAX];
	struct uevent event;
	ssize_t n;
	while ((n = netlink_receive(b->uevent_fd, bytes, sizeof bytes)) > 0 || n == -ENOBUFS) {
		if (n < 0) { /* some were lost */
			disks_changed(&b->disks);
			modules_look(&b->modules);
		}
		if (n < 0 || !uevent_decode(bytes, (size_t)n, &event))
			continue;
		if (span_is(event.action, "add") && event.modalias.text != NULL)
			modules_want(&b->modules, event.modalias);
		if (span_is(event.subsystem, "block"))
			disks_changed(&b->disks);
	}
}

/* --- stepping --- */

static bool open_transport(struct boot *b, int64_t now_ms, struct fail *fail)
{
	if (b->transport.handle != 0)
		return true;
	if (transport_exists())
		return transport_open(&b->transport, fail);
	bool hopeless = modules_idle(&b->modules) || now_ms - b->started_ms > MODULES_WAIT_MS;
	return !hopeless || transport_open(&b->transport, fail);
}

/* A link that has just come up may be the way to any portal. */
static void kick_sessions(struct boot *b)
{
	bool more = b->net.n_arrivals != b->n_arrivals;
	if (b->transport.handle == 0 || !net_usable(&b->net))
		return;
	b->n_arrivals = b->net.n_arrivals;
	for (unsigned i = 0; i < b->n_sessions; i++) {
		struct session *s = &b->sessions[i];
		if ((more || s->state == SESSION_IDLE) && !prompt_holds(&b->prompt, &b->plan, s))
			session_kick(s);
	}
}

static void step_sessions(struct boot *b, const struct loop *loop)
{
	for (unsigned i = 0; i < b->n_sessions; i++) {
		struct session *s = &b->sessions[i];
		session_step(s, loop);
		unsigned changes = session_changes(s);
		if (s->state == SESSION_UP && b->timing.login_ms == 0)
			b->timing.login_ms = loop->now_ms;
		if ((changes & SESSION_CHANGED_UP) && s->n_lost == 0)
			retry_reset(&b->root_retry); /* the wait for its disks begins, once */
		if (changes & SESSION_CHANGED_SETTLED)
			disks_changed(&b->disks);
	}
}

/* What has been read of a disk came in packets as long as they get; another disk may still be waited for. */
static void prove_paths(struct boot *b)
{
	const struct disk_list *list = b->disks.list;
	if (!b->disks.current && b->disks.reader.pid == 0)
		return;
	for (const struct disk *disk = list->disks; disk < list->disks + list->n_disks; disk++)
		if (disk->error == 0 && disk->n_bytes > 0)
			session_prove_path(&b->sessions[disk->session]);
}

/* Why a session is not there: of those that have failed for good or of those that may still come. False: nobody knows.
 */
static bool sessions_reason(const struct boot *b, bool is_for_good, struct fail *fail)
{
	for (unsigned i = 0; i < b->n_sessions; i++) {
		const struct session *s = &b->sessions[i];
		if (s->state != SESSION_UP && (s->state == SESSION_GAVE_UP) == is_for_good && session_reason(s, fail))
			return true;
	}
	return false;
}

/* Every session has failed for good: nothing will change. */
static bool sessions_are_hopeless(const struct boot *b, struct fail *fail)
{
	for (unsigned i = 0; i < b->n_sessions; i++)
		if (b->sessions[i].state != SESSION_GAVE_UP)
			return false;
	return sessions_reason(b, true, fail);
}

/* --- root --- */

/* What is missing has been told: it is looked for again. */
static bool is_retried(const struct boot *b)
{
	return b->root_retry.n_failed > 0 && b->root_retry.code == b->root_fail.code;
}

/* Until then what is missing may be on its way. */
static int64_t grace_end_ms(const struct boot *b)
{
	bool is_answer = b->root_fail.code == FAIL_DISK_SILENT && !is_retried(b);
	return b->missing_since_ms + (is_answer ? ANSWER_GRACE_MS : DISK_GRACE_MS);
}

static int64_t disk_deadline_ms(const struct boot *b)
{
	int64_t wait_s = b->plan.root.delay_s > DISK_WAIT_S ? b->plan.root.delay_s : DISK_WAIT_S;
	int64_t end_ms = b->root_retry.since_ms + wait_s * 1000;
	if (b->plan.root.wait || b->root_retry.n_failed == 0)
		return INT64_MAX;
	return end_ms > grace_end_ms(b) ? end_ms : grace_end_ms(b);
}

/* When to look for what is missing once more; INT64_MAX: an event comes first. */
static int64_t look_ms(const struct boot *b)
{
	bool loads_driver = b->root_fail.code == FAIL_NO_DISK_DRIVER && !modules_idle(&b->modules);
	if (b->missing_since_ms == 0 || !b->disks.current || loads_driver)
		return INT64_MAX;
	int64_t next_ms = is_retried(b) ? b->root_retry.next_ms : 0;
	return next_ms > grace_end_ms(b) ? next_ms : grace_end_ms(b);
}

/* Not there yet: say so, and look again when it is time. */
static bool await_root(struct boot *b, const struct fail *missing, int64_t now_ms, struct fail *fail)
{
	if (missing->code == FAIL_NONE)
		b->missing_since_ms = 0;
	else if (b->missing_since_ms == 0 || missing->code != b->root_fail.code)
		b->missing_since_ms = now_ms;
	b->root_fail = *missing;
	if (missing->code == FAIL_NONE)
		return true;
	if (now_ms >= disk_deadline_ms(b)) {
		*fail = *missing;
		return false;
	}
	if (now_ms < look_ms(b))
		return true;
	if (fail_lookup(missing->code)->retry == RETRY_NEVER) {
		*fail = *missing;
		return false;
	}
	retry_failed(&b->root_retry, now_ms, "root", missing);
	for (unsigned i = 0; i < b->n_sessions; i++)
		session_scan(&b->sessions[i], now_ms);
	return true;
}

static void tell_disk(const struct disk *disk)
{
	char size[DISK_SIZE_BYTES];
	disks_format_size(disk->n_bytes, size);
	log_info("%s: %s \"%s\" LUN %llu, %s%s%s, is root", disk->name, size, disk->model,
		 (unsigned long long)disk->lun, disk->super.type[0] != '\0' ? disk->super.type : "unknown file system",
		 disk->super.label[0] != '\0' ? ", label " : "", disk->super.label);
}

/* After that root goes on without the others: what is left of iscsi_timeout= is for mounting it. */
static int64_t others_deadline_ms(const struct boot *b)
{
	int64_t half_ms = b->timeout_ms - (int64_t)b->plan.timeout_s * 1000 / 2; /* timeout_s is 0: without an end */
	int64_t end_ms = b->found_ms != 0 ? b->found_ms + OTHERS_WAIT_MS : INT64_MAX;
	return half_ms < end_ms ? half_ms : end_ms;
}

/* Until then root waits for the first answers of other disks, which may fit root=, too. */
static int64_t answers_end_ms(const struct boot *b)
{
	return b->found_ms != 0 ? b->found_ms + ANSWER_GRACE_MS : 0;
}

/* Its LUNs are looked for, or one has not answered enough to be a disk. */
static bool is_searched(const struct boot *b, unsigned index, int64_t now_ms)
{
	const struct session *s = &b->sessions[index];
	bool is_unready = b->disks.list->luns[index].n_without_driver > 0 && now_ms < answers_end_ms(b);
	return s->state == SESSION_UP && (!s->scanned || is_unready);
}

/*
 * The other targets are somebody's disks, too: each has its first attempt, whose waits all end, also for a secret or
 * for the link that it takes, and for its LUNs to be found.
 */
static bool others_are_coming(const struct boot *b, const struct disk *root, int64_t now_ms)
{
	if (b->prompt.session != NULL)
		return true;
	if (now_ms >= others_deadline_ms(b))
		return false;
	for (unsigned i = 0; i < b->n_sessions; i++) {
		const struct session *s = &b->sessions[i];
		if (session_is_tried_first(s) || (!session_is_kept(s) && net_is_coming(&b->net)) ||
		    (i != root->session && is_searched(b, i, now_ms)))
			return true;
	}
	return false;
}

/* True: nothing is wrong so far. */
static bool step_root(struct boot *b, int64_t now_ms, struct fail *fail)
{
	const struct disk *root = NULL;
	struct fail missing = {.code = FAIL_NONE};
	if (!b->disks.current || b->mount.child.pid != 0)
		return true;
	switch (root_choose(&b->plan, b->sessions, b->n_sessions, b->disks.list, &root, &missing)) {
	case ROOT_NOT_YET:
		return await_root(b, &missing, now_ms, fail);
	case ROOT_NEVER:
		*fail = missing;
		return false;
	case ROOT_FOUND:
		break;
	}
	b->missing_since_ms = 0;
	b->root_fail = (struct fail){.code = FAIL_NONE};
	retry_reset(&b->root_retry);
	if (b->found_ms == 0)
		b->found_ms = now_ms;
	if (others_are_coming(b, root, now_ms))
		return true;
	tell_disk(root);
	b->timing.disk_ms = now_ms;
	return root_mount_start(&b->mount, &b->plan, root, now_ms, fail);
}

static void tell_timing(const struct boot *b)
{
	const struct timing *t = &b->timing;
	int64_t now_ms = clock_now_ms();
	int64_t carrier_ms = b->net.carrier_ms != 0 ? b->net.carrier_ms : t->start_ms;
	int64_t ready_ms = b->net.ready_ms != 0 ? b->net.ready_ms : carrier_ms;
	log_info("root mounted %s after %.2f s (link %.2f, address %.2f, login %.2f, disk %.2f, mount %.2f)",
		 b->plan.root.writable ? "read-write" : "read-only", (double)(now_ms - t->start_ms) / 1000,
		 (double)(carrier_ms - t->start_ms) / 1000, (double)(ready_ms - carrier_ms) / 1000,
		 (double)(t->login_ms - ready_ms) / 1000, (double)(t->disk_ms - t->login_ms) / 1000,
		 (double)(now_ms - t->disk_ms) / 1000);
}

/* Nothing half-made stays behind: who could not be logged in when root is there is left out. */
static void leave_out_others(struct boot *b)
{
	prompt_close(&b->prompt);
	for (unsigned i = 0; i < b->n_sessions; i++) {
		struct session *s = &b->sessions[i];
		if (session_is_kept(s))
			continue;
		log_wait("%s: %s is not logged in, root does without it", s->portal, plan_target_name(s->target));
		session_stop(s);
	}
	net_leave(&b->net);
	disks_stop(&b->disks);
}

/* What the keeper has no use for. */
static void forget_boot(void *argument)
{
	struct boot *b = argument;
	memory_unshare(b->disks.list, sizeof *b->disks.list);
	memory_forget(&b->modules, sizeof b->modules);
	memory_forget(&b->net, sizeof b->net);
	memory_forget(&b->sessions[b->n_sessions], (TARGETS_MAX - b->n_sessions) * sizeof *b->sessions);
}

/* The root is mounted and has an init: all is checked, this is the point of no return. */
static bool switch_over(struct boot *b, struct fail *fail)
{
	char init[ROOT_INIT_BYTES];
	memcpy(init, b->mount.findings->init, sizeof init);
	tell_timing(b);
	leave_out_others(b);
	runfiles_leave(&b->net, &b->plan, b->sessions, b->n_sessions, b->mount.session);
	console_unwatch(&b->console);
	log_restore_limit();
	keeper_leave(&(struct keeper_config){
		.transport = &b->transport,
		.sessions = b->sessions,
		.n_sessions = b->n_sessions,
		.root = b->mount.session,
		.shutdown_s = b->plan.outage.shutdown_s,
		.title = b->title,
		.n_title_bytes = b->n_title_bytes,
		.forget = forget_boot,
		.argument = b,
	});
	plan_wipe(&b->plan);
	b->argv[0] = init;
	return root_switch(init, b->argv, b->environment, fail);
}

/* A mount that failed because its session broke is tried again when the session is back. */
static bool mount_ended(struct boot *b, struct fail *fail)
{
	bool is_up = b->sessions[b->mount.session].state == SESSION_UP;
	if (is_up && fail->code == FAIL_NONE)
		return switch_over(b, fail);
	if (is_up) {
		root_unmount();
		return false;
	}
	log_wait("mounting stopped with the session, both are tried again");
	root_unmount();
	*fail = (struct fail){.code = FAIL_NONE};
	disks_changed(&b->disks);
	return true;
}

/* --- waiting --- */

/* What everything waits for just now, the last in line first; empty: nothing, or a next attempt. */
static int64_t describe_wait(const struct boot *b, char out[static WAIT_TEXT_BYTES])
{
	int64_t deadline_ms = INT64_MAX;
	out[0] = '\0';
	if (b->mount.child.pid != 0) {
		format_text(out, WAIT_TEXT_BYTES, "%s to be mounted", b->mount.device);
		return b->mount.deadline_ms;
	}
	if (disks_are_awaited(&b->disks, &b->root_fail)) {
		format_text(out, WAIT_TEXT_BYTES, "the disks to be read");
		return b->disks.reader.pid != 0 ? b->disks.deadline_ms : INT64_MAX;
	}
	for (unsigned i = 0; i < b->n_sessions && out[0] == '\0'; i++)
		deadline_ms = session_describe_wait(&b->sessions[i], out);
	if (out[0] == '\0')
		deadline_ms = net_describe_wait(&b->net, out);
	if (out[0] != '\0' || b->modules.child.pid == 0)
		return deadline_ms;
	format_text(out, WAIT_TEXT_BYTES, "drivers to be loaded");
	return b->modules.deadline_ms;
}

/* What a session that is up may wait for in vain. */
static void add_doubt(const struct boot *b, char what[static WAIT_TEXT_BYTES])
{
	size_t used = strlen(what);
	for (const struct session *s = b->sessions; used > 0 && s < b->sessions + b->n_sessions; s++)
		if (s->state == SESSION_UP && s->unproven_bytes > MTU_ETHERNET) {
			format_text(what + used, WAIT_TEXT_BYTES - used,
				    " (packets of %u bytes may not get through to %s: check the MTU of the switches)",
				    s->unproven_bytes, s->portal);
			return;
		}
}

static void tell_wait(struct boot *b, int64_t now_ms)
{
	char what[WAIT_TEXT_BYTES];
	int64_t deadline_ms = describe_wait(b, what);
	add_doubt(b, what);
	if (b->prompt.session == NULL)
		wait_tell(&b->wait, what, deadline_ms, now_ms);
}

/* --- one attempt --- */

static void want(struct boot *b, struct loop *loop)
{
	loop_begin(loop);
	loop_want(loop, b->child_fd, POLL_READ);
	loop_want(loop, b->uevent_fd, POLL_READ);
	if (b->console.watched)
		loop_want(loop, b->console.fd, POLL_READ);
	if (b->transport.handle != 0)
		loop_want(loop, b->transport.event_fd, POLL_READ);
	net_want(&b->net, loop);
	for (unsigned i = 0; i < b->n_sessions; i++)
		session_want(&b->sessions[i], loop);
	loop_wake_at(loop, look_ms(b));
	if (b->missing_since_ms != 0 && b->disks.current)
		loop_wake_at(loop, disk_deadline_ms(b));
	if (b->disks.reader.pid != 0)
		loop_wake_at(loop, b->disks.deadline_ms);
	if (b->mount.child.pid != 0)
		loop_wake_at(loop, b->mount.deadline_ms);
	if (b->modules.child.pid != 0)
		loop_wake_at(loop, b->modules.deadline_ms);
	if (b->prompt.session != NULL)
		loop_wake_at(loop, b->prompt.deadline_ms);
	else if (b->wait.what[0] != '\0')
		loop_wake_at(loop, b->wait.next_ms);
	if (loop->now_ms <= b->started_ms + MODULES_WAIT_MS)
		loop_wake_at(loop, b->started_ms + MODULES_WAIT_MS + 1);
	if (b->prompt.session == NULL) {
		loop_wake_at(loop, b->timeout_ms);
		if (others_deadline_ms(b) > loop->now_ms)
			loop_wake_at(loop, others_deadline_ms(b));
		if (answers_end_ms(b) > loop->now_ms)
			loop_wake_at(loop, answers_end_ms(b));
	}
}

/* An attempt is under way and has not failed: what would it fail with? */
static enum fail_code awaited(const struct boot *b)
{
	if (b->mount.child.pid != 0)
		return FAIL_MOUNT;
	if (!net_usable(&b->net))
		return net_waits_for(&b->net);
	if (!b->planned)
		return FAIL_TARGET_MISSING;
	for (unsigned i = 0; i < b->n_sessions; i++) {
		if (b->sessions[i].state == SESSION_GAVE_UP)
			continue;
		if (plan_lacks_secret(&b->plan, &b->plan.targets[i]))
			return FAIL_CHAP_HALF;
		if (b->sessions[i].state != SESSION_UP)
			return session_waits_for(&b->sessions[i]);
	}
	return disks_are_awaited(&b->disks, &b->root_fail) ? FAIL_DISK_SILENT : FAIL_NO_DISK;
}

/* What keeps us from the root just now, for the moment iscsi_timeout= has passed. */
static void out_of_time(struct boot *b, struct fail *fail)
{
	bool by_sessions = b->planned && net_usable(&b->net);
	const struct fail *of_net = by_sessions ? NULL : net_fail(&b->net);
	*fail = of_net != NULL ? *of_net : (struct fail){.code = FAIL_NONE};
	if (by_sessions && !sessions_reason(b, false, fail))
		*fail = b->root_fail;
	fail_set(fail, awaited(b), "this is what is waited for");
	log_wait("iscsi_timeout=%u: time is up", b->plan.timeout_s);
}

static bool in_time(struct boot *b, int64_t now_ms, struct fail *fail)
{
	int64_t asked_ms = b->prompt.session != NULL ? now_ms - b->stepped_ms : 0;
	if (b->plan.timeout_s > 0)
		b->timeout_ms += asked_ms;
	if (b->found_ms != 0)
		b->found_ms += asked_ms;
	b->stepped_ms = now_ms;
	if (now_ms < b->timeout_ms)
		return true;
	out_of_time(b, fail);
	return false;
}

/* The answer to a question, if there is one. True when Ctrl-C was among what was typed. */
static bool take_keys(struct boot *b, int64_t now_ms)
{
	uint8_t typed[64];
	bool interrupted = false;
	for (size_t n; (n = console_read(&b->console, typed, sizeof typed)) > 0;) {
		interrupted = interrupted || memchr(typed, CONSOLE_CTRL_C, n) != NULL;
		if (!interrupted)
			prompt_take(&b->prompt, &b->plan, typed, n, now_ms);
	}
	bytes_wipe(typed, sizeof typed);
	return interrupted;
}

/* One turn of the loop after the wait. False: give up, for *fail or, when that is empty, because the user asked. */
static bool step(struct boot *b, const struct loop *loop, struct fail *fail)
{
	child_signal_drain(b->child_fd);
	if (b->console.watched && loop_is_ready(loop, b->console.fd) && take_keys(b, loop->now_ms))
		return false;
	take_uevents(b);
	modules_step(&b->modules, loop->now_ms);
	net_step(&b->net, loop);
	if (!complete_plan(b, loop->now_ms, fail) || !open_transport(b, loop->now_ms, fail))
		return false;
	kick_sessions(b);
	prove_paths(b); /* before a session may turn out lost */
	sessions_take_events(&b->transport, b->sessions, b->n_sessions, loop->now_ms);
	step_sessions(b, loop);
	if (b->mount.child.pid == 0)
		prompt_step(&b->prompt, &b->plan, b->sessions, b->n_sessions, loop->now_ms);
	if (sessions_are_hopeless(b, fail))
		return false;
	disks_step(&b->disks, b->sessions, b->n_sessions, loop->now_ms);
	if (b->mount.child.pid != 0 && b->sessions[b->mount.session].state != SESSION_UP)
		root_mount_extend(&b->mount, loop->now_ms);
	if (root_mount_ended(&b->mount, loop->now_ms, fail))
		return mount_ended(b, fail);
	return step_root(b, loop->now_ms, fail) && in_time(b, loop->now_ms, fail);
}

/* Comes back only when there is a reason to give up. */
static void attempt(struct boot *b, struct fail *fail)
{
	struct loop loop;
	b->started_ms = b->stepped_ms = clock_now_ms();
	b->timeout_ms = b->plan.timeout_s > 0 ? b->started_ms + (int64_t)b->plan.timeout_s * 1000 : INT64_MAX;
	b->found_ms = 0;
	b->planned = b->told = b->has_network = false;
	b->leases_read = 0;
	if (b->awaits_ibft)
		modules_want(&b->modules, span_of("iscsi_ibft"));
	modules_start(&b->modules, b->started_ms);
	if (!net_open(&b->net, fail) || !complete_plan(b, b->started_ms, fail))
		return;
	loop_begin(&loop);
	while (step(b, &loop, fail)) {
		tell_wait(b, loop.now_ms);
		want(b, &loop);
		loop_wait(&loop);
	}
}

/* Back to where an attempt starts; links that are up stay up. */
static void stop(struct boot *b)
{
	prompt_close(&b->prompt);
	root_mount_stop(&b->mount);
	disks_stop(&b->disks);
	for (unsigned i = 0; i < b->n_sessions; i++)
		session_stop(&b->sessions[i]);
	b->n_sessions = 0;
	transport_close(&b->transport);
	retry_reset(&b->root_retry);
	b->wait = (struct wait){.since_ms = 0};
	b->root_fail = (struct fail){.code = FAIL_NONE};
	b->missing_since_ms = 0;
	net_stop(&b->net);
}

/* --- giving up --- */

/* Lets `seconds` pass. True when the user pressed Ctrl-C meanwhile. */
static bool pause_interrupted(struct boot *b, int64_t seconds)
{
	struct loop loop;
	int64_t end_ms = clock_now_ms() + seconds * 1000;
	for (loop_begin(&loop); loop.now_ms < end_ms;) {
		loop_begin(&loop);
		loop_wake_at(&loop, end_ms);
		if (b->console.watched)
			loop_want(&loop, b->console.fd, POLL_READ);
		loop_wait(&loop);
		if (b->console.watched && loop_is_ready(&loop, b->console.fd) && console_interrupted(&b->console))
			return true;
	}
	return false;
}

static void open_shell(struct boot *b)
{
	const char *const argv[] = {BUSYBOX, "sh", "-i", NULL};
	if (!file_exists(BUSYBOX)) {
		log_error("this image has no shell, trying again in %d s", WITHOUT_SHELL_S);
		pause_interrupted(b, WITHOUT_SHELL_S);
		return;
	}
	log_wait("a shell for you; leave it with exit to try again, or type reboot -f");
	int error = console_shell(&b->console, argv, program_environment);
	if (error < 0) {
		log_error("cannot open a shell: %s, trying again in %d s", strerror(-error), WITHOUT_SHELL_S);
		pause_interrupted(b, WITHOUT_SHELL_S);
	}
}

/* panic= as the kernel reads it: a reboot in so many seconds, at once when negative, none for 0. */
static void give_up(struct boot *b, const struct fail *fail)
{
	const struct boot_plan *plan = &b->plan;
	bool asked = fail->code == FAIL_NONE;
	if (asked)
		log_wait("interrupted");
	else
		log_fail(fail);
	if (!asked && plan->panic_s != 0) {
		int64_t seconds = plan->panic_s > 0 ? plan->panic_s : 0;
		log_error("rebooting in %lld s (panic=%d); Ctrl-C opens a shell instead", (long long)seconds,
			  plan->panic_s);
		if (!pause_interrupted(b, seconds))
			machine_end(MACHINE_REBOOT);
	}
	open_shell(b);
	log_wait("trying again");
	console_watch(&b->console);
}

/* What is there once and for all. */
static void settle(struct boot *b, int argc, char **argv, char **environment)
{
	b->argv = argv;
	b->environment = environment;
	b->timing.start_ms = clock_now_ms();
	b->console.fd = b->net.nics.fd = b->child_fd = b->uevent_fd = -1;
	keeper_find_title(argc, argv, environment, &b->title, &b->n_title_bytes);
	setup_clean_environment(environment);
}

/* What may fail, and may be repaired in the shell: what is there already stays as it is. */
static bool prepare(struct boot *b, struct fail *fail)
{
	if (!setup_system(&b->console, fail))
		return false;
	console_watch(&b->console);
	if (b->child_fd < 0)
		b->child_fd = child_signal_fd();
	if (b->uevent_fd < 0)
		b->uevent_fd = netlink_open(UEVENT_PROTOCOL, UEVENT_GROUP);
	if (b->uevent_fd < 0)
		return fail_errno(fail, FAIL_NETLINK, -b->uevent_fd, "uevents");
	return disks_init(&b->disks, fail) && root_mount_init(&b->mount, fail);
}

int boot_main(int argc, char **argv, char **environment)
{
	struct fail fail = {.code = FAIL_NONE};
	struct boot *b = &boot;
	settle(b, argc, argv, environment);
	for (;;) {
		bool prepared = prepare(b, &fail);
		if (read_plan(b, &fail) && prepared)
			attempt(b, &fail);
		if (fail.code == FAIL_SWITCH)
			break;
		stop(b);
		give_up(b, &fail);
		fail = (struct fail){.code = FAIL_NONE};
	}
	log_fail(&fail);
	return 1;
}
