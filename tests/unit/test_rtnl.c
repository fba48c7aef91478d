/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink: requests byte by byte against the kernel's own structs, messages made by hand, damaged ones, and dumps of
 * the running kernel. With the right to make a network namespace, the running kernel also carries the requests out.
 */
#include <errno.h>
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
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#include "kernel/rtnl.h"
#include "sys/netlink.h"

#include "hostile.h"

static const struct ip_address none = {0};

static struct ip_address ip(const char *text)
{
	struct ip_address address;
	assert_true(text_ip(span_of(text), &address));
	return address;
}

/* --- requests --- */

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
	} body;
	size_t n_body;
	const uint8_t *attributes;
	size_t n_attributes;
};

static struct request parse(const struct writer *w, size_t n_body)
{
	struct request r = {.n_body = n_body};
	assert_false(w->full);
	assert_true(w->n_bytes >= sizeof r.header + n_body && w->n_bytes <= RTNL_REQUEST_MAX);
	memcpy(&r.header, w->bytes, sizeof r.header);
	memcpy(&r.body, w->bytes + sizeof r.header, n_body);
	r.attributes = w->bytes + sizeof r.header + n_body;
	r.n_attributes = w->n_bytes - sizeof r.header - n_body;
	assert_int_equal(r.header.nlmsg_len, w->n_bytes);
	assert_int_equal(r.header.nlmsg_pid, 0);
	return r;
}

static void assert_header(const struct request *r, uint16_t type, uint16_t flags, uint32_t seq)
{
	assert_int_equal(r->header.nlmsg_type, type);
	assert_int_equal(r->header.nlmsg_flags, flags);
	assert_int_equal(r->header.nlmsg_seq, seq);
}

/* The next attribute is this one. */
static void assert_attribute(struct request *r, uint16_t type, const void *value, size_t n_bytes)
{
	struct rtattr head;
	assert_true(r->n_attributes >= sizeof head + n_bytes);
	memcpy(&head, r->attributes, sizeof head);
	assert_int_equal(head.rta_len, sizeof head + n_bytes);
	assert_int_equal(head.rta_type, type);
	assert_memory_equal(r->attributes + sizeof head, value, n_bytes);
	r->attributes += sizeof head + n_bytes;
	r->n_attributes -= sizeof head + n_bytes;
}

/* The same with zeros behind it, up to four bytes. */
static void assert_padded(struct request *r, uint16_t type, const void *value, size_t n_bytes)
{
	static const uint8_t zeros[4];
	size_t n_padding = -n_bytes % 4;
	assert_attribute(r, type, value, n_bytes);
	assert_memory_equal(r->attributes, zeros, n_padding);
	r->attributes += n_padding;
	r->n_attributes -= n_padding;
}

static void encodes_dumps(void **state)
{
	(void)state;
	uint8_t out[RTNL_REQUEST_MAX];
	struct writer w = writer_over(out, sizeof out);
	rtnl_dump_links(&w, 7);
	struct request r = parse(&w, sizeof r.body.link);
	assert_header(&r, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 7);
	assert_int_equal(r.n_attributes, 0);
	w = writer_over(out, sizeof out);
	rtnl_dump_addresses(&w, 8);
	r = parse(&w, sizeof r.body.address);
	assert_header(&r, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 8);
	assert_int_equal(r.body.address.ifa_family, AF_UNSPEC);
	assert_int_equal(r.n_attributes, 0);
}

static struct request encoded_link(uint8_t out[static RTNL_REQUEST_MAX], const struct rtnl_link *link)
{
	struct writer w = writer_over(out, RTNL_REQUEST_MAX);
	rtnl_set_link(&w, 9, link);
	return parse(&w, sizeof(struct ifinfomsg));
}

static void encodes_link_requests(void **state)
{
	(void)state;
	static const uint8_t mac[6] = {0x52, 0x54, 0, 1, 2, 3};
	const uint32_t mtu = 9000, master = 7;
	uint8_t out[RTNL_REQUEST_MAX];
	struct request r = encoded_link(out, &(struct rtnl_link){.ifindex = 3, .up = true});
	assert_header(&r, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 9);
	assert_int_equal(r.body.link.ifi_index, 3);
	assert_int_equal(r.body.link.ifi_flags, IFF_UP);
	assert_int_equal(r.body.link.ifi_change, IFF_UP);
	assert_int_equal(r.n_attributes, 0);
	r = encoded_link(out, &(struct rtnl_link){.ifindex = 3, .down = true});
	assert_int_equal(r.body.link.ifi_flags, 0);
	assert_int_equal(r.body.link.ifi_change, IFF_UP);
	assert_int_equal(r.n_attributes, 0);

	r = encoded_link(
		out, &(struct rtnl_link){.ifindex = 3, .mtu_bytes = mtu, .master = master, .name = "lan0", .mac = mac});
	assert_header(&r, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 9);
	assert_int_equal(r.body.link.ifi_index, 3);
	assert_int_equal(r.body.link.ifi_change, 0);
	assert_attribute(&r, IFLA_MTU, &mtu, sizeof mtu);
	assert_attribute(&r, IFLA_MASTER, &master, sizeof master);
	assert_padded(&r, IFLA_IFNAME, "lan0", 5);
	assert_padded(&r, IFLA_ADDRESS, mac, 6);
	assert_int_equal(r.n_attributes, 0);
}

