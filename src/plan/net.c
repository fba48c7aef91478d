/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip= in the forms of the kernel (Documentation/admin-guide/nfs/nfsroot.rst, net/ipv4/ipconfig.c), of dracut
 * (dracut.cmdline(7)), and ip6= of Ubuntu:
 *
 *     ip=AUTOCONF
 *     ip=DEVICE:AUTOCONF[:TAIL]
 *     ip=CLIENT:PEER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF[:TAIL]
 *     TAIL: MTU[:MAC] or DNS0[:DNS1[:NTP0]]
 *
 * IPv6 literals stand in brackets; a netmask may be the length of the prefix; AUTOCONF may be a list with commas. PEER
 * and NTP0 are not used here. One word makes one network of each address family it asks for. What other words say of
 * all networks (BOOTIF=, bootdev=, hostname=) is put in at the end, since words may stand in any order.
 */
#include "plan/net.h"

#include <string.h>

#include "base/format.h"
#include "plan/fields.h"
#include "plan/reading.h"

enum field {
	FIELD_CLIENT,
	FIELD_PEER,
	FIELD_GATEWAY,
	FIELD_NETMASK,
	FIELD_HOSTNAME,
	FIELD_DEVICE,
	FIELD_AUTOCONF,
	FIELD_COUNT
};

/* --- AUTOCONF --- */

enum {
	IP4_UNSAID, /* static with a client address, nothing without */
	IP4_ANY,    /* static with a client address, DHCP without */
	IP4_OFF,
	IP4_DHCP,
};

enum {
	IP6_UNSAID,
	IP6_AUTO,
	IP6_LINK,
};

struct ways {
	uint8_t ip4, ip6;
	const char *note;
};

static const char is_dhcp[] = "is not spoken here, DHCP is used";
static const char is_auto6[] = "asks for DHCPv6, which is not spoken here; router advertisements are used";

static const struct autoconf {
	const char *word;
	struct ways ways;
} autoconfs[] = {
	{"", {IP4_ANY, IP6_UNSAID, NULL}},
	{"on", {IP4_ANY, IP6_UNSAID, NULL}},
	{"any", {IP4_ANY, IP6_UNSAID, NULL}},
	{"all", {IP4_ANY, IP6_UNSAID, NULL}}, /* klibc */
	{"off", {IP4_OFF, IP6_UNSAID, NULL}},
	{"none", {IP4_OFF, IP6_UNSAID, NULL}},
	{"static", {IP4_OFF, IP6_UNSAID, NULL}},
	{"dhcp", {IP4_DHCP, IP6_UNSAID, NULL}},
	{"single-dhcp", {IP4_DHCP, IP6_UNSAID, NULL}},
	{"dhcp4", {IP4_DHCP, IP6_UNSAID, NULL}}, /* make-initrd of ALT */
	{"bootp", {IP4_DHCP, IP6_UNSAID, is_dhcp}},
	{"rarp", {IP4_DHCP, IP6_UNSAID, is_dhcp}},
	{"both", {IP4_DHCP, IP6_UNSAID, is_dhcp}},
	{"auto6", {IP4_UNSAID, IP6_AUTO, NULL}},
	{"link6", {IP4_UNSAID, IP6_LINK, NULL}},
	{"dhcp6", {IP4_UNSAID, IP6_AUTO, is_auto6}},
	{"either6", {IP4_UNSAID, IP6_AUTO, is_auto6}},
};

static const struct autoconf *find_autoconf(struct span s)
{
	for (size_t i = 0; i < sizeof autoconfs / sizeof *autoconfs; i++)
		if (span_is(s, autoconfs[i].word))
			return &autoconfs[i];
	return NULL;
}

/* The kernel's dhcp,TYPE,ID: the rest is an identifier. */
static bool is_client_id(const struct ways *ways, struct span item, struct span rest)
{
	uint64_t type;
	return ways->ip4 == IP4_DHCP && rest.text != NULL && text_decimal(item, UINT8_MAX, &type);
}

