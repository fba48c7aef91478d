/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trail is one text: it is what a user gets to see, and short enough to be searched.
 */
#include "iscsi/redirect.h"

#include <string.h>

#include "base/text.h"
#include "base/writer.h"

enum {
	DEFAULT_PORT = 3260, /* section 13.8 */
};

static const char arrow[] = " -> ";

bool redirects_read(struct redirects *r, const char *address, struct fail *fail)
{
	struct span host;
	r->port = DEFAULT_PORT;
	return (text_host_port(span_of(address), &host, &r->port) && span_copy(host, r->host, sizeof r->host)) ||
	       fail_set(fail, FAIL_REDIRECT, "TargetAddress=%s", address);
}

/* The trail from a portal on, NULL when it is not there. */
static const char *find(const char *trail, const char *portal)
{
	size_t n_bytes = strlen(portal);
	for (const char *at = trail; at != NULL; at = strchr(at, '>')) {
		at += *at == '>' ? 2 : 0;
		if (strncmp(at, portal, n_bytes) == 0 && (at[n_bytes] == '\0' || at[n_bytes] == ' '))
			return at;
	}
	return NULL;
}

bool redirects_follow(struct redirects *r, const char *from, const char *to, struct fail *fail)
{
	struct writer w = writer_over(r->trail, sizeof r->trail - 1);
	w.n_bytes = r->n == 0 ? 0 : strlen(r->trail);
	if (r->n == 0)
		writer_text(&w, from);
	r->trail[w.n_bytes] = '\0';
	const char *circle = find(r->trail, to);
	if (circle != NULL)
		return fail_set(fail, FAIL_REDIRECT, "in a circle: %s%s%s", circle, arrow, to);
	writer_text(&w, arrow);
	writer_text(&w, to);
	if (w.full || r->n == REDIRECTS_MAX)
		return fail_set(fail, FAIL_REDIRECT, "redirected %u times, last by %s to %s", r->n + 1, from, to);
	r->trail[w.n_bytes] = '\0';
	r->n++;
	return true;
}
