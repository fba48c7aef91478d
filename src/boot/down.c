/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Noticing that the machine goes down, deciding, and doing it. What is there is asked of the kernel each time, so it
 * makes no difference who looks after a session.
 */
#include "boot/down.h"

#include <string.h>

#include "base/format.h"
#include "boot/log.h"
#include "boot/units.h"
#include "sys/sys.h"

/* From UNITS_ORDERS_DIR. */
#define LAST_PROGRAM "../../initramfs/shutdown"

enum {
	LOOK_MS = 2000,        /* between two looks while a session is away */
	GOING_LOOK_MS = 500,   /* the same of a machine that goes down */
	REST_MS = 15000,       /* for what remains to be ended once root is given up */
	LONG_REST_MS = 120000, /* the same where root may be on what is still there */
	REMOUNT_MS = 3000,     /* for file systems on other disks */
	PANIC_S = 10,
	TOLD_MS = 60000,
};

/* By the name of the FIFO, and all but the last also of the program that ends the machine in this way. */
static const char *const orders[] = {
	[MACHINE_REBOOT] = "reboot",
	[MACHINE_POWER_OFF] = "poweroff",
	[MACHINE_HALT] = "halt",
	[MACHINE_KEXEC] = "kexec", /* as a program it may be loading a kernel */
};

#define SIGNAL_BIT(number) (UINT64_C(1) << ((number)-1))
#define SIGRTMIN_BIT(plus) SIGNAL_BIT(34 + (plus)) /* as glibc counts */

/* The signals by which systemd is told (systemd(1)): in order, at once, and Ctrl-Alt-Del. */
static const uint64_t order_signals[] = {
	[MACHINE_REBOOT] = SIGRTMIN_BIT(5) | SIGRTMIN_BIT(15) | SIGNAL_BIT(2),
	[MACHINE_POWER_OFF] = SIGRTMIN_BIT(4) | SIGRTMIN_BIT(14),
	[MACHINE_HALT] = SIGRTMIN_BIT(3) | SIGRTMIN_BIT(13),
	[MACHINE_KEXEC] = SIGRTMIN_BIT(6) | SIGRTMIN_BIT(16),
};

enum {
	N_ORDERS = sizeof orders / sizeof *orders,
	N_PROGRAMS = MACHINE_KEXEC,
};

void down_open(struct down *d, int proc_fd, unsigned root, uint32_t wait_s)
{
	int error = units_leave();
	if (error < 0)
		log_wait("a shutdown while the target is away may hang, init cannot be made to tell of it: %s",
			 strerror(-error));
	*d = (struct down){
		.watch_fd = watch_directory(UNITS_ORDERS_DIR),
		.orders_fd = dir_handle(UNITS_ORDERS_DIR),
		.term_fd = watch_termination(),
		.proc_fd = proc_fd,
		.root = root,
		.wait_ms = (int64_t)wait_s * 1000,
		.look_ms = INT64_MAX,
		.remount_ms = INT64_MAX,
		.end_ms = INT64_MAX,
	};
}

bool down_is_pending(const struct down *d)
{
	return d->end_ms != INT64_MAX;
}

/* --- deciding --- */

static bool is_due(int64_t *when_ms, int64_t now_ms)
{
	if (now_ms < *when_ms)
		return false;
	*when_ms = INT64_MAX;
	return true;
}

enum down_deed down_decide(struct down *d, bool is_away, int64_t now_ms)
{
	if (d->order == NULL)
		return DOWN_NOTHING;
	if (is_due(&d->remount_ms, now_ms))
		return DOWN_REMOUNT;
	if (is_due(&d->end_ms, now_ms))
		return DOWN_END;
	if (!is_away) {
		d->away_ms = 0;
		return DOWN_NOTHING;
	}
	if (d->away_ms == 0) {
		d->away_ms = now_ms;
		return d->wait_ms > 0 ? DOWN_WAIT : DOWN_GIVE_UP;
	}
	return now_ms >= d->away_ms + d->wait_ms ? DOWN_GIVE_UP : DOWN_NOTHING;
}

void down_limit(struct down *d, int64_t rest_ms, int64_t now_ms)
{
	if (!d->has_kind || down_is_pending(d))
		return;
	d->remount_ms = now_ms + rest_ms;
	d->end_ms = d->remount_ms + REMOUNT_MS;
}

/* --- noticing --- */

static void take_order(struct down *d, int kind)
{
	d->order = orders[kind];
	d->kind = (enum machine_end)kind;
	d->has_kind = true;
}

static void read_order(struct down *d)
{
	for (int i = 0; i < N_ORDERS; i++)
		if (file_exists_at(d->orders_fd, orders[i]))
			take_order(d, i);
}

static void take_news(struct down *d, const struct loop *loop)
{
	if (loop_is_ready(loop, d->watch_fd))
		watch_drain(d->watch_fd);
	if (loop_is_ready(loop, d->term_fd) && watch_termination_by_init(d->term_fd))
		d->told_ms = loop->now_ms + d->wait_ms + TOLD_MS;
}

/* systemd may have been told and wait for root itself, a page of its own program perhaps. */
static void read_signals(struct down *d)
{
	uint64_t pending = process_is(d->proc_fd, "1", "systemd") ? process_pending_signals(d->proc_fd, "1") : 0;
	for (int i = 0; i < N_ORDERS; i++)
		if ((pending & order_signals[i]) != 0)
			take_order(d, i);
}

