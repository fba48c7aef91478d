/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of dracut (dracut.cmdline(7)) for interfaces that are made or called otherwise, routes and name servers:
 *
 *     ifname=NAME:MAC   vlan=NAME:DEVICE   bond=NAME[:PORT,PORT[:OPTION,OPTION[:MTU]]]
 *     rd.route=NET/MASK:[GATEWAY][:DEVICE]   nameserver=ADDRESS
 *
 * and for the card that the machine has booted from: BOOTIF= as PXELINUX and iPXE write it, bootdev=. What becomes of
 * BOOTIF= is in net.c.
 */
#include "plan/links.h"

#include <string.h>

#include "plan/fields.h"
#include "plan/reading.h"

enum {
	VLAN_ID_MAX = 4094, /* IEEE 802.1Q */
};

/* --- interfaces --- */

static bool is_made(const struct boot_plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->n_ifnames; i++)
		if (strcmp(plan->ifnames[i].name, name) == 0)
			return true;
	for (unsigned i = 0; i < plan->n_vlans; i++)
		if (strcmp(plan->vlans[i].name, name) == 0)
			return true;
	for (unsigned i = 0; i < plan->n_bonds; i++)
		if (strcmp(plan->bonds[i].name, name) == 0)
			return true;
	return false;
}

/* The name of an interface that no other word makes. */
static bool read_name(struct reading *r, struct span s, char out[static IFNAME_MAX + 1])
{
	if (!net_device(s, out))
		return reading_refuse(r, "it does not begin with the name of a network interface");
	return !is_made(r->plan, out) || reading_refuse(r, "another word makes an interface of this name");
}

bool links_read_ifname(struct reading *r)
{
	struct span mac = r->value, name = span_cut(&mac, ':');
	struct plan_ifname ifname = {.name = ""};
	if (r->plan->n_ifnames == IFNAMES_MAX)
		return reading_too_many(r, IFNAMES_MAX);
	if (!read_name(r, name, ifname.name))
		return false;
	if (!text_mac(mac, ifname.mac))
		return reading_refuse(r, "it is not NAME:MAC");
	for (unsigned i = 0; i < r->plan->n_ifnames; i++)
		if (memcmp(r->plan->ifnames[i].mac, ifname.mac, sizeof ifname.mac) == 0)
			return reading_refuse(r, "another word gives this card a name");
	reading_set_origin(r, &ifname.origin);
	r->plan->ifnames[r->plan->n_ifnames++] = ifname;
	return true;
}

/* Of the names vlan0005, vlan5, eth0.0005 and eth0.5. */
static bool read_vlan_id(struct span name, uint16_t *out)
{
	struct span digits = name;
	uint64_t id;
	while (span_has(digits, '.'))
		span_cut(&digits, '.');
	if (digits.n_bytes == name.n_bytes && span_starts(name, "vlan"))
		digits = (struct span){name.text + 4, name.n_bytes - 4};
	else if (digits.n_bytes == name.n_bytes)
		return false;
	if (!text_decimal(digits, VLAN_ID_MAX, &id) || id == 0)
		return false;
	*out = (uint16_t)id;
	return true;
}

bool links_read_vlan(struct reading *r)
{
	struct span device = r->value, name = span_cut(&device, ':');
	struct plan_vlan vlan = {.name = ""};
	if (r->plan->n_vlans == VLANS_MAX)
		return reading_too_many(r, VLANS_MAX);
	if (!read_name(r, name, vlan.name))
		return false;
	if (!net_device(device, vlan.device) || span_is(name, vlan.device))
		return reading_refuse(r, "it is not NAME:DEVICE");
	if (!read_vlan_id(name, &vlan.id))
		return reading_refuse(r, "its name says no VLAN from 1 to 4094, as vlan5 and eth0.5 do");
	reading_set_origin(r, &vlan.origin);
	r->plan->vlans[r->plan->n_vlans++] = vlan;
	return true;
}

/* As a bond has a name, but it is not made: whether that matters is known when all words are. */
bool links_read_unmade(struct reading *r)
{
	struct plan_card unmade = {.has_mac = false};
	struct span rest = r->value.n_bytes > 0 ? r->value : span_of("br0");
	if (r->plan->n_unmade == UNMADE_MAX)
		return reading_too_many(r, UNMADE_MAX);
	if (!net_device(span_cut(&rest, ':'), unmade.device))
		return reading_refuse(r, "it does not begin with the name of a network interface");
	reading_set_origin(r, &unmade.origin);
	r->plan->unmade[r->plan->n_unmade++] = unmade;
	return true;
}

static bool read_ports(struct reading *r, struct span list, struct plan_bond *bond)
{
	while (list.text != NULL) {
		if (bond->n_ports == BOND_PORTS_MAX)
			return reading_refuse(r, "it has more than 4 ports");
		if (!net_device(span_cut(&list, ','), bond->ports[bond->n_ports++]))
			return reading_refuse(r, "a port is not the name of a network interface");
	}
	return true;
}

