/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying the messages of kernel/iscsi_nl.c.
 */
#include "boot/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/limits.h"
#include "base/secret.h"
#include "sys/sys.h"

static const char handle_path[] = "/sys/class/iscsi_transport/tcp/handle";

/* A reply is an event without text; an event may bring a PDU of a login. */
static _Alignas(8) uint8_t reply_room[ISCSI_NL_REPLY_MAX], event_room[ISCSI_NL_MESSAGE_MAX];

bool transport_exists(void)
{
	return file_exists(handle_path);
}

static int open_sockets(struct transport *t)
{
	t->request_fd = netlink_open(ISCSI_NL_PROTOCOL, 0);
	t->event_fd = t->request_fd < 0 ? t->request_fd : netlink_open(ISCSI_NL_PROTOCOL, ISCSI_NL_EVENT_GROUP);
	if (t->event_fd < 0)
		netlink_close(t->request_fd);
	return t->event_fd < 0 ? t->event_fd : 0;
}

bool transport_open(struct transport *t, struct fail *fail)
{
	char text[32];
	if (t->handle != 0)
		return true;
	ssize_t n = file_read_text(handle_path, text, sizeof text);
	if (n < 0)
		return fail_errno(fail, FAIL_NO_TRANSPORT, (int)-n, "%s", handle_path);
	int error = open_sockets(t);
	if (error < 0)
		return fail_errno(fail, FAIL_NETLINK, -error, "NETLINK_ISCSI");
	t->sessions_fd = dir_handle("/sys/class/iscsi_session");
	t->handle = strtoull(text, NULL, 10);
	return true;
}

void transport_close(struct transport *t)
{
	if (t->handle == 0)
		return;
	netlink_close(t->request_fd);
	netlink_close(t->event_fd);
	dir_handle_close(t->sessions_fd);
	t->handle = 0;
}

bool transport_has_session(const struct transport *t, uint32_t sid)
{
	char path[PATH_BYTES];
	format_text(path, sizeof path, "session%u", sid);
	return file_exists_at(t->sessions_fd, path);
}

bool transport_is_logged_in(const struct transport *t, uint32_t sid)
{
	char path[PATH_BYTES], state[32];
	format_text(path, sizeof path, "session%u/state", sid);
	return file_read_text_at(t->sessions_fd, path, state, sizeof state) > 0 && strcmp(state, "LOGGED_IN") == 0;
}

void transport_fix_recovery_tmo(const struct transport *t, uint32_t sid, uint32_t seconds)
{
	char path[PATH_BYTES], text[16];
	format_text(path, sizeof path, "session%u/recovery_tmo", sid);
	format_text(text, sizeof text, "%u", seconds);
	file_write_text_at(t->sessions_fd, path, text);
}

bool transport_request(struct transport *t, struct writer *request, struct iscsi_nl_message *reply, struct fail *fail)
{
	size_t used;
	while (netlink_receive(t->request_fd, reply_room, sizeof reply_room) > 0)
		continue; /* nobody's: the answer below is that of this request */
	ssize_t n = request->full ? -EMSGSIZE : netlink_send(t->request_fd, request->bytes, request->n_bytes);
	bytes_wipe(request->bytes, request->n_bytes);
	if (n >= 0)
		n = netlink_receive(t->request_fd, reply_room, sizeof reply_room);
	if (n < 0)
		return fail_errno(fail, FAIL_NETLINK, (int)-n, "NETLINK_ISCSI");
	return iscsi_nl_decode(reply_room, (size_t)n, reply, &used) || fail_set(fail, FAIL_NETLINK, "a torn answer");
}

bool transport_event(struct transport *t, struct iscsi_nl_message *event)
{
	size_t used;
	ssize_t n;
	if (t->handle == 0)
		return false;
	do {
		n = netlink_receive(t->event_fd, event_room, sizeof event_room);
		t->lost_events = t->lost_events || n == -ENOBUFS;
	} while (n == -ENOBUFS || (n > 0 && !iscsi_nl_decode(event_room, (size_t)n, event, &used)));
	return n > 0;
}

void transport_occupy(void)
{
	memory_occupy(reply_room, sizeof reply_room);
	memory_occupy(event_room, sizeof event_room);
}
