/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/net.c on the running kernel, in namespaces of its own with taps as network cards, which have a carrier: static
 * links, the cards that are looked at, routes, the plan of another attempt. Without the right to make namespaces these
 * tests are skipped.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/if.h>

#include <cmocka.h>

#include "boot/net.h"
#include "namespace.h"
#include "screen.h"
#include "tap.h"

enum {
	N_TAPS = 3,
};

static struct net net;
static struct boot_plan plan;
static int taps[N_TAPS];

static int begin(void **state)
{
	struct fail fail = {.code = FAIL_NONE};
	bool is_alone = unshare(CLONE_NEWNET | CLONE_NEWUTS) == 0;
	for (unsigned i = 0; i < N_TAPS; i++)
		taps[i] = is_alone ? make_tap(i) : -1;
	memset(&net, 0, sizeof net);
	net.nics.fd = -1;
	if (taps[N_TAPS - 1] >= 0 && !net_open(&net, &fail))
		return -1;
	return open_screen(state);
}

static int end(void **state)
{
	for (unsigned i = 0; i < N_TAPS; i++)
		if (taps[i] >= 0)
			close(taps[i]);
	if (net.nics.fd >= 0)
		close(net.nics.fd);
	return close_screen(state);
}

/* As an attempt of a boot begins. */
static void attempt(const char *cmdline)
{
	struct fail fail = {.code = FAIL_NONE};
	struct plan_notes notes = {.n_notes = 0};
	if (net.nics.fd < 0) {
		print_message("no right to make namespaces with taps: skipped\n");
		skip();
	}
	memset(&plan, 0, sizeof plan);
	assert_true(plan_read(cmdline, &plan, &notes, &fail));
	net_start(&net, &plan, 1000);
	net_step(&net, &(struct loop){.now_ms = 1000});
}

static bool has(const char *name, const char *address)
{
	struct rtnl_message found;
	struct ip_address ip;
	assert_true(text_ip(span_of(address), &ip));
	return nics_find_address(&net.nics, nics_named(&net.nics, name)->ifindex, &ip, &found);
}

static void links_of_another_plan_go(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none ip=10.2.0.2:::255.255.255.0::tap1:none");
	assert_true(net_usable(&net) && has("tap0", "10.1.0.2") && has("tap1", "10.2.0.2"));
	net_stop(&net);
	attempt("ip=tap0:off ip=10.2.0.2:::255.255.255.0::tap1:none");
	assert_false(has("tap0", "10.1.0.2"));
	assert_true(net_usable(&net) && has("tap1", "10.2.0.2"));
	net_stop(&net);
	attempt("ip=off");
	assert_false(has("tap1", "10.2.0.2"));
	assert_true(net_usable(&net));
}

static void the_same_plan_again_keeps_its_addresses(void **state)
{
	static const char words[] = "ip=10.1.0.2:::255.255.255.0::tap0:none";
	(void)state;
	attempt(words);
	net_stop(&net);
	net_start(&net, &plan, 2000);
	assert_true(has("tap0", "10.1.0.2"));
}

static void a_link_that_begins_is_looked_at_at_once(void **state)
{
	struct loop loop;
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none");
	net_stop(&net);
	net.nics.changed = false;
	loop_begin(&loop);
	net_start(&net, &plan, loop.now_ms);
	net_want(&net, &loop);
	assert_true(loop.wake_ms <= loop.now_ms);
}

static void a_link_is_coming_until_its_attempt_has_failed(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none ip=10.2.0.2:::255.255.255.0::tap9:none");
	assert_true(net_usable(&net) && net_is_coming(&net));
	net_step(&net, &(struct loop){.now_ms = 60000});
	assert_false(net_is_coming(&net));
	net_stop(&net);
}

static void a_route_that_fits_no_link_is_told(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none rd.route=10.7.0.0/16:10.1.0.1 rd.route=10.8.0.0/16:10.3.0.1 "
		"rd.route=10.9.0.0/16::tap9");
	net_stop(&net); /* the attempt failed */
	assert_null(strstr(shown(), "rd.route="));
	net_start(&net, &plan, 1000);
	net_step(&net, &(struct loop){.now_ms = 1000});
	shown();
	net_leave(&net);
	assert_string_equal(shown(),
			    "iscsiroot: rd.route=: no link that is up has a network with the gateway 10.3.0.1, "
			    "the route to 10.8.0.0/16 is left out\n"
			    "iscsiroot: rd.route=: no link that is up has the name tap9, the route to "
			    "10.9.0.0/16 is left out\n");
}

