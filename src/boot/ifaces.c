/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interfaces are made over rtnetlink(7); the options of a bond are written to /sys/class/net/NAME/bonding
 * (Documentation/networking/bonding.rst), where they have the names that people know.
 */
#include "boot/ifaces.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "boot/log.h"
#include "sys/sys.h"

/* --- ifname= --- */

/* Before Linux 6.2 not while it is up. */
static int rename_nic(struct nics *nics, uint32_t ifindex, const char *name)
{
	const struct rtnl_link renamed = {.ifindex = ifindex, .name = name};
	int error = nics_set_link(nics, &renamed);
	if (error != -EBUSY || nics_has_address(nics, ifindex))
		return error;
	nics_set_link(nics, &(struct rtnl_link){.ifindex = ifindex, .down = true});
	return nics_set_link(nics, &renamed);
}

/* Whose name it is now must give way, unless it is in use; it may have a word of its own. */
static void clear_name(struct nics *nics, const char *name)
{
	char aside[IFNAME_MAX + 1];
	const struct nic *other = nics_named(nics, name);
	uint32_t ifindex = other != NULL ? other->ifindex : 0;
	if (ifindex == 0 || nics_has_address(nics, ifindex))
		return;
	format_text(aside, sizeof aside, "aside%u", ifindex);
	rename_nic(nics, ifindex, aside);
}

static void name_card(struct nics *nics, const struct nic *nic, const char *name)
{
	char old[IFNAME_MAX + 1];
	uint32_t ifindex = nic->ifindex;
	memcpy(old, nic->name, sizeof old);
	if (strcmp(old, name) == 0)
		return;
	clear_name(nics, name);
	int error = rename_nic(nics, ifindex, name);
	if (error == 0)
		log_info("%s: is called %s now (ifname=)", old, name);
	else
		log_wait("%s: cannot be called %s (ifname=): %s, going on with the old name", old, name,
			 strerror(-error));
}

/* --- bond= --- */

/* "+ADDRESS" for each, as the kernel wants them; no other option has a semicolon. */
static int write_targets(const char *path, struct span value)
{
	char text[IP_TEXT_BYTES];
	int error = 0;
	while (value.text != NULL && error == 0) {
		struct span one = span_cut(&value, ';');
		format_text(text, sizeof text, "+%.*s", (int)one.n_bytes, one.text);
		error = file_write_text(path, text);
	}
	return error;
}

static void set_option(const char *bond, struct span key, struct span value)
{
	char path[PATH_BYTES], text[VALUE_BYTES];
	format_text(path, sizeof path, "/sys/class/net/%s/bonding/%.*s", bond, (int)key.n_bytes, key.text);
	span_copy(value, text, sizeof text);
	int error = span_is(key, "arp_ip_target") ? write_targets(path, value) : file_write_text(path, text);
	if (error != 0)
		log_wait("%s: the kernel refused %.*s=%.*s (bond=): %s, going on without", bond, (int)key.n_bytes,
			 key.text, (int)value.n_bytes, value.text, strerror(-error));
}

/* The mode first, as what else there is depends on it; `modes`: that alone, or all but that. */
static void set_options(const char *bond, const char *options, bool modes)
{
	struct span rest = span_of(options);
	while (rest.text != NULL) {
		struct span value = span_cut(&rest, ',');
		struct span key = span_cut(&value, '=');
		if (value.text != NULL && span_is(key, "mode") == modes)
			set_option(bond, key, value);
	}
}

static bool bond_is_in_use(struct nics *nics, const struct nic *bond)
{
	bool has_ports = false;
	for (const struct nic *nic = nics->list; nic < nics->list + NICS_MAX; nic++)
		has_ports = has_ports || (nic->ifindex != 0 && nic->master == bond->ifindex);
	return has_ports || nics_has_address(nics, bond->ifindex);
}

/* A link may have set it up while it waited for the ports; it takes a mode only while it is down. */
static int set_bond_down(struct nics *nics, uint32_t ifindex, uint32_t mtu_bytes)
{
	return nics_set_link(nics, &(struct rtnl_link){.ifindex = ifindex, .down = true, .mtu_bytes = mtu_bytes});
}

/*
 * The driver itself makes bond0 when it is loaded, which may be just now. Without some monitoring a bond would never
 * learn that a cable is out.
 */
static void make_bond(struct nics *nics, const struct plan_bond *bond)
{
	struct rtnl_link link = {.name = bond->name, .kind = "bond", .mtu_bytes = bond->mtu_bytes};
	int error = nics_set_link(nics, &link);
	const struct nic *there = error == -EEXIST ? nics_named(nics, bond->name) : NULL;
	uint32_t ifindex = there != NULL ? there->ifindex : 0;
	if (there != NULL && bond_is_in_use(nics, there)) {
		log_wait("%s: is there already and in use, its options stay as they are (bond=)", bond->name);
		return;
	}
	if (ifindex != 0)
		error = set_bond_down(nics, ifindex, link.mtu_bytes);
	if (error != 0) {
		log_wait("%s: cannot be made (bond=): %s; is the module bonding in the image?", bond->name,
			 strerror(-error));
		return;
	}
	set_options(bond->name, bond->options, true);
	set_option(bond->name, span_of("miimon"), span_of("100"));
	set_options(bond->name, bond->options, false);
}

