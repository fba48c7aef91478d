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
const struct ip_address any_global4;
const struct ip_address any_global6 = {.family = 6};
const struct ip_address any_link_local6 = {.family = 6, .bytes = {0xfe, 0x80}};

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

struct nic *nics_with_mac(struct nics *nics, const uint8_t mac[static 6])
{
	for (unsigned i = 0; i < NICS_MAX; i++)
		if (nics->list[i].ethernet && !nics->list[i].made && memcmp(nics->list[i].card_mac, mac, 6) == 0)
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
	memcpy(nic->card_mac, message->card_mac, sizeof nic->card_mac);
	nic->master = message->master;
	nic->lower = message->lower;
	nic->made = message->made;
	nic->mtu_bytes = message->mtu;
	nic->ethernet = message->ethernet;
	nic->up = message->up;
	/*
	 * Opened with a carrier, it sends from then on; its operational state may follow a second later (net/core/
	 * link_watch.c). One that comes later is of use only when the kernel has taken note of it, which it does at
	 * once.
	 */
	nic->cabled = message->cabled && (nic->cabled || !message->up);
	nic->carrier = message->carrier || (message->up && nic->cabled);
}

static void forget_link(struct nics *nics, uint32_t ifindex)
{
	struct nic *nic = nics_find(nics, ifindex);
	if (nic == NULL)
		return;
	nics->changed = true;
	*nic = (struct nic){.ifindex = 0};
}

static bool is_sought(const struct nics *nics, const struct rtnl_message *message)
{
	enum { GLOBAL = 0 };
	const struct ip_address *sought = nics->sought;
	if (sought == NULL || nics->found->ifindex != message->ifindex)
		return false;
	if (sought == &any_global4 || sought == &any_global6)
		return message->scope == GLOBAL && message->ip.family == (sought == &any_global4 ? 4 : 6);
	if (sought == &any_link_local6)
		return message->ip.family == 6 && message->scope != GLOBAL;
	return memcmp(sought, &message->ip, sizeof message->ip) == 0;
}

static void note_address(struct nics *nics, const struct rtnl_message *message)
{
	if (message->seq != nics->seq)
		nics->changed = true;
	else if (is_sought(nics, message) && (nics->found->kind != RTNL_ADDRESS || nics->found->tentative))
		*nics->found = *message;
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
	case RTNL_ROUTE:
		nics->route_ifindex = message->ifindex;
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
		if (nic->ethernet && file_exists(path) &&
		    (lowest == NULL || memcmp(nic->card_mac, lowest->card_mac, 6) < 0))
			lowest = nic;
	}
	if (lowest == NULL)
		return false;
	memcpy(mac, lowest->card_mac, 6);
	return true;
}

/* 0: asked; whether one was found, *found says. */
static int look_for_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip,
			    struct rtnl_message *found)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	*found = (struct rtnl_message){.kind = RTNL_OTHER, .ifindex = ifindex};
	nics->sought = ip;
	nics->found = found;
	rtnl_dump_addresses(&w, ++nics->seq);
	int error = request(nics, &w);
	nics->sought = NULL;
	return error;
}

bool nics_find_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, struct rtnl_message *found)
{
	return look_for_address(nics, ifindex, ip, found) == 0 && found->kind == RTNL_ADDRESS;
}

bool nics_has_address(struct nics *nics, uint32_t ifindex)
{
	struct rtnl_message found;
	return look_for_address(nics, ifindex, &any_global4, &found) != 0 || found.kind == RTNL_ADDRESS ||
	       look_for_address(nics, ifindex, &any_global6, &found) != 0 || found.kind == RTNL_ADDRESS;
}

struct nic *nics_route(struct nics *nics, const struct ip_address *ip, uint32_t scope_ifindex)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	nics->route_ifindex = 0;
	rtnl_get_route(&w, ++nics->seq, ip, scope_ifindex);
	return request(nics, &w) == 0 ? nics_find(nics, nics->route_ifindex) : NULL;
}

/* --- what is asked of it --- */

int nics_set_link(struct nics *nics, const struct rtnl_link *link)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_set_link(&w, ++nics->seq, link);
	return request(nics, &w);
}

int nics_set_up(struct nics *nics, uint32_t ifindex)
{
	return nics_set_link(nics, &(struct rtnl_link){.ifindex = ifindex, .up = true});
}

int nics_set_mtu(struct nics *nics, uint32_t ifindex, uint32_t mtu_bytes)
{
	struct rtnl_link link = {.ifindex = ifindex, .mtu_bytes = mtu_bytes};
	int error = nics_set_link(nics, &link);
	const struct nic *nic = error == -ERANGE ? nics_find(nics, ifindex) : NULL;
	if (nic == NULL || nic->lower == 0)
		return error;
	error = nics_set_link(nics, &(struct rtnl_link){.ifindex = nic->lower, .mtu_bytes = mtu_bytes});
	return error == 0 ? nics_set_link(nics, &link) : error;
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

typedef void encode_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *to,
			  uint8_t prefix_bits, const struct ip_address *gateway, uint32_t metric);

static int request_route(struct nics *nics, encode_route *encode, uint32_t ifindex, const struct net_route *route,
			 uint32_t metric)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	encode(&w, ++nics->seq, ifindex, &route->destination, route->prefix_bits, &route->gateway, metric);
	int error = request(nics, &w);
	return error == -EEXIST ? 0 : error;
}

static struct net_route route_to(const struct ip_address *ip)
{
	return (struct net_route){.destination = *ip, .prefix_bits = ip->family == 4 ? 32 : 128, .gateway = none};
}

/* The /32 of clouds needs a route to its gateway first. */
int nics_add_route(struct nics *nics, uint32_t ifindex, const struct net_route *route, uint32_t metric)
{
	int error = request_route(nics, rtnl_add_route, ifindex, route, metric);
	if (route->gateway.family == 0 || (error != -ENETUNREACH && error != -EHOSTUNREACH))
		return error;
	struct net_route to_gateway = route_to(&route->gateway);
	error = request_route(nics, rtnl_add_route, ifindex, &to_gateway, 0);
	return error != 0 ? error : request_route(nics, rtnl_add_route, ifindex, route, metric);
}

void nics_remove_route(struct nics *nics, uint32_t ifindex, const struct net_route *route)
{
	request_route(nics, rtnl_remove_route, ifindex, route, 0);
	if (route->gateway.family == 0)
		return;
	struct net_route to_gateway = route_to(&route->gateway);
	request_route(nics, rtnl_remove_route, ifindex, &to_gateway, 0);
}
