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
#include "plan/plan.h"

struct lease {
	struct ip_address address;
	uint8_t prefix_bits;
	struct ip_address gateway; /* family 0: none */
	struct ip_address nameservers[NAMESERVERS_MAX];
	uint8_t n_nameservers;
	struct net_route routes[ROUTES_MAX]; /* RFC 3442; with any of them the gateway is not used */
	uint8_t n_routes;
	bool lacks_routes;  /* there are more than fit */
	uint32_t mtu_bytes; /* 0: not sent */
	char hostname[HOST_MAX + 1];
	char domain[HOST_MAX + 1];
	char root_path[VALUE_BYTES]; /* empty too when it may hold a secret */
};

/* The variables worth writing down, ending with NULL. */
extern const char *const lease_keys[];

/* False (FAIL_NO_DHCP): there is no usable IPv4 address in it. Other values that make no sense are left out. */
bool lease_read(const char *text, struct lease *lease, struct fail *fail);

/*
 * The same from net-IF.conf of klibc's ipconfig, KEY='VALUE' a line, without netmask and routes. A value with a quote
 * in it is left out. False: there is no IPv4 address in it.
 */
bool lease_read_klibc(const char *text, struct lease *lease);

#endif
