/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts of boot/runfiles.c, byte for byte. That the root's programs find them, and what they make of them, is seen
 * by tests/vm/test_runfiles.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boot/runfiles.c"

#include "namespace.h"

static const struct nic card = {.ifindex = 2,
				.name = "eth0",
				.mac = {0x52, 0x54, 0, 0x99, 0, 0x0a},
				.card_mac = {0x52, 0x54, 0, 0x99, 0, 0x0b},
				.ethernet = true};
static const struct nic vlan = {.ifindex = 3,
				.name = "eth0.5",
				.mac = {0x52, 0x54, 0, 0x99, 0, 0x0a},
				.lower = 2,
				.ethernet = true,
				.made = true};
static const struct nic port = {.ifindex = 4,
				.name = "eth1",
				.mac = {0x52, 0x54, 0, 0x99, 0, 0x0a},
				.card_mac = {0x52, 0x54, 0, 0x99, 0, 0x0b},
				.master = 5,
				.ethernet = true};
static const struct nic infiniband = {.ifindex = 6, .name = "ib0"};

static struct ip_address ip(const char *text)
{
	struct ip_address address;
	assert_true(text_ip(span_of(text), &address));
	return address;
}

static void assert_text(void (*write)(struct writer *, const struct runfiles_nic *), const struct runfiles_nic *of,
			const char *expected)
{
	char text[2048];
	struct writer w = writer_over(text, sizeof text);
	write(&w, of);
	writer_u8(&w, 0);
	assert_false(w.full);
	assert_string_equal(text, expected);
}

static void klibc_by_dhcp(void **state)
{
	(void)state;
	const struct ip_address servers[] = {ip("fd99::1"), ip("10.99.0.1"), ip("10.99.0.3")};
	const struct plan_net config = {.method = NET_DHCP};
	const struct net_link link = {
		.config = &config,
		.lease = {.address = ip("10.99.0.100"),
			  .prefix_bits = 22,
			  .gateway = ip("10.99.0.1"),
			  .hostname = "it's; reboot"},
	};
	const struct runfiles_nic of = {.nic = &card, .link4 = &link, .name_servers = servers, .n_name_servers = 3};
	assert_text(runfiles_klibc4, &of,
		    "DEVICE='eth0'\n"
		    "PROTO='dhcp'\n"
		    "IPV4ADDR='10.99.0.100'\n"
		    "IPV4BROADCAST='10.99.3.255'\n"
		    "IPV4NETMASK='255.255.252.0'\n"
		    "IPV4GATEWAY='10.99.0.1'\n"
		    "IPV4DNS0='10.99.0.1'\n"
		    "IPV4DNS1='10.99.0.3'\n"
		    "HOSTNAME='it'\\''s; reboot'\n");
	assert_text(runfiles_klibc6, &of, "");
}

/* RFC 3442; the gateway for those who do not know of routes. */
static void klibc_with_routes(void **state)
{
	(void)state;
	const struct plan_net config = {.method = NET_DHCP};
	const struct net_link link = {
		.config = &config,
		.lease = {.address = ip("10.99.0.100"),
			  .prefix_bits = 24,
			  .routes = {{.destination = ip("10.8.0.0"), .prefix_bits = 16, .gateway = ip("10.99.0.8")},
				     {.destination = ip("10.7.0.0"), .prefix_bits = 16},
				     {.gateway = ip("10.99.0.1")}},
			  .n_routes = 3,
			  .domain = "it's.example",
			  .root_path = "iscsi:10.99.0.1::::iqn.2026-01.x:a"},
	};
	const struct runfiles_nic of = {.nic = &card, .link4 = &link};
	assert_text(runfiles_klibc4, &of,
		    "DEVICE='eth0'\n"
		    "PROTO='dhcp'\n"
		    "IPV4ADDR='10.99.0.100'\n"
		    "IPV4BROADCAST='10.99.0.255'\n"
		    "IPV4NETMASK='255.255.255.0'\n"
		    "IPV4ROUTE0SUBNET='10.8.0.0/16'\n"
		    "IPV4ROUTE0GATEWAY='10.99.0.8'\n"
		    "IPV4ROUTE1SUBNET='10.7.0.0/16'\n"
		    "IPV4ROUTE1GATEWAY='0.0.0.0'\n"
		    "IPV4ROUTE2SUBNET='0.0.0.0/0'\n"
		    "IPV4ROUTE2GATEWAY='10.99.0.1'\n"
		    "IPV4GATEWAY='10.99.0.1'\n"
		    "HOSTNAME=''\n"
		    "DNSDOMAIN='it'\\''s.example'\n"
		    "ROOTPATH='iscsi:10.99.0.1::::iqn.2026-01.x:a'\n");
}

