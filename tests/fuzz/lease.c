/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a DHCP lease, as plan/lease.h has them: the network in them, and the target.
 */
#include "plan/lease.h"
#include "plan/plan.h"

#include "fuzz.h"

static void check_address(const struct ip_address *ip)
{
	struct ip_address again;
	char text[IP_TEXT_BYTES];
	ip_format(ip, text);
	CHECK(text_ip(span_of(text), &again) && memcmp(ip, &again, sizeof again) == 0);
}

static bool has_host_bits(const struct net_route *route)
{
	for (unsigned bit = route->prefix_bits; bit < 32; bit++)
		if ((route->destination.bytes[bit / 8] << bit % 8 & 0x80) != 0)
			return true;
	return false;
}

static void check_route(const struct lease *lease, const struct net_route *route)
{
	CHECK(lease->gateway.family == 0);
	CHECK(route->prefix_bits <= 32 && !has_host_bits(route));
	CHECK(route->destination.family == (route->prefix_bits > 0 ? 4 : 0));
	CHECK(route->gateway.family == 4 || (route->gateway.family == 0 && route->prefix_bits > 0));
}

static void check_target(const char *text)
{
	static struct boot_plan plan;
	static struct plan_notes notes;
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	plan.asks_dhcp = true;
	plan_read_lease(text, &plan, &notes);
	CHECK(plan.asks_dhcp == (plan.n_targets == 0));
	CHECK(fuzz_is_plain(plan.initiator.name) && notes.n_notes <= PLAN_NOTES_MAX);
	for (unsigned i = 0; i < plan.n_targets; i++)
		CHECK(plan.targets[i].port != 0 && fuzz_is_plain(plan.targets[i].name));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct lease lease = {.mtu_bytes = 4711};
	struct fail fail = {.code = FAIL_NONE};
	char *text = fuzz_text(bytes, n_bytes);
	check_target(text);
	if (lease_read(text, &lease, &fail)) {
		CHECK(lease.address.family == 4 && lease.prefix_bits > 0 && lease.prefix_bits <= 32);
		CHECK(lease.gateway.family == 0 || lease.gateway.family == 4);
		CHECK(lease.mtu_bytes == 0 || (lease.mtu_bytes >= 576 && lease.mtu_bytes <= 65535));
		CHECK(lease.n_nameservers <= NAMESERVERS_MAX);
		CHECK(lease.n_routes <= ROUTES_MAX);
		for (unsigned i = 0; i < lease.n_routes; i++)
			check_route(&lease, &lease.routes[i]);
		CHECK_TEXT(lease.hostname);
		check_address(&lease.address);
		for (unsigned i = 0; i < lease.n_nameservers; i++)
			check_address(&lease.nameservers[i]);
	} else {
		CHECK(fail.code == FAIL_NO_DHCP && lease.mtu_bytes == 4711);
	}
	free(text);
	return 0;
}