static bool merge_way(uint8_t *way, uint8_t other)
{
	if (*way != 0 && other != 0 && *way != other)
		return false;
	*way |= other;
	return true;
}

/* False: one of its words is not known, or two of them contradict each other. */
static bool read_autoconf(struct span list, struct ways *out)
{
	*out = (struct ways){IP4_UNSAID, IP6_UNSAID, NULL};
	while (list.text != NULL) {
		struct span item = span_cut(&list, ',');
		const struct autoconf *row = find_autoconf(item);
		if (is_client_id(out, item, list)) {
			out->note = "has a client identifier, which the DHCP server is not told";
			return true;
		}
		if (row == NULL || !merge_way(&out->ip4, row->ways.ip4) || !merge_way(&out->ip6, row->ways.ip6))
			return false;
		if (row->ways.note != NULL)
			out->note = row->ways.note;
	}
	return true;
}

/* Whether it can be nothing else: an empty field can. */
static bool is_autoconf(struct span list)
{
	struct ways ways;
	return list.n_bytes > 0 && read_autoconf(list, &ways);
}

/* --- fields --- */

/* The fields before the tail, which is left in *rest. */
static void cut_fields(struct span *rest, struct span fields[static FIELD_COUNT])
{
	struct span rest_of_it = *rest;
	net_cut(&rest_of_it);
	struct span second = net_cut(&rest_of_it);
	bool is_short = is_autoconf(second) || span_is(second, "ibft");
	if (is_autoconf(*rest)) {
		fields[FIELD_AUTOCONF] = *rest;
		*rest = (struct span){NULL, 0};
	} else if (is_short) {
		fields[FIELD_DEVICE] = net_cut(rest);
		fields[FIELD_AUTOCONF] = net_cut(rest);
	} else {
		for (size_t i = 0; i < FIELD_COUNT && rest->text != NULL; i++)
			fields[i] = net_cut(rest);
	}
}

/* What the kernel takes without a netmask: by class for IPv4. */
static uint8_t guess_prefix(const struct ip_address *address)
{
	if (address->family == 6)
		return 64;
	if (address->bytes[0] < 128)
		return 8;
	if (address->bytes[0] < 192)
		return 16;
	return 24;
}

static bool read_netmask(struct reading *r, struct span s, struct plan_net *net)
{
	if (s.n_bytes > 0 && !net_prefix(s, net->address.family, &net->prefix_bits))
		return reading_refuse(r, "field 4 is neither a netmask nor a prefix length");
	net->has_guessed_prefix = s.n_bytes == 0;
	if (net->has_guessed_prefix)
		net->prefix_bits = guess_prefix(&net->address);
	return true;
}

/* --- the parts of a word --- */

static void put_card(struct plan_net *net, const struct plan_card *card)
{
	memcpy(net->device, card->device, sizeof net->device);
	memcpy(net->mac, card->mac, sizeof net->mac);
	net->has_mac = card->has_mac;
}

static bool read_names(struct reading *r, const struct span fields[static FIELD_COUNT], struct plan_net *net)
{
	struct span hostname = fields[FIELD_HOSTNAME], device = fields[FIELD_DEVICE];
	struct plan_card card = {.has_mac = false};
	if (hostname.n_bytes > 0 && !reading_is_hostname(hostname))
		return reading_refuse(r, "field 5 is not a host name");
	if (device.n_bytes > 0 && !net_card(device, &card))
		return reading_refuse(r, "it does not name a network interface where one should stand");
	put_card(net, &card);
	return span_copy(hostname, net->hostname, sizeof net->hostname);
}

static bool read_addresses(struct reading *r, const struct span fields[static FIELD_COUNT], struct plan_net *net)
{
	if (!net_address(fields[FIELD_CLIENT], &net->address))
		return reading_refuse(r,
				      "it is neither a word like dhcp nor DEVICE:dhcp, and does not begin with an IP "
				      "address (IPv6 in brackets)");
	if (!net_address(fields[FIELD_GATEWAY], &net->gateway))
		return reading_refuse(r, "field 3, the gateway, is not an IP address");
	return true;
}