static void klibc_static(void **state)
{
	(void)state;
	const struct plan_net config = {.method = NET_STATIC, .hostname = "box"};
	const struct net_link link = {.config = &config, .lease = {.address = ip("10.99.0.2"), .prefix_bits = 32}};
	const struct runfiles_nic of = {.nic = &card, .link4 = &link};
	assert_text(runfiles_klibc4, &of,
		    "DEVICE='eth0'\n"
		    "PROTO='none'\n"
		    "IPV4ADDR='10.99.0.2'\n"
		    "IPV4BROADCAST='10.99.0.2'\n"
		    "IPV4NETMASK='255.255.255.255'\n"
		    "HOSTNAME='box'\n");
}

static void klibc_ipv6(void **state)
{
	(void)state;
	const struct ip_address servers[] = {ip("10.99.0.1"), ip("fd99::53")};
	const struct plan_net config = {.method = NET_STATIC};
	const struct net_link link = {
		.config = &config,
		.lease = {.address = ip("fd99::2"), .prefix_bits = 64, .gateway = ip("fd99::1")},
	};
	const struct runfiles_nic of = {.nic = &card, .link6 = &link, .name_servers = servers, .n_name_servers = 2};
	assert_text(runfiles_klibc4, &of, "");
	assert_text(runfiles_klibc6, &of,
		    "DEVICE6='eth0'\n"
		    "IPV6PROTO='none'\n"
		    "IPV6ADDR='fd99::2'\n"
		    "IPV6NETMASK='64'\n"
		    "IPV6GATEWAY='fd99::1'\n"
		    "IPV6DNS0='fd99::53'\n"
		    "HOSTNAME=''\n");
}

#define WHY "# By iscsiroot(8): the root file system is reached through this interface.\n"

static void networkd(void **state)
{
	(void)state;
	const struct ip_address servers[] = {ip("10.99.0.1"), ip("fd99::53")};
	struct runfiles_nic of = {.nic = &card, .carries = true, .name_servers = servers, .n_name_servers = 2};
	assert_text(runfiles_networkd, &of,
		    WHY "[Match]\nMACAddress=52:54:00:99:00:0a\nType=ether\n"
			"[Network]\nKeepConfiguration=yes\nDNS=10.99.0.1\nDNS=fd99::53\n");
	of.carries = false; /* under a VLAN */
	assert_text(runfiles_networkd, &of, "");
	of.nic = &port;
	assert_text(runfiles_networkd, &of,
		    WHY "[Match]\nName=eth1\nPermanentMACAddress=52:54:00:99:00:0b\nType=ether\n"
			"[Link]\nUnmanaged=yes\n");
	of = (struct runfiles_nic){.nic = &vlan, .carries = true};
	assert_text(runfiles_networkd, &of, WHY "[Match]\nName=eth0.5\n[Network]\nKeepConfiguration=yes\n");
	of.nic = &infiniband;
	assert_text(runfiles_networkd, &of, WHY "[Match]\nName=ib0\n[Network]\nKeepConfiguration=yes\n");
}

static void link_file(void **state)
{
	(void)state;
	struct runfiles_nic of = {.nic = &card, .carries = true};
	static const char link[] = "[Link]\nNamePolicy=keep\nAlternativeNamesPolicy=database onboard slot path\n";
	char expected[512];
	snprintf(expected, sizeof expected, WHY "[Match]\nMACAddress=52:54:00:99:00:0a\nType=ether\n%s", link);
	assert_text(runfiles_link, &of, expected);
	of.nic = &vlan;
	snprintf(expected, sizeof expected, WHY "[Match]\nOriginalName=eth0.5\n%s", link);
	assert_text(runfiles_link, &of, expected);
	of.nic = &port;
	snprintf(expected, sizeof expected,
		 WHY "[Match]\nOriginalName=eth1\nPermanentMACAddress=52:54:00:99:00:0b\nType=ether\n%s", link);
	assert_text(runfiles_link, &of, expected);
}

static void ifupdown(void **state)
{
	(void)state;
	const struct runfiles_nic of = {.nic = &card, .carries = true};
	assert_text(runfiles_ifupdown, &of, "iscsiroot\n");
}

static void make_directories(void)
{
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		file_make_dir(directories[i].path, directories[i].mode);
}

static void leave(const struct nic *nic)
{
	const struct runfiles_nic of = {.nic = nic, .carries = true};
	write_files(&of, N_FILES);
	write_units();
}

