/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip= in the form of the kernel (Documentation/admin-guide/nfs/nfsroot.rst, net/ipv4/ipconfig.c):
 *
 *     ip=AUTOCONF
 *     ip=CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1:NTP0
 *
 * Beyond the kernel: IPv6 literals in brackets, a prefix length as netmask. SERVER and NTP0 are not used here.
 */
#include "plan/net.h"

#include <string.h>

#include "plan/reading.h"

enum field {
	FIELD_CLIENT,
	FIELD_SERVER,
	FIELD_GATEWAY,
	FIELD_NETMASK,
	FIELD_HOSTNAME,
	FIELD_DEVICE,
	FIELD_AUTOCONF,
	FIELD_DNS0,
	FIELD_DNS1,
	FIELD_NTP0,
	FIELD_COUNT
};

enum autoconf {
	AUTOCONF_ANY, /* static with a client address, DHCP without */
	AUTOCONF_OFF,
	AUTOCONF_DHCP,
	AUTOCONF_OLD, /* protocols before DHCP */
};

static bool read_autoconf(struct span s, enum autoconf *out)
{
	static const struct {
		const char *word;
		enum autoconf autoconf;
	} table[] = {
		{"", AUTOCONF_ANY},      {"on", AUTOCONF_ANY},   {"any", AUTOCONF_ANY},
		{"off", AUTOCONF_OFF},   {"none", AUTOCONF_OFF}, {"dhcp", AUTOCONF_DHCP},
		{"bootp", AUTOCONF_OLD}, {"rarp", AUTOCONF_OLD}, {"both", AUTOCONF_OLD},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (span_is(s, table[i].word)) {
			*out = table[i].autoconf;
			return true;
		}
	}
	return false;
}

/* The next field; colons in brackets are a part of it. */
static struct span cut_field(struct span *rest)
{
	struct span field = *rest;
	if (span_starts(field, "["))
		span_cut(rest, ']');
	if (rest->text == NULL)
		return field;
	struct span before_colon = span_cut(rest, ':');
	field.n_bytes = (size_t)(before_colon.text + before_colon.n_bytes - field.text);
	return field;
}

static bool cut_fields(struct span rest, struct span fields[static FIELD_COUNT])
{
	for (size_t i = 0; rest.text != NULL; i++) {
		if (i == FIELD_COUNT)
			return false;
		fields[i] = cut_field(&rest);
	}
	return true;
}

/* An address; none when the field is empty or all zero, as in the kernel. */
static bool read_address(struct span s, struct ip_address *out)
{
	static const uint8_t zeros[16];
	struct ip_address ip = {0};
	bool bracketed = s.n_bytes >= 2 && s.text[0] == '[' && s.text[s.n_bytes - 1] == ']';
	if (bracketed)
		s = (struct span){s.text + 1, s.n_bytes - 2};
	if (bracketed || s.n_bytes > 0) {
		if (!text_ip(s, &ip) || bracketed != (ip.family == 6))
			return false;
	}
	if (memcmp(ip.bytes, zeros, sizeof zeros) == 0)
		ip.family = 0;
	*out = ip;
	return true;
}

/* A dotted mask as its length. */
static bool count_mask_bits(const uint8_t mask[static 4], uint8_t *out)
{
	uint32_t bits = (uint32_t)mask[0] << 24 | (uint32_t)mask[1] << 16 | (uint32_t)mask[2] << 8 | mask[3];
	uint32_t hosts = ~bits;
	uint8_t n = 0;
	if ((hosts & (hosts + 1)) != 0)
		return false;
	for (; bits != 0; bits <<= 1)
		n++;
	*out = n;
	return n > 0;
}

static bool read_prefix(struct span s, uint8_t family, uint8_t *out)
{
	struct ip_address mask;
	uint64_t bits;
	if (family == 4 && text_ip(s, &mask) && mask.family == 4)
		return count_mask_bits(mask.bytes, out);
	if (!text_decimal(s, family == 4 ? 32 : 128, &bits) || bits == 0)
		return false;
	*out = (uint8_t)bits;
	return true;
}

/* Whether a host can have it: a netmask in the wrong field cannot pass for an address. */
static bool is_unicast(const struct ip_address *address)
{
	return address->family == 4 ? address->bytes[0] < 224 : address->bytes[0] < 0xff;
}

/* What the kernel takes without a netmask: by class for IPv4. */
static uint8_t guess_prefix(const struct ip_address *address)
{
	if (address->family == 6)
		return 64;
	if (address->bytes[0] < 128)
		return 8;
	if (address->bytes[0] < 192)
		return 16;
	return 24;
}

