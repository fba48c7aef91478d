/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip= and ip6=; inside plan/ only. What BOOTIF= does to them is done in plan_add_network.
 */
#ifndef PLAN_NET_H
#define PLAN_NET_H

#include <stdbool.h>

#include "plan/plan.h"

struct reading;

/* Add networks to the plan. */
bool net_read(struct reading *r);
bool net_read_ip6(struct reading *r);

/* netmask=, gateway=, mtu= of old Anaconda. */
bool net_read_netmask(struct reading *r);
bool net_read_gateway(struct reading *r);
bool net_read_mtu(struct reading *r);

/* The plan's one for the same card, named in the same way, and the same address family; NULL: there is none. */
const struct plan_net *net_find(const struct boot_plan *plan, const struct plan_net *net);

#endif
