/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of words of the network. They are cut and read alike in ip= (net.c), in the words beside it (links.c) and in
 * leases (lease.c).
 */
#include "plan/fields.h"

#include <string.h>

struct span net_cut(struct span *rest)
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

bool net_address(struct span s, struct ip_address *out)
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

bool net_is_unicast(const struct ip_address *address)
{
	return address->family == 4 ? address->bytes[0] < 224 : address->bytes[0] < 0xff;
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

bool net_prefix(struct span s, uint8_t family, uint8_t *out)
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

void net_clear_host_bits(struct ip_address *ip, unsigned prefix_bits)
{
	for (unsigned i = 0; i < sizeof ip->bytes; i++, prefix_bits -= prefix_bits < 8 ? prefix_bits : 8)
		if (prefix_bits < 8)
			ip->bytes[i] &= (uint8_t)(0xff00 >> prefix_bits);
}

/* Without the brackets around it, or around what it is a part of. */
static struct span unbracket(struct span s)
{
	if (span_starts(s, "["))
		s = (struct span){s.text + 1, s.n_bytes - 1};
	if (s.n_bytes > 0 && s.text[s.n_bytes - 1] == ']')
		s.n_bytes--;
	return s;
}

bool net_destination(struct span s, struct net_route *out)
{
	struct span mask = s, address = span_cut(&mask, '/');
	struct ip_address *net = &out->destination;
	if (!text_ip(unbracket(address), net))
		return false;
	mask = unbracket(mask);
	bool is_all = span_is(mask, "0");
	out->prefix_bits = is_all ? 0 : net->family == 4 ? 32 : 128;
	if (mask.text != NULL && !is_all && !net_prefix(mask, net->family, &out->prefix_bits))
		return false;
	net_clear_host_bits(net, out->prefix_bits);
	net->family = is_all ? 0 : net->family;
	return true;
}

/* The kernel's dev_valid_name; '%' would be a pattern of names. */
bool net_device(struct span s, char out[static IFNAME_MAX + 1])
{
	for (size_t i = 0; i < s.n_bytes; i++)
		if (s.text[i] <= ' ' || s.text[i] >= 0x7f || strchr("/:%[]", s.text[i]) != NULL)
			return false;
	return s.n_bytes > 0 && !span_is(s, ".") && !span_is(s, "..") && span_copy(s, out, IFNAME_MAX + 1);
}

bool net_card(struct span s, struct plan_card *out)
{
	out->has_mac = text_mac(s, out->mac);
	return out->has_mac || net_device(s, out->device);
}
