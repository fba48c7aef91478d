/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links' state machine over rtnetlink. Requests are answered by the kernel at once, so they are made in place; what
 * changes by itself (carrier, duplicate address detection, new interfaces) comes as events on the same socket.
 */
#include "boot/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/lease.h"
#include "boot/log.h"
#include "boot/programs.h"

enum {
	RTNETLINK_PROTOCOL = 0,                /* NETLINK_ROUTE */
	RTNETLINK_GROUPS = 0x1 | 0x10 | 0x100, /* RTMGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR */
	NIC_WAIT_MS = 5000,
	CARRIER_WAIT_MS = 5000,
	LEASE_WAIT_MS = 20000, /* udhcpc ends by itself before */
	DAD_WAIT_MS = 10000,
};

/* --- what the kernel says --- */

static struct nic *find_nic(struct net *net, uint32_t ifindex)
{
	for (unsigned i = 0; i < net->n_nics; i++)
		if (net->nics[i].ifindex == ifindex)
			return &net->nics[i];
	return NULL;
}

static struct nic *named_nic(struct net *net, const char *name)
{
	for (unsigned i = 0; i < net->n_nics; i++)
		if (strcmp(net->nics[i].name, name) == 0)
			return &net->nics[i];
	return NULL;
}

static void note_link(struct net *net, const struct rtnl_message *message)
{
	struct nic *nic = find_nic(net, message->ifindex);
	if (nic == NULL && net->n_nics < NICS_MAX)
		nic = &net->nics[net->n_nics++];
	if (nic == NULL)
		return;
	nic->ifindex = message->ifindex;
	memcpy(nic->name, message->name, sizeof nic->name);
	memcpy(nic->mac, message->mac, sizeof nic->mac);
	nic->ethernet = message->ethernet;
	nic->up = message->up;
	nic->carrier = message->carrier;
}

static void forget_link(struct net *net, uint32_t ifindex)
{
	struct nic *nic = find_nic(net, ifindex);
	if (nic != NULL)
		*nic = net->nics[--net->n_nics];
}

static struct net_link *link_awaiting(struct net *net, const struct rtnl_message *message)
{
	for (unsigned i = 0; i < net->n_links; i++) {
		struct net_link *link = &net->links[i];
		if (link->state == LINK_WAIT_DAD && link->ifindex == message->ifindex &&
		    memcmp(&link->config->address, &message->ip, sizeof message->ip) == 0)
			return link;
	}
	return NULL;
}

static void note_address(struct net *net, const struct rtnl_message *message)
{
	struct nic *nic = find_nic(net, message->ifindex);
	if (nic != NULL && message->ip.family == 4 && message->scope == 0) {
		nic->ipv4 = message->ip;
		nic->ipv4_prefix_bits = message->prefix_bits;
	}
	struct net_link *link = link_awaiting(net, message);
	if (link != NULL && message->dad_failed)
		fail_set(&link->fail, FAIL_ADDRESS_TAKEN, "%s, duplicate address detection",
			 nic != NULL ? nic->name : "?");
	else if (link != NULL && !message->tentative)
		link->address_ours = true;
}

static void forget_address(struct net *net, const struct rtnl_message *message)
{
	struct nic *nic = find_nic(net, message->ifindex);
	if (nic != NULL && memcmp(&nic->ipv4, &message->ip, sizeof nic->ipv4) == 0)
		nic->ipv4.family = 0;
}

static void note(struct net *net, const struct rtnl_message *message)
{
	switch (message->kind) {
	case RTNL_LINK:
		note_link(net, message);
		break;
	case RTNL_LINK_GONE:
		forget_link(net, message->ifindex);
		break;
	case RTNL_ADDRESS:
		note_address(net, message);
		break;
	case RTNL_ADDRESS_GONE:
		forget_address(net, message);
		break;
	default:
		break;
	}
}

