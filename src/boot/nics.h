/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces of this machine as the kernel tells of them over rtnetlink(7), and what is asked of the
 * kernel: up, MTU, address, route. Requests are answered by the kernel at once, so they are made in place. Knows
 * nothing of ip= words and waits for nothing.
 */
#ifndef BOOT_NICS_H
#define BOOT_NICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/limits.h"
#include "base/text.h"
#include "kernel/rtnl.h"
#include "plan/plan.h"

struct nic {
	uint32_t ifindex; /* 0: a free place */
	char name[IFNAME_MAX + 1];
	uint8_t mac[6], card_mac[6]; /* in use; the one the card came with */
	uint32_t master, lower;      /* as in struct rtnl_message */
	uint32_t mtu_bytes;
	bool ethernet, up, carrier, made;
	bool cabled; /* it has the carrier that it was set up with */
	bool woken;  /* set up to see its carrier, by whoever looks for one */
};

struct nics {
	int fd;       /* negative: not open */
	uint32_t seq; /* of the last request */
	bool changed; /* set when the kernel told something new; whoever has looked at it clears it */
	bool lost;    /* events were lost: what is here may be old */
	bool full;    /* there are more than fit, and the user knows */
	struct nic list[NICS_MAX];
	const struct ip_address *sought; /* the address that is looked for, while one is */
	struct rtnl_message *found;
	uint32_t route_ifindex; /* of the last answer to nics_route */
};

/* Opens the socket and learns what there is now. May be called again, then it forgets all and learns it anew. */
bool nics_open(struct nics *nics, struct fail *fail);

/* Takes in what the kernel has told. After a loss of events everything is asked anew; a negative errno when that
 * failed. */
int nics_update(struct nics *nics);

/* NULL: there is none. Good until the next call that may change the list: update and all requests. */
struct nic *nics_find(struct nics *nics, uint32_t ifindex);
struct nic *nics_named(struct nics *nics, const char *name);

/* The network card that came with this hardware address, NULL when there is none. */
struct nic *nics_with_mac(struct nics *nics, const uint8_t mac[static 6]);

/* The lowest hardware address of the network cards, for a name of this machine. False: no card is there yet. */
bool nics_lowest_mac(const struct nics *nics, uint8_t mac[static 6]);

/*
 * Looks whether an interface has an address: `ip`, or one of those below; rather one that is not tentative. *found says
 * more of it: ip, prefix_bits, tentative, dad_failed.
 */
extern const struct ip_address any_global4, any_global6, any_link_local6;
bool nics_find_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, struct rtnl_message *found);

/*
 * One that is not of the link alone: the interface may be in use, and is not to be taken down. Nor is it when the
 * kernel does not tell.
 */
bool nics_has_address(struct nics *nics, uint32_t ifindex);

/* The interface by which `ip` is reached, NULL when there is none. scope_ifindex: the one a link-local address is on.
 */
struct nic *nics_route(struct nics *nics, const struct ip_address *ip, uint32_t scope_ifindex);

/* Requests: 0 or a negative errno. What is as asked for already is no error. */
int nics_set_link(struct nics *nics, const struct rtnl_link *link);
int nics_set_up(struct nics *nics, uint32_t ifindex);
/* A VLAN cannot have more than what is under it, which is raised with it. */
int nics_set_mtu(struct nics *nics, uint32_t ifindex, uint32_t mtu_bytes);
int nics_add_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits);
/* With a route to the gateway itself when it is outside our own network. Of several the one with the lowest metric is
 * used; 0: the kernel's. */
int nics_add_route(struct nics *nics, uint32_t ifindex, const struct net_route *route, uint32_t metric);

/* Undoes the last two. */
void nics_remove_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits);
void nics_remove_route(struct nics *nics, uint32_t ifindex, const struct net_route *route);

#endif
