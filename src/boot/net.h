/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bringing up the links the plan names: interface, carrier, address (static, DHCP by busybox udhcpc, or IPv6 by the
 * kernel), duplicate address detection, routes, name servers. One small state machine per ip= word, stepped by the one
 * loop. An interface that already has an address is taken as it is. A link that is up is watched: when its carrier or
 * its interface goes, it begins anew, and so does the address if another interface serves it then.
 */
#ifndef BOOT_NET_H
#define BOOT_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "boot/ifaces.h"
#include "boot/loop.h"
#include "boot/nics.h"
#include "boot/retry.h"
#include "boot/wait.h"
#include "plan/lease.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum net_link_state {
	LINK_WAIT_NIC,
	LINK_WAIT_CARRIER,
	LINK_WAIT_LEASE,
	LINK_WAIT_KERNEL, /* for an IPv6 address that the kernel makes by itself */
	LINK_WAIT_DAD,
	LINK_READY,
	LINK_WAIT_RETRY,
};

struct net_link {
	const struct plan_net *config;
	enum net_link_state state;
	uint32_t ifindex;            /* of the interface in use; 0: none chosen yet */
	char name[IFNAME_MAX + 1];   /* its name, for messages; before: the one in ip= */
	uint32_t last_ifindex;       /* tried last, for taking turns when no device is named */
	int64_t deadline_ms;         /* of the present state */
	uint32_t configured_ifindex; /* the interface that has the lease's address and gateway from us; 0: none */
	uint32_t rank;               /* of its default route, the lowest counts */
	const char *how;             /* it comes by its address, for messages */
	struct child udhcpc;
	struct lease lease;
	struct retry retry;
	struct fail fail; /* the last one */
	int64_t lost_ms;  /* when a link that was ready lost its carrier or its interface; 0: it did not */
};

struct net {
	struct nics nics;
	struct ifaces ifaces;
	const struct boot_plan *plan; /* between net_start and net_stop */
	unsigned n_nets;
	struct plan_net nets[NETS_MAX]; /* those of the plan before, to see whether this one is another */
	unsigned n_links;
	struct net_link links[NETS_MAX];
	unsigned n_arrivals;               /* how often a link has come up */
	unsigned n_late;                   /* links that came when the default route of another was in use */
	uint32_t routes_of_links;          /* a bit for each of plan.routes: a link has taken it */
	int64_t carrier_ms;                /* when the first link had its carrier; 0: not yet */
	int64_t ready_ms;                  /* when the first link was ready; 0: not yet */
	const struct net_link *names_from; /* the link whose name servers are in resolv.conf */
};

/* Opens the rtnetlink socket and learns what interfaces there are. */
bool net_open(struct net *net, struct fail *fail);

/* Begins with the plan's ip= words. May be called again: what was up is looked at anew and keeps its address meanwhile.
 */
void net_start(struct net *net, const struct boot_plan *plan, int64_t now_ms);

void net_want(struct net *net, struct loop *loop);
void net_step(struct net *net, const struct loop *loop);

/* Something can be reached: a link is ready, or the plan leaves the network alone. */
bool net_usable(const struct net *net);

/* A link is in its first attempt, which ends; what it leads to may be reached soon. */
bool net_is_coming(const struct net *net);

/*
 * Reads what leases say beside the network into the plan, each once (a bit for each of plan->nets in *read), as long as
 * the plan wants them. True: there is one to wait for.
 */
bool net_take_leases(const struct net *net, struct boot_plan *plan, uint32_t *read, struct plan_notes *notes);

/* What the first link that is not ready waits for, as the failure it would be. FAIL_NONE: all are ready. */
enum fail_code net_waits_for(const struct net *net);

/* The same for people, and until when at most; empty when for nothing, or for a next attempt. */
int64_t net_describe_wait(const struct net *net, char out[static WAIT_TEXT_BYTES]);

/* Why a link is not ready; NULL when all are, or nothing has failed yet. */
const struct fail *net_fail(const struct net *net);

/* Ends children. */
void net_stop(struct net *net);

/*
 * The same when root is there: tells which routes have not been of use; cards that were set up only to see whether they
 * have a link are set down again.
 */
void net_leave(struct net *net);

#endif
