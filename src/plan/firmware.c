/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware has left, into the plan: weaker than every word and file, stronger than a lease. Its targets are one
 * more when they are asked for, and else only taken when nothing else names one; its network cards are when no ip= says
 * how, or when they are asked for.
 */
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

#include "plan/fields.h"
#include "plan/ibft.h"
#include "plan/net.h"
#include "plan/reading.h"

enum {
	VLAN_ID_MASK = 0xfff, /* above it stand priorities, IEEE 802.1Q */
};

static bool wants_targets(const struct boot_plan *plan)
{
	bool has_target = plan->n_targets > 0 || plan->named.name[0] != '\0' || plan->portal.list[0] != '\0';
	return plan->asks_ibft || (!has_target && !plan->ignores_ibft);
}

bool plan_wants_ibft(const struct boot_plan *plan)
{
	return !plan->forbids_ibft && (wants_targets(plan) || plan->asks_ibft_nics);
}

/* What words and files have given of the pair for one direction is not the firmware's to give. */
static void read_secrets(const struct boot_plan *plan, const struct ibft_target *from, struct plan_target *target,
			 struct plan_own *own)
{
	bool has_name = plan->chap.username[0] != '\0';
	bool has_in = plan->chap_in.username[0] != '\0' || plan->chap_in.secret.n_bytes > 0;
	if (!has_name)
		memcpy(target->username, from->username, sizeof target->username);
	if (plan->chap.secret.n_bytes == 0 && (!has_name || strcmp(plan->chap.username, from->username) == 0))
		own->secret = from->secret;
	if (from->chap > 1 && !has_in) {
		own->secret_in = from->secret_in;
		memcpy(own->username_in, from->username_in, sizeof own->username_in);
	}
}

/* A name without its secret is kept: words may give that, or somebody who is asked. */
static bool add_secrets(struct boot_plan *plan, const struct ibft_target *from, struct plan_target *target)
{
	if (from->chap == 0 || (from->username[0] == '\0' && from->secret.n_bytes == 0))
		return true;
	struct plan_own own = {.origin = target->origin};
	read_secrets(plan, from, target, &own);
	if (own.secret.n_bytes > 0 || own.secret_in.n_bytes > 0) {
		target->own = plan_add_own(plan, &own);
		bytes_wipe(&own, sizeof own);
		return target->own > 0;
	}
	return true;
}

static const char *add_target(struct boot_plan *plan, struct reading *r, const struct ibft_target *from)
{
	struct plan_target target = {.port = from->port != 0 ? from->port : ISCSI_PORT};
	if (!from->there || from->name[0] == '\0' || from->address.family == 0)
		return NULL;
	if (!net_is_unicast(&from->address))
		return "the address of a target is none that a host can have";
	if (plan->n_targets == TARGETS_MAX)
		return "there are too many targets";
	origin_set(&target.origin, r->word->name);
	target.lun = (struct plan_lun){.given = from->has_lun, .number = from->lun};
	ip_format(&from->address, target.host);
	if (!reading_name(r, span_of(from->name), target.name))
		return "the name of a target has a blank or a control character";
	if (!add_secrets(plan, from, &target))
		return "there are too many secrets";
	plan->targets[plan->n_targets++] = target;
	plan->asks_dhcp = false;
	return NULL;
}

/* What is wrong with one block does not speak against the others. */
static void refuse(const char *fault, struct plan_notes *notes)
{
	if (fault != NULL)
		plan_note(notes, "iBFT is not used, or not all of it: %s", fault);
}

/* The chosen ones first: the first target has root. */
static void add_targets(struct reading *r, const struct ibft *table)
{
	for (unsigned chosen = 2; chosen-- > 0;)
		for (unsigned i = 0; i < IBFT_PAIRS_MAX; i++)
			if (table->targets[i].chosen == (chosen != 0))
				refuse(add_target(r->plan, r, &table->targets[i]), r->notes);
}

static enum net_method method_of(const struct ibft_nic *nic)
{
	bool dhcp = nic->dhcp || nic->address.family == 0;
	if (!dhcp)
		return NET_STATIC;
	return nic->address.family == 6 ? NET_AUTO6 : NET_DHCP;
}

static struct plan_net read_net(const struct reading *r, const struct ibft_nic *nic)
{
	struct plan_net net = {.method = method_of(nic), .has_mac = true};
	origin_set(&net.origin, r->word->name);
	memcpy(net.mac, nic->mac, sizeof net.mac);
	if (reading_is_hostname(span_of(nic->hostname)))
		memcpy(net.hostname, nic->hostname, sizeof net.hostname);
	if (net.method != NET_STATIC)
		return net;
	net.address = nic->address;
	net.prefix_bits = nic->prefix_bits;
	if (nic->gateway.family == nic->address.family)
		net.gateway = nic->gateway;
	for (unsigned i = 0; i < 2; i++)
		if (nic->nameservers[i].family != 0)
			net.nameservers[net.n_nameservers++] = nic->nameservers[i];
	return net;
}