/* Each attach knows of its own card only; files of others are none. In any order. */
static int attach_twice(void)
{
	static const char one[] = WHY "[Service]\nEnvironment=\"EXCLUDE_INTERFACES=eth0 \"";
	static const char two[] = WHY "[Service]\nEnvironment=\"EXCLUDE_INTERFACES=eth0 eth0.5 \"";
	static const char owt[] = WHY "[Service]\nEnvironment=\"EXCLUDE_INTERFACES=eth0.5 eth0 \"";
	char text[512];
	EXPECT(mount("none", "/run", "tmpfs", 0, NULL) == 0);
	make_directories();
	EXPECT(file_create(LINK_DIR "98-iscsiroot-eth7.network", "", 0644) == 0);
	EXPECT(file_create(LINK_DIR "99-default.link", "", 0644) == 0);
	leave(&card);
	EXPECT(file_read_text(UNITS_DIR "/networking.service.d/iscsiroot.conf", text, sizeof text) > 0);
	EXPECT(strcmp(text, one) == 0);
	leave(&vlan);
	EXPECT(file_read_text(UNITS_DIR "/networking.service.d/iscsiroot.conf", text, sizeof text) > 0);
	EXPECT(strcmp(text, two) == 0 || strcmp(text, owt) == 0);
	return 0;
}

static void networking(void **state)
{
	(void)state;
	in_namespace(attach_twice);
}

static void network_manager(void **state)
{
	(void)state;
	struct runfiles_nic of = {.nic = &card, .carries = true};
	assert_text(runfiles_network_manager, &of,
		    WHY "[device-iscsiroot-eth0]\nmatch-device=mac:52:54:00:99:00:0b\nmanaged=0\n");
	of.carries = false; /* under a VLAN */
	assert_text(runfiles_network_manager, &of, "");
	of.nic = &port;
	assert_text(runfiles_network_manager, &of,
		    WHY "[device-iscsiroot-eth1]\nmatch-device=mac:52:54:00:99:00:0b\nmanaged=0\n");
	of = (struct runfiles_nic){.nic = &vlan, .carries = true};
	assert_text(runfiles_network_manager, &of,
		    WHY "[device-iscsiroot-eth0.5]\nmatch-device=interface-name:eth0.5\nmanaged=0\n");
	of.nic = &infiniband;
	assert_text(runfiles_network_manager, &of,
		    WHY "[device-iscsiroot-ib0]\nmatch-device=interface-name:ib0\nmanaged=0\n");
}

/* ipconfig's file has a gateway and name servers that an address found on the interface has not. */
static int keep_file(void)
{
	const struct plan_net config = {.method = NET_DHCP};
	struct net_link link = {.config = &config, .lease = {.address = ip("10.99.0.100"), .prefix_bits = 24}};
	const struct runfiles_nic of = {.nic = &card, .link4 = &link, .carries = true};
	char text[512];
	EXPECT(mount("none", "/run", "tmpfs", 0, NULL) == 0);
	make_directories();
	EXPECT(file_create("/run/net-eth0.conf", "IPV4ADDR='10.99.0.100'\n# theirs", 0644) == 0);
	write_files(&of, KLIBC_FILES);
	EXPECT(file_read_text("/run/net-eth0.conf", text, sizeof text) > 0 && strstr(text, "theirs") != NULL);
	EXPECT(!file_exists("/run/network/ifstate.eth0"));
	link.configured_ifindex = card.ifindex;
	write_files(&of, N_FILES);
	EXPECT(file_exists("/run/network/ifstate.eth0"));
	EXPECT(file_read_text("/run/net-eth0.conf", text, sizeof text) > 0 && strstr(text, "theirs") == NULL);
	link.configured_ifindex = 0;
	link.lease.address = ip("10.99.0.101"); /* what was there before was of another one */
	write_files(&of, N_FILES);
	EXPECT(file_read_text("/run/net-eth0.conf", text, sizeof text) > 0 && strstr(text, "IPV4ADDR='10.99.0.101'"));
	EXPECT(unlink("/run/net-eth0.conf") == 0);
	write_files(&of, N_FILES);
	EXPECT(file_exists("/run/net-eth0.conf"));
	return 0;
}

static void what_ipconfig_has_written_stays(void **state)
{
	(void)state;
	in_namespace(keep_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(klibc_by_dhcp),     cmocka_unit_test(klibc_static),
		cmocka_unit_test(klibc_ipv6),        cmocka_unit_test(link_file),
		cmocka_unit_test(networkd),          cmocka_unit_test(network_manager),
		cmocka_unit_test(ifupdown),          cmocka_unit_test(networking),
		cmocka_unit_test(klibc_with_routes), cmocka_unit_test(what_ipconfig_has_written_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
