/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink (rtnetlink(7), kernel uapi linux/rtnetlink.h) for links, addresses and routes: requests out, messages in.
 * Attributes this program does not use are passed over. Knows nothing of sockets.
 */
#include "kernel/rtnl.h"

#include <string.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "base/cursor.h"

enum {
	ETHERNET = 1, /* ARPHRD_ETHER */
};

/* --- requests --- */

/* Starts a message; its length is set by put_end. Returns where it starts. */
static size_t put_start(struct writer *w, uint16_t type, uint16_t flags, uint32_t seq)
{
	size_t start = w->n_bytes;
	struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = seq};
	writer_bytes(w, &header, sizeof header);
	return start;
}

static void put_end(struct writer *w, size_t start)
{
	uint32_t n_bytes = (uint32_t)(w->n_bytes - start);
	if (!w->full)
		memcpy(w->bytes + start, &n_bytes, sizeof n_bytes);
}

/* Values here are 4 or 16 bytes and need no padding. */
static void put_attribute(struct writer *w, uint16_t type, const void *value, size_t n_bytes)
{
	writer_host16(w, (uint16_t)(sizeof(struct rtattr) + n_bytes));
	writer_host16(w, type);
	writer_bytes(w, value, n_bytes);
}

static uint8_t ip_family(const struct ip_address *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

static void put_ip(struct writer *w, uint16_t type, const struct ip_address *ip)
{
	put_attribute(w, type, ip->bytes, ip->family == 6 ? 16 : 4);
}

void rtnl_dump_links(struct writer *w, uint32_t seq)
{
	size_t start = put_start(w, RTM_GETLINK, NLM_F_DUMP, seq);
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	writer_bytes(w, &link, sizeof link);
	put_end(w, start);
}

void rtnl_dump_addresses(struct writer *w, uint32_t seq)
{
	size_t start = put_start(w, RTM_GETADDR, NLM_F_DUMP, seq);
	struct ifaddrmsg address = {.ifa_family = AF_UNSPEC};
	writer_bytes(w, &address, sizeof address);
	put_end(w, start);
}

void rtnl_link_up(struct writer *w, uint32_t seq, uint32_t ifindex)
{
	size_t start = put_start(w, RTM_NEWLINK, NLM_F_ACK, seq);
	struct ifinfomsg link = {.ifi_index = (int)ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	writer_bytes(w, &link, sizeof link);
	put_end(w, start);
}

void rtnl_link_mtu(struct writer *w, uint32_t seq, uint32_t ifindex, uint32_t mtu_bytes)
{
	size_t start = put_start(w, RTM_NEWLINK, NLM_F_ACK, seq);
	struct ifinfomsg link = {.ifi_index = (int)ifindex};
	writer_bytes(w, &link, sizeof link);
	put_attribute(w, IFLA_MTU, &mtu_bytes, sizeof mtu_bytes);
	put_end(w, start);
}

/* All host bits of an IPv4 address set. */
static struct ip_address broadcast_of(const struct ip_address *ip, uint8_t prefix_bits)
{
	struct ip_address broadcast = *ip;
	for (unsigned bit = prefix_bits; bit < 32; bit++)
		broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return broadcast;
}

static void put_address(struct writer *w, uint32_t ifindex, const struct ip_address *ip, uint8_t prefix_bits)
{
	struct ifaddrmsg address = {
		.ifa_family = ip_family(ip),
		.ifa_prefixlen = prefix_bits,
		.ifa_flags = IFA_F_PERMANENT,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = ifindex,
	};
	writer_bytes(w, &address, sizeof address);
	put_ip(w, IFA_LOCAL, ip);
	put_ip(w, IFA_ADDRESS, ip);
	if (ip->family == 4 && prefix_bits <= 30) {
		struct ip_address broadcast = broadcast_of(ip, prefix_bits);
		put_ip(w, IFA_BROADCAST, &broadcast);
	}
}

void rtnl_add_address(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *ip,
		      uint8_t prefix_bits)
{
	size_t start = put_start(w, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, seq);
	put_address(w, ifindex, ip, prefix_bits);
	put_end(w, start);
}

void rtnl_remove_address(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *ip,
			 uint8_t prefix_bits)
{
	size_t start = put_start(w, RTM_DELADDR, NLM_F_ACK, seq);
	put_address(w, ifindex, ip, prefix_bits);
	put_end(w, start);
}

static void put_route(struct writer *w, uint32_t ifindex, const struct ip_address *destination, uint8_t prefix_bits,
		      const struct ip_address *gateway)
{
	struct rtmsg route = {
		.rtm_family = ip_family(destination->family != 0 ? destination : gateway),
		.rtm_dst_len = destination->family != 0 ? prefix_bits : 0,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = gateway->family != 0 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	writer_bytes(w, &route, sizeof route);
	if (destination->family != 0)
		put_ip(w, RTA_DST, destination);
	if (gateway->family != 0)
		put_ip(w, RTA_GATEWAY, gateway);
	put_attribute(w, RTA_OIF, &ifindex, sizeof ifindex);
}

void rtnl_add_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		    uint8_t prefix_bits, const struct ip_address *gateway)
{
	size_t start = put_start(w, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, seq);
	put_route(w, ifindex, destination, prefix_bits, gateway);
	put_end(w, start);
}

void rtnl_remove_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		       uint8_t prefix_bits, const struct ip_address *gateway)
{
	size_t start = put_start(w, RTM_DELROUTE, NLM_F_ACK, seq);
	put_route(w, ifindex, destination, prefix_bits, gateway);
	put_end(w, start);
}

/* --- messages --- */

static size_t aligned(size_t n_bytes)
{
	return (n_bytes + 3) & ~(size_t)3;
}

/* The next attribute's type and value, or false at the end. A torn one marks c bad. */
static bool take_attribute(struct cursor *c, uint16_t *type, struct cursor *value)
{
	if (cursor_left(c) == 0)
		return false;
	size_t n_bytes = cursor_host16(c);
	*type = cursor_host16(c);
	if (n_bytes < sizeof(struct rtattr)) {
		c->bad = true;
		return false;
	}
	size_t n_value = n_bytes - sizeof(struct rtattr);
	const uint8_t *bytes = cursor_take(c, n_value);
	*value = cursor_over(bytes, n_value);
	size_t n_padding = aligned(n_value) - n_value;
	cursor_skip(c, n_padding < cursor_left(c) ? n_padding : cursor_left(c));
	return !c->bad;
}

/* A fixed-size ABI struct from the front. */
static void take_struct(struct cursor *c, void *out, size_t n_bytes)
{
	const uint8_t *bytes = cursor_take(c, n_bytes);
	if (bytes != NULL)
		memcpy(out, bytes, n_bytes);
}

static void take_text(struct cursor *c, char *out, size_t n_max)
{
	struct span text = {(const char *)c->bytes, c->n_bytes};
	span_copy(span_cut(&text, '\0'), out, n_max);
}

static bool take_link(struct cursor *c, struct rtnl_message *message)
{
	struct ifinfomsg link = {0};
	take_struct(c, &link, sizeof link);
	if (link.ifi_family != AF_UNSPEC) /* a bridge port's own message has no link attributes */
		return false;
	uint8_t operstate = IF_OPER_UNKNOWN;
	uint16_t type;
	struct cursor value;
	while (take_attribute(c, &type, &value)) {
		if (type == IFLA_IFNAME)
			take_text(&value, message->name, sizeof message->name);
		else if (type == IFLA_MTU)
			message->mtu = cursor_host32(&value);
		else if (type == IFLA_ADDRESS && value.n_bytes == sizeof message->mac)
			take_struct(&value, message->mac, sizeof message->mac);
		else if (type == IFLA_OPERSTATE)
			operstate = cursor_u8(&value);
	}
	message->ifindex = (uint32_t)link.ifi_index;
	message->ethernet = link.ifi_type == ETHERNET && !(link.ifi_flags & IFF_LOOPBACK);
	message->up = link.ifi_flags & IFF_UP;
	message->carrier = link.ifi_flags & IFF_LOWER_UP && operstate != IF_OPER_DOWN;
	return !c->bad;
}

static void take_ip(struct cursor *c, uint8_t family, struct ip_address *ip)
{
	bool v6 = family == AF_INET6;
	if (c->n_bytes != (v6 ? 16 : 4))
		return;
	*ip = (struct ip_address){.family = v6 ? 6 : 4};
	take_struct(c, ip->bytes, c->n_bytes);
}

static bool take_address(struct cursor *c, struct rtnl_message *message)
{
	struct ifaddrmsg address = {0};
	take_struct(c, &address, sizeof address);
	if (address.ifa_family != AF_INET && address.ifa_family != AF_INET6)
		return false;
	struct ip_address local = {0};
	uint32_t flags = address.ifa_flags;
	uint16_t type;
	struct cursor value;
	while (take_attribute(c, &type, &value)) {
		if (type == IFA_ADDRESS)
			take_ip(&value, address.ifa_family, &message->ip);
		else if (type == IFA_LOCAL)
			take_ip(&value, address.ifa_family, &local);
		else if (type == IFA_FLAGS)
			flags = cursor_host32(&value);
	}
	if (local.family != 0) /* of a point-to-point link IFA_ADDRESS is the peer */
		message->ip = local;
	message->ifindex = address.ifa_index;
	message->prefix_bits = address.ifa_prefixlen;
	message->scope = address.ifa_scope;
	message->tentative = flags & IFA_F_TENTATIVE;
	message->dad_failed = flags & IFA_F_DADFAILED;
	return !c->bad;
}

static bool take_error(struct cursor *c, struct rtnl_message *message)
{
	message->error = (int32_t)cursor_host32(c);
	return !c->bad;
}

/* What follows the header. What is torn or of no interest stays RTNL_OTHER. */
static void take_payload(struct cursor *c, uint16_t type, struct rtnl_message *message)
{
	static const struct {
		uint16_t type;
		enum rtnl_kind kind;
		bool (*take)(struct cursor *c, struct rtnl_message *message);
	} kinds[] = {
		{RTM_NEWLINK, RTNL_LINK, take_link},       {RTM_DELLINK, RTNL_LINK_GONE, take_link},
		{RTM_NEWADDR, RTNL_ADDRESS, take_address}, {RTM_DELADDR, RTNL_ADDRESS_GONE, take_address},
		{NLMSG_ERROR, RTNL_ACK, take_error},       {NLMSG_DONE, RTNL_DONE, take_error},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].type == type && kinds[i].take(c, message))
			message->kind = kinds[i].kind;
	}
}

bool rtnl_decode(const uint8_t *bytes, size_t n_bytes, struct rtnl_message *message, size_t *n_used)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	struct nlmsghdr header = {0};
	take_struct(&c, &header, sizeof header);
	*n_used = 0;
	if (c.bad || header.nlmsg_len < sizeof header || header.nlmsg_len > n_bytes)
		return false;
	c = cursor_over(bytes, header.nlmsg_len);
	cursor_skip(&c, sizeof header);
	*message = (struct rtnl_message){.kind = RTNL_OTHER, .seq = header.nlmsg_seq};
	take_payload(&c, header.nlmsg_type, message);
	*n_used = aligned(header.nlmsg_len) < n_bytes ? aligned(header.nlmsg_len) : n_bytes;
	return true;
}
