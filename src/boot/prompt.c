/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two lines, edited by backspace and Ctrl-U, in the raw mode in which Ctrl-C is watched for; that key is looked at by
 * the caller. The question is written to the console alone, so that neither it nor an answer is in the kernel's log.
 */
#include "boot/prompt.h"

#include <string.h>

#include "base/format.h"
#include "boot/log.h"

enum {
	KEY_WAIT_MS = 60000,     /* without a key; then nobody is there */
	ANSWER_WAIT_MS = 300000, /* in all: what comes without an end is no answer */
	TRIES_MAX = 3,           /* for one target, until the boot is tried anew */
	KEY_BACKSPACE = 0x08,
	KEY_CTRL_U = 0x15,
	KEY_ESCAPE = 0x1b,
	KEY_DELETE = 0x7f,
	SAFE_BYTES = 1024, /* holds a name or a portal, escaped */
};

void prompt_init(struct prompt *p, struct console *console, const char *tty)
{
	*p = (struct prompt){.console = console, .tty = tty};
}

/* --- asking --- */

static void say(const struct prompt *p, const char *text)
{
	char safe[SAFE_BYTES];
	text_escape(text, safe, sizeof safe);
	console_write(p->console, safe);
}

static void note_key(struct prompt *p, int64_t now_ms)
{
	p->deadline_ms = now_ms + KEY_WAIT_MS < p->end_ms ? now_ms + KEY_WAIT_MS : p->end_ms;
}

static void begin_line(struct prompt *p, int64_t now_ms)
{
	secret_wipe(&p->line);
	p->is_overlong = false;
	p->sequence = NO_SEQUENCE;
	note_key(p, now_ms);
}

static void say_what(struct prompt *p)
{
	p->n_logged = log_n_lines();
	if (p->wants_secret) {
		say(p, "Secret (not shown): ");
		return;
	}
	say(p, "User name");
	if (p->username[0] != '\0') {
		say(p, " [");
		say(p, p->username);
		say(p, "]");
	}
	say(p, ": ");
}

/* Lines of the log have been written behind it. */
static void say_again(struct prompt *p)
{
	char name[SECRET_MAX + 1];
	if (p->n_logged == log_n_lines())
		return;
	say(p, "iscsiroot: ");
	say_what(p);
	if (p->wants_secret)
		return;
	memcpy(name, p->line.bytes, p->line.n_bytes);
	name[p->line.n_bytes] = '\0';
	say(p, name);
}

/* The session waits between two attempts, unless it has not begun at all. */
static void ask(struct prompt *p, const char *why, int64_t now_ms)
{
	char portal[PORTAL_TEXT_BYTES], until[SAFE_BYTES];
	const struct plan_target *target = p->session->target;
	if (p->tty[0] != '\0')
		log_wait("%s: the secret is asked for on the console %s alone", plan_target_name(target), p->tty);
	plan_format_portal(target->host, target->port, portal);
	format_text(until, sizeof until, " %s; Ctrl-C opens a shell, %d s without a key end this. ", why,
		    KEY_WAIT_MS / 1000);
	const char *const parts[] = {"iscsiroot: ", plan_target_name(target), " at ", portal, until};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		say(p, parts[i]);
	p->wants_secret = false;
	p->end_ms = now_ms + ANSWER_WAIT_MS;
	say_what(p);
	begin_line(p, now_ms);
}

/* A failure whose other way has not been tried yet is none. */
static bool is_refused(const struct boot_plan *plan, const struct session *s)
{
	if (s->state != SESSION_WAIT_RETRY || s->advice != LOGIN_ADVICE_NONE)
		return false;
	return s->fail.code == FAIL_CHAP_WANTED ||
	       (s->fail.code == FAIL_AUTH_REFUSED && plan_is_typed(plan, s->planned));
}

static void ask_next(struct prompt *p, struct boot_plan *plan, struct session *sessions, unsigned n_sessions,
		     int64_t now_ms)
{
	for (unsigned i = 0; i < n_sessions && p->session == NULL; i++) {
		struct session *s = &sessions[i];
		bool lacks = plan_lacks_secret(plan, s->planned);
		if (p->n_asked[i] == TRIES_MAX || s->state == SESSION_GAVE_UP || session_is_kept(s) ||
		    (!lacks && !is_refused(plan, s)))
			continue;
		p->n_asked[i]++;
		p->session = s;
		p->target = &plan->targets[i];
		memcpy(p->username, p->target->username, sizeof p->username);
		ask(p, lacks ? "needs a secret for CHAP" : "demands CHAP", now_ms);
	}
}

/* --- the answer --- */

void prompt_close(struct prompt *p)
{
	if (p->session != NULL)
		console_write(p->console, "\n");
	p->session = NULL;
	begin_line(p, 0);
}

