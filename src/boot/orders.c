/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client at a time; others wait in the socket's queue. A client that goes away does not stop what it has asked for.
 */
#include "boot/orders.h"

#include "base/format.h"
#include "boot/board.h"
#include "sys/sys.h"

enum {
	MAGIC = 0x4f495369, /* "iSIO" */
	SAY_WAIT_MS = 2000,
	NAME_BYTES = 32,
};

/* An order, and with `answer` filled in its answer. */
struct order {
	uint32_t magic, n_bytes;
	uint32_t sid;
	uint32_t answer;
};

static bool make_name(int pid, char name[static NAME_BYTES])
{
	return format_text(name, NAME_BYTES, BOARD_PREFIX "%d.sock", pid);
}

static bool make_path(int pid, char path[static PATH_BYTES])
{
	char name[NAME_BYTES];
	return make_name(pid, name) && format_text(path, PATH_BYTES, BOARD_DIR "/%s", name);
}

static bool is_sound(const struct order *order, ssize_t n_bytes)
{
	return n_bytes == sizeof *order && order->magic == MAGIC && order->n_bytes == sizeof *order;
}

/* --- the keeper's side --- */

void orders_open(struct orders *o)
{
	char path[PATH_BYTES];
	*o = (struct orders){.client_fd = -1};
	o->listen_fd = make_path(process_own_id(), path) ? local_listen(path) : -1;
}

void orders_remove(int dir_fd)
{
	char name[NAME_BYTES];
	if (make_name(process_own_id(), name))
		file_remove_at(dir_fd, name);
}

void orders_want(const struct orders *o, struct loop *loop)
{
	loop_want(loop, o->client_fd >= 0 ? -1 : o->listen_fd, POLL_READ);
	if (o->client_fd < 0 || o->session != NULL)
		return;
	loop_want(loop, o->client_fd, POLL_READ);
	loop_wake_at(loop, o->deadline_ms);
}

static void end_client(struct orders *o, enum order_answer answer)
{
	const struct order order = {.magic = MAGIC, .n_bytes = sizeof order, .answer = answer};
	local_send(o->client_fd, &order, sizeof order);
	local_close(o->client_fd);
	o->client_fd = -1;
	o->session = NULL;
}

static struct session *find_session(struct session *sessions, unsigned n_sessions, uint32_t sid)
{
	for (unsigned i = 0; i < n_sessions; i++)
		if (session_is_kept(&sessions[i]) && sessions[i].handover.conn.sid == sid)
			return &sessions[i];
	return NULL;
}

static void take_order(struct orders *o, const struct loop *loop, struct session *sessions, unsigned n_sessions)
{
	struct order order;
	ssize_t n = local_receive(o->client_fd, &order, sizeof order);
	o->session = is_sound(&order, n) ? find_session(sessions, n_sessions, order.sid) : NULL;
	if (o->session == NULL)
		end_client(o, ORDER_UNKNOWN);
	else
		session_leave(o->session, loop->now_ms);
}

void orders_step(struct orders *o, const struct loop *loop, struct session *sessions, unsigned n_sessions)
{
	if (o->client_fd < 0 && loop_is_ready(loop, o->listen_fd)) {
		o->client_fd = local_accept(o->listen_fd);
		o->deadline_ms = loop->now_ms + SAY_WAIT_MS;
	} else if (o->client_fd >= 0 && o->session == NULL && loop_is_ready(loop, o->client_fd)) {
		take_order(o, loop, sessions, n_sessions);
	} else if (o->client_fd >= 0 && o->session == NULL && loop->now_ms >= o->deadline_ms) {
		end_client(o, ORDER_UNKNOWN);
	}
	if (o->session == NULL)
		return;
	if (!session_is_kept(o->session))
		end_client(o, ORDER_DONE);
	else if (o->session->state == SESSION_ASIDE)
		end_client(o, ORDER_ASIDE);
}

/* --- the other side --- */

static enum order_answer ask(int fd, uint32_t sid, int64_t wait_ms)
{
	struct order order = {.magic = MAGIC, .n_bytes = sizeof order, .sid = sid};
	struct poll_item item = {.fd = fd, .wanted = POLL_READ};
	if (local_send(fd, &order, sizeof order) < 0)
		return ORDER_NONE;
	poll_wait(&item, 1, wait_ms);
	return is_sound(&order, local_receive(fd, &order, sizeof order)) ? (enum order_answer)order.answer : ORDER_NONE;
}

enum order_answer orders_detach(int pid, uint32_t sid, int64_t wait_ms)
{
	char path[PATH_BYTES];
	int fd = make_path(pid, path) ? local_connect(path) : -1;
	enum order_answer answer = fd >= 0 ? ask(fd, sid, wait_ms) : ORDER_NONE;
	local_close(fd);
	return answer;
}
