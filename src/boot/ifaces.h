/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces that the plan names anew or has made: ifname=, bond=, vlan=. Each is done as soon as what it
 * needs is there, and again for a card that comes back. A failure is told and is not the end: who waits for the
 * interface goes on waiting. The kernel loads bonding and 8021q by itself, from the image. Gives no addresses.
 */
#ifndef BOOT_IFACES_H
#define BOOT_IFACES_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/nics.h"
#include "plan/plan.h"

/* What has been tried already, so that it is tried once for each interface. All zero: nothing. */
struct ifaces {
	uint32_t renamed[IFNAMES_MAX];
	uint32_t lower[VLANS_MAX];
	uint32_t ports[BONDS_MAX][BOND_PORTS_MAX];
	bool bonded[BONDS_MAX];
};

void ifaces_step(struct ifaces *ifaces, struct nics *nics, const struct boot_plan *plan);

/* It is under a VLAN or a bond of the plan; the address is to be up there, unless the plan says otherwise. */
bool ifaces_is_below(const struct boot_plan *plan, const struct nic *nic);

#endif
