/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links are kept in a list, brought up to date by events. Addresses are not: who wants to know asks the kernel. When
 * the socket's buffer overran, events are lost, and so may be an answer: then the list is made anew, and a request is
 * made again, which does no harm with any of them.
 */
#include "boot/nics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "boot/log.h"
#include "sys/sys.h"

enum {
	RTNETLINK_PROTOCOL = 0,                /* NETLINK_ROUTE */
	RTNETLINK_GROUPS = 0x1 | 0x10 | 0x100, /* RTMGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR */
	TRIES_MAX = 3,
};

static const struct ip_address none;

/* --- what the kernel says --- */

/* Of ifindex 0: a free place. */
static struct nic *place_of(struct nics *nics, uint32_t ifindex)
{
	for (unsigned i = 0; i < NICS_MAX; i++)
		if (nics->list[i].ifindex == ifindex)
			return &nics->list[i];
	return NULL;
}

struct nic *nics_find(struct nics *nics, uint32_t ifindex)
{
	return ifindex != 0 ? place_of(nics, ifindex) : NULL;
}

struct nic *nics_named(struct nics *nics, const char *name)
{
	for (unsigned i = 0; i < NICS_MAX; i++)
		if (nics->list[i].ifindex != 0 && strcmp(nics->list[i].name, name) == 0)
			return &nics->list[i];
	return NULL;
}

static void tell_full(struct nics *nics, const char *name)
{
	if (!nics->full)
		log_wait("this machine has more than %u network interfaces: %s and all that come later are left out; "
			 "use an image with fewer network drivers",
			 NICS_MAX, name);
	nics->full = true;
}

static void note_link(struct nics *nics, const struct rtnl_message *message)
{
	struct nic *nic = place_of(nics, message->ifindex);
	if (nic == NULL)
		nic = place_of(nics, 0);
	if (nic == NULL) {
		tell_full(nics, message->name);
		return;
	}
	nics->changed = true;
	nic->ifindex = message->ifindex;
	memcpy(nic->name, message->name, sizeof nic->name);
	memcpy(nic->mac, message->mac, sizeof nic->mac);
	nic->ethernet = message->ethernet;
	nic->up = message->up;
	nic->carrier = message->carrier;
}

static void forget_link(struct nics *nics, uint32_t ifindex)
{
	struct nic *nic = nics_find(nics, ifindex);
	if (nic == NULL)
		return;
	nics->changed = true;
	*nic = (struct nic){.ifindex = 0};
}

static bool is_sought(const struct rtnl_message *sought, const struct rtnl_message *message)
{
	if (sought == NULL || sought->ifindex != message->ifindex)
		return false;
	if (sought->ip.family == 0)
		return message->ip.family == 4 && message->scope == 0;
	return memcmp(&sought->ip, &message->ip, sizeof message->ip) == 0;
}

static void note_address(struct nics *nics, const struct rtnl_message *message)
{
	if (message->seq != nics->seq)
		nics->changed = true;
	else if (is_sought(nics->sought, message))
		*nics->sought = *message;
}

static void note(struct nics *nics, const struct rtnl_message *message)
{
	switch (message->kind) {
	case RTNL_LINK:
		note_link(nics, message);
		break;
	case RTNL_LINK_GONE:
		forget_link(nics, message->ifindex);
		break;
	case RTNL_ADDRESS:
		note_address(nics, message);
		break;
	default:
		break;
	}
}

/* Takes in one datagram. True when the answer to `seq` (0: none is awaited) was in it; *error is its result. */
static bool take_datagram(struct nics *nics, const uint8_t *bytes, size_t n_bytes, uint32_t seq, int *error)
{
	bool answered = false;
	struct rtnl_message message;
	size_t used;
	for (size_t at = 0; rtnl_decode(bytes + at, n_bytes - at, &message, &used); at += used) {
		note(nics, &message);
		if (seq != 0 && message.seq == seq && (message.kind == RTNL_ACK || message.kind == RTNL_DONE)) {
			*error = message.error;
			answered = true;
		}
	}
	return answered;
}

/* Takes in what is waiting, up to the answer to `seq` if one is awaited. True when it came. */
static bool receive(struct nics *nics, uint32_t seq, int *error)
{
	static _Alignas(8) uint8_t bytes[RTNL_MESSAGE_MAX];
	for (;;) {
		ssize_t n = netlink_receive(nics->fd, bytes, sizeof bytes);
		if (n == -ENOBUFS)
			nics->lost = true;
		else if (n <= 0)
			return false;
		else if (take_datagram(nics, bytes, (size_t)n, seq, error))
			return true;
	}
}

/*
 * Sends what w holds as request nics->seq and takes its answer, which the kernel has queued when the send returns,
 * unless there was no room for it. So room is made before.
 */