/* Only what is down can become a port; what has an address is in use and stays up. */
static void add_port(struct nics *nics, const char *bond, uint32_t ifindex, uint32_t port, const char *name)
{
	bool is_in_use = nics_has_address(nics, port);
	if (!is_in_use)
		nics_set_link(nics, &(struct rtnl_link){.ifindex = port, .down = true});
	int error =
		is_in_use ? -EADDRINUSE : nics_set_link(nics, &(struct rtnl_link){.ifindex = port, .master = ifindex});
	if (error == 0)
		log_info("%s: is a port of %s now (bond=)", name, bond);
	else
		log_wait("%s: cannot be a port of %s (bond=): %s, going on without it", name, bond, strerror(-error));
}

static void step_bond(struct nics *nics, const struct plan_bond *bond, uint32_t tried[static BOND_PORTS_MAX],
		      bool *bonded)
{
	for (unsigned i = 0; i < bond->n_ports; i++) {
		const struct nic *port = nics_named(nics, bond->ports[i]);
		uint32_t port_ifindex = port != NULL ? port->ifindex : 0;
		if (port == NULL || tried[i] == port_ifindex)
			continue;
		const struct nic *there = nics_named(nics, bond->name);
		if (!*bonded && (there == NULL || port->master != there->ifindex))
			make_bond(nics, bond);
		*bonded = true;
		const struct nic *made = nics_named(nics, bond->name);
		port = nics_find(nics, port_ifindex);
		if (made == NULL || port == NULL)
			return;
		tried[i] = port_ifindex;
		if (port->master != made->ifindex)
			add_port(nics, bond->name, made->ifindex, port_ifindex, bond->ports[i]);
	}
}

/* --- vlan= --- */

static const struct nic *lower_of(struct nics *nics, const struct plan_vlan *vlan)
{
	return vlan->device[0] != '\0' ? nics_named(nics, vlan->device) : nics_with_mac(nics, vlan->mac);
}

/* What is under it must be up, for it to be up. */
static void step_vlan(struct nics *nics, const struct plan_vlan *vlan, uint32_t *tried)
{
	const struct nic *lower = lower_of(nics, vlan);
	if (lower == NULL)
		return;
	struct rtnl_link link = {.name = vlan->name, .kind = "vlan", .lower = lower->ifindex, .vlan_id = vlan->id};
	if (!lower->up)
		nics_set_up(nics, link.lower);
	if (*tried == link.lower || nics_named(nics, vlan->name) != NULL)
		return;
	*tried = link.lower;
	int error = nics_set_link(nics, &link);
	lower = nics_find(nics, link.lower);
	if (error != 0 && lower != NULL)
		log_wait("%s: cannot be made over %s (VLAN %u): %s; is the module 8021q in the image?", vlan->name,
			 lower->name, vlan->id, strerror(-error));
}

/* --- all of it --- */

void ifaces_step(struct ifaces *ifaces, struct nics *nics, const struct boot_plan *plan)
{
	for (unsigned i = 0; i < plan->n_ifnames; i++) {
		const struct nic *nic = nics_with_mac(nics, plan->ifnames[i].mac);
		if (nic == NULL || nic->ifindex == ifaces->renamed[i])
			continue;
		ifaces->renamed[i] = nic->ifindex;
		name_card(nics, nic, plan->ifnames[i].name);
	}
	for (unsigned i = 0; i < plan->n_bonds; i++)
		step_bond(nics, &plan->bonds[i], ifaces->ports[i], &ifaces->bonded[i]);
	for (unsigned i = 0; i < plan->n_vlans; i++)
		step_vlan(nics, &plan->vlans[i], &ifaces->lower[i]);
}

bool ifaces_is_below(const struct boot_plan *plan, const struct nic *nic)
{
	for (const struct plan_vlan *vlan = plan->vlans; vlan < plan->vlans + plan->n_vlans; vlan++)
		if (strcmp(vlan->device, nic->name) == 0 ||
		    (vlan->device[0] == '\0' && !nic->made && memcmp(vlan->mac, nic->card_mac, 6) == 0))
			return true;
	for (const struct plan_bond *bond = plan->bonds; bond < plan->bonds + plan->n_bonds; bond++)
		for (unsigned i = 0; i < bond->n_ports; i++)
			if (strcmp(bond->ports[i], nic->name) == 0)
				return true;
	return false;
}
