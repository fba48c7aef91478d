/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user hears of a wait that lasts: nothing for the first seconds, then a line now and then that says for what,
 * how long already and how long at most. Failures and their retries have lines of their own (retry.h).
 */
#ifndef BOOT_WAIT_H
#define BOOT_WAIT_H

#include <stdint.h>

enum {
	WAIT_TEXT_BYTES = 384, /* holds a name and a portal */
};

struct wait {
	char what[WAIT_TEXT_BYTES]; /* empty: nothing is awaited */
	int64_t since_ms, next_ms;  /* when it began, and when to say so */
	int64_t pause_ms;           /* between the last line and the next */
};

/*
 * `what` is awaited just now, at most until deadline_ms (INT64_MAX: as long as it takes); empty: nothing. To be called
 * at every turn of the loop: the same text is the same wait.
 */
void wait_tell(struct wait *w, const char *what, int64_t deadline_ms, int64_t now_ms);

#endif