/* Byte by byte: attributes within attributes, lengths without their padding. */
static void encodes_what_is_to_be_made(void **state)
{
	(void)state;
	/* clang-format off */
	static const uint8_t vlan[] = {
		76, 0, 0, 0, 16, 0, 5, 6, 9, 0, 0, 0, 0, 0, 0, 0, /* RTM_NEWLINK: request, ack, excl, create */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   /* ifinfomsg */
		8, 0, 5, 0, 3, 0, 0, 0,                           /* IFLA_LINK */
		6, 0, 3, 0, 'v', 0, 0, 0,                         /* IFLA_IFNAME */
		28, 0, 18, 0,                                     /* IFLA_LINKINFO */
		9, 0, 1, 0, 'v', 'l', 'a', 'n', 0, 0, 0, 0,       /* IFLA_INFO_KIND */
		12, 0, 2, 0,                                      /* IFLA_INFO_DATA */
		6, 0, 1, 0, 0xfe, 0x0f, 0, 0,                     /* IFLA_VLAN_ID */
	};
	static const uint8_t bond[] = {
		60, 0, 0, 0, 16, 0, 5, 6, 9, 0, 0, 0, 0, 0, 0, 0, /* nlmsghdr */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   /* ifinfomsg */
		10, 0, 3, 0, 'b', 'o', 'n', 'd', '0', 0, 0, 0,    /* IFLA_IFNAME */
		16, 0, 18, 0,                                     /* IFLA_LINKINFO */
		9, 0, 1, 0, 'b', 'o', 'n', 'd', 0, 0, 0, 0,       /* IFLA_INFO_KIND */
	};
	/* clang-format on */
	uint8_t out[RTNL_REQUEST_MAX];
	encoded_link(out, &(struct rtnl_link){.name = "v", .kind = "vlan", .lower = 3, .vlan_id = 4094});
	assert_memory_equal(out, vlan, sizeof vlan);
	encoded_link(out, &(struct rtnl_link){.name = "bond0", .kind = "bond"});
	assert_memory_equal(out, bond, sizeof bond);
	char name[] = "a-name-of-15-by";
	const uint8_t mac[6] = {0};
	struct writer w = writer_over(out, sizeof out);
	rtnl_set_link(&w, 9, &(struct rtnl_link){1, true, true, 1, 1, name, mac, "vlan", 1, 1});
	assert_false(w.full);
}

static void encodes_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *ip;
		uint8_t prefix_bits;
		const char *broadcast;
	} cases[] = {
		{"10.0.0.42", 24, "10.0.0.255"},
		{"10.1.2.3", 8, "10.255.255.255"},
		{"192.168.5.130", 25, "192.168.5.255"},
		{"172.16.33.1", 20, "172.16.47.255"},
		{"192.168.5.129", 30, "192.168.5.131"},
		{"1.2.3.4", 0, "255.255.255.255"},
		{"192.168.5.130", 31, NULL},
		{"192.168.5.130", 32, NULL},
		{"2001:db8::42", 64, NULL},
		{"2001:db8::42", 24, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t out[RTNL_REQUEST_MAX];
		struct ip_address own = ip(cases[i].ip);
		size_t n_ip = own.family == 6 ? 16 : 4;
		struct writer w = writer_over(out, sizeof out);
		rtnl_add_address(&w, 11, 4, &own, cases[i].prefix_bits);
		struct request r = parse(&w, sizeof r.body.address);
		assert_header(&r, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, 11);
		assert_int_equal(r.body.address.ifa_family, own.family == 6 ? AF_INET6 : AF_INET);
		assert_int_equal(r.body.address.ifa_prefixlen, cases[i].prefix_bits);
		assert_int_equal(r.body.address.ifa_index, 4);
		assert_int_equal(r.body.address.ifa_scope, RT_SCOPE_UNIVERSE);
		assert_attribute(&r, IFA_LOCAL, own.bytes, n_ip);
		assert_attribute(&r, IFA_ADDRESS, own.bytes, n_ip);
		if (cases[i].broadcast != NULL)
			assert_attribute(&r, IFA_BROADCAST, ip(cases[i].broadcast).bytes, 4);
		assert_int_equal(r.n_attributes, 0);
	}
}