/* Takes in what is waiting. True when the answer to `seq` (0: none is awaited) was among it; *error is its result. */
static bool receive(struct net *net, uint32_t seq, int *error)
{
	static _Alignas(8) uint8_t bytes[RTNL_MESSAGE_MAX];
	bool answered = false;
	ssize_t n;
	while (!answered && (n = netlink_receive(net->fd, bytes, sizeof bytes)) > 0) {
		struct rtnl_message message;
		size_t used;
		for (size_t at = 0; rtnl_decode(bytes + at, (size_t)n - at, &message, &used); at += used) {
			note(net, &message);
			if (seq != 0 && message.seq == seq && (message.kind == RTNL_ACK || message.kind == RTNL_DONE)) {
				*error = message.error;
				answered = true;
			}
		}
	}
	return answered;
}

/* Sends what w holds as request net->seq and takes its answer, which the kernel has queued when the send returns. */
static int request(struct net *net, const struct writer *w)
{
	int error = netlink_send(net->fd, w->bytes, w->n_bytes);
	if (error == 0 && !receive(net, net->seq, &error))
		error = -ETIMEDOUT;
	return error;
}

static int dump_links(struct net *net)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_dump_links(&w, ++net->seq);
	return request(net, &w);
}

static int dump_addresses(struct net *net)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_dump_addresses(&w, ++net->seq);
	return request(net, &w);
}

static int set_up(struct net *net, uint32_t ifindex)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_link_up(&w, ++net->seq, ifindex);
	return request(net, &w);
}

static int set_mtu(struct net *net, uint32_t ifindex, uint32_t mtu_bytes)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_link_mtu(&w, ++net->seq, ifindex, mtu_bytes);
	return request(net, &w);
}

static int add_address(struct net *net, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_add_address(&w, ++net->seq, ifindex, ip, prefix_bits);
	return request(net, &w);
}

static int add_route(struct net *net, uint32_t ifindex, const struct ip_address *to, uint8_t prefix_bits,
		     const struct ip_address *gateway)
{
	uint8_t room[RTNL_REQUEST_MAX];
	struct writer w = writer_over(room, sizeof room);
	rtnl_add_route(&w, ++net->seq, ifindex, to, prefix_bits, gateway);
	int error = request(net, &w);
	return error == -EEXIST ? 0 : error;
}

bool net_open(struct net *net, struct fail *fail)
{
	if (net->fd < 0)
		net->fd = netlink_open(RTNETLINK_PROTOCOL, RTNETLINK_GROUPS);
	if (net->fd < 0)
		return fail_errno(fail, FAIL_NETLINK, -net->fd, "rtnetlink");
	int error = dump_links(net);
	if (error == 0)
		error = dump_addresses(net);
	/* The kernel tells of an unreachable neighbour through the loopback. */
	const struct nic *lo = named_nic(net, "lo");
	if (error == 0 && lo != NULL && !lo->up)
		error = set_up(net, lo->ifindex);
	return error == 0 || fail_errno(fail, FAIL_NETLINK, -error, "list of interfaces");
}

/* --- from interface to address --- */

static void enter(struct net_link *link, enum net_link_state state, int64_t deadline_ms)
{
	link->state = state;
	link->deadline_ms = deadline_ms;
}

static const char *device_name(struct net *net, const struct net_link *link)
{
	const struct nic *nic = find_nic(net, link->ifindex);
	if (nic != NULL)
		return nic->name;
	return link->config->device[0] != '\0' ? link->config->device : "network";
}

/* The attempt failed with link->fail: tell it, and try again when its time has come. */
static void link_failed(struct net *net, struct net_link *link, int64_t now_ms)
{
	child_kill(&link->udhcpc);
	fail_context(&link->fail, "%s", device_name(net, link));
	retry_failed(&link->retry, now_ms, device_name(net, link), &link->fail);
	enter(link, LINK_WAIT_RETRY, link->retry.next_ms);
	link->last_ifindex = link->ifindex;
	link->ifindex = 0;
}

