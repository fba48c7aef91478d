/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan/lease.c: what udhcpc's variables become, and what a lying DHCP server cannot do.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
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
		"ip=10.1.2.3\nmask=20\nrouter=10.1.0.1 10.1.0.2\ndns=9.9.9.9 10.1.0.53\nmtu=9000\nhostname=pi4\n"
		"domain=example.org\nrootpath=iscsi:10.1.0.9::::iqn.2026-01.x:a\n",
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
	assert_string_equal(lease.domain, "example.org");
	assert_string_equal(lease.root_path, "iscsi:10.1.0.9::::iqn.2026-01.x:a");
	assert_true(
		read_it("ip=10.1.2.3\nmask=20\nrootpath=iscsi:u:secret@10.1.0.9::::iqn.2026-01.x:a\n", &lease, &fail));
	assert_string_equal(lease.root_path, "");
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

static void show_routes(const struct lease *lease, char *out, size_t n_max)
{
	size_t n = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < lease->n_routes; i++) {
		const struct net_route *route = &lease->routes[i];
		char to[IP_TEXT_BYTES], by[IP_TEXT_BYTES];
		ip_format(&route->destination, to);
		ip_format(&route->gateway, by);
		n += (size_t)snprintf(out + n, n_max - n, "%s%s/%u %s", n > 0 ? ", " : "", to, route->prefix_bits, by);
	}
}

/* RFC 3442 as busybox udhcpc writes it, whose variable is called staticroutes. */
static void routes_replace_the_router(void **state)
{
	(void)state;
	static const struct {
		const char *routes, *shown;
		bool router;
	} cases[] = {
		{"10.1.0.0/16 10.0.0.1", "10.1.0.0/16 10.0.0.1", false},
		{"0.0.0.0/0 10.0.0.254 169.254.169.254/32 0.0.0.0", "/0 10.0.0.254, 169.254.169.254/32 ", false},
		{"10.1.2.3/16 10.0.0.1 10.9.9.9/8 10.0.0.2", "10.1.0.0/16 10.0.0.1, 10.0.0.0/8 10.0.0.2", false},
		{"10.1.2.3/13 10.0.0.1", "10.0.0.0/13 10.0.0.1", false},
		{"10.1.0.0/33 10.0.0.1 10.2.0.0/16 10.0.0.2", "10.2.0.0/16 10.0.0.2", false},
		{"10.1.0.0/16 nowhere 10.2.0.0/16 10.0.0.2 10.3.0.0/16", "10.2.0.0/16 10.0.0.2", false},
		{"2001:db8::/32 10.0.0.1", "", true},
		{"10.1.0.0/16 2001:db8::1", "", true},
		{"0.0.0.0/0 0.0.0.0", "", true},
		{"", "", true},
		{"evil", "", true},
		{"1.0.0.0/8 9.0.0.1 2.0.0.0/8 9.0.0.1 3.0.0.0/8 9.0.0.1 4.0.0.0/8 9.0.0.1 5.0.0.0/8 9.0.0.1 "
		 "6.0.0.0/8 9.0.0.1 7.0.0.0/8 9.0.0.1 8.0.0.0/8 9.0.0.1 9.0.0.0/8 9.0.0.1",
		 "1.0.0.0/8 9.0.0.1, 2.0.0.0/8 9.0.0.1, 3.0.0.0/8 9.0.0.1, 4.0.0.0/8 9.0.0.1, 5.0.0.0/8 9.0.0.1, "
		 "6.0.0.0/8 9.0.0.1, 7.0.0.0/8 9.0.0.1, 8.0.0.0/8 9.0.0.1",
		 false},
		{"1.0.0.0/8 9.0.0.1 2.0.0.0/8 9.0.0.1 3.0.0.0/8 9.0.0.1 4.0.0.0/8 9.0.0.1 5.0.0.0/8 9.0.0.1 "
		 "6.0.0.0/8 9.0.0.1 7.0.0.0/8 9.0.0.1 8.0.0.0/8 9.0.0.1 0.0.0.0/0 9.0.0.2 9.0.0.0/8 9.0.0.1",
		 "1.0.0.0/8 9.0.0.1, 2.0.0.0/8 9.0.0.1, 3.0.0.0/8 9.0.0.1, 4.0.0.0/8 9.0.0.1, 5.0.0.0/8 9.0.0.1, "
		 "6.0.0.0/8 9.0.0.1, 7.0.0.0/8 9.0.0.1, /0 9.0.0.2",
		 false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lease lease;
		struct fail fail;
		char text[512], shown[512];
		snprintf(text, sizeof text, "ip=10.0.0.9\nmask=24\nrouter=10.0.0.1\nstaticroutes=%s\n",
			 cases[i].routes);
		assert_true(read_it(text, &lease, &fail));
		show_routes(&lease, shown, sizeof shown);
		assert_string_equal(shown, cases[i].shown);
		assert_int_equal(lease.gateway.family, cases[i].router ? 4 : 0);
		assert_int_equal(lease.lacks_routes, strstr(cases[i].routes, "9.0.0.0/8") != NULL);
	}
}

static void as_klibc_writes_it(void **state)
{
	(void)state;
	struct lease lease;
	char text[IP_TEXT_BYTES];
	assert_true(lease_read_klibc("DEVICE='eth0'\nPROTO='dhcp'\nIPV4ADDR='10.1.2.3'\nIPV4NETMASK='255.255.240.0'\n"
				     "IPV4GATEWAY='10.1.0.1'\nIPV4DNS0='9.9.9.9'\nIPV4DNS1='0.0.0.0'\n"
				     "HOSTNAME='it'\\''s'\nDNSDOMAIN='example.org'\nROOTSERVER='0.0.0.0'\n"
				     "ROOTPATH='iscsi:10.1.0.9::::iqn.2026-01.x:a'\nfilename=''\nUPTIME='12'\n",
				     &lease));
	ip_format(&lease.address, text);
	assert_string_equal(text, "10.1.2.3");
	ip_format(&lease.gateway, text);
	assert_string_equal(text, "10.1.0.1");
	assert_int_equal(lease.n_nameservers, 1);
	assert_string_equal(lease.hostname, "");
	assert_string_equal(lease.domain, "example.org");
	assert_string_equal(lease.root_path, "iscsi:10.1.0.9::::iqn.2026-01.x:a");
	assert_true(lease_read_klibc("IPV4ADDR='10.1.2.3'\nIPV4GATEWAY='0.0.0.0'\n", &lease));
	assert_int_equal(lease.gateway.family, 0);
	assert_false(lease_read_klibc("", &lease));
	assert_false(lease_read_klibc("IPV4ADDR='0.0.0.0'\n", &lease));
	assert_false(lease_read_klibc("IPV4ADDR=10.1.2.3\nIPV4ADDR='10.1.2.3\nIPV4ADDR='10.1.2.3'x\nIPV4ADDR", &lease));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lease),
		cmocka_unit_test(unusable_leases),
		cmocka_unit_test(senseless_values_are_left_out),
		cmocka_unit_test(routes_replace_the_router),
		cmocka_unit_test(as_klibc_writes_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
