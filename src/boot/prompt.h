/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the person at the console for a secret: of a target that demands CHAP when none is known, or whose user name was
 * given without one. What is typed goes into the plan and nowhere else, neither to the screen nor to a log. One target
 * after the other; all else goes on meanwhile. Nobody answers: then a target whose user name is given is left out; else
 * all is as if nobody had been asked.
 */
#ifndef BOOT_PROMPT_H
#define BOOT_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/session.h"
#include "plan/plan.h"
#include "sys/console.h"

struct prompt {
	struct console *console; /* NULL: there is nobody to ask */
	const char *tty;         /* its name, when there are others; else empty */
	struct session *session; /* that is asked for just now; NULL: none */
	struct plan_target *target;
	int64_t deadline_ms, end_ms;                               /* without another key; and with, at the latest */
	unsigned n_logged;                                         /* lines of the log when the question was written */
	enum { NO_SEQUENCE, BEHIND_ESCAPE, IN_SEQUENCE } sequence; /* of a key that sends more than one byte */
	bool wants_secret;                                         /* the user name has been given */
	bool is_overlong;
	char username[CHAP_NAME_MAX + 1];
	struct secret line; /* that is being typed */
	uint8_t n_asked[TARGETS_MAX];
};

/* console NULL: nobody can be asked. tty: its name, for those at other consoles, who do not see it; empty: there are
 * none. */
void prompt_init(struct prompt *p, struct console *console, const char *tty);

/* Ends a question without an answer, and opens the next one. A session that needs a secret and gets none gives up. */
void prompt_step(struct prompt *p, struct boot_plan *plan, struct session *sessions, unsigned n_sessions,
		 int64_t now_ms);

/* What was typed; it is for nobody when nothing is asked. */
void prompt_take(struct prompt *p, struct boot_plan *plan, const uint8_t *typed, size_t n_bytes, int64_t now_ms);

/* Nothing is to be tried for this session now. */
bool prompt_holds(const struct prompt *p, const struct boot_plan *plan, const struct session *s);

/* Forgets the question and what was typed. */
void prompt_close(struct prompt *p);

#endif