static void encodes_routes(void **state)
{
	(void)state;
	static const struct {
		const char *destination;
		uint8_t prefix_bits;
		const char *gateway;
		uint8_t scope;
	} cases[] = {
		{NULL, 0, "10.0.0.1", RT_SCOPE_UNIVERSE},
		{NULL, 24, "10.0.0.1", RT_SCOPE_UNIVERSE}, /* a default route has no prefix */
		{NULL, 0, "fe80::1", RT_SCOPE_UNIVERSE},
		{"10.5.0.0", 16, "10.0.0.1", RT_SCOPE_UNIVERSE},
		{"10.0.0.1", 32, NULL, RT_SCOPE_LINK},
		{"2001:db8:5::", 48, "fe80::1", RT_SCOPE_UNIVERSE},
		{"2001:db8:5::", 48, NULL, RT_SCOPE_LINK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t out[RTNL_REQUEST_MAX];
		uint32_t ifindex = 5, metric = (uint32_t)i;
		struct ip_address destination = cases[i].destination != NULL ? ip(cases[i].destination) : none;
		struct ip_address gateway = cases[i].gateway != NULL ? ip(cases[i].gateway) : none;
		bool v6 = destination.family == 6 || gateway.family == 6;
		struct writer w = writer_over(out, sizeof out);
		rtnl_add_route(&w, 12, ifindex, &destination, cases[i].prefix_bits, &gateway, metric);
		struct request r = parse(&w, sizeof r.body.route);
		assert_header(&r, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, 12);
		assert_int_equal(r.body.route.rtm_family, v6 ? AF_INET6 : AF_INET);
		assert_int_equal(r.body.route.rtm_dst_len, destination.family != 0 ? cases[i].prefix_bits : 0);
		assert_int_equal(r.body.route.rtm_table, RT_TABLE_MAIN);
		assert_int_equal(r.body.route.rtm_scope, cases[i].scope);
		assert_int_equal(r.body.route.rtm_type, RTN_UNICAST);
		if (destination.family != 0)
			assert_attribute(&r, RTA_DST, destination.bytes, v6 ? 16 : 4);
		if (gateway.family != 0)
			assert_attribute(&r, RTA_GATEWAY, gateway.bytes, v6 ? 16 : 4);
		assert_attribute(&r, RTA_OIF, &ifindex, sizeof ifindex);
		if (metric != 0)
			assert_attribute(&r, RTA_PRIORITY, &metric, sizeof metric);
		assert_int_equal(r.n_attributes, 0);
	}
}

static void encodes_the_question_where(void **state)
{
	(void)state;
	static const char *const destinations[] = {"10.0.0.1", "fe80::1"};
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t out[RTNL_REQUEST_MAX];
		struct ip_address destination = ip(destinations[i]);
		struct writer w = writer_over(out, sizeof out);
		rtnl_get_route(&w, 13, &destination, i * 9);
		struct request r = parse(&w, sizeof r.body.route);
		assert_header(&r, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_ACK, 13);
		assert_int_equal(r.body.route.rtm_family, i > 0 ? AF_INET6 : AF_INET);
		assert_int_equal(r.body.route.rtm_dst_len, i > 0 ? 128 : 32);
		assert_attribute(&r, RTA_DST, destination.bytes, i > 0 ? 16 : 4);
		if (i > 0)
			assert_attribute(&r, RTA_OIF, &(uint32_t){9}, 4);
		assert_int_equal(r.n_attributes, 0);
	}
}

static void notices_a_small_buffer(void **state)
{
	(void)state;
	uint8_t out[RTNL_REQUEST_MAX];
	struct ip_address own = ip("10.0.0.42");
	struct writer whole = writer_over(out, sizeof out);
	rtnl_add_address(&whole, 1, 4, &own, 24);
	for (size_t n = 0; n < whole.n_bytes; n++) {
		uint8_t *exact = malloc(n + 1);
		struct writer w = writer_over(exact, n);
		rtnl_add_address(&w, 1, 4, &own, 24);
		assert_true(w.full);
		free(exact);
	}
}