static bool read_nameservers(struct reading *r, struct span tail, struct plan_net *net)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ip_address *nameserver = &net->nameservers[net->n_nameservers];
		if (!net_address(net_cut(&tail), nameserver))
			return reading_refuse(r, "what stands behind dhcp, off and so on is neither MTU:MAC nor "
						 "addresses of name servers");
		if (nameserver->family != 0)
			net->n_nameservers++;
	}
	net_cut(&tail); /* a time server */
	return tail.text == NULL || reading_refuse(r, "it has more than 10 fields");
}

/* A number can only be an MTU; an address of a card has a shape of its own. */
static bool read_tail(struct reading *r, struct span tail, struct plan_net *net)
{
	struct span rest = tail, mtu_text = net_cut(&rest);
	uint8_t mac[6];
	bool has_mac = text_mac(rest, mac);
	uint64_t mtu = 0;
	if (!text_decimal(mtu_text, UINT32_MAX, &mtu) && !(has_mac && mtu_text.n_bytes == 0))
		return read_nameservers(r, tail, net);
	if (mtu_text.n_bytes > 0 && (mtu < NET_MTU_MIN || mtu > NET_MTU_MAX))
		return reading_refuse(r, "the MTU is not a number from 576 to 65535");
	if (rest.n_bytes > 0 && !has_mac)
		return reading_refuse(r, "what stands behind the MTU is not the address of a card");
	if (has_mac && net->device[0] == '\0')
		return reading_refuse(r, "an address can only be given to a card that is named");
	net->mtu_bytes = (uint32_t)mtu;
	net->has_mac = net->has_mac || has_mac;
	if (has_mac)
		memcpy(net->mac, mac, sizeof net->mac);
	return true;
}

/* --- networks --- */

static bool check_static(struct reading *r, struct span netmask, struct plan_net *net)
{
	if (net->gateway.family != 0 && net->gateway.family != net->address.family)
		return reading_refuse(r, "address and gateway are not both IPv4 or both IPv6");
	if (!net_is_unicast(&net->address) || !net_is_unicast(&net->gateway))
		return reading_refuse(r, "fields 1 and 3 are not both addresses a host can have");
	return read_netmask(r, netmask, net);
}

/* Bits: 1 IPv4, 2 IPv6; all of what is left alone. */
static unsigned families_of(const struct plan_net *net)
{
	if (net->method == NET_OFF)
		return 3;
	return net->method == NET_AUTO6 || net->method == NET_LINK6 || net->address.family == 6 ? 2 : 1;
}

static bool is_same_card(const struct plan_net *a, const struct plan_net *b)
{
	if (a->device[0] != '\0' || b->device[0] != '\0')
		return strcmp(a->device, b->device) == 0;
	return a->has_mac && b->has_mac && memcmp(a->mac, b->mac, sizeof a->mac) == 0;
}

const struct plan_net *net_find(const struct boot_plan *plan, const struct plan_net *net)
{
	for (const struct plan_net *other = plan->nets; other < plan->nets + plan->n_nets; other++)
		if (is_same_card(net, other) && (families_of(net) & families_of(other)) != 0)
			return other;
	return NULL;
}

static bool add_net(struct reading *r, const struct plan_net *net)
{
	if (r->plan->n_nets == NETS_MAX)
		return reading_too_many(r, NETS_MAX);
	if (net_find(r->plan, net) != NULL)
		return reading_refuse(r, "another word says something else of the same interface");
	r->plan->nets[r->plan->n_nets++] = *net;
	return true;
}

static void make_dhcp(struct reading *r, struct plan_net *net)
{
	net->method = NET_DHCP;
	if (net->gateway.family != 0)
		plan_note(r->notes, "ip=: DHCP is asked for, so the gateway in field 3 is not used");
	net->gateway = (struct ip_address){0};
}