/* A key becomes the name of a file in sysfs. */
static bool is_option(struct span option)
{
	struct span key = span_cut(&option, '=');
	for (size_t i = 0; i < key.n_bytes; i++)
		if (key.text[i] != '_' && (key.text[i] < 'a' || key.text[i] > 'z') &&
		    (key.text[i] < '0' || key.text[i] > '9'))
			return false;
	return key.n_bytes > 0 && option.n_bytes > 0;
}

static bool read_options(struct reading *r, struct span list, struct plan_bond *bond)
{
	if (!span_copy(list, bond->options, sizeof bond->options))
		return reading_refuse(r, "its options are too long");
	while (list.text != NULL && bond->options[0] != '\0')
		if (!is_option(span_cut(&list, ',')))
			return reading_refuse(r, "its options are not KEY=VALUE,KEY=VALUE");
	return true;
}

static bool read_bond_mtu(struct reading *r, struct span s, struct plan_bond *bond)
{
	uint64_t mtu = 0;
	if (s.n_bytes > 0 && (!text_decimal(s, NET_MTU_MAX, &mtu) || mtu < NET_MTU_MIN))
		return reading_refuse(r, "the MTU is not a number from 576 to 65535");
	bond->mtu_bytes = (uint32_t)mtu;
	return true;
}

/* Without ports it has eth0 and eth1, and without a name it is bond0. */
bool links_read_bond(struct reading *r)
{
	struct span rest = r->value.n_bytes > 0 ? r->value : span_of("bond0");
	struct span name = span_cut(&rest, ':'), ports = span_cut(&rest, ':'), options = span_cut(&rest, ':');
	struct plan_bond bond = {.name = ""};
	if (r->plan->n_bonds == BONDS_MAX)
		return reading_too_many(r, BONDS_MAX);
	if (ports.n_bytes == 0)
		ports = span_of("eth0,eth1");
	if (!read_name(r, name, bond.name) || !read_ports(r, ports, &bond) || !read_options(r, options, &bond) ||
	    !read_bond_mtu(r, rest, &bond))
		return false;
	reading_set_origin(r, &bond.origin);
	r->plan->bonds[r->plan->n_bonds++] = bond;
	return true;
}

/* --- routes and name servers --- */

/* Without a gateway it is on the link, and that has a name then. */
bool links_read_route(struct reading *r)
{
	struct span rest = r->value, net = net_cut(&rest), gateway = net_cut(&rest), device = rest;
	struct plan_route route = {.device = ""};
	if (r->plan->n_routes == ROUTES_MAX)
		return reading_too_many(r, ROUTES_MAX);
	if (!net_destination(net, &route.route))
		return reading_refuse(r, "it does not begin with NETWORK/MASK (IPv6 in brackets)");
	if (!net_address(gateway, &route.route.gateway))
		return reading_refuse(r, "the gateway is not an IP address (IPv6 in brackets)");
	if (device.n_bytes > 0 && !net_device(device, route.device))
		return reading_refuse(r, "it does not end with the name of a network interface");
	uint8_t of_net = route.route.destination.family, of_gateway = route.route.gateway.family;
	if (of_net != 0 && of_gateway != 0 && of_net != of_gateway)
		return reading_refuse(r, "network and gateway are not both IPv4 or both IPv6");
	if (of_gateway == 0 && (of_net == 0 || route.device[0] == '\0'))
		return reading_refuse(r, "it has no gateway");
	reading_set_origin(r, &route.origin);
	r->plan->routes[r->plan->n_routes++] = route;
	return true;
}

/* With or without brackets. */
bool links_read_nameserver(struct reading *r)
{
	struct ip_address ip;
	if (!text_ip(r->value, &ip) && (!net_address(r->value, &ip) || ip.family == 0))
		return reading_refuse(r, "it is not an IP address");
	if (r->plan->n_nameservers == NAMESERVERS_MAX)
		plan_note(r->notes, "%.*s=: only the first 3 are asked", (int)r->name.n_bytes, r->name.text);
	else
		r->plan->nameservers[r->plan->n_nameservers++] = ip;
	return true;
}

/* --- the card --- */

/*
 * PXELINUX puts the kind of hardware in front: 01 is Ethernet. No person has written it, so one that cannot be used
 * stops nothing.
 */
bool links_read_bootif(struct reading *r)
{
	struct span mac = r->value;
	struct plan_card card = {.has_mac = false};
	char shown[SHOWN_BYTES];
	if (span_starts(mac, "01-") || span_starts(mac, "01:"))
		mac = (struct span){mac.text + 3, mac.n_bytes - 3};
	card.has_mac = text_mac(mac, card.mac) || text_mac(r->value, card.mac);
	if (!card.has_mac)
		plan_note(r->notes, "%.*s=%s is not the address of an Ethernet card and is not looked at",
			  (int)r->name.n_bytes, r->name.text, reading_show(r->value, shown));
	r->plan->bootif = card;
	return true;
}