static bool is_taken(const struct net *net, const struct nic *nic)
{
	for (unsigned i = 0; i < net->n_links; i++) {
		const struct net_link *link = &net->links[i];
		if (link->ifindex == nic->ifindex || strcmp(link->config->device, nic->name) == 0)
			return true;
	}
	return false;
}

/* Any free interface serves a link that names none; all are brought up, since only then they show their carrier. */
static struct nic *free_nic_with_carrier(struct net *net, uint32_t after_ifindex)
{
	struct nic *best = NULL;
	for (unsigned i = 0; i < net->n_nics; i++) {
		struct nic *nic = &net->nics[i];
		if (!nic->ethernet || is_taken(net, nic))
			continue;
		if (!nic->up)
			set_up(net, nic->ifindex);
		bool later = nic->ifindex > after_ifindex;
		bool best_later = best != NULL && best->ifindex > after_ifindex;
		if (nic->carrier &&
		    (best == NULL || (later && !best_later) || (later == best_later && nic->ifindex < best->ifindex)))
			best = nic;
	}
	return best;
}

static unsigned list_nics(const struct net *net, char *out, size_t n_max)
{
	unsigned n_listed = 0;
	size_t used = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < net->n_nics && used < n_max; i++)
		if (net->nics[i].ethernet)
			used += (size_t)snprintf(out + used, n_max - used, "%s%s", n_listed++ > 0 ? ", " : "",
						 net->nics[i].name);
	return n_listed;
}

static void nic_missing(struct net *net, struct net_link *link, int64_t now_ms)
{
	char names[128];
	unsigned n_listed = list_nics(net, names, sizeof names);
	if (link->config->device[0] == '\0' && n_listed > 0)
		fail_set(&link->fail, FAIL_NO_CARRIER, "%s", names);
	else if (n_listed > 0)
		fail_set(&link->fail, FAIL_NIC_MISSING, "there are: %s", names);
	else
		fail_set(&link->fail, FAIL_NIC_MISSING, "this machine shows none");
	link_failed(net, link, now_ms);
}

static struct nic *candidate(struct net *net, const struct net_link *link)
{
	const char *device = link->config->device;
	return device[0] != '\0' ? named_nic(net, device) : free_nic_with_carrier(net, link->last_ifindex);
}

static void wait_nic(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct nic *nic = candidate(net, link);
	if (nic != NULL) {
		link->ifindex = nic->ifindex;
		if (!nic->up)
			set_up(net, nic->ifindex);
		enter(link, LINK_WAIT_CARRIER, now_ms + CARRIER_WAIT_MS);
	} else if (now_ms >= link->deadline_ms) {
		nic_missing(net, link, now_ms);
	}
}

static void start_udhcpc(struct net *net, struct net_link *link, const struct nic *nic, int64_t now_ms)
{
	char hostname[HOST_MAX + 16];
	snprintf(hostname, sizeof hostname, "hostname:%s", link->config->hostname);
	const char *argv[] = {BUSYBOX,  "udhcpc", "-f",          "-q",
			      "-n",     "-t",     "4",           "-T",
			      "2",      "-i",     nic->name,     "-O",
			      "mtu",    "-s",     LEASE_PROGRAM, link->config->hostname[0] != '\0' ? "-x" : NULL,
			      hostname, NULL};
	int error = child_spawn(&link->udhcpc, argv, program_environment, CHILD_QUIET);
	if (error < 0) {
		fail_errno(&link->fail, FAIL_SPAWN, -error, "%s udhcpc", BUSYBOX);
		link_failed(net, link, now_ms);
		return;
	}
	enter(link, LINK_WAIT_LEASE, now_ms + LEASE_WAIT_MS);
}

static void write_resolv_conf(struct net *net, const struct ip_address *nameservers, unsigned n_nameservers)
{
	char text[NAMESERVERS_MAX * (IP_TEXT_BYTES + 16)] = "", one[IP_TEXT_BYTES];
	size_t used = 0;
	if (n_nameservers == 0 || net->n_nameservers > 0)
		return;
	for (unsigned i = 0; i < n_nameservers; i++) {
		ip_format(&nameservers[i], one);
		used += (size_t)snprintf(text + used, sizeof text - used, "nameserver %s\n", one);
	}
	if (file_create("/etc/resolv.conf", text, 0644) == 0)
		net->n_nameservers = n_nameservers;
}