static int request(struct nics *nics, const struct writer *w)
{
	int error;
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		receive(nics, 0, &error);
		error = netlink_send(nics->fd, w->bytes, w->n_bytes);
		if (error != 0 || receive(nics, nics->seq, &error))
			return error;
	}
	return -ENOBUFS;
}

static int dump_links(struct nics *nics)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_dump_links(&w, ++nics->seq);
	return request(nics, &w);
}

/* Makes the list anew. Events that come meanwhile belong to it; when some of them are lost it is made once more. */
static int look_anew(struct nics *nics)
{
	int error = 0;
	for (unsigned i = 0; i < TRIES_MAX && nics->lost && error == 0; i++) {
		nics->lost = false;
		memset(nics->list, 0, sizeof nics->list);
		error = dump_links(nics);
	}
	nics->lost = nics->lost || error != 0;
	return error;
}

int nics_update(struct nics *nics)
{
	int error;
	receive(nics, 0, &error);
	return look_anew(nics);
}

bool nics_open(struct nics *nics, struct fail *fail)
{
	if (nics->fd < 0)
		nics->fd = netlink_open(RTNETLINK_PROTOCOL, RTNETLINK_GROUPS);
	if (nics->fd < 0)
		return fail_errno(fail, FAIL_NETLINK, -nics->fd, "rtnetlink");
	nics->lost = true;
	int error = nics_update(nics);
	/* The kernel tells of an unreachable neighbour through the loopback. */
	const struct nic *lo = nics_named(nics, "lo");
	if (error == 0 && lo != NULL && !lo->up)
		error = nics_set_up(nics, lo->ifindex);
	return error == 0 || fail_errno(fail, FAIL_NETLINK, -error, "list of interfaces");
}

bool nics_lowest_mac(const struct nics *nics, uint8_t mac[static 6])
{
	const struct nic *lowest = NULL;
	for (const struct nic *nic = nics->list; nic < nics->list + NICS_MAX; nic++) {
		char path[PATH_BYTES];
		snprintf(path, sizeof path, "/sys/class/net/%s/device", nic->name);
		if (nic->ethernet && file_exists(path) && (lowest == NULL || memcmp(nic->mac, lowest->mac, 6) < 0))
			lowest = nic;
	}
	if (lowest == NULL)
		return false;
	memcpy(mac, lowest->mac, 6);
	return true;
}

bool nics_find_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, struct rtnl_message *found)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	*found = (struct rtnl_message){.kind = RTNL_OTHER, .ifindex = ifindex, .ip = *ip};
	nics->sought = found;
	rtnl_dump_addresses(&w, ++nics->seq);
	int error = request(nics, &w);
	nics->sought = NULL;
	return error == 0 && found->kind == RTNL_ADDRESS;
}

/* --- what is asked of it --- */

int nics_set_up(struct nics *nics, uint32_t ifindex)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_link_up(&w, ++nics->seq, ifindex);
	return request(nics, &w);
}

int nics_set_mtu(struct nics *nics, uint32_t ifindex, uint32_t mtu_bytes)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_link_mtu(&w, ++nics->seq, ifindex, mtu_bytes);
	return request(nics, &w);
}

int nics_add_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_add_address(&w, ++nics->seq, ifindex, ip, prefix_bits);
	return request(nics, &w);
}

void nics_remove_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_remove_address(&w, ++nics->seq, ifindex, ip, prefix_bits);
	request(nics, &w);
}

static int add_route(struct nics *nics, uint32_t ifindex, const struct ip_address *to, uint8_t prefix_bits,
		     const struct ip_address *gateway)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_add_route(&w, ++nics->seq, ifindex, to, prefix_bits, gateway);
	int error = request(nics, &w);
	return error == -EEXIST ? 0 : error;
}

static void remove_route(struct nics *nics, uint32_t ifindex, const struct ip_address *to, uint8_t prefix_bits,
			 const struct ip_address *gateway)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_remove_route(&w, ++nics->seq, ifindex, to, prefix_bits, gateway);
	request(nics, &w);
}

static uint8_t host_bits(const struct ip_address *ip)
{
	return ip->family == 4 ? 32 : 128;
}

/* The /32 of clouds needs a route to its gateway first. */
int nics_add_gateway(struct nics *nics, uint32_t ifindex, const struct ip_address *gateway)
{
	if (gateway->family == 0)
		return 0;
	int error = add_route(nics, ifindex, &none, 0, gateway);
	if (error != -ENETUNREACH && error != -EHOSTUNREACH)
		return error;
	error = add_route(nics, ifindex, gateway, host_bits(gateway), &none);
	return error != 0 ? error : add_route(nics, ifindex, &none, 0, gateway);
}

void nics_remove_gateway(struct nics *nics, uint32_t ifindex, const struct ip_address *gateway)
{
	if (gateway->family == 0)
		return;
	remove_route(nics, ifindex, &none, 0, gateway);
	remove_route(nics, ifindex, gateway, host_bits(gateway), &none);
}