/* A user name that is given cannot be meant without its secret, so the login would be in vain. */
static void give_up(struct prompt *p, const struct boot_plan *plan, const char *why, int64_t now_ms)
{
	struct session *s = p->session;
	struct fail fail = {.code = FAIL_NONE};
	bool lacks = plan_lacks_secret(plan, p->target);
	prompt_close(p);
	log_wait("%s: %s, going on without %s", plan_target_name(s->target), why, lacks ? "this target" : "a secret");
	session_retry_at(s, now_ms);
	if (!lacks)
		return;
	fail_set(&fail, FAIL_CHAP_HALF, "the user name %s is in %s", p->target->username,
		 plan_user_origin(plan, p->target)->text);
	session_refuse(s, &fail);
}

static void take_secret(struct prompt *p, struct boot_plan *plan, int64_t now_ms)
{
	struct session *s = p->session;
	if (!plan_set_typed(plan, p->target, p->username, &p->line)) {
		give_up(p, plan, "there are too many targets with secrets of their own", now_ms);
		return;
	}
	prompt_close(p);
	session_start_anew(s);
}

static void take_username(struct prompt *p, int64_t now_ms)
{
	if (p->line.n_bytes > 0) {
		memcpy(p->username, p->line.bytes, p->line.n_bytes);
		p->username[p->line.n_bytes] = '\0';
	}
	p->wants_secret = true;
	begin_line(p, now_ms);
	console_write(p->console, "\niscsiroot: ");
	say_what(p);
}

static void end_line(struct prompt *p, struct boot_plan *plan, unsigned index, int64_t now_ms)
{
	bool is_empty = p->line.n_bytes == 0 && (p->wants_secret || p->username[0] == '\0');
	if (is_empty || p->is_overlong) {
		p->n_asked[index] = TRIES_MAX;
		give_up(p, plan, is_empty ? "the answer is empty" : "the answer is longer than 255 bytes", now_ms);
	} else if (p->wants_secret) {
		take_secret(p, plan, now_ms);
	} else {
		take_username(p, now_ms);
	}
}

/* A whole character of UTF-8. */
static void erase(struct prompt *p)
{
	struct secret *line = &p->line;
	if (line->n_bytes == 0)
		return;
	do
		line->bytes[--line->n_bytes] &= 0xc0;
	while (line->n_bytes > 0 && line->bytes[line->n_bytes] == 0x80);
	if (!p->wants_secret)
		console_write(p->console, "\b \b");
}

static void add(struct prompt *p, uint8_t key)
{
	const char text[] = {(char)key, '\0'};
	p->is_overlong = p->is_overlong || p->line.n_bytes == SECRET_MAX;
	if (p->is_overlong)
		return;
	p->line.bytes[p->line.n_bytes++] = key;
	if (!p->wants_secret)
		console_write(p->console, text);
}

/*
 * As of an arrow: ESC, [ or O, and so on up to a letter or ~; F1 of the Linux console is ESC [ [ A. None holds a key
 * like Return: that ends what somebody has begun by hand.
 */
static bool is_in_sequence(struct prompt *p, uint8_t key)
{
	bool is_control = key < ' ' || key == KEY_DELETE;
	bool was_in = p->sequence == IN_SEQUENCE && !is_control;
	bool begins = p->sequence == BEHIND_ESCAPE && (key == '[' || key == 'O');
	bool is_last = was_in && key >= '@' && key != '[';
	p->sequence = key == KEY_ESCAPE ? BEHIND_ESCAPE : begins || (was_in && !is_last) ? IN_SEQUENCE : NO_SEQUENCE;
	return begins || was_in;
}

static void take_key(struct prompt *p, struct boot_plan *plan, uint8_t key, int64_t now_ms)
{
	note_key(p, now_ms);
	if (is_in_sequence(p, key))
		return;
	if (key == '\n' || key == '\r')
		end_line(p, plan, (unsigned)(p->target - plan->targets), now_ms);
	else if (key == KEY_BACKSPACE || key == KEY_DELETE)
		erase(p);
	else if (key == KEY_CTRL_U)
		while (p->line.n_bytes > 0)
			erase(p);
	else if (key >= ' ')
		add(p, key);
}

void prompt_take(struct prompt *p, struct boot_plan *plan, const uint8_t *typed, size_t n_bytes, int64_t now_ms)
{
	for (size_t i = 0; i < n_bytes && p->session != NULL; i++)
		take_key(p, plan, typed[i], now_ms);
}

/* --- stepping --- */

bool prompt_holds(const struct prompt *p, const struct boot_plan *plan, const struct session *s)
{
	return p->session == s || plan_lacks_secret(plan, s->planned);
}

void prompt_step(struct prompt *p, struct boot_plan *plan, struct session *sessions, unsigned n_sessions,
		 int64_t now_ms)
{
	if (p->console == NULL)
		return;
	if (p->session == NULL)
		ask_next(p, plan, sessions, n_sessions, now_ms);
	else if (now_ms >= p->deadline_ms)
		give_up(p, plan, "nobody answers", now_ms);
	if (p->session == NULL)
		return;
	session_retry_at(p->session, p->deadline_ms);
	say_again(p);
}
