/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCP lease as busybox udhcpc tells it: environment variables of its script, which our script (boot/lease.c) writes
 * down as KEY=VALUE lines. This reads those lines; what the DHCP server sent is not trusted.
 */
#ifndef PLAN_LEASE_H
#define PLAN_LEASE_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/limits.h"
#include "base/text.h"

struct lease {
	struct ip_address address;
	uint8_t prefix_bits;
	struct ip_address gateway; /* family 0: none */
	struct ip_address nameservers[NAMESERVERS_MAX];
	uint8_t n_nameservers;
	uint32_t mtu_bytes; /* 0: not sent */
	char hostname[HOST_MAX + 1];
};

/* The variables worth writing down, ending with NULL. */
extern const char *const lease_keys[];

/* False (FAIL_NO_DHCP): there is no usable IPv4 address in it. Other values that make no sense are left out. */
bool lease_read(const char *text, struct lease *lease, struct fail *fail);

#endif
