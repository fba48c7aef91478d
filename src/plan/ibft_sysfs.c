/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iSCSI Boot Firmware Table as the kernel's iscsi_ibft shows it below /sys/firmware/ibft
 * (Documentation/ABI/testing/sysfs-ibft): with a legacy BIOS it lies in low memory and is in no ACPI table.
 * One file a field; files of blocks that are empty do not exist.
 */
#include "plan/ibft.h"

#include <string.h>

enum {
	LUN_TAIL_BYTES = 6, /* of the eight of a LUN; zero where there is but one level of units */
};

typedef bool read_fn(struct span value, void *out, size_t n_max);

static bool read_text(struct span value, void *out, size_t n_max)
{
	return span_copy(value, out, n_max);
}

static bool read_secret(struct span value, void *out, size_t n_max)
{
	(void)n_max;
	return secret_set(out, value.text, value.n_bytes);
}

static bool read_ip(struct span value, void *out, size_t n_max)
{
	(void)n_max;
	return text_ip(value, out);
}

static bool read_number(struct span value, void *out, size_t n_max)
{
	uint64_t number;
	uint16_t wide;
	if (!text_decimal(value, n_max == 1 ? UINT8_MAX : UINT16_MAX, &number))
		return false;
	wide = (uint16_t)number;
	if (n_max == 1)
		*(uint8_t *)out = (uint8_t)number;
	else
		memcpy(out, &wide, sizeof wide);
	return true;
}

static bool read_mac(struct span value, void *out, size_t n_max)
{
	(void)n_max;
	return text_mac(value, out);
}

static bool read_there(struct span value, void *out, size_t n_max)
{
	uint8_t flags = 0;
	(void)n_max;
	bool good = read_number(value, &flags, sizeof flags);
	*(bool *)out = (flags & (IBFT_VALID | IBFT_CHOSEN)) != 0;
	return good;
}

static bool read_chosen(struct span value, void *out, size_t n_max)
{
	uint8_t flags = 0;
	(void)n_max;
	bool good = read_number(value, &flags, sizeof flags);
	*(bool *)out = (flags & IBFT_CHOSEN) != 0;
	return good;
}

static bool read_origin(struct span value, void *out, size_t n_max)
{
	uint8_t origin = 0;
	(void)n_max;
	bool good = read_number(value, &origin, sizeof origin);
	*(bool *)out |= origin == IBFT_ORIGIN_DHCP;
	return good;
}

static bool read_server(struct span value, void *out, size_t n_max)
{
	(void)n_max;
	*(bool *)out |= value.n_bytes > 0;
	return true;
}

/*
 * Eight bytes in hexadecimal, without the zeros that lead one: 0 1 0 0 0 0 0 0 is "01000000", and "410000000" is
 * 41 0 or 4 10, which nobody can tell.
 */
static bool read_lun(struct span value, void *out, size_t n_max)
{
	struct ibft_target *target = out;
	uint64_t high, low;
	struct span head = {value.text, value.n_bytes - LUN_TAIL_BYTES};
	(void)n_max;
	if (value.n_bytes < LUN_TAIL_BYTES + 2 || value.n_bytes > LUN_TAIL_BYTES + 4 ||
	    memcmp(value.text + head.n_bytes, "000000", LUN_TAIL_BYTES) != 0)
		return false;
	bool is_low = head.n_bytes == 2 || (head.n_bytes == 3 && head.text[0] == '0');
	if (!is_low && head.n_bytes == 3 && head.text[1] != '0')
		return false;
	size_t n_high = is_low ? 1 : 2;
	target->has_lun = text_hex((struct span){head.text, n_high}, &high) &&
			  text_hex((struct span){head.text + n_high, head.n_bytes - n_high}, &low);
	target->lun = target->has_lun ? high << 8 | low : 0;
	return target->has_lun;
}

enum object {
	OBJECT_INITIATOR,
	OBJECT_NIC,
	OBJECT_TARGET,
};

static const struct {
	const char *name;
	uint16_t at, step; /* in struct ibft */
	uint16_t n_max;
} objects[] = {
	[OBJECT_INITIATOR] = {"initiator", 0, 0, 1},
	[OBJECT_NIC] = {"ethernet", offsetof(struct ibft, nics), sizeof(struct ibft_nic), IBFT_PAIRS_MAX},
	[OBJECT_TARGET] = {"target", offsetof(struct ibft, targets), sizeof(struct ibft_target), IBFT_PAIRS_MAX},
};

#define OF_INITIATOR(member) OBJECT_INITIATOR, offsetof(struct ibft, member), sizeof(((struct ibft *)0)->member)
#define OF_NIC(member) OBJECT_NIC, offsetof(struct ibft_nic, member), sizeof(((struct ibft_nic *)0)->member)
#define OF_TARGET(member) OBJECT_TARGET, offsetof(struct ibft_target, member), sizeof(((struct ibft_target *)0)->member)

static const struct {
	const char *name;
	uint8_t object; /* enum object */
	uint16_t at, n_max;
	read_fn *read;
} attributes[] = {
	{"initiator-name", OF_INITIATOR(initiator), read_text},
	{"flags", OF_NIC(there), read_there},
	{"ip-addr", OF_NIC(address), read_ip},
	{"prefix-len", OF_NIC(prefix_bits), read_number},
	{"origin", OF_NIC(dhcp), read_origin},
	{"dhcp", OF_NIC(dhcp), read_server},
	{"gateway", OF_NIC(gateway), read_ip},
	{"primary-dns", OF_NIC(nameservers[0]), read_ip},
	{"secondary-dns", OF_NIC(nameservers[1]), read_ip},
	{"vlan", OF_NIC(vlan), read_number},
	{"mac", OF_NIC(mac), read_mac},
	{"hostname", OF_NIC(hostname), read_text},
	{"flags", OF_TARGET(there), read_there},
	{"flags", OF_TARGET(chosen), read_chosen},
	{"ip-addr", OF_TARGET(address), read_ip},
	{"port", OF_TARGET(port), read_number},
	{"lun", OBJECT_TARGET, 0, 0, read_lun},
	{"target-name", OF_TARGET(name), read_text},
	{"chap-type", OF_TARGET(chap), read_number},
	{"chap-name", OF_TARGET(username), read_text},
	{"chap-secret", OF_TARGET(secret), read_secret},
	{"rev-chap-name", OF_TARGET(username_in), read_text},
	{"rev-chap-name-secret", OF_TARGET(secret_in), read_secret},
};

/* "target0" is the first of the targets; the initiator has no number. */
static uint8_t *find_object(struct ibft *table, enum object kind, struct span name)
{
	uint64_t index = 0;
	struct span number = {name.text + strlen(objects[kind].name), name.n_bytes - strlen(objects[kind].name)};
	if (!span_starts(name, objects[kind].name) || (number.n_bytes > 0) != (objects[kind].n_max > 1) ||
	    (number.n_bytes > 0 && !text_decimal(number, objects[kind].n_max - 1U, &index)))
		return NULL;
	return (uint8_t *)table + objects[kind].at + index * objects[kind].step;
}

bool ibft_read_attribute(struct ibft *table, const char *object, const char *name, const char *value)
{
	bool good = true;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		uint8_t *place = find_object(table, attributes[i].object, span_of(object));
		if (place != NULL && strcmp(name, attributes[i].name) == 0)
			good &= attributes[i].read(span_of(value), place + attributes[i].at, attributes[i].n_max);
	}
	return good;
}