static const char *find_fault(const struct ibft_nic *nic)
{
	static const uint8_t zeros[sizeof nic->mac];
	bool is_static = method_of(nic) == NET_STATIC;
	if (memcmp(nic->mac, zeros, sizeof zeros) == 0)
		return "a network card has no hardware address";
	if (is_static && (nic->prefix_bits == 0 || nic->prefix_bits > (nic->address.family == 4 ? 32 : 128)))
		return "the address of a network card has no netmask that can be";
	if (is_static && !(net_is_unicast(&nic->address) && net_is_unicast(&nic->gateway)))
		return "address and gateway of a network card are not both addresses a host can have";
	return NULL;
}

/* The one with this number on this card: made anew unless two blocks of the table have it. */
static const struct plan_vlan *add_vlan(const struct reading *r, const uint8_t mac[static 6], uint16_t id)
{
	struct boot_plan *plan = r->plan;
	struct plan_vlan vlan = {.id = id};
	for (unsigned i = 0; i < plan->n_vlans; i++)
		if (plan->vlans[i].device[0] == '\0' && plan->vlans[i].id == id &&
		    memcmp(plan->vlans[i].mac, mac, sizeof vlan.mac) == 0)
			return &plan->vlans[i];
	if (plan->n_vlans == VLANS_MAX)
		return NULL;
	origin_set(&vlan.origin, r->word->name);
	memcpy(vlan.mac, mac, sizeof vlan.mac);
	snprintf(vlan.name, sizeof vlan.name, "ibft%u.%u", plan->n_vlans, id);
	plan->vlans[plan->n_vlans] = vlan;
	return &plan->vlans[plan->n_vlans++];
}

/* Firmware that knows two targets by one card has the card twice. */
static const char *add_net(struct reading *r, const struct ibft_nic *nic)
{
	struct boot_plan *plan = r->plan;
	uint16_t id = nic->vlan & VLAN_ID_MASK;
	struct plan_net net = read_net(r, nic);
	const char *fault = find_fault(nic);
	if (fault != NULL)
		return fault;
	const struct plan_vlan *vlan = id != 0 ? add_vlan(r, nic->mac, id) : NULL;
	if (id != 0 && vlan == NULL)
		return "there are too many VLANs";
	if (vlan != NULL) {
		memcpy(net.device, vlan->name, sizeof net.device);
		memset(net.mac, 0, sizeof net.mac);
		net.has_mac = false;
	}
	const struct plan_net *other = net_find(plan, &net);
	if (other != NULL && memcmp(&other->address, &net.address, sizeof net.address) != 0)
		return "a network card has two addresses, the first is taken";
	if (other == NULL && plan->n_nets == NETS_MAX)
		return "there are too many networks";
	if (other == NULL)
		plan->nets[plan->n_nets++] = net;
	return net.method == NET_AUTO6 ? "DHCPv6 is not spoken here; router advertisements are used" : NULL;
}

/* A file that is in every image does not know by which name the firmware has just logged in. */
static bool is_firmwares(const struct boot_plan *plan, bool has_target)
{
	return plan->initiator.name[0] == '\0' || (has_target && plan->initiator.origin.source == SOURCE_INITIATORNAME);
}

/* An initiator name is the firmware's to give as soon as its table is used. */
static const char *take_initiator(struct reading *r, const struct ibft *table, bool has_target)
{
	struct boot_plan *plan = r->plan;
	char name[ISCSI_NAME_MAX + 1];
	if (table->initiator[0] == '\0' || !is_firmwares(plan, has_target))
		return NULL;
	if (!reading_name(r, span_of(table->initiator), name))
		return "the name of the initiator has a blank or a control character";
	if (plan->initiator.name[0] != '\0' && strcmp(plan->initiator.name, name) != 0)
		plan_note(r->notes, "%s is not used: the firmware has logged in by another name",
			  plan->initiator.origin.text);
	memcpy(plan->initiator.name, name, sizeof name);
	plan->initiator.origin = (struct origin){.text = ""};
	origin_set(&plan->initiator.origin, table->origin);
	return NULL;
}

void plan_take_ibft(const struct ibft *table, struct boot_plan *plan, struct plan_notes *notes)
{
	struct fail fail = {.code = FAIL_NONE};
	const struct word word = {.name = table->origin};
	struct reading r = {.plan = plan, .notes = notes, .fail = &fail, .word = &word};
	uint8_t n_targets = plan->n_targets;
	bool wants_nics = plan->n_nets == 0 || plan->asks_ibft_nics;
	if (wants_targets(plan))
		add_targets(&r, table);
	refuse(take_initiator(&r, table, plan->n_targets > n_targets), notes);
	for (unsigned i = 0; i < IBFT_PAIRS_MAX && wants_nics; i++)
		if (table->nics[i].there)
			refuse(add_net(&r, &table->nics[i]), notes);
}

void plan_read_ibft(const void *bytes, size_t n_bytes, struct boot_plan *plan, struct plan_notes *notes)
{
	struct ibft table;
	const char *fault = ibft_read(bytes, n_bytes, &table);
	if (fault == NULL)
		plan_take_ibft(&table, plan, notes);
	refuse(fault, notes);
	bytes_wipe(&table, sizeof table);
}