/* Header aside the same bytes that asked for it. */
static void encodes_removals(void **state)
{
	(void)state;
	enum { HEADER = sizeof(struct nlmsghdr) };
	uint8_t added[RTNL_REQUEST_MAX], removed[RTNL_REQUEST_MAX];
	const struct ip_address own = ip("10.0.0.42"), gateway = ip("10.0.0.1");
	struct writer add = writer_over(added, sizeof added), remove = writer_over(removed, sizeof removed);
	rtnl_add_address(&add, 13, 4, &own, 24);
	rtnl_remove_address(&remove, 13, 4, &own, 24);
	struct request r = parse(&remove, sizeof r.body.address);
	assert_header(&r, RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK, 13);
	assert_int_equal(remove.n_bytes, add.n_bytes);
	assert_memory_equal(removed + HEADER, added + HEADER, add.n_bytes - HEADER);
	add = writer_over(added, sizeof added);
	remove = writer_over(removed, sizeof removed);
	rtnl_add_route(&add, 14, 4, &none, 0, &gateway, 7);
	rtnl_remove_route(&remove, 14, 4, &none, 0, &gateway, 7);
	r = parse(&remove, sizeof r.body.route);
	assert_header(&r, RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK, 14);
	assert_int_equal(remove.n_bytes, add.n_bytes);
	assert_memory_equal(removed + HEADER, added + HEADER, add.n_bytes - HEADER);
}

/* --- messages --- */

static size_t put(uint8_t *out, size_t at, const void *bytes, size_t n_bytes)
{
	memcpy(out + at, bytes, n_bytes);
	return at + n_bytes;
}

static size_t put_header(uint8_t *out, uint16_t type, uint32_t n_bytes)
{
	struct nlmsghdr header = {.nlmsg_len = n_bytes, .nlmsg_type = type, .nlmsg_seq = 77};
	return put(out, 0, &header, sizeof header);
}

static size_t put_attribute(uint8_t *out, size_t at, uint16_t type, const void *value, size_t n_bytes)
{
	struct rtattr head = {.rta_len = (unsigned short)(sizeof head + n_bytes), .rta_type = type};
	at = put(out, at, &head, sizeof head);
	at = put(out, at, value, n_bytes);
	memset(out + at, 0, -at & 3);
	return at + (-at & 3);
}

static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static size_t link_message(uint8_t *out, uint16_t type, uint8_t family, unsigned short hardware, unsigned flags,
			   uint8_t operstate)
{
	struct ifinfomsg link = {.ifi_family = family, .ifi_type = hardware, .ifi_index = 2, .ifi_flags = flags};
	uint32_t mtu = 1500;
	uint8_t cabled = (flags & IFF_LOWER_UP) != 0; /* with IFF_UP the kernel has both from one place */
	size_t n = put(out, sizeof(struct nlmsghdr), &link, sizeof link);
	n = put_attribute(out, n, IFLA_IFNAME, "enp0s3", 7);
	n = put_attribute(out, n, IFLA_OPERSTATE, &operstate, 1);
	n = put_attribute(out, n, IFLA_CARRIER, &cabled, 1);
	n = put_attribute(out, n, IFLA_MTU, &mtu, 4);
	n = put_attribute(out, n, IFLA_AF_SPEC | NLA_F_NESTED, "abcdefg", 7);
	n = put_attribute(out, n, IFLA_ADDRESS, mac, 6);
	put_header(out, type, (uint32_t)n);
	return n;
}

static size_t address_message(uint8_t *out, uint16_t type, uint8_t family, uint32_t flags, const char *address,
			      const char *local)
{
	struct ifaddrmsg head = {.ifa_family = family,
				 .ifa_prefixlen = 24,
				 .ifa_flags = (uint8_t)flags,
				 .ifa_scope = RT_SCOPE_LINK,
				 .ifa_index = 2};
	size_t n_ip = family == AF_INET6 ? 16 : 4;
	size_t n = put(out, sizeof(struct nlmsghdr), &head, sizeof head);
	n = put_attribute(out, n, IFA_ADDRESS, ip(address).bytes, n_ip);
	if (local != NULL)
		n = put_attribute(out, n, IFA_LOCAL, ip(local).bytes, n_ip);
	n = put_attribute(out, n, IFA_FLAGS, &flags, 4);
	put_header(out, type, (uint32_t)n);
	return n;
}

static struct rtnl_message decoded(const uint8_t *bytes, size_t n_bytes)
{
	struct rtnl_message message;
	size_t n_used;
	assert_true(rtnl_decode(bytes, n_bytes, &message, &n_used));
	assert_int_equal(n_used, n_bytes);
	assert_int_equal(message.seq, 77);
	return message;
}

