/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/nics.c on the running kernel, in a network namespace of its own with taps as interfaces: what comes and goes,
 * more than fit, events and answers lost in a small buffer, addresses and gateways. Without the right to make one,
 * these tests are skipped.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#include "boot/nics.h"
#include "screen.h"
#include "tap.h"

enum {
	TAPS_MAX = NICS_MAX + 8,
};

static struct nics nics;
static int taps[TAPS_MAX];

static bool is_alone; /* in a namespace of its own */

static void make_taps(unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++) {
		taps[i] = is_alone ? make_tap(i) : -1;
		if (taps[i] < 0) {
			print_message("no right to make a network namespace with taps: skipped\n");
			skip();
		}
	}
}

static void remove_tap(unsigned number)
{
	close(taps[number]);
	taps[number] = -1;
}

static int begin(void **state)
{
	for (unsigned i = 0; i < TAPS_MAX; i++)
		taps[i] = -1;
	memset(&nics, 0, sizeof nics);
	nics.fd = -1;
	is_alone = unshare(CLONE_NEWNET) == 0;
	return open_screen(state);
}

static int end(void **state)
{
	for (unsigned i = 0; i < TAPS_MAX; i++)
		if (taps[i] >= 0)
			close(taps[i]);
	close(nics.fd);
	return close_screen(state);
}

static void open_nics(void)
{
	struct fail fail = {.code = FAIL_NONE};
	assert_true(nics_open(&nics, &fail));
}

/* Room for one message and no more. */
static void shrink_buffer(void)
{
	assert_int_equal(setsockopt(nics.fd, SOL_SOCKET, SO_RCVBUF, &(int){1}, sizeof(int)), 0);
}

static unsigned n_known(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < NICS_MAX; i++)
		n += nics.list[i].ifindex != 0;
	return n;
}

static struct ip_address ip(const char *text)
{
	struct ip_address address;
	assert_true(text_ip(span_of(text), &address));
	return address;
}

static void interfaces_come_and_go(void **state)
{
	(void)state;
	make_taps(0, 2);
	open_nics();
	assert_true(nics_named(&nics, "lo")->up);
	assert_false(nics_named(&nics, "lo")->ethernet);
	assert_true(nics_named(&nics, "tap0")->ethernet);
	uint32_t first = nics_named(&nics, "tap0")->ifindex;
	assert_int_equal(nics_set_up(&nics, first), 0);
	assert_true(nics_find(&nics, first)->up && nics_find(&nics, first)->carrier);
	nics_update(&nics);
	nics.changed = false;
	remove_tap(0);
	assert_int_equal(nics_update(&nics), 0);
	assert_true(nics.changed);
	assert_null(nics_find(&nics, first));
	assert_null(nics_find(&nics, 0));
	assert_null(nics_named(&nics, "tap0"));
	assert_non_null(nics_named(&nics, "tap1"));
	make_taps(0, 1);
	nics_update(&nics);
	assert_int_not_equal(nics_named(&nics, "tap0")->ifindex, first);
}

/* As the kernel tells of one interface. */
static void tell_link(int fd, unsigned flags, uint8_t operstate, uint8_t cabled)
{
	struct __attribute__((packed)) {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct rtattr operstate_head;
		uint8_t operstate, gap[3];
		struct rtattr carrier_head;
		uint8_t carrier;
	} message = {
		.head = {.nlmsg_len = sizeof message, .nlmsg_type = RTM_NEWLINK},
		.link = {.ifi_index = 2, .ifi_type = ARPHRD_ETHER, .ifi_flags = flags},
		.operstate_head = {.rta_len = RTA_LENGTH(1), .rta_type = IFLA_OPERSTATE},
		.operstate = operstate,
		.carrier_head = {.rta_len = RTA_LENGTH(1), .rta_type = IFLA_CARRIER},
		.carrier = cabled,
	};
	assert_int_equal(write(fd, &message, sizeof message), sizeof message);
}