/* A gateway outside our own network (the /32 of clouds) needs a route to itself first. */
static int add_gateway(struct net *net, uint32_t ifindex, const struct ip_address *gateway)
{
	static const struct ip_address none;
	if (gateway->family == 0)
		return 0;
	int error = add_route(net, ifindex, &none, 0, gateway);
	if (error != -ENETUNREACH && error != -EHOSTUNREACH)
		return error;
	error = add_route(net, ifindex, gateway, gateway->family == 4 ? 32 : 128, &none);
	return error != 0 ? error : add_route(net, ifindex, &none, 0, gateway);
}

/* As the kernel does with field 5 of ip=; else what the DHCP server calls us. */
static void set_host_name(const struct net_link *link)
{
	const char *name = link->config->hostname[0] != '\0' ? link->config->hostname : link->lease.hostname;
	if (name[0] != '\0')
		machine_set_host_name(name);
}

static bool configure(struct net *net, struct net_link *link, const struct lease *lease)
{
	char text[IP_TEXT_BYTES];
	ip_format(&lease->address, text);
	int error = lease->mtu_bytes != 0 ? set_mtu(net, link->ifindex, lease->mtu_bytes) : 0;
	if (error != 0)
		log_wait("%s: MTU %u refused: %s, going on without", device_name(net, link), lease->mtu_bytes,
			 strerror(-error));
	error = add_address(net, link->ifindex, &lease->address, lease->prefix_bits);
	if (error != 0)
		return fail_errno(&link->fail, FAIL_ADDRESS, -error, "%s/%u", text, lease->prefix_bits);
	error = add_gateway(net, link->ifindex, &lease->gateway);
	ip_format(&lease->gateway, text);
	if (error != 0)
		return fail_errno(&link->fail, FAIL_ADDRESS, -error, "gateway %s", text);
	write_resolv_conf(net, lease->nameservers, lease->n_nameservers);
	set_host_name(link);
	return true;
}

static void announce(struct net *net, struct net_link *link, const char *how)
{
	char address[IP_TEXT_BYTES], gateway[IP_TEXT_BYTES];
	ip_format(&link->lease.address, address);
	ip_format(&link->lease.gateway, gateway);
	bool has_gateway = link->lease.gateway.family != 0;
	log_info("%s: up, %s/%u %s%s%s", device_name(net, link), address, link->lease.prefix_bits, how,
		 has_gateway ? ", gateway " : "", has_gateway ? gateway : "");
}

static void link_ready(struct net *net, struct net_link *link, const char *how, int64_t now_ms)
{
	announce(net, link, how);
	link->state = LINK_READY;
	net->n_ready++;
	if (net->ready_ms == 0)
		net->ready_ms = now_ms;
	retry_reset(&link->retry);
	link->fail = (struct fail){.code = FAIL_NONE};
}

static void start_static(struct net *net, struct net_link *link, int64_t now_ms)
{
	const struct plan_net *config = link->config;
	link->lease = (struct lease){
		.address = config->address, .prefix_bits = config->prefix_bits, .gateway = config->gateway};
	link->lease.n_nameservers = config->n_nameservers;
	memcpy(link->lease.nameservers, config->nameservers, sizeof link->lease.nameservers);
	/* The kernel tells of the address, and of its duplicate address detection, as an event. */
	link->address_ours = false;
	enter(link, LINK_WAIT_DAD, now_ms + DAD_WAIT_MS);
	if (!configure(net, link, &link->lease))
		link_failed(net, link, now_ms);
	else
		dump_addresses(net);
}