/* Of three cards one has a word, one serves the word without a name, and one is below a VLAN. */
static void cards_that_were_looked_at_are_down_again(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none ip=10.2.0.2:::255.255.255.0:::none vlan=tap2.5:tap2");
	assert_true(has("tap1", "10.2.0.2"));
	struct nic *tap2 = nics_named(&net.nics, "tap2");
	assert_false(tap2->woken);
	nics_named(&net.nics, "tap0")->woken = nics_named(&net.nics, "tap1")->woken = tap2->woken = true;
	net_leave(&net);
	assert_true(nics_named(&net.nics, "tap0")->up && nics_named(&net.nics, "tap1")->up && tap2->up);
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none");
	nics_named(&net.nics, "tap1")->woken = true;
	net_leave(&net);
	assert_false(nics_named(&net.nics, "tap1")->up);
}

/* The session runs over the address of the link alone. */
static void a_card_with_a_portal_stays_up(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none iscsi_target=iscsi://[fe80::1%tap1]/iqn.2026-01.x:a");
	for (unsigned i = 1; i < N_TAPS; i++) {
		char name[8];
		snprintf(name, sizeof name, "tap%u", i);
		nics_set_up(&net.nics, nics_named(&net.nics, name)->ifindex);
		nics_named(&net.nics, name)->woken = true;
	}
	net_leave(&net);
	assert_true(nics_named(&net.nics, "tap1")->up);
	assert_false(nics_named(&net.nics, "tap2")->up);
}

static void a_card_that_cannot_be_asked_about_is_in_use(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none");
	uint32_t tap0 = nics_named(&net.nics, "tap0")->ifindex, tap1 = nics_named(&net.nics, "tap1")->ifindex;
	assert_true(nics_has_address(&net.nics, tap0));
	assert_false(nics_has_address(&net.nics, tap1));
	close(net.nics.fd);
	assert_true(nics_has_address(&net.nics, tap1));
	net.nics.fd = -1;
	net_stop(&net);
}

static void a_hardware_address_that_is_refused_is_told(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none:1400:03:00:00:00:00:01"); /* of a group */
	assert_non_null(strstr(shown(), "iscsiroot: tap0: the hardware address in ip= was refused: Cannot assign "
					"requested address, going on without\n"));
	assert_true(net_usable(&net));
	net_stop(&net);
}

static const char *way_to(const char *address)
{
	struct ip_address ip;
	assert_true(text_ip(span_of(address), &ip));
	const struct nic *nic = nics_route(&net.nics, &ip, 0);
	return nic != NULL ? nic->name : "";
}

static void the_first_words_gateway_counts(void **state)
{
	static const char words[] = "ip=10.1.0.2::10.1.0.1:255.255.255.0::tap0:none "
				    "ip=10.2.0.2::10.2.0.1:255.255.255.0::tap1:none";
	char with_bootdev[160];
	(void)state;
	attempt(words);
	assert_string_equal(way_to("192.0.2.1"), "tap0");
	net_stop(&net);
	attempt("ip=off");
	assert_string_equal(way_to("192.0.2.1"), "");
	snprintf(with_bootdev, sizeof with_bootdev, "%s bootdev=tap1", words);
	attempt(with_bootdev);
	assert_string_equal(way_to("192.0.2.1"), "tap1");
	net_stop(&net);
}

/* Its packets would leave by a card that has another address. */
static void a_late_gateway_leaves_a_session_its_way(void **state)
{
	bool is_mounted = false, is_late = false;
	(void)state;
	attempt("ip=10.1.0.2::10.1.0.1:255.255.255.0::tap9:none ip=10.2.0.2::10.2.0.1:255.255.255.0::tap1:none");
	assert_string_equal(way_to("192.0.2.1"), "tap1");
	uint32_t tap0 = nics_named(&net.nics, "tap0")->ifindex;
	nics_set_link(&net.nics, &(struct rtnl_link){.ifindex = tap0, .down = true, .name = "tap9"});
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		is_mounted = mount("none", "/sys/class", "tmpfs", 0, NULL) == 0;
	if (is_mounted) {
		mkdir("/sys/class/iscsi_session", 0700);
		mkdir("/sys/class/iscsi_session/session1", 0700);
	}
	net_step(&net, &(struct loop){.now_ms = 2000});
	is_late = strcmp(way_to("192.0.2.1"), "tap1") == 0 && has("tap9", "10.1.0.2");
	if (is_mounted)
		umount("/sys/class");
	net_stop(&net);
	if (!is_mounted)
		skip();
	assert_true(is_late);
}

