/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/class/iscsi_session/sessionN and /sys/class/iscsi_connection/connectionN:0. A keeper is in charge when its board
 * has the session; a board without a living keeper is what a killed one left behind.
 */
#include "boot/census.h"

#include <string.h>

#include "base/format.h"
#include "boot/keeper.h"
#include "sys/sys.h"

#define SESSIONS "/sys/class/iscsi_session"

enum {
	TEXT_BYTES = 256,
};

/* --- the kernel's sessions --- */

static bool lowest_from(uint32_t sid, uint32_t *out)
{
	struct dir d;
	uint64_t number;
	bool found = false;
	if (dir_open(&d, SESSIONS) < 0)
		return false;
	for (const char *name; (name = dir_next(&d)) != NULL;) {
		if (strncmp(name, "session", 7) != 0 || !text_decimal(span_of(name + 7), UINT32_MAX, &number) ||
		    number < sid || (found && number > *out))
			continue;
		*out = (uint32_t)number;
		found = true;
	}
	return found;
}

/* Empty when there is nothing to read; the kernel writes "(null)" for a text that was never set. */
static void read_fact(const char *class, uint32_t sid, const char *fact, char out[static TEXT_BYTES])
{
	char path[PATH_BYTES];
	out[0] = '\0';
	if (format_text(path, sizeof path, "/sys/class/iscsi_%s%u%s/%s", class, sid, class[0] == 'c' ? ":0" : "",
			fact) &&
	    (file_read_text(path, out, TEXT_BYTES) < 0 || strcmp(out, "(null)") == 0))
		out[0] = '\0';
}

static void read_portal(uint32_t sid, const char *address, const char *port, char out[static PORTAL_TEXT_BYTES])
{
	char host[TEXT_BYTES], safe[HOST_MAX + 1], number[TEXT_BYTES];
	uint64_t value;
	out[0] = '\0';
	read_fact("connection/connection", sid, address, host);
	read_fact("connection/connection", sid, port, number);
	text_escape(host, safe, sizeof safe);
	if (safe[0] != '\0' && text_decimal(span_of(number), UINT16_MAX, &value))
		plan_format_portal(safe, (uint16_t)value, out);
}

static uint32_t read_host(uint32_t sid)
{
	char path[PATH_BYTES], link[PATH_BYTES];
	uint64_t number = 0;
	format_text(path, sizeof path, SESSIONS "/session%u", sid);
	struct span rest = file_read_link(path, link, sizeof link) == 0 ? span_of(link) : span_of("");
	while (rest.text != NULL) {
		struct span part = span_cut(&rest, '/');
		if (span_starts(part, "host"))
			text_decimal((struct span){part.text + 4, part.n_bytes - 4}, UINT32_MAX, &number);
	}
	return (uint32_t)number;
}

static int64_t read_number(uint32_t sid, const char *fact, int64_t otherwise)
{
	char text[TEXT_BYTES];
	uint64_t value;
	read_fact("session/session", sid, fact, text);
	return text_decimal(span_of(text), UINT32_MAX, &value) ? (int64_t)value : otherwise;
}

bool census_next(uint32_t sid, struct census_session *out)
{
	char text[TEXT_BYTES];
	*out = (struct census_session){.sid = sid};
	if (!lowest_from(sid, &out->sid))
		return false;
	sid = out->sid;
	out->host_no = read_host(sid);
	read_fact("session/session", sid, "targetname", text);
	text_escape(text, out->target, sizeof out->target);
	read_fact("session/session", sid, "state", text);
	text_escape(text, out->state, sizeof out->state);
	out->tpgt = (int32_t)read_number(sid, "tpgt", -1);
	out->recovery_tmo_s = read_number(sid, "recovery_tmo", -1);
	read_portal(sid, "address", "port", out->portal);
	read_portal(sid, "persistent_address", "persistent_port", out->persistent);
	return true;
}

bool census_find(const char *target, const char *portal, uint32_t but, struct census_session *out)
{
	for (uint32_t sid = 0; census_next(sid, out); sid = out->sid + 1)
		if (out->sid != but && strcmp(out->target, target) == 0 && strcmp(out->persistent, portal) == 0)
			return true;
	return false;
}

bool census_is_up(const struct census_session *s)
{
	return strcmp(s->state, "LOGGED_IN") == 0;
}

/* --- who looks after them --- */

/* Whether a process is a keeper, by its title. */
static bool is_keeper(int pid)
{
	char path[PATH_BYTES], title[sizeof KEEPER_TITLE] = "";
	format_text(path, sizeof path, "/proc/%d/cmdline", pid);
	return file_read_bytes(path, title, sizeof title - 1) > 0 && strcmp(title, KEEPER_TITLE) == 0;
}

static bool is_iscsid_there(void)
{
	struct process found;
	int proc_fd = dir_handle("/proc");
	int n = proc_fd >= 0 ? process_find(proc_fd, "iscsid", 0, &found, 1) : 0;
	if (n > 0)
		process_close(&found);
	dir_handle_close(proc_fd);
	return n > 0;
}

/* One file of the directory: does it belong to the keeper of the session? */
static void look_at_board(const char *name, uint32_t sid, struct census_keeper *out)
{
	char path[PATH_BYTES];
	struct board b;
	uint64_t pid;
	if (strncmp(name, BOARD_PREFIX, sizeof BOARD_PREFIX - 1) != 0 ||
	    !text_decimal(span_of(name + sizeof BOARD_PREFIX - 1), INT32_MAX, &pid) || !is_keeper((int)pid))
		return;
	format_text(path, sizeof path, BOARD_DIR "/%s", name);
	bool readable = board_read(path, &b);
	const struct board_session *record = readable ? board_find(&b, sid) : NULL;
	if (record != NULL)
		*out = (struct census_keeper){
			.charge = record->state == BOARD_ASIDE ? CENSUS_ISCSID : CENSUS_KEEPER,
			.pid = (int)pid,
			.record = *record,
		};
	else if (!readable && out->charge == CENSUS_NOBODY)
		*out = (struct census_keeper){.charge = CENSUS_UNREADABLE, .pid = (int)pid};
}

void census_find_keeper(uint32_t sid, struct census_keeper *out)
{
	struct dir d;
	*out = (struct census_keeper){.charge = CENSUS_NOBODY};
	if (dir_open(&d, BOARD_DIR) == 0)
		for (const char *name; (name = dir_next(&d)) != NULL;)
			look_at_board(name, sid, out);
	if (out->charge == CENSUS_NOBODY && is_iscsid_there())
		out->charge = CENSUS_ISCSID;
}
