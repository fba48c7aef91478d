/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a wait come after 5 s and then ever more seldom.
 */
#include "boot/wait.h"

#include <string.h>

#include "base/format.h"
#include "boot/log.h"

enum {
	FIRST_MS = 5000,
	PAUSE_MAX_MS = 30000,
};

static void begin(struct wait *w, const char *what, int64_t now_ms)
{
	format_text(w->what, sizeof w->what, "%s", what);
	w->since_ms = now_ms;
	w->pause_ms = FIRST_MS;
	w->next_ms = now_ms + FIRST_MS;
}

void wait_tell(struct wait *w, const char *what, int64_t deadline_ms, int64_t now_ms)
{
	if (strcmp(w->what, what) != 0)
		begin(w, what, now_ms);
	if (w->what[0] == '\0' || now_ms < w->next_ms)
		return;
	long long so_far_s = (now_ms - w->since_ms) / 1000;
	if (deadline_ms == INT64_MAX)
		log_wait("waiting for %s, %lld s so far", what, so_far_s);
	else
		log_wait("waiting for %s, %lld s so far, %lld s at most", what, so_far_s,
			 (long long)(deadline_ms - w->since_ms) / 1000);
	w->pause_ms = 2 * w->pause_ms < PAUSE_MAX_MS ? 2 * w->pause_ms : PAUSE_MAX_MS;
	w->next_ms = now_ms + w->pause_ms;
}
