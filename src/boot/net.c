/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links' state machine. What changes by itself (carrier, duplicate address detection, interfaces that come and go)
 * comes as an event, and after each event every link looks at what it waits for.
 */
#include "boot/net.h"

#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "boot/lease.h"
#include "boot/log.h"
#include "boot/programs.h"

enum {
	NIC_WAIT_MS = 5000,
	CARRIER_WAIT_MS = 5000,
	LEASE_WAIT_MS = 20000, /* udhcpc ends by itself before */
	DAD_WAIT_MS = 10000,
	LOOK_AGAIN_MS = 1000, /* when the kernel could not be asked what there is */
};

static const struct ip_address any;

/* --- from interface to address --- */

static void enter(struct net_link *link, enum net_link_state state, int64_t deadline_ms)
{
	link->state = state;
	link->deadline_ms = deadline_ms;
}

static void use_nic(struct net_link *link, const struct nic *nic)
{
	link->ifindex = nic->ifindex;
	memcpy(link->name, nic->name, sizeof link->name);
}

static void use_no_nic(struct net_link *link)
{
	const char *device = link->config->device;
	link->ifindex = 0;
	snprintf(link->name, sizeof link->name, "%s", device[0] != '\0' ? device : "network");
}

/* The attempt failed with link->fail: tell it, and try again when its time has come. */
static void link_failed(struct net_link *link, int64_t now_ms)
{
	child_kill(&link->udhcpc);
	fail_context(&link->fail, "%s", link->name);
	retry_failed(&link->retry, now_ms, link->name, &link->fail);
	enter(link, LINK_WAIT_RETRY, link->retry.next_ms);
	link->last_ifindex = link->ifindex;
	use_no_nic(link);
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

/* An interface shows its carrier only when it is up. */
static void set_up_free_nics(struct net *net)
{
	for (unsigned i = 0; i < NICS_MAX; i++) {
		const struct nic *nic = &net->nics.list[i];
		if (nic->ethernet && !nic->up && !is_taken(net, nic))
			nics_set_up(&net->nics, nic->ifindex);
	}
}

/* Any free interface serves a link that names none. */
static struct nic *free_nic_with_carrier(struct net *net, uint32_t after_ifindex)
{
	struct nic *best = NULL;
	set_up_free_nics(net);
	for (unsigned i = 0; i < NICS_MAX; i++) {
		struct nic *nic = &net->nics.list[i];
		if (!nic->ethernet || is_taken(net, nic))
			continue;
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
	for (unsigned i = 0; i < NICS_MAX && used < n_max; i++)
		if (net->nics.list[i].ethernet)
			used += (size_t)snprintf(out + used, n_max - used, "%s%s", n_listed++ > 0 ? ", " : "",
						 net->nics.list[i].name);
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
	link_failed(link, now_ms);
}

static struct nic *candidate(struct net *net, const struct net_link *link)
{
	const char *device = link->config->device;
	return device[0] != '\0' ? nics_named(&net->nics, device) : free_nic_with_carrier(net, link->last_ifindex);
}

static void wait_nic(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct nic *nic = candidate(net, link);
	if (nic != NULL) {
		use_nic(link, nic);
		enter(link, LINK_WAIT_CARRIER, now_ms + CARRIER_WAIT_MS);
	} else if (now_ms >= link->deadline_ms) {
		nic_missing(net, link, now_ms);
	}
}

static void start_udhcpc(struct net_link *link, int64_t now_ms)
{
	char hostname[HOST_MAX + 16];
	snprintf(hostname, sizeof hostname, "hostname:%s", link->config->hostname);
	const char *argv[] = {BUSYBOX,  "udhcpc", "-f",          "-q",
			      "-n",     "-t",     "4",           "-T",
			      "2",      "-i",     link->name,    "-O",
			      "mtu",    "-s",     LEASE_PROGRAM, link->config->hostname[0] != '\0' ? "-x" : NULL,
			      hostname, NULL};
	int error = child_spawn(&link->udhcpc, argv, program_environment, CHILD_QUIET);
	if (error < 0) {
		fail_errno(&link->fail, FAIL_SPAWN, -error, "%s udhcpc", BUSYBOX);
		link_failed(link, now_ms);
		return;
	}
	enter(link, LINK_WAIT_LEASE, now_ms + LEASE_WAIT_MS);
}

/* Of the first link that brings any. */
static void write_resolv_conf(struct net *net, const struct net_link *link)
{
	char text[NAMESERVERS_MAX * (IP_TEXT_BYTES + 16)] = "", one[IP_TEXT_BYTES];
	const struct lease *lease = &link->lease;
	size_t used = 0;
	if (lease->n_nameservers == 0 || (net->names_from != NULL && net->names_from != link))
		return;
	for (unsigned i = 0; i < lease->n_nameservers; i++) {
		ip_format(&lease->nameservers[i], one);
		used += (size_t)snprintf(text + used, sizeof text - used, "nameserver %s\n", one);
	}
	if (file_create("/etc/resolv.conf", text, 0644) == 0)
		net->names_from = link;
}

/* As the kernel does with field 5 of ip=; else what the DHCP server calls us. */
static void set_host_name(const struct net_link *link)
{
	const char *name = link->config->hostname[0] != '\0' ? link->config->hostname : link->lease.hostname;
	if (name[0] != '\0')
		machine_set_host_name(name);
}

/* Takes away what configure() gave. */
static void withdraw(struct net *net, struct net_link *link)
{
	uint32_t ifindex = link->configured_ifindex;
	link->configured_ifindex = 0;
	if (ifindex == 0)
		return;
	nics_remove_gateway(&net->nics, ifindex, &link->lease.gateway);
	nics_remove_address(&net->nics, ifindex, &link->lease.address, link->lease.prefix_bits);
}

static bool same_ip(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Another interface or another address: the old one goes first. The same again stays in use all the time. */
static void take_lease(struct net *net, struct net_link *link, const struct lease *lease)
{
	const struct lease *old = &link->lease;
	if (link->configured_ifindex != link->ifindex || old->prefix_bits != lease->prefix_bits ||
	    !same_ip(&old->address, &lease->address) || !same_ip(&old->gateway, &lease->gateway))
		withdraw(net, link);
	link->lease = *lease;
}

static void set_mtu(struct net *net, const struct net_link *link)
{
	uint32_t mtu_bytes = link->lease.mtu_bytes;
	int error = mtu_bytes != 0 ? nics_set_mtu(&net->nics, link->ifindex, mtu_bytes) : 0;
	if (error != 0)
		log_wait("%s: MTU %u refused: %s, going on without", link->name, mtu_bytes, strerror(-error));
}

/* Gives the interface the lease's address and what goes with it. */
static bool configure(struct net *net, struct net_link *link)
{
	char text[IP_TEXT_BYTES];
	const struct lease *lease = &link->lease;
	set_mtu(net, link);
	ip_format(&lease->address, text);
	int error = nics_add_address(&net->nics, link->ifindex, &lease->address, lease->prefix_bits);
	if (error != 0)
		return fail_errno(&link->fail, FAIL_ADDRESS, -error, "%s/%u", text, lease->prefix_bits);
	link->configured_ifindex = link->ifindex;
	error = nics_add_gateway(&net->nics, link->ifindex, &lease->gateway);
	ip_format(&lease->gateway, text);
	if (error != 0)
		return fail_errno(&link->fail, FAIL_ADDRESS, -error, "gateway %s", text);
	write_resolv_conf(net, link);
	set_host_name(link);
	return true;
}

/* The address is of no use: the next attempt must not find it. */
static void address_failed(struct net *net, struct net_link *link, int64_t now_ms)
{
	withdraw(net, link);
	link_failed(link, now_ms);
}

static void announce(const struct net_link *link, const char *how, int64_t now_ms)
{
	char address[IP_TEXT_BYTES], gateway[IP_TEXT_BYTES];
	ip_format(&link->lease.address, address);
	ip_format(&link->lease.gateway, gateway);
	bool has_gateway = link->lease.gateway.family != 0;
	log_info("%s: up, %s/%u %s%s%s", link->name, address, link->lease.prefix_bits, how,
		 has_gateway ? ", gateway " : "", has_gateway ? gateway : "");
	if (link->lost_ms != 0)
		log_wait("%s: the network is back after %.1f s", link->name, (double)(now_ms - link->lost_ms) / 1000);
}

static void link_ready(struct net *net, struct net_link *link, const char *how, int64_t now_ms)
{
	announce(link, how, now_ms);
	link->state = LINK_READY;
	net->n_arrivals++;
	if (net->ready_ms == 0)
		net->ready_ms = now_ms;
	retry_reset(&link->retry);
	link->fail = (struct fail){.code = FAIL_NONE};
	link->lost_ms = 0;
}

static void start_static(struct net *net, struct net_link *link, int64_t now_ms)
{
	const struct plan_net *config = link->config;
	struct lease lease = {.address = config->address,
			      .prefix_bits = config->prefix_bits,
			      .gateway = config->gateway,
			      .n_nameservers = config->n_nameservers};
	memcpy(lease.nameservers, config->nameservers, sizeof lease.nameservers);
	take_lease(net, link, &lease);
	enter(link, LINK_WAIT_DAD, now_ms + DAD_WAIT_MS);
	if (!configure(net, link))
		address_failed(net, link, now_ms);
}

/* An address from us is asked for again: the cable may be in another network by now, or the lease over. */
static bool is_from_us(const struct net_link *link, const struct ip_address *ip)
{
	return link->configured_ifindex == link->ifindex && same_ip(&link->lease.address, ip);
}

static void start_dhcp(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct rtnl_message found;
	if (!nics_find_address(&net->nics, link->ifindex, &any, &found) || is_from_us(link, &found.ip)) {
		start_udhcpc(link, now_ms);
		return;
	}
	if (link->configured_ifindex != link->ifindex)
		withdraw(net, link);
	link->configured_ifindex = 0;
	link->lease = (struct lease){.address = found.ip, .prefix_bits = found.prefix_bits};
	link_ready(net, link, "already there, taken as it is", now_ms);
}

/* The interface in use, up. */
static const struct nic *nic_of(struct net *net, const struct net_link *link)
{
	const struct nic *nic = nics_find(&net->nics, link->ifindex);
	if (nic != NULL && !nic->up)
		nics_set_up(&net->nics, link->ifindex);
	return nics_find(&net->nics, link->ifindex);
}

static void wait_carrier(struct net *net, struct net_link *link, int64_t now_ms)
{
	const struct nic *nic = nic_of(net, link);
	if (nic == NULL) {
		use_no_nic(link);
		enter(link, LINK_WAIT_NIC, now_ms + NIC_WAIT_MS);
	} else if (nic->carrier) {
		if (net->carrier_ms == 0)
			net->carrier_ms = now_ms;
		(link->config->method == NET_STATIC ? start_static : start_dhcp)(net, link, now_ms);
	} else if (now_ms >= link->deadline_ms) {
		fail_set(&link->fail, FAIL_NO_CARRIER, "%s", link->name);
		link_failed(link, now_ms);
	}
}

static bool read_lease(struct net_link *link, struct lease *lease)
{
	char path[PATH_BYTES], text[4096];
	lease_path(link->name, path);
	ssize_t n = file_read_text(path, text, sizeof text);
	if (n < 0)
		return fail_errno(&link->fail, FAIL_NO_DHCP, (int)-n, "%s", path);
	return lease_read(text, lease, &link->fail);
}

static void take_dhcp_answer(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct lease lease = {.prefix_bits = 0};
	if (!read_lease(link, &lease)) {
		link_failed(link, now_ms);
		return;
	}
	take_lease(net, link, &lease);
	if (configure(net, link))
		link_ready(net, link, "by DHCP", now_ms);
	else
		address_failed(net, link, now_ms);
}

static void wait_lease(struct net *net, struct net_link *link, int64_t now_ms)
{
	bool has_ended = child_ended(&link->udhcpc);
	if (!has_ended && now_ms < link->deadline_ms)
		return;
	if (has_ended && child_exit_status(&link->udhcpc) == 0) {
		take_dhcp_answer(net, link, now_ms);
		return;
	}
	fail_set(&link->fail, FAIL_NO_DHCP, has_ended ? "4 requests in 8 s" : "udhcpc does not end");
	link_failed(link, now_ms);
}

static void wait_dad(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct rtnl_message found;
	bool there = nics_find_address(&net->nics, link->ifindex, &link->lease.address, &found);
	if (there && !found.tentative && !found.dad_failed) {
		link_ready(net, link, "static", now_ms);
		return;
	}
	if (!found.dad_failed && now_ms < link->deadline_ms)
		return;
	if (found.dad_failed)
		fail_set(&link->fail, FAIL_ADDRESS_TAKEN, "%s, duplicate address detection", link->name);
	else
		fail_set(&link->fail, FAIL_ADDRESS, "duplicate address detection does not end");
	address_failed(net, link, now_ms);
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

/* --- when it is up --- */

static void look_anew(struct net_link *link, int64_t now_ms)
{
	child_kill(&link->udhcpc);
	enter(link, LINK_WAIT_CARRIER, now_ms + CARRIER_WAIT_MS);
}

/* Carrier or interface went under a link that uses it. What comes back may be another network: all begins anew. */
static void check_carrier(struct net *net, struct net_link *link, int64_t now_ms)
{
	const struct nic *nic = nics_find(&net->nics, link->ifindex);
	if (nic != NULL && nic->carrier)
		return;
	log_wait("%s: the link is gone (cable, switch port or card), waiting for it", link->name);
	if (link->state == LINK_READY)
		link->lost_ms = now_ms;
	look_anew(link, now_ms);
}

static void link_step(struct net *net, struct net_link *link, int64_t now_ms)
{
	static const struct {
		void (*step)(struct net *, struct net_link *, int64_t);
		bool needs_carrier;
	} states[] = {
		[LINK_WAIT_NIC] = {wait_nic, false},
		[LINK_WAIT_CARRIER] = {wait_carrier, false},
		[LINK_WAIT_LEASE] = {wait_lease, true},
		[LINK_WAIT_DAD] = {wait_dad, true},
		[LINK_READY] = {NULL, true},
		[LINK_WAIT_RETRY] = {wait_retry, false},
	};
	enum net_link_state before;
	do {
		before = link->state;
		if (states[before].needs_carrier)
			check_carrier(net, link, now_ms);
		if (link->state == before && states[before].step != NULL)
			states[before].step(net, link, now_ms);
	} while (link->state != before);
}

/* --- for the story --- */

bool net_open(struct net *net, struct fail *fail)
{
	return nics_open(&net->nics, fail);
}

static struct net_link *link_of(struct net *net, const struct plan_net *config)
{
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].config == config)
			return &net->links[i];
	if (net->n_links == NETS_MAX)
		return NULL;
	struct net_link *link = &net->links[net->n_links++];
	*link = (struct net_link){.config = config};
	return link;
}

void net_start(struct net *net, const struct boot_plan *plan, int64_t now_ms)
{
	for (unsigned i = 0; i < plan->n_nets; i++) {
		struct net_link *link = plan->nets[i].method != NET_OFF ? link_of(net, &plan->nets[i]) : NULL;
		if (link != NULL)
			look_anew(link, now_ms);
	}
}

void net_want(struct net *net, struct loop *loop)
{
	loop_want(loop, net->nics.fd, POLL_READ);
	if (net->nics.lost)
		loop_wake_at(loop, loop->now_ms + LOOK_AGAIN_MS);
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].state != LINK_READY)
			loop_wake_at(loop, net->links[i].deadline_ms);
}

void net_step(struct net *net, const struct loop *loop)
{
	nics_update(&net->nics);
	do { /* the answer to a request of one link may come with news for another */
		net->nics.changed = false;
		for (unsigned i = 0; i < net->n_links; i++)
			link_step(net, &net->links[i], loop->now_ms);
	} while (net->nics.changed);
}

bool net_usable(const struct net *net)
{
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].state == LINK_READY)
			return true;
	return net->n_links == 0;
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
	for (unsigned i = 0; i < net->n_links; i++) {
		struct net_link *link = &net->links[i];
		child_kill(&link->udhcpc);
		retry_reset(&link->retry);
		link->fail = (struct fail){.code = FAIL_NONE};
		link->lost_ms = 0;
	}
}