static void carrier_missing(struct net *net, struct net_link *link, int64_t now_ms)
{
	fail_set(&link->fail, FAIL_NO_CARRIER, "%s", device_name(net, link));
	link_failed(net, link, now_ms);
}

static void wait_carrier(struct net *net, struct net_link *link, int64_t now_ms)
{
	const struct nic *nic = find_nic(net, link->ifindex);
	if (nic == NULL || !nic->carrier) {
		if (now_ms >= link->deadline_ms)
			carrier_missing(net, link, now_ms);
		return;
	}
	if (net->carrier_ms == 0)
		net->carrier_ms = now_ms;
	if (link->config->method == NET_STATIC) {
		start_static(net, link, now_ms);
	} else if (nic->ipv4.family != 0) {
		link->lease = (struct lease){.address = nic->ipv4, .prefix_bits = nic->ipv4_prefix_bits};
		link_ready(net, link, "already there, taken as it is", now_ms);
	} else {
		start_udhcpc(net, link, nic, now_ms);
	}
}

static bool read_lease(const struct nic *nic, struct net_link *link)
{
	char path[PATH_BYTES], text[4096];
	lease_path(nic != NULL ? nic->name : "", path);
	ssize_t n = file_read_text(path, text, sizeof text);
	if (n < 0)
		return fail_errno(&link->fail, FAIL_NO_DHCP, (int)-n, "%s", path);
	return lease_read(text, &link->lease, &link->fail);
}

static void wait_lease(struct net *net, struct net_link *link, int64_t now_ms)
{
	if (!child_ended(&link->udhcpc)) {
		if (now_ms < link->deadline_ms)
			return;
		child_kill(&link->udhcpc);
		fail_set(&link->fail, FAIL_NO_DHCP, "udhcpc does not end");
	} else if (child_exit_status(&link->udhcpc) != 0) {
		fail_set(&link->fail, FAIL_NO_DHCP, "4 requests in 8 s");
	} else if (read_lease(find_nic(net, link->ifindex), link) && configure(net, link, &link->lease)) {
		link_ready(net, link, "by DHCP", now_ms);
		return;
	}
	link_failed(net, link, now_ms);
}

static void wait_dad(struct net *net, struct net_link *link, int64_t now_ms)
{
	if (link->address_ours) {
		link_ready(net, link, "static", now_ms);
		return;
	}
	if (link->fail.code == FAIL_NONE && now_ms < link->deadline_ms)
		return;
	fail_set(&link->fail, FAIL_ADDRESS, "duplicate address detection does not end");
	link_failed(net, link, now_ms);
}

/* Interface and carrier may come back at any time; everything else waits for its turn. */
static void wait_retry(struct net *net, struct net_link *link, int64_t now_ms)
{
	bool was_missing = link->fail.code == FAIL_NO_CARRIER || link->fail.code == FAIL_NIC_MISSING;
	const struct nic *nic = was_missing ? candidate(net, link) : NULL;
	if (now_ms < link->deadline_ms && (nic == NULL || !nic->carrier))
		return;
	link->fail = (struct fail){.code = FAIL_NONE};
	enter(link, LINK_WAIT_NIC, now_ms + NIC_WAIT_MS);
}

static void net_stop_link(struct net_link *link)
{
	child_kill(&link->udhcpc);
	retry_reset(&link->retry);
	link->fail = (struct fail){.code = FAIL_NONE};
	link->ifindex = 0;
}

static void link_step(struct net *net, struct net_link *link, int64_t now_ms)
{
	static void (*const steps[])(struct net *, struct net_link *, int64_t) = {
		[LINK_WAIT_NIC] = wait_nic, [LINK_WAIT_CARRIER] = wait_carrier, [LINK_WAIT_LEASE] = wait_lease,
		[LINK_WAIT_DAD] = wait_dad, [LINK_WAIT_RETRY] = wait_retry,     [LINK_READY] = NULL,
	};
	enum net_link_state before;
	do {
		before = link->state;
		if (steps[before] != NULL)
			steps[before](net, link, now_ms);
	} while (link->state != before && link->state != LINK_WAIT_RETRY);
}