static void decodes_links(void **state)
{
	(void)state;
	static const struct {
		unsigned short hardware;
		unsigned flags;
		uint8_t operstate;
		bool ethernet, up, carrier;
	} cases[] = {
		{1, IFF_UP | IFF_LOWER_UP, IF_OPER_UP, true, true, true},
		{1, IFF_UP | IFF_LOWER_UP, IF_OPER_UNKNOWN, true, true, true},
		{1, IFF_UP | IFF_LOWER_UP, IF_OPER_DOWN, true, true, false},
		{1, IFF_UP, IF_OPER_DOWN, true, true, false},
		{1, IFF_UP, IF_OPER_UP, true, true, false},
		{1, 0, IF_OPER_DOWN, true, false, false},
		{1, IFF_LOWER_UP, IF_OPER_DOWN, true, false, false},
		{772, IFF_UP | IFF_LOOPBACK | IFF_LOWER_UP, IF_OPER_UNKNOWN, false, true, true},
		{1, IFF_UP | IFF_LOOPBACK | IFF_LOWER_UP, IF_OPER_UNKNOWN, false, true, true},
		{776, 0, IF_OPER_DOWN, false, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t bytes[256];
		size_t n = link_message(bytes, RTM_NEWLINK, AF_UNSPEC, cases[i].hardware, cases[i].flags,
					cases[i].operstate);
		struct rtnl_message m = decoded(bytes, n);
		assert_int_equal(m.kind, RTNL_LINK);
		assert_int_equal(m.ifindex, 2);
		assert_string_equal(m.name, "enp0s3");
		assert_int_equal(m.mtu, 1500);
		assert_memory_equal(m.mac, mac, 6);
		assert_int_equal(m.ethernet, cases[i].ethernet);
		assert_int_equal(m.up, cases[i].up);
		assert_int_equal(m.carrier, cases[i].carrier);
		assert_int_equal(m.cabled, (cases[i].flags & IFF_LOWER_UP) != 0);
		link_message(bytes, RTM_DELLINK, AF_UNSPEC, cases[i].hardware, cases[i].flags, cases[i].operstate);
		assert_int_equal(decoded(bytes, n).kind, RTNL_LINK_GONE);
		link_message(bytes, RTM_NEWLINK, AF_BRIDGE, cases[i].hardware, cases[i].flags, cases[i].operstate);
		assert_int_equal(decoded(bytes, n).kind, RTNL_OTHER);
	}
}

static void decodes_addresses(void **state)
{
	(void)state;
	uint8_t bytes[256];
	size_t n = address_message(bytes, RTM_NEWADDR, AF_INET, IFA_F_PERMANENT, "10.0.0.9", "10.0.0.42");
	struct rtnl_message m = decoded(bytes, n);
	struct ip_address own = ip("10.0.0.42");
	assert_int_equal(m.kind, RTNL_ADDRESS);
	assert_int_equal(m.ifindex, 2);
	assert_int_equal(m.prefix_bits, 24);
	assert_int_equal(m.scope, RT_SCOPE_LINK);
	assert_memory_equal(&m.ip, &own, sizeof own);
	assert_false(m.tentative || m.dad_failed);

	own = ip("fe80::5054:ff:fe12:3456");
	n = address_message(bytes, RTM_NEWADDR, AF_INET6, IFA_F_TENTATIVE, "fe80::5054:ff:fe12:3456", NULL);
	m = decoded(bytes, n);
	assert_memory_equal(&m.ip, &own, sizeof own);
	assert_true(m.tentative && !m.dad_failed);
	n = address_message(bytes, RTM_NEWADDR, AF_INET6, IFA_F_TENTATIVE | IFA_F_DADFAILED, "fe80::1", NULL);
	m = decoded(bytes, n);
	assert_true(m.tentative && m.dad_failed);
	n = address_message(bytes, RTM_DELADDR, AF_INET6, 0x400, "fe80::1", NULL);
	m = decoded(bytes, n);
	assert_int_equal(m.kind, RTNL_ADDRESS_GONE);
	assert_false(m.tentative || m.dad_failed);
	n = address_message(bytes, RTM_NEWADDR, 99, 0, "10.0.0.9", NULL);
	assert_int_equal(decoded(bytes, n).kind, RTNL_OTHER);
}

static void decodes_control_messages(void **state)
{
	(void)state;
	uint8_t bytes[16 + 4 + 16] = {0};
	int32_t error = -EEXIST;
	put(bytes, 16, &error, 4);
	put_header(bytes, NLMSG_ERROR, sizeof bytes);
	struct rtnl_message m = decoded(bytes, sizeof bytes);
	assert_int_equal(m.kind, RTNL_ACK);
	assert_int_equal(m.error, -EEXIST);
	put_header(bytes, NLMSG_DONE, 20);
	m = decoded(bytes, 20);
	assert_int_equal(m.kind, RTNL_DONE);
	assert_int_equal(m.error, -EEXIST);
	put_header(bytes, RTM_NEWNEIGH, sizeof bytes);
	assert_int_equal(decoded(bytes, sizeof bytes).kind, RTNL_OTHER);
}

static void decodes_the_answer_to_where(void **state)
{
	(void)state;
	struct {
		uint8_t header[16];
		struct rtmsg route;
		struct rtattr head;
		uint32_t ifindex;
	} answer = {.head = {.rta_len = 8, .rta_type = RTA_OIF}, .ifindex = 7};
	uint8_t bytes[sizeof answer];
	memcpy(bytes, &answer, sizeof answer);
	put_header(bytes, RTM_NEWROUTE, sizeof bytes);
	struct rtnl_message m = decoded(bytes, sizeof bytes);
	assert_int_equal(m.kind, RTNL_ROUTE);
	assert_int_equal(m.ifindex, 7);
}

/* InfiniBand's is 20 bytes long. */
static void takes_only_ethernet_addresses(void **state)
{
	(void)state;
	uint8_t bytes[256], hardware[20];
	const uint8_t zero[6] = {0};
	struct ifinfomsg link = {.ifi_index = 2};
	memset(hardware, 0xaa, sizeof hardware);
	size_t n = put(bytes, sizeof(struct nlmsghdr), &link, sizeof link);
	n = put_attribute(bytes, n, IFLA_ADDRESS, hardware, sizeof hardware);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	assert_memory_equal(decoded(bytes, n).mac, zero, 6);
}

/* A bond's port has the bond's address and, under IFLA_LINKINFO, what it is to the bond; only the bond is made. */
static void tells_cards_from_what_is_made(void **state)
{
	(void)state;
	static const uint8_t as_port[] = {9, 0, 4, 0, 'b', 'o', 'n', 'd', 0, 0, 0, 0};
	static const uint8_t as_vlan[] = {9, 0, 1, 0, 'v', 'l', 'a', 'n', 0, 0, 0, 0};
	const uint8_t card_mac[6] = {2, 4, 6, 8, 10, 12}, no_mac[6] = {0};
	const uint32_t other = 7;
	uint8_t bytes[256];
	size_t n = link_message(bytes, RTM_NEWLINK, AF_UNSPEC, 1, IFF_UP, IF_OPER_UP);
	struct rtnl_message m = decoded(bytes, n);
	assert_memory_equal(m.card_mac, mac, 6);
	assert_false(m.made || m.master || m.lower);
	n = put_attribute(bytes, n, IFLA_PERM_ADDRESS, no_mac, 6);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	assert_memory_equal(decoded(bytes, n).card_mac, mac, 6);
	n = put_attribute(bytes, n, IFLA_PERM_ADDRESS, card_mac, 6);
	n = put_attribute(bytes, n, IFLA_MASTER, &other, 4);
	n = put_attribute(bytes, n, IFLA_LINKINFO | NLA_F_NESTED, as_port, sizeof as_port);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	m = decoded(bytes, n);
	assert_memory_equal(m.mac, mac, 6);
	assert_memory_equal(m.card_mac, card_mac, 6);
	assert_int_equal(m.master, 7);
	assert_false(m.made);
	n = put_attribute(bytes, n, IFLA_LINK, &other, 4);
	n = put_attribute(bytes, n, IFLA_LINKINFO, as_vlan, sizeof as_vlan);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	assert_true(decoded(bytes, n).made);
	assert_int_equal(decoded(bytes, n).lower, 7);
}

/* The padding of the last attribute may be missing. */
static void needs_no_padding_at_the_end(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct ifinfomsg link = {.ifi_index = 2};
	size_t n = put(bytes, sizeof(struct nlmsghdr), &link, sizeof link);
	n = put_attribute(bytes, n, IFLA_IFNAME, "eth0", 5) - 3;
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	struct rtnl_message m = decoded(bytes, n);
	assert_int_equal(m.kind, RTNL_LINK);
	assert_string_equal(m.name, "eth0");
}

/* A whole message with torn contents is stepped over, not believed. */
static void steps_over_torn_contents(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct rtnl_message m;
	size_t n_used, n = link_message(bytes, RTM_NEWLINK, AF_UNSPEC, 1, IFF_UP, IF_OPER_UP);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n - 3);
	assert_true(rtnl_decode(bytes, n, &m, &n_used));
	assert_int_equal(n_used, n);
	assert_int_equal(m.kind, RTNL_OTHER);
	put_header(bytes, NLMSG_ERROR, 18);
	assert_true(rtnl_decode(bytes, n, &m, &n_used));
	assert_int_equal(n_used, 20);
	assert_int_equal(m.kind, RTNL_OTHER);
	put_header(bytes, RTM_NEWLINK, 15);
	assert_false(rtnl_decode(bytes, n, &m, &n_used));
	assert_int_equal(n_used, 0);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n + 1);
	assert_false(rtnl_decode(bytes, n, &m, &n_used));
}