/* As initramfs-tools' configure_networking leaves it. */
static int adopt_from_ipconfig(void)
{
	struct ip_address own;
	EXPECT(text_ip(span_of("10.1.0.2"), &own));
	EXPECT(mount("none", "/run", "tmpfs", 0, NULL) == 0 && mount("none", "/etc", "tmpfs", 0, NULL) == 0);
	EXPECT(file_create("/run/net-tap0.conf",
			   "IPV4ADDR='10.1.0.2'\nIPV4GATEWAY='10.1.0.1'\nIPV4DNS0='10.1.0.53'\n"
			   "ROOTPATH='iscsi:10.1.0.9::::iqn.2009-06.a:root'\n",
			   0644) == 0);
	nics_set_up(&net.nics, nics_named(&net.nics, "tap0")->ifindex);
	nics_add_address(&net.nics, nics_named(&net.nics, "tap0")->ifindex, &own, 24);
	attempt("ip=tap0:dhcp root=dhcp");
	for (int64_t now_ms = 1000; !net_usable(&net) && now_ms < 3000; now_ms += 10) {
		poll_wait(NULL, 0, 10);
		net_step(&net, &(struct loop){.now_ms = now_ms});
	}
	EXPECT(strstr(shown(), "tap0: up, 10.1.0.2/24 already there, taken as it is, gateway 10.1.0.1\n") != NULL);
	char text[64];
	EXPECT(file_read_text("/etc/resolv.conf", text, sizeof text) > 0);
	EXPECT(strcmp(text, "nameserver 10.1.0.53") == 0);
	uint32_t read = 0;
	struct plan_notes notes = {.n_notes = 0};
	EXPECT(!net_take_leases(&net, &plan, &read, &notes) && plan.n_targets == 1);
	net_stop(&net);
	return 0;
}

static void what_ipconfig_has_found_is_taken(void **state)
{
	(void)state;
	if (net.nics.fd < 0)
		skip();
	in_namespace(adopt_from_ipconfig);
}

/* The other client ends: two of them would take each other's address away. */
static int adopt_while_asking(void)
{
	struct ip_address own;
	const struct net_link *link = &net.links[0];
	EXPECT(text_ip(span_of("10.1.0.2"), &own));
	EXPECT(mount("none", "/run", "tmpfs", 0, NULL) == 0 && mount("none", "/etc", "tmpfs", 0, NULL) == 0);
	attempt("ip=tap0:dhcp");
	child_kill(&net.links[0].udhcpc);
	net.links[0].ifindex = nics_named(&net.nics, "tap0")->ifindex;
	net.links[0].state = LINK_WAIT_LEASE;
	net.links[0].deadline_ms = INT64_MAX;
	const char *const argv[] = {"/bin/sleep", "100", NULL};
	EXPECT(child_spawn(&net.links[0].udhcpc, argv, NULL, CHILD_QUIET) == 0);
	net_step(&net, &(struct loop){.now_ms = 1000});
	EXPECT(link->state == LINK_WAIT_LEASE && link->udhcpc.pid != 0);
	nics_add_address(&net.nics, link->ifindex, &own, 24);
	for (int64_t now_ms = 1010; !net_usable(&net) && now_ms < 3000; now_ms += 10) {
		poll_wait(NULL, 0, 10);
		net_step(&net, &(struct loop){.now_ms = now_ms});
	}
	EXPECT(link->state == LINK_READY && link->udhcpc.pid == 0 && link->configured_ifindex == 0);
	net_stop(&net);
	return 0;
}

static void the_address_of_a_faster_client_is_taken(void **state)
{
	(void)state;
	if (net.nics.fd < 0)
		skip();
	in_namespace(adopt_while_asking);
}

