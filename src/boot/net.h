/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bringing up the links the plan names: interface, carrier, address (static, or DHCP by busybox udhcpc), duplicate
 * address detection, routes, name servers. One small state machine per ip= word, stepped by the one loop. An interface
 * that already has an address is taken as it is.
 */
#ifndef BOOT_NET_H
#define BOOT_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/loop.h"
#include "boot/retry.h"
#include "boot/wait.h"
#include "kernel/rtnl.h"
#include "plan/lease.h"
#include "plan/plan.h"
#include "sys/sys.h"

struct nic {
	uint32_t ifindex;
	char name[IFNAME_MAX + 1];
	uint8_t mac[6];
	bool ethernet, up, carrier;
	struct ip_address ipv4; /* first global address; family 0: none */
	uint8_t ipv4_prefix_bits;
};

enum net_link_state {
	LINK_WAIT_NIC,
	LINK_WAIT_CARRIER,
	LINK_WAIT_LEASE,
	LINK_WAIT_DAD,
	LINK_READY,
	LINK_WAIT_RETRY,
};

struct net_link {
	const struct plan_net *config;
	enum net_link_state state;
	uint32_t ifindex;      /* of the interface in use; 0: none chosen yet */
	uint32_t last_ifindex; /* tried last, for taking turns when no device is named */
	int64_t deadline_ms;   /* of the present state */
	bool address_ours;     /* the kernel took the address and no other machine has it */
	struct child udhcpc;
	struct lease lease;
	struct retry retry;
	struct fail fail; /* the last one */
};

struct net {
	int fd;
	uint32_t seq;
	unsigned n_nics;
	struct nic nics[NICS_MAX];
	unsigned n_links;
	struct net_link links[NETS_MAX];
	unsigned n_ready;       /* links that are up */
	int64_t carrier_ms;     /* when the first link had its carrier; 0: not yet */
	int64_t ready_ms;       /* when the first link was ready; 0: not yet */
	unsigned n_nameservers; /* written to resolv.conf */
};

/* Opens the rtnetlink socket and learns what interfaces there are. */
bool net_open(struct net *net, struct fail *fail);

/* Begins with the plan's ip= words. May be called again: what is up stays up. */
void net_start(struct net *net, const struct boot_plan *plan, int64_t now_ms);

void net_want(struct net *net, struct loop *loop);
void net_step(struct net *net, const struct loop *loop);

/* Something can be reached: a link is ready, or the plan leaves the network alone. */
bool net_usable(const struct net *net);

/* The lowest hardware address of the network cards, for a name of this machine. False: no card is there yet. */
bool net_lowest_mac(const struct net *net, uint8_t mac[static 6]);

/* What the first link that is not ready waits for, as the failure it would be. FAIL_NONE: all are ready. */
enum fail_code net_waits_for(const struct net *net);

/* The same for people, and until when at most; empty when for nothing, or for a next attempt. */
int64_t net_describe_wait(const struct net *net, char out[static WAIT_TEXT_BYTES]);

/* Why a link is not ready; NULL when all are, or nothing has failed yet. */
const struct fail *net_fail(const struct net *net);

/* Ends children. */
void net_stop(struct net *net);

#endif