static void keeps_long_names_out(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct ifinfomsg link = {.ifi_index = 2};
	size_t n = put(bytes, sizeof(struct nlmsghdr), &link, sizeof link);
	n = put_attribute(bytes, n, IFLA_IFNAME, "a-name-of-16-byt", 17);
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	assert_string_equal(decoded(bytes, n).name, "");
	n = put(bytes, sizeof(struct nlmsghdr), &link, sizeof link);
	n = put_attribute(bytes, n, IFLA_IFNAME, "a-name-of-15-by", 15); /* no NUL */
	put_header(bytes, RTM_NEWLINK, (uint32_t)n);
	assert_string_equal(decoded(bytes, n).name, "a-name-of-15-by");
}

static void decode_any(const uint8_t *bytes, size_t n_bytes)
{
	struct rtnl_message message;
	size_t n_used;
	bool whole = rtnl_decode(bytes, n_bytes, &message, &n_used);
	assert_int_equal(whole, n_used > 0);
	assert_true(n_used <= n_bytes);
	if (whole)
		assert_true(memchr(message.name, '\0', sizeof message.name) != NULL);
}

static void survives_damage(void **state)
{
	(void)state;
	uint8_t bytes[256];
	hostile_each(bytes, link_message(bytes, RTM_NEWLINK, AF_UNSPEC, 1, IFF_UP, IF_OPER_UP), decode_any);
	hostile_each(bytes, address_message(bytes, RTM_NEWADDR, AF_INET, 0, "10.0.0.9", "10.0.0.42"), decode_any);
	hostile_each(bytes, address_message(bytes, RTM_NEWADDR, AF_INET6, 0, "fe80::1", NULL), decode_any);
	memset(bytes, 0, sizeof bytes);
	put_header(bytes, NLMSG_ERROR, 36);
	hostile_each(bytes, 36, decode_any);
}

