/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Back-off and what the user hears of it. A failure is told whole when it is new; while it lasts, a line now and then
 * says what is awaited, for how long already and when the next attempt is.
 *
 * What is urgent has worked before and is in use: it is tried again for ever and soon, whatever the failure, and told
 * of seldom, since an outage may last for days.
 */
#ifndef BOOT_RETRY_H
#define BOOT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

struct retry {
	bool urgent;           /* set by the owner; stays over retry_reset */
	int64_t begun_ms;      /* the present attempt; set by the owner */
	unsigned n_failed;     /* attempts since the last success */
	int64_t since_ms;      /* when the first of them failed */
	int64_t next_ms;       /* when to try again */
	int64_t told_ms;       /* when the user heard of it */
	int64_t tell_after_ms; /* how long until the next line */
	enum fail_code code;   /* of the last failure */
};

/*
 * Notes a failed attempt, sets next_ms by the failure's retry rule, and logs it as due. `what` names what is being
 * tried, for the repeated lines: "iqn... at 10.0.0.5:3260". False when the rule is never: nothing is to be tried again.
 */
bool retry_failed(struct retry *retry, int64_t now_ms, const char *what, const struct fail *fail);

/* The failures have lasted for more than a minute. */
bool retry_is_late(const struct retry *retry, int64_t now_ms);

/* Success: forgets all failures. */
void retry_reset(struct retry *retry);

#endif
