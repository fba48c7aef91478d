/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying the messages of kernel/iscsi_nl.c.
 */
#include "boot/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "base/secret.h"
#include "sys/sys.h"

static const char handle_path[] = "/sys/class/iscsi_transport/tcp/handle";

/* A reply is an event without text; an event may bring a PDU of a login. */
static _Alignas(8) uint8_t reply_room[ISCSI_NL_REPLY_MAX], event_room[ISCSI_NL_MESSAGE_MAX];

bool transport_exists(void)
{
	return file_exists(handle_path);
}

bool transport_open(struct transport *t, struct fail *fail)
{
	char text[32];
	if (t->handle != 0)
		return true;
	ssize_t n = file_read_text(handle_path, text, sizeof text);
	if (n < 0)
		return fail_errno(fail, FAIL_NO_TRANSPORT, (int)-n, "%s", handle_path);
	t->request_fd = netlink_open(ISCSI_NL_PROTOCOL, 0);
	t->event_fd = netlink_open(ISCSI_NL_PROTOCOL, ISCSI_NL_EVENT_GROUP);
	if (t->request_fd < 0 || t->event_fd < 0)
		return fail_errno(fail, FAIL_NETLINK, t->request_fd < 0 ? -t->request_fd : -t->event_fd,
				  "NETLINK_ISCSI");
	t->handle = strtoull(text, NULL, 10);
	return true;
}

bool transport_request(struct transport *t, struct writer *request, struct iscsi_nl_message *reply, struct fail *fail)
{
	size_t used;
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
	if (t->handle == 0)
		return false;
	ssize_t n;
	do
		n = netlink_receive(t->event_fd, event_room, sizeof event_room);
	while (n == -ENOBUFS || (n > 0 && !iscsi_nl_decode(event_room, (size_t)n, event, &used)));
	return n > 0;
}

void transport_occupy(void)
{
	memory_occupy(reply_room, sizeof reply_room);
	memory_occupy(event_room, sizeof event_room);
}