/* --- the running kernel --- */

struct found {
	struct rtnl_message loopback, tap, address4, address6; /* the last one seen of each */
	bool done;
	int32_t error;
};

static void note(struct found *found, const struct rtnl_message *m)
{
	if (m->kind == RTNL_LINK && strcmp(m->name, "lo") == 0)
		found->loopback = *m;
	if (m->kind == RTNL_LINK && strcmp(m->name, "tap") == 0)
		found->tap = *m;
	if (m->kind == RTNL_ADDRESS && m->scope != RT_SCOPE_LINK)
		*(m->ip.family == 6 ? &found->address6 : &found->address4) = *m;
	if (m->kind == RTNL_DONE || m->kind == RTNL_ACK) {
		found->done = true;
		found->error = m->error;
	}
}

/* Sends one request and reads to its end. Every datagram must decode to its last byte. */
static struct found converse(int fd, const struct writer *request)
{
	static uint8_t datagram[RTNL_MESSAGE_MAX];
	struct found found = {0};
	assert_false(request->full);
	assert_int_equal(netlink_send(fd, request->bytes, request->n_bytes), 0);
	while (!found.done) {
		ssize_t n = netlink_receive(fd, datagram, sizeof datagram);
		assert_true(n > 0);
		for (size_t at = 0, n_used; at < (size_t)n; at += n_used) {
			struct rtnl_message m;
			assert_true(rtnl_decode(datagram + at, (size_t)n - at, &m, &n_used));
			assert_int_equal(m.seq, 5);
			note(&found, &m);
		}
	}
	return found;
}

static void decodes_the_kernels_dumps(void **state)
{
	(void)state;
	uint8_t out[RTNL_REQUEST_MAX];
	int fd = netlink_open(NETLINK_ROUTE, 0);
	assert_true(fd >= 0);
	struct writer w = writer_over(out, sizeof out);
	rtnl_dump_links(&w, 5);
	struct found found = converse(fd, &w);
	assert_int_equal(found.error, 0);
	assert_int_equal(found.loopback.ifindex, 1);
	assert_false(found.loopback.ethernet);
	assert_true(found.loopback.mtu > 0);
	bool loopback_up = found.loopback.up;
	w = writer_over(out, sizeof out);
	rtnl_dump_addresses(&w, 5);
	found = converse(fd, &w);
	assert_int_equal(found.error, 0);
	if (loopback_up)
		assert_int_equal(found.address4.ip.family, 4);
	close(fd);
}