/* The carrier that a card is opened with counts, one that comes later when the kernel has taken note of it. */
static void a_carrier_from_before_counts_at_once(void **state)
{
	(void)state;
	static const struct {
		unsigned flags;
		uint8_t operstate, cabled;
		bool carrier;
	} told[] = {
		{0, IF_OPER_DOWN, 1, false},
		{IFF_UP | IFF_LOWER_UP, IF_OPER_DOWN, 1, true},
		{IFF_UP, IF_OPER_DOWN, 0, false},
		{IFF_UP | IFF_LOWER_UP, IF_OPER_DOWN, 1, false},
		{IFF_UP | IFF_LOWER_UP, IF_OPER_UP, 1, true},
		{0, IF_OPER_DOWN, 0, false},
		{IFF_UP | IFF_LOWER_UP, IF_OPER_DOWN, 1, false},
	};
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	nics.fd = ends[0];
	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		tell_link(ends[1], told[i].flags, told[i].operstate, told[i].cabled);
		assert_int_equal(nics_update(&nics), 0);
		assert_int_equal(nics_find(&nics, 2)->carrier, told[i].carrier);
	}
	close(ends[1]);
}

static void tells_once_that_there_are_too_many(void **state)
{
	(void)state;
	make_taps(0, NICS_MAX - 1);
	open_nics();
	assert_int_equal(n_known(), NICS_MAX);
	assert_string_equal(shown(), "");
	make_taps(NICS_MAX - 1, TAPS_MAX);
	nics_update(&nics);
	open_nics();
	const char *line = strstr(shown(), "this machine has more than 32 network interfaces: tap31 and all that come");
	assert_non_null(line);
	assert_ptr_equal(strchr(line, '\n'), strrchr(line, '\n'));
	assert_null(nics_named(&nics, "tap32"));
}

static void learns_anew_what_lost_events_told(void **state)
{
	(void)state;
	make_taps(0, 10);
	open_nics();
	shrink_buffer();
	for (unsigned i = 0; i < 5; i++)
		remove_tap(i);
	make_taps(10, 20);
	assert_int_equal(nics_update(&nics), 0);
	assert_false(nics.lost);
	assert_int_equal(n_known(), 1 + 15);
	assert_null(nics_named(&nics, "tap4"));
	assert_non_null(nics_named(&nics, "tap19"));
}

/* The event of what was done fills the buffer, and its answer has no room. */
static void a_request_outlives_the_loss_of_its_answer(void **state)
{
	(void)state;
	const struct ip_address own = ip("10.0.0.42");
	struct rtnl_message found;
	make_taps(0, 1);
	open_nics();
	uint32_t ifindex = nics_named(&nics, "tap0")->ifindex;
	shrink_buffer();
	assert_int_equal(nics_set_up(&nics, ifindex), 0);
	assert_true(nics.lost);
	assert_int_equal(nics_update(&nics), 0);
	assert_true(nics_find(&nics, ifindex)->up);
	assert_int_equal(nics_add_address(&nics, ifindex, &own, 24), 0);
	assert_true(nics_find_address(&nics, ifindex, &own, &found));
}

static unsigned n_routes(void)
{
	unsigned n = 0;
	FILE *table = fopen("/proc/thread-self/net/route", "r");
	for (int c = fgetc(table); c != EOF; c = fgetc(table))
		n += c == '\n';
	fclose(table);
	return n > 0 ? n - 1 : 0; /* without the heading */
}