static void an_mtu_leaves_room_for_ipv6(void **state)
{
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0::tap0:none:1000 ip=10.2.0.2:::255.255.255.0::tap1:none:1000 "
		"ip=[fd01::2]:::64::tap0:none");
	assert_int_equal(nics_named(&net.nics, "tap0")->mtu_bytes, 1280);
	assert_int_equal(nics_named(&net.nics, "tap1")->mtu_bytes, 1000);
	assert_non_null(strstr(shown(), "iscsiroot: tap0: an MTU of 1000 is too small for IPv6, taking 1280\n"));
	net_stop(&net);
}

static void a_name_in_use_is_not_taken_away(void **state)
{
	static const char ip[] = "ip=10.1.0.2:::255.255.255.0::tap0:none";
	char words[160];
	(void)state;
	attempt(ip);
	struct nic *card = nics_named(&net.nics, "tap1");
	const uint8_t *mac = card->card_mac;
	card->made = false; /* as if it were one */
	net_stop(&net);
	snprintf(words, sizeof words, "%s ifname=tap0:%02x:%02x:%02x:%02x:%02x:%02x", ip, mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	attempt(words);
	assert_non_null(strstr(shown(), "iscsiroot: tap1: cannot be called tap0 (ifname=): File exists, "
					"going on with the old name\n"));
	assert_true(has("tap0", "10.1.0.2"));
	net_stop(&net);
}

/* The driver's bond0 is there before the ports, and the link sets it up; the taps stand for both. */
static void a_bond_that_is_only_up_gets_its_options(void **state)
{
	static const char words[] = "bond=tap0:tap1:mode=active-backup:1400 ip=10.1.0.2:::255.255.255.0::tap0:none";
	(void)state;
	attempt("ip=off");
	nics_set_up(&net.nics, nics_named(&net.nics, "tap0")->ifindex);
	net_stop(&net);
	attempt(words);
	assert_null(strstr(shown(), "is there already"));
	assert_int_equal(nics_named(&net.nics, "tap0")->mtu_bytes, 1400);
	assert_true(nics_named(&net.nics, "tap0")->up && has("tap0", "10.1.0.2"));
	net_stop(&net);
	attempt(words);
	assert_non_null(strstr(shown(), "iscsiroot: tap0: is there already and in use, its options stay as they are"));
	net_stop(&net);
}

static void a_given_host_name_stays(void **state)
{
	char name[64];
	(void)state;
	attempt("ip=10.1.0.2:::255.255.255.0:box:tap0:none ip=10.2.0.2:::255.255.255.0::tap1:none");
	struct net_link *second = &net.links[1];
	snprintf(second->lease.hostname, sizeof second->lease.hostname, "other"); /* as by DHCP */
	second->state = LINK_WAIT_DAD;
	net_step(&net, &(struct loop){.now_ms = 1000});
	assert_int_equal(second->state, LINK_READY);
	assert_int_equal(gethostname(name, sizeof name), 0);
	assert_string_equal(name, "box");
	net_stop(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(links_of_another_plan_go, begin, end),
		cmocka_unit_test_setup_teardown(the_same_plan_again_keeps_its_addresses, begin, end),
		cmocka_unit_test_setup_teardown(a_link_that_begins_is_looked_at_at_once, begin, end),
		cmocka_unit_test_setup_teardown(a_link_is_coming_until_its_attempt_has_failed, begin, end),
		cmocka_unit_test_setup_teardown(a_route_that_fits_no_link_is_told, begin, end),
		cmocka_unit_test_setup_teardown(cards_that_were_looked_at_are_down_again, begin, end),
		cmocka_unit_test_setup_teardown(a_card_with_a_portal_stays_up, begin, end),
		cmocka_unit_test_setup_teardown(a_card_that_cannot_be_asked_about_is_in_use, begin, end),
		cmocka_unit_test_setup_teardown(a_bond_that_is_only_up_gets_its_options, begin, end),
		cmocka_unit_test_setup_teardown(a_given_host_name_stays, begin, end),
		cmocka_unit_test_setup_teardown(a_hardware_address_that_is_refused_is_told, begin, end),
		cmocka_unit_test_setup_teardown(the_first_words_gateway_counts, begin, end),
		cmocka_unit_test_setup_teardown(a_late_gateway_leaves_a_session_its_way, begin, end),
		cmocka_unit_test_setup_teardown(what_ipconfig_has_found_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(the_address_of_a_faster_client_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(an_mtu_leaves_room_for_ipv6, begin, end),
		cmocka_unit_test_setup_teardown(a_name_in_use_is_not_taken_away, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
