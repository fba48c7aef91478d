/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan/lease.c: what udhcpc's variables become, and what a lying DHCP server cannot do.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "plan/lease.h"

static bool read_it(const char *text, struct lease *lease, struct fail *fail)
{
	memset(lease, 0x5a, sizeof *lease);
	*fail = (struct fail){.code = FAIL_NONE};
	return lease_read(text, lease, fail);
}

static void whole_lease(void **state)
{
	(void)state;
	struct lease lease;
	struct fail fail;
	char text[IP_TEXT_BYTES];
	assert_true(read_it(
		"ip=10.1.2.3\nmask=20\nrouter=10.1.0.1 10.1.0.2\ndns=9.9.9.9 10.1.0.53\nmtu=9000\nhostname=pi4\n",
		&lease, &fail));
	ip_format(&lease.address, text);
	assert_string_equal(text, "10.1.2.3");
	assert_int_equal(lease.prefix_bits, 20);
	ip_format(&lease.gateway, text);
	assert_string_equal(text, "10.1.0.1");
	assert_int_equal(lease.n_nameservers, 2);
	ip_format(&lease.nameservers[1], text);
	assert_string_equal(text, "10.1.0.53");
	assert_int_equal(lease.mtu_bytes, 9000);
	assert_string_equal(lease.hostname, "pi4");
}

static void unusable_leases(void **state)
{
	(void)state;
	static const char *const texts[] = {"",
					    "ip=10.0.0.1",
					    "mask=24",
					    "ip=10.0.0\nmask=24",
					    "ip=fe80::1\nmask=64",
					    "ip=10.0.0.1\nmask=33",
					    "ip=10.0.0.1\nmask=0",
					    "ip\nmask"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct lease lease, before;
		struct fail fail;
		memset(&before, 0x5a, sizeof before);
		assert_false(read_it(texts[i], &lease, &fail));
		assert_int_equal(fail.code, FAIL_NO_DHCP);
		assert_memory_equal(&lease, &before, sizeof lease);
	}
}

static void senseless_values_are_left_out(void **state)
{
	(void)state;
	struct lease lease;
	struct fail fail;
	assert_true(read_it("ip=10.0.0.9\nmask=24\nrouter=nowhere\ndns=x 1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4\nmtu=68\n"
			    "evil=1\n=\n==\n",
			    &lease, &fail));
	assert_int_equal(lease.gateway.family, 0);
	assert_int_equal(lease.n_nameservers, NAMESERVERS_MAX);
	assert_int_equal(lease.mtu_bytes, 0);
	assert_string_equal(lease.hostname, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lease),
		cmocka_unit_test(unusable_leases),
		cmocka_unit_test(senseless_values_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
