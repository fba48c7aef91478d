/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces of this machine as the kernel tells of them over rtnetlink(7), and what is asked of the
 * kernel: up, MTU, address, gateway. Requests are answered by the kernel at once, so they are made in place. Knows
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

struct nic {
	uint32_t ifindex; /* 0: a free place */
	char name[IFNAME_MAX + 1];
	uint8_t mac[6];
	bool ethernet, up, carrier;
};

struct nics {
	int fd;       /* negative: not open */
	uint32_t seq; /* of the last request */
	bool changed; /* set when the kernel told something new; whoever has looked at it clears it */
	bool lost;    /* events were lost: what is here may be old */
	bool full;    /* there are more than fit, and the user knows */
	struct nic list[NICS_MAX];
	struct rtnl_message *sought; /* the address that is looked for, while one is */
};

/* Opens the socket and learns what there is now. May be called again, then it forgets all and learns it anew. */
bool nics_open(struct nics *nics, struct fail *fail);

/* Takes in what the kernel has told. After a loss of events everything is asked anew; a negative errno when that
 * failed. */
int nics_update(struct nics *nics);

/* NULL: there is none. Good until the next call that may change the list: update and all requests. */
struct nic *nics_find(struct nics *nics, uint32_t ifindex);
struct nic *nics_named(struct nics *nics, const char *name);

/* The lowest hardware address of the network cards, for a name of this machine. False: no card is there yet. */
bool nics_lowest_mac(const struct nics *nics, uint8_t mac[static 6]);

/*
 * Looks whether an interface has an address: `ip`, or with family 0 its first global IPv4 address. *found says more of
 * it: ip, prefix_bits, tentative, dad_failed.
 */
bool nics_find_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, struct rtnl_message *found);

/* Requests: 0 or a negative errno. What is as asked for already is no error. */
int nics_set_up(struct nics *nics, uint32_t ifindex);
int nics_set_mtu(struct nics *nics, uint32_t ifindex, uint32_t mtu_bytes);
int nics_add_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits);
/* The default route, with a route to the gateway itself when it is outside our own network. Family 0: none. */
int nics_add_gateway(struct nics *nics, uint32_t ifindex, const struct ip_address *gateway);

/* Undoes the last two. */
void nics_remove_address(struct nics *nics, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits);
void nics_remove_gateway(struct nics *nics, uint32_t ifindex, const struct ip_address *gateway);

#endif
