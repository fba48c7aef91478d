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

static size_t aligned(size_t n_bytes)
{
	return (n_bytes + 3) & ~(size_t)3;
}

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

static void put_attribute(struct writer *w, uint16_t type, const void *value, size_t n_bytes)
{
	writer_host16(w, (uint16_t)(sizeof(struct rtattr) + n_bytes));
	writer_host16(w, type);
	writer_bytes(w, value, n_bytes);
	writer_zeros(w, aligned(n_bytes) - n_bytes);
}

static void put_text(struct writer *w, uint16_t type, const char *text)
{
	if (text != NULL)
		put_attribute(w, type, text, strlen(text) + 1);
}

static void put_number(struct writer *w, uint16_t type, uint32_t value)
{
	if (value != 0)
		put_attribute(w, type, &value, sizeof value);
}

/* Starts an attribute that holds others; its length is set by put_nest_end. Returns where it starts. */
static size_t put_nest(struct writer *w, uint16_t type)
{
	size_t start = w->n_bytes;
	put_attribute(w, type, NULL, 0);
	return start;
}

static void put_nest_end(struct writer *w, size_t start)
{
	uint16_t n_bytes = (uint16_t)(w->n_bytes - start);
	if (!w->full)
		memcpy(w->bytes + start, &n_bytes, sizeof n_bytes);
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

static void put_kind(struct writer *w, const struct rtnl_link *link)
{
	size_t info = put_nest(w, IFLA_LINKINFO);
	put_text(w, IFLA_INFO_KIND, link->kind);
	if (link->vlan_id != 0) {
		size_t data = put_nest(w, IFLA_INFO_DATA);
		put_attribute(w, IFLA_VLAN_ID, &link->vlan_id, sizeof link->vlan_id);
		put_nest_end(w, data);
	}
	put_nest_end(w, info);
}

void rtnl_set_link(struct writer *w, uint32_t seq, const struct rtnl_link *link)
{
	size_t start = put_start(w, RTM_NEWLINK, NLM_F_ACK | (link->kind != NULL ? NLM_F_CREATE | NLM_F_EXCL : 0), seq);
	struct ifinfomsg head = {
		.ifi_index = (int)link->ifindex,
		.ifi_flags = link->up ? IFF_UP : 0,
		.ifi_change = link->up || link->down ? IFF_UP : 0,
	};
	writer_bytes(w, &head, sizeof head);
	put_number(w, IFLA_MTU, link->mtu_bytes);
	put_number(w, IFLA_MASTER, link->master);
	put_number(w, IFLA_LINK, link->lower);
	put_text(w, IFLA_IFNAME, link->name);
	if (link->mac != NULL)
		put_attribute(w, IFLA_ADDRESS, link->mac, 6);
	if (link->kind != NULL)
		put_kind(w, link);
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
		      const struct ip_address *gateway, uint32_t metric)
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
	put_number(w, RTA_PRIORITY, metric);
}

void rtnl_add_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		    uint8_t prefix_bits, const struct ip_address *gateway, uint32_t metric)
{
	size_t start = put_start(w, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, seq);
	put_route(w, ifindex, destination, prefix_bits, gateway, metric);
	put_end(w, start);
}

void rtnl_remove_route(struct writer *w, uint32_t seq, uint32_t ifindex, const struct ip_address *destination,
		       uint8_t prefix_bits, const struct ip_address *gateway, uint32_t metric)
{
	size_t start = put_start(w, RTM_DELROUTE, NLM_F_ACK, seq);
	put_route(w, ifindex, destination, prefix_bits, gateway, metric);
	put_end(w, start);
}

void rtnl_get_route(struct writer *w, uint32_t seq, const struct ip_address *destination, uint32_t scope_ifindex)
{
	size_t start = put_start(w, RTM_GETROUTE, NLM_F_ACK, seq);
	struct rtmsg route = {.rtm_family = ip_family(destination), .rtm_dst_len = destination->family == 6 ? 128 : 32};
	writer_bytes(w, &route, sizeof route);
	put_ip(w, RTA_DST, destination);
	if (scope_ifindex != 0)
		put_attribute(w, RTA_OIF, &scope_ifindex, sizeof scope_ifindex);
	put_end(w, start);
}

/* --- messages --- */

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

static void take_mac(struct cursor *c, uint8_t mac[static 6])
{
	if (c->n_bytes == 6)
		take_struct(c, mac, 6);
}

/* The port of a bond has some information here, too, but no kind of its own. */
static bool has_kind(struct cursor *info)
{
	bool found = false;
	uint16_t type;
	struct cursor value;
	while (take_attribute(info, &type, &value))
		found = found || type == IFLA_INFO_KIND;
	return found;
}

static bool take_link(struct cursor *c, struct rtnl_message *message)
{
	struct ifinfomsg link = {0};
	take_struct(c, &link, sizeof link);
	if (link.ifi_family != AF_UNSPEC) /* a bridge port's own message has no link attributes */
		return false;
	static const uint8_t zeros[6];
	uint8_t operstate = IF_OPER_UNKNOWN, card_mac[6] = {0};
	uint16_t type;
	struct cursor value;
	while (take_attribute(c, &type, &value)) {
		if (type == IFLA_IFNAME)
			take_text(&value, message->name, sizeof message->name);
		else if (type == IFLA_MTU)
			message->mtu = cursor_host32(&value);
		else if (type == IFLA_ADDRESS)
			take_mac(&value, message->mac);
		else if (type == IFLA_PERM_ADDRESS)
			take_mac(&value, card_mac);
		else if (type == IFLA_MASTER)
			message->master = cursor_host32(&value);
		else if (type == IFLA_LINK)
			message->lower = cursor_host32(&value);
		else if (type == IFLA_LINKINFO)
			message->made = has_kind(&value);
		else if (type == IFLA_OPERSTATE)
			operstate = cursor_u8(&value);
		else if (type == IFLA_CARRIER)
			message->cabled = cursor_u8(&value) != 0;
	}
	memcpy(message->card_mac, memcmp(card_mac, zeros, sizeof zeros) != 0 ? card_mac : message->mac,
	       sizeof card_mac);
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

static bool take_route(struct cursor *c, struct rtnl_message *message)
{
	struct rtmsg route = {0};
	take_struct(c, &route, sizeof route);
	uint16_t type;
	struct cursor value;
	while (take_attribute(c, &type, &value))
		if (type == RTA_OIF)
			message->ifindex = cursor_host32(&value);
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
		{RTM_NEWROUTE, RTNL_ROUTE, take_route},    {NLMSG_ERROR, RTNL_ACK, take_error},
		{NLMSG_DONE, RTNL_DONE, take_error},
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