static bool read_netmask(struct reading *r, struct span s, struct plan_net *net)
{
	char text[IP_TEXT_BYTES];
	if (s.n_bytes > 0) {
		if (!read_prefix(s, net->address.family, &net->prefix_bits))
			return reading_refuse(r, "field 4 is neither a netmask nor a prefix length");
		return true;
	}
	net->prefix_bits = guess_prefix(&net->address);
	ip_format(&net->address, text);
	plan_note(r->notes, "ip=: no netmask given, %s/%u taken", text, net->prefix_bits);
	return true;
}

static bool read_names(struct reading *r, const struct span fields[static FIELD_COUNT], struct plan_net *net)
{
	struct span hostname = fields[FIELD_HOSTNAME];
	struct span device = fields[FIELD_DEVICE];
	if (hostname.n_bytes > 0 && !reading_is_hostname(hostname))
		return reading_refuse(r, "field 5 is not a host name");
	if (span_has(device, '/') || span_has(device, ' ') || !span_copy(device, net->device, sizeof net->device))
		return reading_refuse(r, "field 6 is not the name of a network interface");
	return span_copy(hostname, net->hostname, sizeof net->hostname);
}

static bool read_addresses(struct reading *r, const struct span fields[static FIELD_COUNT], struct plan_net *net)
{
	if (!read_address(fields[FIELD_CLIENT], &net->address))
		return reading_refuse(
			r, "field 1 is neither dhcp, on, any, off, none nor an IP address (IPv6 in brackets)");
	if (!read_address(fields[FIELD_GATEWAY], &net->gateway))
		return reading_refuse(r, "field 3, the gateway, is not an IP address");
	for (enum field i = FIELD_DNS0; i <= FIELD_DNS1; i++) {
		struct ip_address *nameserver = &net->nameservers[net->n_nameservers];
		if (!read_address(fields[i], nameserver))
			return reading_refuse(r, "fields 8 and 9, the name servers, are not IP addresses");
		if (nameserver->family != 0)
			net->n_nameservers++;
	}
	return true;
}

static bool choose_method(struct reading *r, struct span autoconf_text, struct plan_net *net)
{
	enum autoconf autoconf;
	bool has_address = net->address.family != 0;
	if (!read_autoconf(autoconf_text, &autoconf))
		return reading_refuse(r, "field 7 is none of dhcp, on, any, off, none");
	if (autoconf == AUTOCONF_OLD)
		plan_note(r->notes, "ip=: %.*s is not spoken here, DHCP is used", (int)autoconf_text.n_bytes,
			  autoconf_text.text);
	if (autoconf == AUTOCONF_DHCP || autoconf == AUTOCONF_OLD)
		net->method = NET_DHCP;
	else if (has_address)
		net->method = NET_STATIC;
	else
		net->method = autoconf == AUTOCONF_OFF ? NET_OFF : NET_DHCP;
	if (net->method == NET_DHCP && has_address) {
		plan_note(r->notes, "ip=: DHCP is asked for, so the client address in field 1 is not used");
		net->address = (struct ip_address){0};
	}
	return true;
}

static bool check_static(struct reading *r, struct span netmask, struct plan_net *net)
{
	if (net->method != NET_STATIC)
		return true;
	if (net->gateway.family != 0 && net->gateway.family != net->address.family)
		return reading_refuse(r, "address and gateway are not both IPv4 or both IPv6");
	if (!is_unicast(&net->address) || !is_unicast(&net->gateway))
		return reading_refuse(r, "fields 1 and 3 are not both addresses a host can have");
	return read_netmask(r, netmask, net);
}

bool net_read(struct reading *r)
{
	struct span fields[FIELD_COUNT] = {{0}};
	struct plan_net net = {0};
	enum autoconf alone;
	if (r->plan->n_nets == NETS_MAX)
		return reading_too_many(r, NETS_MAX);
	if (!cut_fields(r->value, fields))
		return reading_refuse(r, "it has more than 10 fields");
	if (read_autoconf(r->value, &alone)) {
		fields[FIELD_AUTOCONF] = r->value;
		fields[FIELD_CLIENT] = (struct span){0};
	}
	origin_set(&net.origin, "ip=");
	if (!read_addresses(r, fields, &net) || !read_names(r, fields, &net) ||
	    !choose_method(r, fields[FIELD_AUTOCONF], &net) || !check_static(r, fields[FIELD_NETMASK], &net))
		return false;
	r->plan->nets[r->plan->n_nets++] = net;
	return true;
}
