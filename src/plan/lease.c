/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a lease, by table, in two forms.
 */
#include "plan/lease.h"

#include <string.h>

#include "plan/fields.h"

const char *const lease_keys[] = {"ip",     "mask",         "router",   "dns",    "mtu", "hostname",
				  "domain", "staticroutes", "rootpath", "opt203", NULL};

static void read_address(struct span value, struct lease *lease)
{
	struct ip_address ip;
	if (text_ip(value, &ip) && ip.family == 4)
		lease->address = ip;
}

static void read_mask(struct span value, struct lease *lease)
{
	uint64_t bits;
	if (text_decimal(value, 32, &bits))
		lease->prefix_bits = (uint8_t)bits;
}

static void read_router(struct span value, struct lease *lease)
{
	struct ip_address ip;
	if (text_ip(span_cut(&value, ' '), &ip) && ip.family == 4)
		lease->gateway = ip;
}

static void read_dns(struct span value, struct lease *lease)
{
	while (value.text != NULL && lease->n_nameservers < NAMESERVERS_MAX)
		if (text_ip(span_cut(&value, ' '), &lease->nameservers[lease->n_nameservers]))
			lease->n_nameservers++;
}

static void read_mtu(struct span value, struct lease *lease)
{
	uint64_t mtu;
	if (text_decimal(value, NET_MTU_MAX, &mtu) && mtu >= NET_MTU_MIN)
		lease->mtu_bytes = (uint32_t)mtu;
}

static void read_hostname(struct span value, struct lease *lease)
{
	span_copy(value, lease->hostname, sizeof lease->hostname);
}

static void read_domain(struct span value, struct lease *lease)
{
	span_copy(value, lease->domain, sizeof lease->domain);
}

/* For others; user name and secret stand before an @. */
static void read_root_path(struct span value, struct lease *lease)
{
	if (value.n_bytes > 0 && memchr(value.text, '@', value.n_bytes) == NULL)
		span_copy(value, lease->root_path, sizeof lease->root_path);
}

static bool read_route(struct span *rest, struct net_route *out)
{
	struct span net = span_cut(rest, ' '), gateway = span_cut(rest, ' ');
	return net_destination(net, out) && text_ip(gateway, &out->gateway) && out->gateway.family == 4 &&
	       out->destination.family != 6;
}

/* Of more routes than fit the default one is kept: without it there is no way to most portals. */
static void add_route(struct lease *lease, const struct net_route *route)
{
	bool fits = lease->n_routes < ROUTES_MAX;
	lease->lacks_routes |= !fits;
	if (fits)
		lease->routes[lease->n_routes++] = *route;
	else if (route->destination.family == 0)
		lease->routes[ROUTES_MAX - 1] = *route;
}

/* RFC 3442: pairs of network and gateway; 0.0.0.0 in the place of a gateway is the link itself. */
static void read_routes(struct span value, struct lease *lease)
{
	static const uint8_t zeros[4];
	while (value.text != NULL) {
		struct net_route route = {.prefix_bits = 0};
		if (!read_route(&value, &route))
			continue;
		if (memcmp(route.gateway.bytes, zeros, sizeof zeros) == 0)
			route.gateway.family = 0;
		if (route.gateway.family != 0 || route.destination.family != 0)
			add_route(lease, &route);
	}
}

static const struct {
	const char *key;
	void (*read)(struct span value, struct lease *lease);
} readers[] = {
	{"ip", read_address},
	{"mask", read_mask},
	{"router", read_router},
	{"dns", read_dns},
	{"mtu", read_mtu},
	{"hostname", read_hostname},
	{"staticroutes", read_routes},
	{"domain", read_domain},
	{"rootpath", read_root_path},
};

bool lease_read(const char *text, struct lease *lease, struct fail *fail)
{
	struct lease found = {.prefix_bits = 0};
	struct span rest = span_of(text);
	while (rest.text != NULL) {
		struct span value = span_cut(&rest, '\n');
		struct span key = span_cut(&value, '=');
		for (size_t i = 0; value.text != NULL && i < sizeof readers / sizeof *readers; i++)
			if (span_is(key, readers[i].key))
				readers[i].read(value, &found);
	}
	if (found.address.family == 0 || found.prefix_bits == 0)
		return fail_set(fail, FAIL_NO_DHCP, "the lease has no address and netmask");
	if (found.n_routes > 0)
		found.gateway = (struct ip_address){.family = 0};
	*lease = found;
	return true;
}

/* --- of klibc's ipconfig --- */

static const struct {
	const char *key;
	void (*read)(struct span value, struct lease *lease);
} klibc_readers[] = {
	{"IPV4ADDR", read_address},  {"IPV4GATEWAY", read_router}, {"IPV4DNS0", read_dns},       {"IPV4DNS1", read_dns},
	{"HOSTNAME", read_hostname}, {"DNSDOMAIN", read_domain},   {"ROOTPATH", read_root_path},
};

bool lease_read_klibc(const char *text, struct lease *lease)
{
	struct span rest = span_of(text);
	*lease = (struct lease){.prefix_bits = 0};
	while (rest.text != NULL) {
		struct span value = span_cut(&rest, '\n');
		struct span key = span_cut(&value, '=');
		struct span quoted = value;
		if (value.text == NULL || span_cut(&quoted, '\'').n_bytes > 0 || quoted.text == NULL)
			continue;
		value = span_cut(&quoted, '\'');
		bool is_plain = quoted.text != NULL && quoted.n_bytes == 0;
		for (size_t i = 0; is_plain && i < sizeof klibc_readers / sizeof *klibc_readers; i++)
			if (span_is(key, klibc_readers[i].key) && !span_is(value, "0.0.0.0"))
				klibc_readers[i].read(value, lease);
	}
	return lease->address.family != 0;
}
