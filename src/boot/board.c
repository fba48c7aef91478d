/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sequence lock with one writer: the counter is odd while the writer writes, and a reader whose copy began or ended
 * with another counter begins again.
 */
#include "boot/board.h"

#include <string.h>

#include "base/format.h"
#include "sys/sys.h"

enum {
	MAGIC = 0x4b495369,                  /* "iSIK" */
	VERSION = 1 << 16 | FAIL_CODE_COUNT, /* of the layout, and what the numbers of failures mean */
	NAME_BYTES = 32,
	TRIES = 10000, /* writing takes about a microsecond */
};

_Static_assert(sizeof(struct board) <= 4096, "a board is one page");

static bool make_name(char name[static NAME_BYTES])
{
	return format_text(name, NAME_BYTES, BOARD_PREFIX "%d", process_own_id());
}

struct board *board_make(int dir_fd)
{
	char name[NAME_BYTES];
	struct board *b = make_name(name) ? shared_create(dir_fd, name, sizeof *b) : NULL;
	if (b != NULL)
		*b = (struct board){.magic = MAGIC, .version = VERSION, .n_bytes = sizeof *b};
	return b;
}

void board_remove(int dir_fd)
{
	char name[NAME_BYTES];
	if (make_name(name))
		file_remove_at(dir_fd, name);
}

/* --- writing --- */

static enum board_state state_of(const struct session *s)
{
	return s->state == SESSION_ASIDE ? BOARD_ASIDE : s->lost_ms != 0 ? BOARD_LOST : BOARD_UP;
}

static void post_session(struct board_session *to, const struct session *s)
{
	to->sid = s->handover.conn.sid;
	to->state = state_of(s);
	to->n_lost = s->n_lost;
	to->fail_code = s->retry.n_failed > 0 ? s->retry.code : FAIL_NONE;
	to->since_ms = s->since_ms;
	to->away_ms = s->away_ms;
	memcpy(to->portal, s->portal, sizeof to->portal);
	memcpy(to->loss, s->loss, sizeof to->loss);
}

void board_post(struct board *b, const struct session *sessions, unsigned n_sessions)
{
	if (b == NULL)
		return;
	__atomic_store_n(&b->sequence, b->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	b->n_sessions = 0;
	for (unsigned i = 0; i < n_sessions && i < TARGETS_MAX; i++)
		if (session_is_kept(&sessions[i]))
			post_session(&b->sessions[b->n_sessions++], &sessions[i]);
	__atomic_store_n(&b->sequence, b->sequence + 1, __ATOMIC_RELEASE);
}

/* --- reading --- */

/* The writer may be anybody who could make the file: no text without its end, no count beyond the room. */
static bool is_sound(const struct board *b)
{
	bool good =
		b->magic == MAGIC && b->version == VERSION && b->n_bytes == sizeof *b && b->n_sessions <= TARGETS_MAX;
	for (unsigned i = 0; good && i < b->n_sessions; i++) {
		const struct board_session *s = &b->sessions[i];
		good = s->state <= BOARD_ASIDE && memchr(s->portal, '\0', sizeof s->portal) != NULL &&
		       memchr(s->loss, '\0', sizeof s->loss) != NULL;
	}
	return good;
}

bool board_copy(const struct board *shared, struct board *copy)
{
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t before = __atomic_load_n(&shared->sequence, __ATOMIC_ACQUIRE);
		if (before % 2 != 0)
			continue;
		*copy = *shared;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&shared->sequence, __ATOMIC_RELAXED) == before)
			return is_sound(copy);
	}
	return false;
}

bool board_read(const char *path, struct board *copy)
{
	const struct board *shared = shared_view(path, sizeof *shared);
	bool good = shared != NULL && board_copy(shared, copy);
	if (shared != NULL)
		shared_forget(shared, sizeof *shared);
	return good;
}

const struct board_session *board_find(const struct board *b, uint32_t sid)
{
	for (unsigned i = 0; i < b->n_sessions; i++)
		if (b->sessions[i].sid == sid)
			return &b->sessions[i];
	return NULL;
}