bool links_read_bootdev(struct reading *r)
{
	struct plan_card card = {.has_mac = false};
	if (!net_card(r->value, &card))
		return reading_refuse(r, "it is not the name of a network interface");
	r->plan->bootdev = card;
	return true;
}

bool links_read_hostname(struct reading *r)
{
	if (!reading_is_hostname(r->value))
		return reading_refuse(r, "it is not a host name");
	return span_copy(r->value, r->plan->hostname, sizeof r->plan->hostname);
}

/* --- what does not fit together --- */

/* Whether an address is put on it, or something is made of it. */
static bool is_used(const struct boot_plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->n_nets; i++)
		if (strcmp(plan->nets[i].device, name) == 0)
			return true;
	for (unsigned i = 0; i < plan->n_vlans; i++)
		if (strcmp(plan->vlans[i].device, name) == 0)
			return true;
	return false;
}

static bool has_network(const struct boot_plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->n_nets; i++)
		if (plan->nets[i].method != NET_OFF && strcmp(plan->nets[i].device, name) == 0)
			return true;
	return strcmp(plan->bootdev.device, name) == 0;
}

/* On itself, or on a VLAN on it. */
static bool carries_network(const struct boot_plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->n_vlans; i++)
		if (strcmp(plan->vlans[i].device, name) == 0 && has_network(plan, plan->vlans[i].name))
			return true;
	return has_network(plan, name);
}

bool links_check(const struct boot_plan *plan, struct fail *fail)
{
	for (const struct plan_card *unmade = plan->unmade; unmade < plan->unmade + plan->n_unmade; unmade++)
		if (carries_network(plan, unmade->device))
			return fail_set(fail, FAIL_WORD_VALUE,
					"%s: no such interface is made here, and a network is to be on %s: take a "
					"card, a bond or a VLAN",
					unmade->origin.text, unmade->device);
	return true;
}

static void note_bond(const struct boot_plan *plan, const struct plan_bond *bond, struct plan_notes *notes)
{
	if (!is_used(plan, bond->name))
		plan_note(notes, "%s: no ip= names %s, which gets no address", bond->origin.text, bond->name);
	for (unsigned i = 0; i < bond->n_ports; i++)
		if (is_used(plan, bond->ports[i]))
			plan_note(notes, "%s: %s is a port of %s and has no address and no VLAN of its own: name %s",
				  bond->origin.text, bond->ports[i], bond->name, bond->name);
}

/* A gateway has to be in the network of an address; where one is yet to be given nobody knows. */
static bool is_reachable(const struct boot_plan *plan, const struct ip_address *gateway)
{
	for (const struct plan_net *net = plan->nets; net < plan->nets + plan->n_nets; net++) {
		struct ip_address a = net->address, b = *gateway;
		net_clear_host_bits(&a, net->prefix_bits);
		net_clear_host_bits(&b, net->prefix_bits);
		if (net->method != NET_STATIC || memcmp(&a, &b, sizeof a) == 0)
			return true;
	}
	return false;
}

/* An IPv6 gateway by its link-local address needs no network, but a device. */
static void note_route(const struct boot_plan *plan, const struct plan_route *route, struct plan_notes *notes)
{
	char text[IP_TEXT_BYTES];
	const struct ip_address *gateway = &route->route.gateway;
	if (gateway->family == 0 || route->device[0] != '\0' || is_reachable(plan, gateway))
		return;
	ip_format(gateway, text);
	plan_note(notes, "%s: the gateway %s is in no network of ip=", route->origin.text, text);
}

/* As in ip=dhcp ip=dhcp: it may not be meant so. */
static void note_nameless(const struct boot_plan *plan, struct plan_notes *notes)
{
	unsigned n = 0;
	for (const struct plan_net *net = plan->nets; net < plan->nets + plan->n_nets; net++)
		n += net->method == NET_DHCP && net->device[0] == '\0' && !net->has_mac;
	if (n > 1)
		plan_note(notes, "DHCP is asked for %u times without the name of a card: each takes a card of its own",
			  n);
}

void links_note(const struct boot_plan *plan, struct plan_notes *notes)
{
	note_nameless(plan, notes);
	for (unsigned i = 0; i < plan->n_vlans; i++)
		if (!is_used(plan, plan->vlans[i].name))
			plan_note(notes, "%s: no ip= names %s, which gets no address", plan->vlans[i].origin.text,
				  plan->vlans[i].name);
	for (unsigned i = 0; i < plan->n_bonds; i++)
		note_bond(plan, &plan->bonds[i], notes);
	for (unsigned i = 0; i < plan->n_unmade; i++)
		plan_note(notes, "%s: %s is not made here, and no network is on it", plan->unmade[i].origin.text,
			  plan->unmade[i].device);
	for (unsigned i = 0; i < plan->n_routes; i++)
		note_route(plan, &plan->routes[i], notes);
}