/* IPv4, or an address of either family. */
static bool add_first(struct reading *r, const struct ways *ways, struct span netmask, struct plan_net net)
{
	bool has_address = net.address.family != 0;
	if (ways->ip4 == IP4_DHCP && has_address) {
		plan_note(r->notes, "ip=: DHCP is asked for, so the client address in field 1 is not used");
		net.address = (struct ip_address){0};
	}
	if (ways->ip4 == IP4_DHCP || (ways->ip4 == IP4_ANY && !has_address))
		make_dhcp(r, &net);
	else if (has_address)
		net.method = NET_STATIC;
	else if (ways->ip4 == IP4_OFF && ways->ip6 == IP6_UNSAID)
		net.method = NET_OFF;
	else
		return true;
	return (net.method != NET_STATIC || check_static(r, netmask, &net)) && add_net(r, &net);
}

static bool add_second(struct reading *r, const struct ways *ways, struct plan_net net)
{
	if (ways->ip6 == IP6_UNSAID)
		return true;
	if (net.address.family == 6)
		return reading_refuse(r, "an IPv6 address is given, and others are asked for");
	net.method = ways->ip6 == IP6_AUTO ? NET_AUTO6 : NET_LINK6;
	net.address = net.gateway = (struct ip_address){0};
	return add_net(r, &net);
}

bool net_read(struct reading *r)
{
	struct span fields[FIELD_COUNT] = {{0}}, tail = r->value;
	struct plan_net net = {0};
	struct ways ways;
	cut_fields(&tail, fields);
	struct span autoconf = fields[FIELD_AUTOCONF].text != NULL ? fields[FIELD_AUTOCONF] : span_of("");
	if (span_is(autoconf, "ibft") || span_is(r->value, "ibft")) { /* dracut: the firmware's cards */
		r->plan->asks_ibft_nics = true;
		return true;
	}
	reading_set_origin(r, &net.origin);
	if (!read_addresses(r, fields, &net) || !read_names(r, fields, &net))
		return false;
	if (!read_autoconf(autoconf, &ways))
		return reading_refuse(r, "field 7 is no list of dhcp, on, any, off, none, auto6 and link6");
	if (ways.note != NULL)
		plan_note(r->notes, "ip=: %.*s %s", (int)autoconf.n_bytes, autoconf.text, ways.note);
	return (tail.text == NULL || read_tail(r, tail, &net)) && add_first(r, &ways, fields[FIELD_NETMASK], net) &&
	       add_second(r, &ways, net);
}

/* Ubuntu: off, on, any, dhcp or a device; its DHCPv6 is not spoken here. */
bool net_read_ip6(struct reading *r)
{
	static const struct ways ways = {IP4_UNSAID, IP6_AUTO, NULL};
	struct ways said;
	struct plan_net net = {0};
	bool is_word = read_autoconf(r->value, &said);
	if (is_word && said.ip4 == IP4_OFF)
		return true;
	if (!is_word && !net_device(r->value, net.device))
		return reading_refuse(r, "it is neither off, on, any, dhcp nor the name of a network interface");
	reading_set_origin(r, &net.origin);
	return add_second(r, &ways, net);
}

/* --- what is said of all networks --- */

/* Also one that cannot be read takes the place of an earlier one. */

bool net_read_netmask(struct reading *r)
{
	uint8_t *prefix_bits = &r->plan->rest.prefix_bits;
	*prefix_bits = 0;
	return net_prefix(r->value, 4, prefix_bits) || reading_refuse(r, "it is neither a netmask nor a prefix length");
}

bool net_read_gateway(struct reading *r)
{
	struct ip_address gateway;
	bool good = net_address(r->value, &gateway) && gateway.family == 4;
	r->plan->rest.gateway = good ? gateway : (struct ip_address){0};
	return good || reading_refuse(r, "it is not an IPv4 address");
}

