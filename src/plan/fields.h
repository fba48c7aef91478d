/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of words of the network: addresses, masks, cards; inside plan/ only.
 */
#ifndef PLAN_FIELDS_H
#define PLAN_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"

enum {
	NET_MTU_MIN = 576, /* RFC 791: what every host must take whole */
	NET_MTU_MAX = 65535,
};

/* The next field of some with colons between them; colons in brackets are a part of it. */
struct span net_cut(struct span *rest);

/* An address, IPv6 in brackets; none (family 0) when it is empty or all zero, as in the kernel. */
bool net_address(struct span s, struct ip_address *out);

/* Whether a host can have it: a netmask in the wrong field cannot pass for an address. None is good, too. */
bool net_is_unicast(const struct ip_address *address);

/* A dotted mask, or the length of a prefix; not 0. */
bool net_prefix(struct span s, uint8_t family, uint8_t *out);

/* NETWORK[/MASK], IPv6 with or without brackets around either; host bits become zeros, as the kernel wants them. */
bool net_destination(struct span s, struct net_route *out);
void net_clear_host_bits(struct ip_address *ip, unsigned prefix_bits);

/* The name that an interface can have. */
bool net_device(struct span s, char out[static IFNAME_MAX + 1]);

/* A hardware address, or such a name. */
bool net_card(struct span s, struct plan_card *out);

#endif
