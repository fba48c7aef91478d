/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way that redirects lead, RFC 7143 section 11.13.5 (status class 1): which portals sent us on, and whether that
 * has an end. Temporary and permanent ones are alike here: the next attempt begins at the portal first asked for. Pure.
 */
#ifndef ISCSI_REDIRECT_H
#define ISCSI_REDIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/limits.h"

enum {
	REDIRECTS_MAX = 8,
	REDIRECT_TRAIL_BYTES = 1024,
};

struct redirects {
	unsigned n;              /* 0: nobody has sent us on, the rest means nothing */
	char host[HOST_MAX + 1]; /* where to go now */
	uint16_t port;
	char trail[REDIRECT_TRAIL_BYTES]; /* "A -> B -> C" */
};

/* Takes the host and port of a TargetAddress without its portal group tag. Fails with FAIL_REDIRECT. */
bool redirects_read(struct redirects *r, const char *address, struct fail *fail);

/*
 * The portal `from` sends us to `to`, both as text. Fails with FAIL_REDIRECT, and names the way, when we have been
 * there or this is once too often.
 */
bool redirects_follow(struct redirects *r, const char *from, const char *to, struct fail *fail);

#endif
