/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links' state machine. What changes by itself (carrier, duplicate address detection, interfaces that come and go)
 * comes as an event, and after each event every link looks at what it waits for.
 */
#include "boot/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/writer.h"
#include "boot/lease.h"
#include "boot/log.h"
#include "boot/mtu.h"
#include "boot/programs.h"

enum {
	NIC_WAIT_MS = 5000,
	CARRIER_WAIT_MS = 5000,
	LEASE_WAIT_MS = 20000,  /* udhcpc ends by itself before */
	KERNEL_WAIT_MS = 20000, /* RFC 4861 section 6.3.7: three solicitations, 4 s apart, and what comes before */
	DAD_WAIT_MS = 10000,
	PNP_BYTES = 1024,
	LOOK_AGAIN_MS = 1000, /* when the kernel could not be asked what there is */
};

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

/* Of the addresses that the word is about: an interface may have a word for each. */
static unsigned family_of(const struct plan_net *config)
{
	static const uint8_t families[] = {[NET_DHCP] = 4, [NET_AUTO6] = 6, [NET_LINK6] = 6, [NET_OFF] = 0};
	return config->method == NET_STATIC ? config->address.family : families[config->method];
}

static bool is_named(const struct plan_net *config, const struct nic *nic)
{
	if (config->device[0] != '\0')
		return strcmp(config->device, nic->name) == 0;
	return config->has_mac && !nic->made && memcmp(config->mac, nic->card_mac, sizeof nic->card_mac) == 0;
}

/* For a link that names no interface. */
static bool is_taken(const struct net *net, const struct nic *nic, unsigned family)
{
	for (const struct net_link *link = net->links; link < net->links + net->n_links; link++)
		if (link->ifindex == nic->ifindex && family_of(link->config) == family)
			return true;
	for (const struct plan_net *config = net->plan->nets; config < net->plan->nets + net->plan->n_nets; config++)
		if (is_named(config, nic) && (config->method == NET_OFF || family_of(config) == family))
			return true;
	return nic->master != 0 || ifaces_is_below(net->plan, nic);
}

/* An interface shows its carrier only when it is up. */
static void set_up_free_nics(struct net *net, unsigned family)
{
	for (unsigned i = 0; i < NICS_MAX; i++) {
		struct nic *nic = &net->nics.list[i];
		if (!nic->ethernet || nic->up || is_taken(net, nic, family))
			continue;
		nic->woken = true;
		nics_set_up(&net->nics, nic->ifindex);
	}
}