static void look_at_processes(struct down *d)
{
	int found = process_find_rebooting(d->proc_fd, orders, N_PROGRAMS);
	if (found >= 0 && found < N_PROGRAMS)
		take_order(d, found);
	else if (found == N_PROGRAMS)
		d->order = "by the kernel";
	else if (process_is(d->proc_fd, "1", "systemd-shutdow"))
		d->order = "by systemd-shutdown";
}

/* Asked anew each time, since a shutdown may be called off; until disks were given up for it. */
static void find_order(struct down *d, bool is_away, int64_t now_ms)
{
	if (down_is_pending(d))
		return;
	d->order = NULL;
	d->has_kind = false;
	read_order(d);
	if (d->order == NULL && is_away)
		read_signals(d);
	if (d->order == NULL && is_away)
		look_at_processes(d);
	if (d->order == NULL && now_ms < d->told_ms)
		d->order = "by init";
}

static bool any_away(const struct session *sessions, unsigned n_sessions)
{
	for (unsigned i = 0; i < n_sessions; i++)
		if (session_is_away(&sessions[i]))
			return true;
	return false;
}

int64_t down_rest_ms(const struct down *d, const struct session *sessions, unsigned n_sessions)
{
	bool any_up = false;
	for (unsigned i = 0; i < n_sessions; i++)
		any_up |= sessions[i].state == SESSION_UP;
	return d->root == DOWN_ANY_ROOT && any_up ? LONG_REST_MS : REST_MS;
}

/* --- doing --- */

static void tell_wait(const struct down *d, const struct session *sessions, unsigned n_sessions)
{
	for (unsigned i = 0; i < n_sessions; i++)
		if (session_is_away(&sessions[i]))
			log_error("the machine goes down (%s) while %s is away: waiting for it for %lld s, then its "
				  "disks are given up (iscsi_shutdown_timeout=)",
				  d->order, sessions[i].portal, (long long)d->wait_ms / 1000);
}

static void give_up(struct down *d, struct session *sessions, unsigned n_sessions, int64_t now_ms)
{
	char seconds[16];
	format_text(seconds, sizeof seconds, "%d\n", PANIC_S);
	file_write_text_at(d->proc_fd, "sys/kernel/panic", seconds); /* process 1 may not outlive the loss of root */
	d->away_ms = 0;
	bool is_over = d->root == DOWN_ANY_ROOT;
	for (unsigned i = 0; i < n_sessions; i++) {
		struct session *s = &sessions[i];
		if (!session_is_away(s))
			continue;
		log_error("%s: %s is not back, its disks are given up so that the machine can go down; what was not "
			  "written yet is lost",
			  s->portal, s->target->name);
		session_abandon(s);
		is_over |= i == d->root;
	}
	if (is_over)
		down_limit(d, down_rest_ms(d, sessions, n_sessions), now_ms);
}

/* The kernel syncs and remounts by itself (sysrq u): a file system that hangs holds nobody here up. */
static void make_safe(const struct down *d)
{
	log_error("without its root the machine does not get further, ending it from here (%s)", d->order);
	file_write_text_at(d->proc_fd, "sysrq-trigger", "u");
}

static void act(struct down *d, enum down_deed deed, struct session *sessions, unsigned n_sessions, int64_t now_ms)
{
	switch (deed) {
	case DOWN_NOTHING:
		break;
	case DOWN_WAIT:
		tell_wait(d, sessions, n_sessions);
		break;
	case DOWN_GIVE_UP:
		give_up(d, sessions, n_sessions, now_ms);
		break;
	case DOWN_REMOUNT:
		make_safe(d);
		break;
	case DOWN_END:
		machine_end(d->kind);
		break;
	}
}

/* Not a copy but this process's own program, which is in memory: nothing is mounted for it, and a /run that nothing may
 * be executed from is no hindrance. One that is there already is somebody else's. */
static void leave_last_program(struct down *d)
{
	char program[32];
	if (d->has_last || d->root == DOWN_NO_ROOT || !file_exists_at(d->orders_fd, UNITS_LAST))
		return;
	d->has_last = true;
	format_text(program, sizeof program, "/proc/%d/exe", process_own_id());
	int error = file_make_link_at(d->orders_fd, LAST_PROGRAM, program);
	if (error < 0)
		log_wait("the machine ends without a logout, /run/initramfs/shutdown cannot be made: %s",
			 strerror(-error));
}

/* A machine that goes down is looked after closely. Of one that does not, a lost connection shows a little after its
 * news. */
static int64_t next_look_ms(const struct down *d, bool is_away, bool has_news, int64_t now_ms)
{
	if (d->order != NULL)
		return now_ms + GOING_LOOK_MS;
	if (is_away || has_news)
		return now_ms + LOOK_MS;
	return now_ms < d->look_ms ? d->look_ms : INT64_MAX;
}

void down_step(struct down *d, struct session *sessions, unsigned n_sessions, const struct loop *loop)
{
	bool has_news = loop_is_ready(loop, sessions->transport->event_fd);
	bool is_away = any_away(sessions, n_sessions);
	take_news(d, loop);
	find_order(d, is_away, loop->now_ms);
	leave_last_program(d);
	act(d, down_decide(d, is_away, loop->now_ms), sessions, n_sessions, loop->now_ms);
	d->look_ms = next_look_ms(d, is_away, has_news, loop->now_ms);
}

void down_want(const struct down *d, struct loop *loop)
{
	loop_want(loop, d->watch_fd, POLL_READ);
	loop_want(loop, d->term_fd, POLL_READ);
	loop_wake_at(loop, d->look_ms);
}
