/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which target a plan means that names a portal alone: the portal is asked by SendTargets (RFC 7143 appendix C), and
 * its one target for us is it. None or several are failures that say so; nothing is ever chosen by chance.
 */
#ifndef BOOT_DISCOVER_H
#define BOOT_DISCOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/wire.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum {
	DISCOVER_WAIT_MS = 20000,
};

/*
 * Asks, and waits for it on a socket of our own, no longer than timeout_ms. *found is then what the plan says of the
 * target, with its name and with the portal to log in at: the one that was asked when the target is there, too.
 */
bool discover_target(struct wire *w, const struct boot_plan *plan, const struct plan_target *asked, int64_t timeout_ms,
		     struct plan_target *found, struct fail *fail);

/* The same as an errand, of DISCOVER_WAIT_MS and a little more. */
int discover_start(struct errand *e, const struct boot_plan *plan, const struct plan_target *asked);
bool discover_finish(struct errand *e, struct plan_target *found, struct fail *fail);

/* "HOST:PORT: discovered NAME" and, when that is elsewhere, its portal. */
void discover_describe(const struct plan_target *asked, const struct plan_target *found,
		       char out[static PLAN_LINE_BYTES]);

#endif