/* Any free interface serves a link that names none. */
static struct nic *free_nic_with_carrier(struct net *net, unsigned family, uint32_t after_ifindex)
{
	struct nic *best = NULL;
	set_up_free_nics(net, family);
	for (unsigned i = 0; i < NICS_MAX; i++) {
		struct nic *nic = &net->nics.list[i];
		if (!nic->ethernet || is_taken(net, nic, family))
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
	if (link->config->device[0] == '\0' && !link->config->has_mac && n_listed > 0)
		fail_set(&link->fail, FAIL_NO_CARRIER, "%s", names);
	else if (n_listed > 0)
		fail_set(&link->fail, FAIL_NIC_MISSING, "there are: %s", names);
	else
		fail_set(&link->fail, FAIL_NIC_MISSING, "this machine shows none");
	link_failed(link, now_ms);
}

static struct nic *candidate(struct net *net, const struct net_link *link)
{
	const struct plan_net *config = link->config;
	if (config->device[0] != '\0')
		return nics_named(&net->nics, config->device);
	if (config->has_mac)
		return nics_with_mac(&net->nics, config->mac);
	return free_nic_with_carrier(net, family_of(config), link->last_ifindex);
}

/* The hardware address that ip= gives to a device that it names. Most cards take it only while they are down. */
static void set_mac(struct net *net, const struct net_link *link)
{
	const struct plan_net *config = link->config;
	const struct nic *nic = nics_find(&net->nics, link->ifindex);
	struct rtnl_link wanted = {.ifindex = link->ifindex, .mac = config->mac};
	if (config->device[0] == '\0' || !config->has_mac || memcmp(nic->mac, config->mac, sizeof nic->mac) == 0)
		return;
	int error = nics_set_link(&net->nics, &wanted);
	if (error == -EBUSY && !nics_has_address(&net->nics, link->ifindex)) {
		nics_set_link(&net->nics, &(struct rtnl_link){.ifindex = link->ifindex, .down = true});
		error = nics_set_link(&net->nics, &wanted);
	}
	if (error != 0)
		log_wait("%s: the hardware address in ip= was refused: %s, going on without", link->name,
			 strerror(-error));
}

static void wait_nic(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct nic *nic = candidate(net, link);
	if (nic != NULL) {
		use_nic(link, nic);
		set_mac(net, link);
		enter(link, LINK_WAIT_CARRIER, now_ms + CARRIER_WAIT_MS);
	} else if (now_ms >= link->deadline_ms) {
		nic_missing(net, link, now_ms);
	}
}

static void start_udhcpc(struct net_link *link, int64_t now_ms)
{
	char hostname[HOST_MAX + 16];
	snprintf(hostname, sizeof hostname, "hostname:%s", link->config->hostname);
	const char *argv[] = {BUSYBOX,
			      "udhcpc",
			      "-f",
			      "-q",
			      "-n",
			      "-t",
			      "4",
			      "-T",
			      "2",
			      "-i",
			      link->name,
			      "-O",
			      "mtu",
			      "-O",
			      "rootpath",
			      "-O",
			      "203",
			      "-O",
			      "staticroutes",
			      "-s",
			      LEASE_PROGRAM,
			      link->config->hostname[0] != '\0' ? "-x" : NULL,
			      hostname,
			      NULL};
	int error = child_spawn(&link->udhcpc, argv, program_environment, CHILD_QUIET);
	if (error < 0) {
		fail_errno(&link->fail, FAIL_SPAWN, -error, "%s udhcpc", BUSYBOX);
		link_failed(link, now_ms);
		return;
	}
	enter(link, LINK_WAIT_LEASE, now_ms + LEASE_WAIT_MS);
}

static void list_servers(struct writer *w, unsigned *n_listed, const struct ip_address *servers, unsigned n_servers)
{
	char one[IP_TEXT_BYTES];
	for (unsigned i = 0; i < n_servers && *n_listed < NAMESERVERS_MAX; i++, (*n_listed)++) {
		ip_format(&servers[i], one);
		writer_format(w, "nameserver %s\n", one);
	}
}

/* Those of nameserver=, then those of the first link that brings any; NULL: none does yet. */
static void write_resolv_conf(struct net *net, const struct net_link *link)
{
	char text[NAMESERVERS_MAX * (IP_TEXT_BYTES + 16)];
	struct writer w = writer_over(text, sizeof text);
	unsigned n_listed = 0;
	if (net->names_from != NULL && net->names_from != link)
		return;
	list_servers(&w, &n_listed, net->plan->nameservers, net->plan->n_nameservers);
	if (link != NULL) {
		list_servers(&w, &n_listed, link->config->nameservers, link->config->n_nameservers);
		list_servers(&w, &n_listed, link->lease.nameservers, link->lease.n_nameservers);
	}
	writer_u8(&w, 0);
	if (n_listed > 0 && file_create("/etc/resolv.conf", text, 0644) == 0 && n_listed > net->plan->n_nameservers)
		net->names_from = link;
}

/* As the kernel does with field 5 of ip=; if there is none, of no link, what the DHCP server calls us. */
static void set_host_name(const struct net *net, const struct net_link *link)
{
	bool is_given = false;
	for (const struct net_link *any = net->links; any < net->links + net->n_links; any++)
		is_given = is_given || any->config->hostname[0] != '\0';
	const char *name = is_given ? link->config->hostname : link->lease.hostname;
	if (name[0] != '\0')
		machine_set_host_name(name);
}

/* --- routes --- */

static bool is_within(const struct ip_address *ip, const struct ip_address *network, unsigned prefix_bits)
{
	if (ip->family != network->family)
		return false;
	for (unsigned bit = 0; bit < prefix_bits; bit++)
		if (((ip->bytes[bit / 8] ^ network->bytes[bit / 8]) & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

/* A route of rd.route= belongs to the device it names, or to the link whose network its gateway is in. */
static bool is_route_of(const struct net_link *link, const struct plan_route *route)
{
	if (route->device[0] != '\0')
		return strcmp(route->device, link->name) == 0;
	return is_within(&route->route.gateway, &link->lease.address, link->lease.prefix_bits);
}

static void tell_route(const struct net_link *link, const struct net_route *route, int error)
{
	char to[IP_TEXT_BYTES], gateway[IP_TEXT_BYTES] = "";
	if (error == 0)
		return;
	ip_format(&route->destination, to);
	ip_format(&route->gateway, gateway);
	log_wait("%s: the route to %s/%u%s%s was refused: %s, going on without", link->name, to, route->prefix_bits,
		 route->gateway.family != 0 ? " by " : "", gateway, strerror(-error));
}

/* A session that is there may run by another link's route, from the address there: it is not to change its way. */
static bool is_late(const struct net *net)
{
	struct dir sessions;
	bool has_session = dir_open(&sessions, "/sys/class/iscsi_session") == 0 && dir_next(&sessions) != NULL;
	bool has_link = false;
	for (const struct net_link *any = net->links; any < net->links + net->n_links; any++)
		has_link = has_link || any->state == LINK_READY;
	if (has_session)
		dir_close(&sessions);
	return has_session && has_link;
}

/* Of several default routes the one of the first word counts, or of the card of bootdev=, or that is in use. */
static uint32_t rank_of(struct net *net, const struct net_link *link)
{
	const struct plan_card *bootdev = &net->plan->bootdev;
	const struct nic *nic = nics_find(&net->nics, link->ifindex);
	bool has_bootdev = bootdev->origin.text[0] != '\0';
	bool is_bootdev = has_bootdev && nic != NULL &&
			  (bootdev->has_mac ? memcmp(bootdev->mac, nic->card_mac, sizeof nic->card_mac) == 0
					    : strcmp(bootdev->device, nic->name) == 0);
	if (is_late(net))
		return NETS_MAX + ++net->n_late;
	return is_bootdev ? 0 : (uint32_t)(link - net->links) + has_bootdev;
}

/* For 0 the kernel takes 1024 with IPv6. */
static int add_route(struct net *net, const struct net_link *link, const struct net_route *route)
{
	enum { IPV6_METRIC = 1024 };
	uint32_t metric = route->gateway.family == 6 && link->rank > 0 ? IPV6_METRIC + link->rank : link->rank;
	return nics_add_route(&net->nics, link->ifindex, route, route->destination.family == 0 ? metric : 0);
}

/* One that is refused may be one nobody needs. */
static void add_routes(struct net *net, const struct net_link *link)
{
	const struct lease *lease = &link->lease;
	const struct boot_plan *plan = net->plan;
	for (const struct net_route *route = lease->routes; route < lease->routes + lease->n_routes; route++)
		tell_route(link, route, add_route(net, link, route));
	for (unsigned i = 0; i < plan->n_routes; i++) {
		const struct net_route *route = &plan->routes[i].route;
		if (!is_route_of(link, &plan->routes[i]))
			continue;
		net->routes_of_links |= 1U << i;
		tell_route(link, route, add_route(net, link, route));
	}
}

/* Those of rd.route= that no link has taken, when all links have come that will. */
static void tell_unused_routes(const struct net *net)
{
	char to[IP_TEXT_BYTES], gateway[IP_TEXT_BYTES];
	for (unsigned i = 0; i < net->plan->n_routes; i++) {
		const struct plan_route *one = &net->plan->routes[i];
		if ((net->routes_of_links >> i & 1) != 0)
			continue;
		ip_format(&one->route.destination, to);
		ip_format(&one->route.gateway, gateway);
		log_wait("rd.route=: no link that is up has %s %s, the route to %s/%u is left out",
			 one->device[0] != '\0' ? "the name" : "a network with the gateway",
			 one->device[0] != '\0' ? one->device : gateway, to, one->route.prefix_bits);
	}
}

/* Takes away what configure() gave. */
static void withdraw(struct net *net, struct net_link *link)
{
	uint32_t ifindex = link->configured_ifindex;
	const struct lease *lease = &link->lease;
	struct net_route by_gateway = {.gateway = lease->gateway};
	link->configured_ifindex = 0;
	if (ifindex == 0)
		return;
	if (by_gateway.gateway.family != 0)
		nics_remove_route(&net->nics, ifindex, &by_gateway);
	for (unsigned i = 0; i < lease->n_routes; i++)
		nics_remove_route(&net->nics, ifindex, &lease->routes[i]);
	nics_remove_address(&net->nics, ifindex, &lease->address, lease->prefix_bits);
}

/* --- from address to ready --- */

static bool same_ip(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Another interface or another address: the old one goes first. The same again stays in use all the time. */
static void take_lease(struct net *net, struct net_link *link, const struct lease *lease)
{
	const struct lease *old = &link->lease;
	if (link->configured_ifindex != link->ifindex || old->prefix_bits != lease->prefix_bits ||
	    !same_ip(&old->address, &lease->address) || !same_ip(&old->gateway, &lease->gateway) ||
	    old->n_routes != lease->n_routes || memcmp(old->routes, lease->routes, sizeof old->routes) != 0) {
		withdraw(net, link);
		link->rank = rank_of(net, link);
	}
	link->lease = *lease;
}

static bool has_ipv6(struct net *net, uint32_t ifindex)
{
	const struct nic *nic = nics_find(&net->nics, ifindex);
	for (const struct net_link *any = net->links; any < net->links + net->n_links; any++)
		if (family_of(any->config) == 6 &&
		    (any->ifindex == ifindex || (nic != NULL && is_named(any->config, nic))))
			return true;
	return false;
}

/* That of ip= before that of a lease. With less than its least the kernel takes IPv6 off the interface. */
static void set_mtu(struct net *net, const struct net_link *link)
{
	uint32_t own_bytes = link->config->mtu_bytes;
	uint32_t mtu_bytes = own_bytes != 0 ? own_bytes : link->lease.mtu_bytes;
	if (mtu_bytes != 0 && mtu_bytes < MTU_LEAST && has_ipv6(net, link->ifindex)) {
		log_wait("%s: an MTU of %u is too small for IPv6, taking %d", link->name, mtu_bytes, MTU_LEAST);
		mtu_bytes = MTU_LEAST;
	}
	int error = mtu_bytes != 0 ? nics_set_mtu(&net->nics, link->ifindex, mtu_bytes) : 0;
	if (error != 0)
		log_wait("%s: MTU %u refused: %s, going on without", link->name, mtu_bytes, strerror(-error));
}

/* What was there before us, from whomever, is not ours to take away again. */
static bool give_address(struct net *net, struct net_link *link)
{
	char text[IP_TEXT_BYTES];
	struct rtnl_message found;
	const struct lease *lease = &link->lease;
	bool was_there =
		link->configured_ifindex == 0 && nics_find_address(&net->nics, link->ifindex, &lease->address, &found);
	ip_format(&lease->address, text);
	int error = nics_add_address(&net->nics, link->ifindex, &lease->address, lease->prefix_bits);
	if (error != 0)
		return fail_errno(&link->fail, FAIL_ADDRESS, -error, "%s/%u", text, lease->prefix_bits);
	link->configured_ifindex = was_there ? 0 : link->ifindex;
	return true;
}

/* Gives the interface the lease's address and what goes with it. */
static bool configure(struct net *net, struct net_link *link)
{
	char text[IP_TEXT_BYTES];
	struct net_route by_gateway = {.gateway = link->lease.gateway};
	set_mtu(net, link);
	if (!give_address(net, link))
		return false;
	int error = by_gateway.gateway.family != 0 ? add_route(net, link, &by_gateway) : 0;
	ip_format(&link->lease.gateway, text);
	if (error != 0)
		return fail_errno(&link->fail, FAIL_ADDRESS, -error, "gateway %s", text);
	return true;
}

/* The address is of no use: the next attempt must not find it. */
static void address_failed(struct net *net, struct net_link *link, int64_t now_ms)
{
	withdraw(net, link);
	link_failed(link, now_ms);
}

static void announce(const struct net_link *link, int64_t now_ms)
{
	char address[IP_TEXT_BYTES], gateway[IP_TEXT_BYTES];
	bool has_gateway = link->lease.gateway.family != 0;
	ip_format(&link->lease.address, address);
	ip_format(&link->lease.gateway, gateway);
	log_info("%s: up, %s/%u %s%s%s", link->name, address, link->lease.prefix_bits, link->how,
		 has_gateway ? ", gateway " : "", has_gateway ? gateway : "");
	if (link->lost_ms != 0)
		log_wait("%s: the network is back after %.1f s", link->name, (double)(now_ms - link->lost_ms) / 1000);
}

static void link_ready(struct net *net, struct net_link *link, int64_t now_ms)
{
	announce(link, now_ms);
	add_routes(net, link);
	write_resolv_conf(net, link);
	set_host_name(net, link);
	link->state = LINK_READY;
	net->n_arrivals++;
	if (net->ready_ms == 0)
		net->ready_ms = now_ms;
	retry_reset(&link->retry);
	link->fail = (struct fail){.code = FAIL_NONE};
	link->lost_ms = 0;
}

/* The link has an address; it is ready when that can be used. */
static void await_dad(struct net_link *link, const char *how, int64_t now_ms)
{
	link->how = how;
	enter(link, LINK_WAIT_DAD, now_ms + DAD_WAIT_MS);
}

static void start_static(struct net *net, struct net_link *link, int64_t now_ms)
{
	const struct plan_net *config = link->config;
	struct lease lease = {
		.address = config->address, .prefix_bits = config->prefix_bits, .gateway = config->gateway};
	take_lease(net, link, &lease);
	await_dad(link, "static", now_ms);
	if (!configure(net, link))
		address_failed(net, link, now_ms);
}

/* Not from us. */
static void adopt(struct net *net, struct net_link *link, const struct rtnl_message *found)
{
	if (link->configured_ifindex != link->ifindex)
		withdraw(net, link);
	link->rank = rank_of(net, link);
	link->configured_ifindex = 0;
	link->lease = (struct lease){.address = found->ip, .prefix_bits = found->prefix_bits};
}

/* The name servers that the kernel has come by with an address (CONFIG_IP_PNP); of the other options it keeps none. */
static void read_pnp(struct lease *lease)
{
	char text[PNP_BYTES];
	struct span rest = file_read_text("/proc/net/pnp", text, sizeof text) > 0 ? span_of(text) : span_of("");
	while (rest.text != NULL && lease->n_nameservers < NAMESERVERS_MAX) {
		struct span value = span_cut(&rest, '\n');
		struct span key = span_cut(&value, ' ');
		if (span_is(key, "nameserver") && text_ip(value, &lease->nameservers[lease->n_nameservers]))
			lease->n_nameservers++;
	}
}

/* What goes with an address from ipconfig, or from us in an earlier attempt. Its routes the interface has already. */
static bool read_klibc(struct net_link *link)
{
	char path[PATH_BYTES], text[LEASE_BYTES];
	struct lease found;
	format_text(path, sizeof path, "/run/net-%s.conf", link->name);
	if (file_read_text(path, text, sizeof text) <= 0 || !lease_read_klibc(text, &found) ||
	    !same_ip(&found.address, &link->lease.address))
		return false;
	found.prefix_bits = link->lease.prefix_bits;
	link->lease = found;
	return true;
}

/* An address from us is asked for again: the cable may be in another network by now, or the lease over. */
static bool is_from_us(const struct net_link *link, const struct ip_address *ip)
{
	return link->configured_ifindex == link->ifindex && same_ip(&link->lease.address, ip);
}

/* False: there is no address of somebody else. */
static bool take_what_is_there(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct rtnl_message found;
	if (!nics_find_address(&net->nics, link->ifindex, &any_global4, &found) || is_from_us(link, &found.ip))
		return false;
	child_kill(&link->udhcpc);
	adopt(net, link, &found);
	nics_add_address(&net->nics, link->ifindex, &found.ip, found.prefix_bits); /* it does not expire any more */
	if (!read_klibc(link))
		read_pnp(&link->lease);
	set_mtu(net, link);
	await_dad(link, "already there, taken as it is", now_ms);
	return true;
}

static void start_dhcp(struct net *net, struct net_link *link, int64_t now_ms)
{
	if (!take_what_is_there(net, link, now_ms))
		start_udhcpc(link, now_ms);
}

/* RFC 4862 is the kernel's work, and it keeps up what it has made; with 2 it heeds routers though it may forward. */
static void start_kernel(struct net *net, struct net_link *link, int64_t now_ms)
{
	char path[PATH_BYTES];
	set_mtu(net, link);
	if (link->config->method == NET_AUTO6) {
		format_text(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_ra", link->name);
		file_write_text(path, "2");
	}
	enter(link, LINK_WAIT_KERNEL, now_ms + KERNEL_WAIT_MS);
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
	static void (*const starts[])(struct net *, struct net_link *, int64_t) = {
		[NET_DHCP] = start_dhcp,
		[NET_STATIC] = start_static,
		[NET_AUTO6] = start_kernel,
		[NET_LINK6] = start_kernel,
	};
	const struct nic *nic = nic_of(net, link);
	if (nic == NULL) {
		use_no_nic(link);
		enter(link, LINK_WAIT_NIC, now_ms + NIC_WAIT_MS);
	} else if (nic->carrier) {
		if (net->carrier_ms == 0)
			net->carrier_ms = now_ms;
		starts[link->config->method](net, link, now_ms);
	} else if (now_ms >= link->deadline_ms) {
		fail_set(&link->fail, FAIL_NO_CARRIER, "%s", link->name);
		link_failed(link, now_ms);
	}
}

static bool read_lease(struct net_link *link, struct lease *lease)
{
	char path[PATH_BYTES], text[LEASE_BYTES];
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
	if (lease.lacks_routes)
		log_wait("%s: the lease has more than %d routes, not all of them are used", link->name, ROUTES_MAX);
	take_lease(net, link, &lease);
	await_dad(link, "by DHCP", now_ms);
	if (!configure(net, link))
		address_failed(net, link, now_ms);
}

static void wait_lease(struct net *net, struct net_link *link, int64_t now_ms)
{
	bool has_ended = child_ended(&link->udhcpc);
	if (!has_ended && take_what_is_there(net, link, now_ms)) /* another client was faster */
		return;
	if (!has_ended && now_ms < link->deadline_ms)
		return;
	if (has_ended && child_exit_status(&link->udhcpc) == 0) {
		take_dhcp_answer(net, link, now_ms);
		return;
	}
	fail_set(&link->fail, FAIL_NO_DHCP, has_ended ? "4 requests in 8 s" : "udhcpc does not end");
	link_failed(link, now_ms);
}

static void wait_kernel(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct rtnl_message found;
	bool by_router = link->config->method == NET_AUTO6;
	const struct ip_address *sought = by_router ? &any_global6 : &any_link_local6;
	if (nics_find_address(&net->nics, link->ifindex, sought, &found)) {
		adopt(net, link, &found);
		await_dad(link, by_router ? "by router advertisement" : "link-local", now_ms);
		return;
	}
	if (now_ms < link->deadline_ms)
		return;
	if (by_router)
		fail_set(&link->fail, FAIL_NO_ADVERTISEMENT, "waited for %d s", KERNEL_WAIT_MS / 1000);
	else
		fail_set(&link->fail, FAIL_ADDRESS, "it has no link-local address");
	link_failed(link, now_ms);
}

/* A portal of the kind fe80::1%eth0 is spoken to from the interface's own address of that kind. */
static bool has_portal_on(const struct boot_plan *plan, const char *ifname)
{
	for (unsigned i = 0; i < plan->n_targets; i++) {
		const char *scope = strchr(plan->targets[i].host, '%');
		if (scope != NULL && strcmp(scope + 1, ifname) == 0)
			return true;
	}
	return false;
}

static bool can_be_used(struct net *net, const struct net_link *link, const struct ip_address *ip,
			struct rtnl_message *found)
{
	return nics_find_address(&net->nics, link->ifindex, ip, found) && !found->tentative && !found->dad_failed;
}

static void wait_dad(struct net *net, struct net_link *link, int64_t now_ms)
{
	struct rtnl_message found, local;
	bool is_over = now_ms >= link->deadline_ms;
	if (can_be_used(net, link, &link->lease.address, &found)) {
		if (is_over || !has_portal_on(net->plan, link->name) ||
		    can_be_used(net, link, &any_link_local6, &local))
			link_ready(net, link, now_ms);
		return;
	}
	if (!found.dad_failed && !is_over)
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
		[LINK_WAIT_NIC] = {wait_nic, false},     [LINK_WAIT_CARRIER] = {wait_carrier, false},
		[LINK_WAIT_LEASE] = {wait_lease, true},  [LINK_WAIT_KERNEL] = {wait_kernel, true},
		[LINK_WAIT_DAD] = {wait_dad, true},      [LINK_READY] = {NULL, true},
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

/* What a change of the rest means for an address, the link finds out by itself. */
static bool is_same(const struct plan_net *a, const struct plan_net *b)
{
	return a->method == b->method && a->has_mac == b->has_mac && memcmp(a->mac, b->mac, sizeof a->mac) == 0 &&
	       strcmp(a->device, b->device) == 0;
}

/* The plan is read anew for each attempt, and the user may have changed its files: links of another one go. */
static void forget_links(struct net *net, const struct boot_plan *plan)
{
	bool same = net->n_nets == plan->n_nets;
	for (unsigned i = 0; i < plan->n_nets && same; i++)
		same = is_same(&net->nets[i], &plan->nets[i]);
	net->n_nets = plan->n_nets;
	memcpy(net->nets, plan->nets, sizeof net->nets);
	if (same)
		return;
	for (unsigned i = 0; i < net->n_links; i++)
		withdraw(net, &net->links[i]);
	memset(net->links, 0, sizeof net->links);
	net->names_from = NULL;
}

void net_start(struct net *net, const struct boot_plan *plan, int64_t now_ms)
{
	net->plan = plan;
	net->ifaces = (struct ifaces){.bonded = {false}};
	net->routes_of_links = 0;
	forget_links(net, plan);
	write_resolv_conf(net, NULL);
	net->n_links = 0;
	for (const struct plan_net *config = plan->nets; config < plan->nets + plan->n_nets; config++) {
		if (config->method == NET_OFF)
			continue;
		struct net_link *link = &net->links[net->n_links++];
		link->config = config;
		look_anew(link, now_ms);
	}
	net->nics.changed = true; /* for them to look at at once */
}

void net_want(struct net *net, struct loop *loop)
{
	loop_want(loop, net->nics.fd, POLL_READ);
	if (net->nics.lost)
		loop_wake_at(loop, loop->now_ms + LOOK_AGAIN_MS);
	if (net->plan != NULL && net->nics.changed)
		loop_wake_at(loop, loop->now_ms);
	for (unsigned i = 0; net->plan != NULL && i < net->n_links; i++)
		if (net->links[i].state != LINK_READY)
			loop_wake_at(loop, net->links[i].deadline_ms);
}

void net_step(struct net *net, const struct loop *loop)
{
	nics_update(&net->nics);
	if (net->plan == NULL)
		return;
	do { /* the answer to a request of one link may come with news for another */
		net->nics.changed = false;
		ifaces_step(&net->ifaces, &net->nics, net->plan);
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

bool net_is_coming(const struct net *net)
{
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].state != LINK_READY && net->links[i].retry.n_failed == 0)
			return true;
	return false;
}

/* The text of the lease of a link that is up; of an address that was there, what is known of it. False: not up yet. */
static bool read_lease_of(const struct net *net, const struct plan_net *config, char *out, size_t n_max)
{
	char path[PATH_BYTES];
	for (unsigned i = 0; i < net->n_links; i++) {
		const struct net_link *link = &net->links[i];
		if (link->config != config || link->state != LINK_READY)
			continue;
		lease_path(link->name, path);
		if (file_read_text(path, out, n_max) < 0)
			format_text(out, n_max, "rootpath=%s\n", link->lease.root_path);
		return true;
	}
	return false;
}

bool net_take_leases(const struct net *net, struct boot_plan *plan, uint32_t *read, struct plan_notes *notes)
{
	char text[LEASE_BYTES];
	bool waits = false;
	for (unsigned i = 0; i < plan->n_nets && plan_wants_lease(plan); i++) {
		if (plan->nets[i].method != NET_DHCP || (*read >> i & 1) != 0)
			continue;
		if (!read_lease_of(net, &plan->nets[i], text, sizeof text)) {
			waits = true;
			continue;
		}
		plan_read_lease(text, plan, notes);
		*read |= 1U << i;
	}
	return waits && (plan_wants_root_path(plan) || (plan_wants_lease(plan) && !net_usable(net)));
}

enum fail_code net_waits_for(const struct net *net)
{
	static const enum fail_code waits[] = {
		[LINK_WAIT_NIC] = FAIL_NIC_MISSING, [LINK_WAIT_CARRIER] = FAIL_NO_CARRIER,
		[LINK_WAIT_LEASE] = FAIL_NO_DHCP,   [LINK_WAIT_KERNEL] = FAIL_NO_ADVERTISEMENT,
		[LINK_WAIT_DAD] = FAIL_ADDRESS,     [LINK_WAIT_RETRY] = FAIL_NO_CARRIER,
		[LINK_READY] = FAIL_NONE,
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
		[LINK_WAIT_KERNEL] = "the advertisement of an IPv6 router",
		[LINK_WAIT_DAD] = "duplicate address detection to end",
		[LINK_WAIT_RETRY] = NULL,
	};
	out[0] = '\0';
	for (unsigned i = 0; i < net->n_links; i++) {
		const struct net_link *link = &net->links[i];
		if (link->state == LINK_READY || waits[link->state] == NULL)
			continue;
		format_text(out, WAIT_TEXT_BYTES, "%s (%s)", waits[link->state], link->name);
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

static bool is_of_a_link(const struct net *net, uint32_t ifindex)
{
	for (unsigned i = 0; i < net->n_links; i++)
		if (net->links[i].ifindex == ifindex)
			return true;
	return false;
}

void net_leave(struct net *net)
{
	for (unsigned i = 0; i < NICS_MAX; i++) {
		struct rtnl_link down = {.ifindex = net->nics.list[i].ifindex, .down = true};
		const struct nic *nic = &net->nics.list[i];
		bool is_used = !nic->woken || nic->master != 0 || is_of_a_link(net, down.ifindex) ||
			       ifaces_is_below(net->plan, nic) || has_portal_on(net->plan, nic->name);
		if (!is_used && !nics_has_address(&net->nics, down.ifindex))
			nics_set_link(&net->nics, &down);
	}
	if (net_usable(net))
		tell_unused_routes(net);
	net_stop(net);
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
	net->plan = NULL;
}
