/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot detach: ends sessions whose disks nothing uses. It looks and asks; the session's keeper does it. What is in
 * use between the look and the end is the user's race.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot/census.h"
#include "boot/disks.h"
#include "boot/orders.h"
#include "tool/options.h"
#include "tool/tool.h"
#include "boot/users.h"

enum {
	TIMEOUT_S = 90, /* the keeper's own waits are shorter */
	LOOKS = 20,
	LOOK_AGAIN_MS = 100,
};

static bool is_meant(const struct options *o, const struct census_session *s)
{
	uint64_t number;
	return o->all || strcmp(o->operand, s->target) == 0 ||
	       (text_decimal(span_of(o->operand), UINT32_MAX, &number) && number == s->sid);
}

static bool check_charge(const struct census_keeper *keeper, struct fail *fail)
{
	static const char *const others[] = {
		[CENSUS_NOBODY] = "nobody does",
		[CENSUS_ISCSID] = "iscsid does",
		[CENSUS_UNREADABLE] = "a keeper of another version of this program may",
	};
	return keeper->charge == CENSUS_KEEPER || fail_set(fail, FAIL_NOT_IN_CHARGE, "%s", others[keeper->charge]);
}

/* Who only has a look at it will have gone in a moment. */
static bool is_free(const struct disk *disk, bool is_up, struct fail *fail)
{
	enum users users = USERS_OPEN;
	for (unsigned i = 0; i < LOOKS && users == USERS_OPEN; i++) {
		*fail = (struct fail){.code = FAIL_NONE};
		poll_wait(NULL, 0, i > 0 ? LOOK_AGAIN_MS : 0);
		users = users_find(disk, is_up, fail);
	}
	return users == USERS_NONE;
}

static bool check_unused(const struct census_session *s, struct fail *fail)
{
	static struct disk_list disks;
	disks = (struct disk_list){.n_disks = 0};
	disks_list_session(&disks, 0, s->sid);
	if (disks.n_left_out > 0)
		return fail_set(fail, FAIL_DISK_IN_USE, "more than %d disks and partitions, not all were looked at",
				DISKS_MAX);
	for (unsigned i = 0; i < disks.n_disks; i++)
		if (!is_free(&disks.disks[i], census_is_up(s), fail))
			return false;
	return true;
}

static bool order(const struct census_session *s, int pid, const struct options *o, struct fail *fail)
{
	int64_t wait_ms = (int64_t)(o->timeout != NULL ? o->timeout_s : TIMEOUT_S) * 1000;
	switch (orders_detach(pid, s->sid, wait_ms)) {
	case ORDER_DONE:
		return true;
	case ORDER_ASIDE:
		return fail_set(fail, FAIL_NOT_IN_CHARGE, "iscsid does");
	case ORDER_UNKNOWN:
		return fail_set(fail, FAIL_NO_SESSION, "the keeper, process %d, does not know it", pid);
	default:
		return fail_set(fail, FAIL_KEEPER_SILENT, "process %d", pid);
	}
}

static bool detach(const struct census_session *s, const struct options *o, struct fail *fail)
{
	struct census_keeper keeper;
	census_find_keeper(s->sid, &keeper);
	if (check_unused(s, fail) && check_charge(&keeper, fail) && order(s, keeper.pid, o, fail)) {
		printf("session %" PRIu32 " to %s: ended\n", s->sid, s->target);
		return true;
	}
	return fail_context(fail, "cannot detach session %" PRIu32 " to %s", s->sid, s->target);
}

int detach_main(int argc, char **argv)
{
	static const char usage[] = "detach TARGET | NUMBER | --all [--timeout SECONDS]";
	struct options o;
	struct census_session s;
	struct fail last = {.code = FAIL_NONE};
	unsigned n_meant = 0;
	if (!options_read(&o, usage, argc, argv))
		return o.status;
	if (o.all == (o.operand != NULL))
		return options_misused(usage);
	if (!machine_is_root())
		fail_set(&last, FAIL_NOT_ROOT, "%s", "");
	for (uint32_t sid = 0; last.code != FAIL_NOT_ROOT && census_next(sid, &s); sid = s.sid + 1) {
		struct fail fail = {.code = FAIL_NONE};
		if (!is_meant(&o, &s))
			continue;
		n_meant++;
		if (detach(&s, &o, &fail))
			continue;
		if (last.code != FAIL_NONE)
			tool_complain_fail(&last);
		last = fail;
	}
	if (n_meant == 0 && !o.all)
		fail_set(&last, FAIL_NO_SESSION, "%s", o.operand);
	if (last.code != FAIL_NONE)
		tool_complain_fail(&last);
	return tool_exit_status(&last);
}