/* --- for the story --- */

static struct net_link *link_of(struct net *net, const struct plan_net *config)
{
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].config == config)
			return &net->links[i];
	if (net->n_links == NETS_MAX)
		return NULL;
	struct net_link *link = &net->links[net->n_links++];
	*link = (struct net_link){.config = config, .state = LINK_WAIT_NIC};
	return link;
}

void net_start(struct net *net, const struct boot_plan *plan, int64_t now_ms)
{
	for (unsigned i = 0; i < plan->n_nets; i++) {
		if (plan->nets[i].method == NET_OFF)
			continue;
		struct net_link *link = link_of(net, &plan->nets[i]);
		if (link == NULL || link->state == LINK_READY)
			continue;
		net_stop_link(link);
		enter(link, LINK_WAIT_NIC, now_ms + NIC_WAIT_MS);
	}
}

void net_want(struct net *net, struct loop *loop)
{
	loop_want(loop, net->fd, POLL_READ);
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].state != LINK_READY)
			loop_wake_at(loop, net->links[i].deadline_ms);
}

void net_step(struct net *net, const struct loop *loop)
{
	int error;
	receive(net, 0, &error);
	for (unsigned i = 0; i < net->n_links; i++)
		link_step(net, &net->links[i], loop->now_ms);
}

bool net_usable(const struct net *net)
{
	return net->n_ready > 0 || net->n_links == 0;
}

bool net_lowest_mac(const struct net *net, uint8_t mac[static 6])
{
	const struct nic *lowest = NULL;
	for (unsigned i = 0; i < net->n_nics; i++) {
		char path[PATH_BYTES];
		const struct nic *nic = &net->nics[i];
		snprintf(path, sizeof path, "/sys/class/net/%s/device", nic->name);
		if (nic->ethernet && file_exists(path) && (lowest == NULL || memcmp(nic->mac, lowest->mac, 6) < 0))
			lowest = nic;
	}
	if (lowest == NULL)
		return false;
	memcpy(mac, lowest->mac, 6);
	return true;
}

enum fail_code net_waits_for(const struct net *net)
{
	static const enum fail_code waits[] = {
		[LINK_WAIT_NIC] = FAIL_NIC_MISSING,  [LINK_WAIT_CARRIER] = FAIL_NO_CARRIER,
		[LINK_WAIT_LEASE] = FAIL_NO_DHCP,    [LINK_WAIT_DAD] = FAIL_ADDRESS,
		[LINK_WAIT_RETRY] = FAIL_NO_CARRIER, [LINK_READY] = FAIL_NONE,
	};
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].state != LINK_READY)
			return net->links[i].retry.n_failed > 0 ? net->links[i].retry.code : waits[net->links[i].state];
	return FAIL_NONE;
}

int64_t net_describe_wait(const struct net *net, char out[static WAIT_TEXT_BYTES])
{
	static const char *const waits[] = {
		[LINK_WAIT_NIC] = "a network card",
		[LINK_WAIT_CARRIER] = "a link",
		[LINK_WAIT_LEASE] = "a DHCP server's answer",
		[LINK_WAIT_DAD] = "duplicate address detection to end",
		[LINK_WAIT_RETRY] = NULL,
	};
	out[0] = '\0';
	for (unsigned i = 0; i < net->n_links; i++) {
		const struct net_link *link = &net->links[i];
		if (link->state == LINK_READY || waits[link->state] == NULL)
			continue;
		format_text(out, WAIT_TEXT_BYTES, "%s", waits[link->state]);
		return link->deadline_ms;
	}
	return INT64_MAX;
}

const struct fail *net_fail(const struct net *net)
{
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].fail.code != FAIL_NONE)
			return &net->links[i].fail;
	return NULL;
}

void net_stop(struct net *net)
{
	for (unsigned i = 0; i < net->n_links; i++)
		net_stop_link(&net->links[i]);
}
