/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a DHCP lease, as plan/lease.h has them.
 */
#include "plan/lease.h"

#include "fuzz.h"

static void check_address(const struct ip_address *ip)
{
	struct ip_address again;
	char text[IP_TEXT_BYTES];
	ip_format(ip, text);
	CHECK(text_ip(span_of(text), &again) && memcmp(ip, &again, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct lease lease = {.mtu_bytes = 4711};
	struct fail fail = {.code = FAIL_NONE};
	char *text = fuzz_text(bytes, n_bytes);
	if (lease_read(text, &lease, &fail)) {
		CHECK(lease.address.family == 4 && lease.prefix_bits > 0 && lease.prefix_bits <= 32);
		CHECK(lease.gateway.family == 0 || lease.gateway.family == 4);
		CHECK(lease.mtu_bytes == 0 || (lease.mtu_bytes >= 576 && lease.mtu_bytes <= 65535));
		CHECK(lease.n_nameservers <= NAMESERVERS_MAX);
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