static void gives_addresses_and_takes_them_away(void **state)
{
	(void)state;
	const struct ip_address own4 = ip("10.0.0.42"), own6 = ip("2001:db8::42");
	const struct net_route near = {.gateway = ip("10.0.0.1")}, far = {.gateway = ip("10.7.0.1")};
	const struct net_route wrong = {.gateway = ip("10.0.0.255")},
			       on_link = {.destination = ip("10.8.0.0"), .prefix_bits = 16};
	const struct net_route behind = {ip("10.9.0.0"), 16, ip("10.7.0.1")};
	struct rtnl_message found;
	make_taps(0, 2);
	open_nics();
	uint32_t ifindex = nics_named(&nics, "tap0")->ifindex;
	assert_int_equal(nics_set_up(&nics, ifindex), 0);
	assert_false(nics_find_address(&nics, ifindex, &any_global4, &found));
	assert_false(nics_has_address(&nics, ifindex));
	assert_int_equal(nics_add_address(&nics, ifindex, &own6, 64), 0);
	assert_true(nics_has_address(&nics, ifindex));
	assert_false(nics_find_address(&nics, ifindex, &any_global4, &found));
	assert_int_equal(nics_add_address(&nics, ifindex, &own4, 24), 0);
	assert_int_equal(nics_add_address(&nics, ifindex, &own4, 24), 0);
	assert_true(nics_find_address(&nics, ifindex, &any_global4, &found));
	assert_memory_equal(&found.ip, &own4, sizeof own4);
	assert_int_equal(found.prefix_bits, 24);
	assert_false(nics_find_address(&nics, nics_named(&nics, "tap1")->ifindex, &any_global4, &found));
	assert_true(nics_find_address(&nics, ifindex, &own6, &found));
	assert_true(found.tentative && !found.dad_failed);

	assert_int_not_equal(nics_add_route(&nics, ifindex, &wrong, 0), 0);
	assert_int_equal(n_routes(), 1); /* our own network */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(nics_add_route(&nics, ifindex, &near, 0), 0);
	assert_int_equal(n_routes(), 2);
	nics_remove_route(&nics, ifindex, &near);
	assert_int_equal(n_routes(), 1);
	assert_int_equal(nics_add_route(&nics, ifindex, &far, 0), 0);
	assert_int_equal(n_routes(), 3);
	nics_remove_route(&nics, ifindex, &far);
	assert_int_equal(n_routes(), 1);
	assert_int_equal(nics_add_route(&nics, ifindex, &on_link, 0), 0);
	assert_int_equal(n_routes(), 2);
	assert_int_equal(nics_add_route(&nics, ifindex, &behind, 0), 0);
	assert_int_equal(n_routes(), 4);
	nics_remove_route(&nics, ifindex, &behind);
	nics_remove_route(&nics, ifindex, &on_link);
	assert_int_equal(n_routes(), 1);
	nics_remove_address(&nics, ifindex, &own4, 24);
	nics_remove_address(&nics, ifindex, &own6, 64);
	assert_false(nics_find_address(&nics, ifindex, &own4, &found));
	assert_false(nics_find_address(&nics, ifindex, &own6, &found));
	assert_int_equal(n_routes(), 0);
}

static void knows_the_way(void **state)
{
	(void)state;
	const struct ip_address own = ip("10.0.0.42"), near = ip("10.0.0.1"), far = ip("10.7.0.1"),
				link = ip("fe80::1");
	make_taps(0, 2);
	open_nics();
	struct nic *tap1 = nics_named(&nics, "tap1");
	assert_int_equal(nics_set_up(&nics, tap1->ifindex), 0);
	assert_null(nics_route(&nics, &near, 0));
	assert_int_equal(nics_add_address(&nics, tap1->ifindex, &own, 24), 0);
	assert_ptr_equal(nics_route(&nics, &near, 0), tap1);
	assert_null(nics_route(&nics, &far, 0));
	assert_ptr_equal(nics_route(&nics, &link, tap1->ifindex), tap1);
	assert_int_equal(nics_set_mtu(&nics, tap1->ifindex, 1400), 0);
	assert_int_equal(tap1->mtu_bytes, 1400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(interfaces_come_and_go, begin, end),
		cmocka_unit_test_setup_teardown(a_carrier_from_before_counts_at_once, begin, end),
		cmocka_unit_test_setup_teardown(tells_once_that_there_are_too_many, begin, end),
		cmocka_unit_test_setup_teardown(learns_anew_what_lost_events_told, begin, end),
		cmocka_unit_test_setup_teardown(a_request_outlives_the_loss_of_its_answer, begin, end),
		cmocka_unit_test_setup_teardown(knows_the_way, begin, end),
		cmocka_unit_test_setup_teardown(gives_addresses_and_takes_them_away, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