bool net_read_mtu(struct reading *r)
{
	uint64_t mtu;
	bool good = text_decimal(r->value, NET_MTU_MAX, &mtu) && mtu >= NET_MTU_MIN;
	r->plan->rest.mtu_bytes = good ? (uint32_t)mtu : 0;
	return good || reading_refuse(r, "it is not a number from 576 to 65535");
}

static bool is_inside(const struct plan_net *net, struct ip_address ip)
{
	struct ip_address network = net->address;
	net_clear_host_bits(&network, net->prefix_bits);
	net_clear_host_bits(&ip, net->prefix_bits);
	return ip.family == network.family && memcmp(ip.bytes, network.bytes, sizeof ip.bytes) == 0;
}

static void take_prefix(const struct boot_plan *plan, struct plan_net *net, struct plan_notes *notes)
{
	char text[IP_TEXT_BYTES];
	if (plan->rest.prefix_bits != 0 && net->address.family == 4) {
		net->prefix_bits = plan->rest.prefix_bits;
	} else {
		ip_format(&net->address, text);
		plan_note(notes, "ip=: no netmask given, %s/%u taken", text, net->prefix_bits);
	}
	net->has_guessed_prefix = false;
}

/* Of several networks the gateway is that of the one it is in. */
static void take_rest(const struct boot_plan *plan, struct plan_net *net, struct plan_notes *notes)
{
	if (net->mtu_bytes == 0)
		net->mtu_bytes = plan->rest.mtu_bytes;
	if (net->has_guessed_prefix)
		take_prefix(plan, net, notes);
	if (net->method == NET_STATIC && net->gateway.family == 0 && is_inside(net, plan->rest.gateway))
		net->gateway = plan->rest.gateway;
}

/* The card that is meant where none is named; NULL: any. */
static const struct plan_card *default_card(const struct boot_plan *plan)
{
	if (plan->bootdev.origin.text[0] != '\0')
		return &plan->bootdev;
	return plan->uses_bootif && plan->bootif.has_mac ? &plan->bootif : NULL;
}

static bool is_any_card(const struct plan_net *net)
{
	return net->device[0] == '\0' && !net->has_mac;
}

/* One network of each family may have the card. */
static void name_card(struct boot_plan *plan, struct plan_net *net)
{
	const struct plan_card *card = default_card(plan);
	struct plan_net named = *net;
	if (card == NULL || !is_any_card(net) || net->method == NET_OFF)
		return;
	put_card(&named, card);
	if (net_find(plan, &named) != NULL)
		return;
	format_text(named.origin.text, sizeof named.origin.text, "%s, %s", net->origin.text, card->origin.text);
	*net = named;
}

/* BOOTIF stands for the card in some words, as in those of MAAS. */
static void clear_placeholder(const struct boot_plan *plan, struct plan_net *net, struct plan_notes *notes)
{
	if (strcmp(net->device, "BOOTIF") != 0)
		return;
	memset(net->device, 0, sizeof net->device);
	if (default_card(plan) == NULL)
		plan_note(notes, "%s names BOOTIF, and there is no BOOTIF=: the first card with a link is taken",
			  net->origin.text);
}

static void add_default(struct boot_plan *plan)
{
	plan->n_nets = 1;
	plan->nets[0] = (struct plan_net){.method = NET_DHCP};
	origin_set(&plan->nets[0].origin, "default");
}

void plan_add_network(struct boot_plan *plan, struct plan_notes *notes)
{
	if (plan->n_nets == 0)
		add_default(plan);
	for (struct plan_net *net = plan->nets; net < plan->nets + plan->n_nets; net++) {
		take_rest(plan, net, notes);
		clear_placeholder(plan, net, notes);
		name_card(plan, net);
		if (net->hostname[0] == '\0')
			memcpy(net->hostname, plan->hostname, sizeof net->hostname);
	}
}