/* 0 when the kernel took it, else its errno. */
static int carried_out(int fd, struct writer *w)
{
	int error = -converse(fd, w).error;
	*w = writer_over(w->bytes, RTNL_REQUEST_MAX);
	return error;
}

/* An Ethernet interface "tap" in a new network namespace, whose other end is this descriptor. */
static int make_tap(void)
{
	struct ifreq request = {.ifr_name = "tap", .ifr_flags = IFF_TAP};
	int fd = unshare(CLONE_NEWNET) == 0 ? open("/dev/net/tun", O_RDWR | O_CLOEXEC) : -1;
	return fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0 ? fd : -1;
}

/* Everything this program asks for, addresses and routes twice. Returns the number of the step that failed. */
static int set_up_tap(int fd, struct writer *w)
{
	const struct ip_address v4 = ip("10.0.0.42"), v6 = ip("2001:db8::42"), far4 = ip("10.9.0.0");
	const struct ip_address gateway4 = ip("10.0.0.1"), gateway6 = ip("2001:db8::1");
	rtnl_set_link(w, 5, &(struct rtnl_link){.ifindex = 2, .mtu_bytes = 1400});
	if (carried_out(fd, w) != 0)
		return 1;
	rtnl_set_link(w, 5, &(struct rtnl_link){.ifindex = 2, .up = true});
	if (carried_out(fd, w) != 0)
		return 2;
	for (int expected = 0; expected <= EEXIST; expected += EEXIST) {
		rtnl_add_address(w, 5, 2, &v4, 24);
		if (carried_out(fd, w) != 0)
			return 3;
		rtnl_add_address(w, 5, 2, &v6, 64);
		if (carried_out(fd, w) != 0)
			return 4;
		rtnl_add_route(w, 5, 2, &far4, 16, &none, 0);
		if (carried_out(fd, w) != expected)
			return 5;
		rtnl_add_route(w, 5, 2, &none, 0, &gateway4, 0);
		if (carried_out(fd, w) != expected)
			return 6;
		rtnl_add_route(w, 5, 2, &none, 0, &gateway6, 0);
		if (carried_out(fd, w) != expected)
			return 7;
	}
	return 0;
}

/* What the kernel then shows. */
static int look_at_tap(int fd, struct writer *w)
{
	const struct ip_address v4 = ip("10.0.0.42"), v6 = ip("2001:db8::42");
	rtnl_dump_links(w, 5);
	struct rtnl_message link = converse(fd, w).tap;
	if (!link.ethernet || !link.up || !link.carrier || link.mtu != 1400)
		return 8;
	*w = writer_over(w->bytes, RTNL_REQUEST_MAX);
	rtnl_dump_addresses(w, 5);
	struct found found = converse(fd, w);
	if (memcmp(&found.address4.ip, &v4, sizeof v4) != 0 || found.address4.prefix_bits != 24)
		return 9;
	if (memcmp(&found.address6.ip, &v6, sizeof v6) != 0 || !found.address6.tentative)
		return 10;
	return 0;
}

enum {
	NO_TAP = 99,
};

static int try_on_tap(void)
{
	uint8_t out[RTNL_REQUEST_MAX];
	struct writer w = writer_over(out, sizeof out);
	if (make_tap() < 0)
		return NO_TAP;
	int fd = netlink_open(NETLINK_ROUTE, 0);
	int failed = set_up_tap(fd, &w);
	return failed != 0 ? failed : look_at_tap(fd, &w);
}

static void the_kernel_carries_requests_out(void **state)
{
	(void)state;
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(try_on_tap());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_TAP) {
		print_message("no right to make a network namespace with a tap: skipped\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_dumps),
		cmocka_unit_test(encodes_link_requests),
		cmocka_unit_test(encodes_what_is_to_be_made),
		cmocka_unit_test(encodes_addresses),
		cmocka_unit_test(encodes_routes),
		cmocka_unit_test(encodes_the_question_where),
		cmocka_unit_test(encodes_removals),
		cmocka_unit_test(notices_a_small_buffer),
		cmocka_unit_test(decodes_links),
		cmocka_unit_test(decodes_addresses),
		cmocka_unit_test(decodes_control_messages),
		cmocka_unit_test(decodes_the_answer_to_where),
		cmocka_unit_test(takes_only_ethernet_addresses),
		cmocka_unit_test(tells_cards_from_what_is_made),
		cmocka_unit_test(needs_no_padding_at_the_end),
		cmocka_unit_test(steps_over_torn_contents),
		cmocka_unit_test(keeps_long_names_out),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(decodes_the_kernels_dumps),
		cmocka_unit_test(the_kernel_carries_requests_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
