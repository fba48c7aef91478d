/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a lease, by table.
 */
#include "plan/lease.h"

enum {
	MTU_MIN = 576, /* RFC 791: what every host must take whole */
	MTU_MAX = 65535,
};

const char *const lease_keys[] = {"ip", "mask", "router", "dns", "mtu", "hostname", NULL};

static void read_address(struct span value, struct lease *lease)
{
	struct ip_address ip;
	if (text_ip(value, &ip) && ip.family == 4)
		lease->address = ip;
}

static void read_mask(struct span value, struct lease *lease)
{
	uint64_t bits;
	if (text_decimal(value, 32, &bits))
		lease->prefix_bits = (uint8_t)bits;
}

static void read_router(struct span value, struct lease *lease)
{
	struct ip_address ip;
	if (text_ip(span_cut(&value, ' '), &ip) && ip.family == 4)
		lease->gateway = ip;
}

static void read_dns(struct span value, struct lease *lease)
{
	while (value.text != NULL && lease->n_nameservers < NAMESERVERS_MAX)
		if (text_ip(span_cut(&value, ' '), &lease->nameservers[lease->n_nameservers]))
			lease->n_nameservers++;
}

static void read_mtu(struct span value, struct lease *lease)
{
	uint64_t mtu;
	if (text_decimal(value, MTU_MAX, &mtu) && mtu >= MTU_MIN)
		lease->mtu_bytes = (uint32_t)mtu;
}

static void read_hostname(struct span value, struct lease *lease)
{
	span_copy(value, lease->hostname, sizeof lease->hostname);
}

static const struct {
	const char *key;
	void (*read)(struct span value, struct lease *lease);
} readers[] = {
	{"ip", read_address}, {"mask", read_mask}, {"router", read_router},
	{"dns", read_dns},    {"mtu", read_mtu},   {"hostname", read_hostname},
};

bool lease_read(const char *text, struct lease *lease, struct fail *fail)
{
	struct lease found = {.prefix_bits = 0};
	struct span rest = span_of(text);
	while (rest.text != NULL) {
		struct span value = span_cut(&rest, '\n');
		struct span key = span_cut(&value, '=');
		for (size_t i = 0; value.text != NULL && i < sizeof readers / sizeof *readers; i++)
			if (span_is(key, readers[i].key))
				readers[i].read(value, &found);
	}
	if (found.address.family == 0 || found.prefix_bits == 0)
		return fail_set(fail, FAIL_NO_DHCP, "the lease has no address and netmask");
	*lease = found;
	return true;
}
