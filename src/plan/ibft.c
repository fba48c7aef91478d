/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "iSCSI Boot Firmware Table (iBFT) as Defined in ACPI 3.0b Specification", version 1.02: a header, a block that holds
 * the offsets of all others, and blocks that hold offsets of texts. A block is taken when it is marked as valid or as
 * chosen, since firmware does either; what stands in another is not looked at. Not read: iSNS, SLP and RADIUS servers,
 * which nobody asks at boot.
 */
#include "plan/ibft.h"

#include <string.h>

#include "base/cursor.h"

enum {
	HEADER_BYTES = 48,
	LENGTH_AT = 4,
	REVISION_AT = 8,
	REVISION = 1,
	OFFSETS_AT = 8, /* in the control block: initiator, then pairs of card and target */
	IP_BYTES = 16,
};

enum block_id {
	BLOCK_CONTROL = 1,
	BLOCK_INITIATOR,
	BLOCK_NIC,
	BLOCK_TARGET,
};

/* Smallest length of each block. */
static const uint16_t block_bytes[] = {
	[BLOCK_CONTROL] = 18, [BLOCK_INITIATOR] = 74, [BLOCK_NIC] = 102, [BLOCK_TARGET] = 54};

struct block {
	struct cursor c; /* over the whole table, behind the header of the block */
	size_t at;
	uint16_t n_bytes;
	uint8_t flags;
};

static bool open_block(struct cursor table, size_t at, enum block_id id, struct block *out)
{
	*out = (struct block){.c = table, .at = at};
	cursor_seek(&out->c, at);
	bool is_id = cursor_u8(&out->c) == id;
	cursor_u8(&out->c); /* version */
	out->n_bytes = cursor_le16(&out->c);
	cursor_u8(&out->c); /* index */
	out->flags = cursor_u8(&out->c);
	return !out->c.bad && is_id && out->n_bytes >= block_bytes[id] && out->n_bytes <= table.n_bytes - at;
}

/* IPv6, or IPv4 as ::ffff:a.b.c.d; all zero is none. */
static struct ip_address read_ip(struct cursor *c)
{
	static const uint8_t zeros[IP_BYTES], mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip_address ip = {.family = 0};
	const uint8_t *bytes = cursor_take(c, IP_BYTES);
	if (bytes == NULL || memcmp(bytes, zeros, sizeof zeros) == 0)
		return ip;
	bool is_ip4 = memcmp(bytes, mapped, sizeof mapped) == 0;
	ip.family = is_ip4 ? 4 : 6;
	memcpy(ip.bytes, bytes + (is_ip4 ? sizeof mapped : 0), is_ip4 ? 4 : IP_BYTES);
	return ip.family == 4 && memcmp(ip.bytes, zeros, 4) == 0 ? (struct ip_address){.family = 0} : ip;
}

/* The text whose length and offset stand here; some firmware counts a NUL at its end. */
static struct span read_span(struct block *b)
{
	uint16_t n_bytes = cursor_le16(&b->c);
	uint16_t at = cursor_le16(&b->c);
	struct cursor c = b->c;
	if (n_bytes == 0)
		return (struct span){"", 0};
	cursor_seek(&c, at);
	const char *text = (const char *)cursor_take(&c, n_bytes);
	if (text == NULL) {
		b->c.bad = true;
		return (struct span){"", 0};
	}
	return (struct span){text, text[n_bytes - 1] == '\0' ? n_bytes - 1U : n_bytes};
}

static void read_text_to(struct block *b, char *out, size_t n_max)
{
	if (!span_copy(read_span(b), out, n_max))
		b->c.bad = true;
}

static void read_secret_to(struct block *b, struct secret *out)
{
	struct span text = read_span(b);
	if (!secret_set(out, text.text, text.n_bytes))
		b->c.bad = true;
}

static bool read_initiator_block(struct cursor table, size_t at, struct ibft *out)
{
	struct block b;
	if (!open_block(table, at, BLOCK_INITIATOR, &b))
		return false;
	cursor_skip(&b.c, (size_t)4 * IP_BYTES);
	if (b.flags != 0)
		read_text_to(&b, out->initiator, sizeof out->initiator);
	return !b.c.bad;
}

static bool read_nic_block(struct cursor table, size_t at, struct ibft_nic *out)
{
	struct block b;
	if (!open_block(table, at, BLOCK_NIC, &b))
		return false;
	out->there = (b.flags & (IBFT_VALID | IBFT_CHOSEN)) != 0;
	if (!out->there)
		return true;
	out->address = read_ip(&b.c);
	out->prefix_bits = cursor_u8(&b.c);
	bool from_dhcp = cursor_u8(&b.c) == IBFT_ORIGIN_DHCP;
	out->gateway = read_ip(&b.c);
	out->nameservers[0] = read_ip(&b.c);
	out->nameservers[1] = read_ip(&b.c);
	out->dhcp = read_ip(&b.c).family != 0 || from_dhcp;
	out->vlan = cursor_le16(&b.c);
	const uint8_t *mac = cursor_take(&b.c, sizeof out->mac);
	if (mac != NULL)
		memcpy(out->mac, mac, sizeof out->mac);
	cursor_skip(&b.c, 2); /* where on the PCI bus */
	read_text_to(&b, out->hostname, sizeof out->hostname);
	return !b.c.bad;
}

static bool read_target_block(struct cursor table, size_t at, struct ibft_target *out)
{
	struct block b;
	if (!open_block(table, at, BLOCK_TARGET, &b))
		return false;
	out->chosen = (b.flags & IBFT_CHOSEN) != 0;
	out->there = out->chosen || (b.flags & IBFT_VALID) != 0;
	if (!out->there)
		return true;
	out->address = read_ip(&b.c);
	out->port = cursor_le16(&b.c);
	for (unsigned group = 0; group < 4; group++)
		out->lun |= (uint64_t)cursor_be16(&b.c) << 16 * group;
	out->has_lun = true;
	out->chap = cursor_u8(&b.c);
	cursor_skip(&b.c, 1); /* its card: the route to the portal decides */
	read_text_to(&b, out->name, sizeof out->name);
	if (out->chap > 0) {
		read_text_to(&b, out->username, sizeof out->username);
		read_secret_to(&b, &out->secret);
	}
	if (out->chap > 1) {
		read_text_to(&b, out->username_in, sizeof out->username_in);
		read_secret_to(&b, &out->secret_in);
	}
	return !b.c.bad;
}

/* The signature is all that firmware writes in more than one way: iBFT, IBFT or BIFT. The length counts. */
static const char *check_header(struct cursor *table)
{
	uint8_t sum = 0;
	cursor_seek(table, LENGTH_AT);
	uint32_t n_bytes = cursor_le32(table);
	if (table->bad || n_bytes < HEADER_BYTES || n_bytes > table->n_bytes)
		return "it is shorter than it says";
	table->n_bytes = n_bytes;
	for (size_t i = 0; i < n_bytes; i++)
		sum = (uint8_t)(sum + table->bytes[i]);
	if (sum != 0)
		return "its checksum is wrong";
	return table->bytes[REVISION_AT] == REVISION ? NULL : "its revision is not 1";
}

const char *ibft_read(const void *bytes, size_t n_bytes, struct ibft *out)
{
	struct cursor table = cursor_over(bytes, n_bytes);
	struct block control;
	const char *fault = check_header(&table);
	memset(out, 0, sizeof *out);
	out->origin = "iBFT";
	if (fault != NULL)
		return fault;
	if (!open_block(table, HEADER_BYTES, BLOCK_CONTROL, &control))
		return "it has no control block";
	cursor_seek(&control.c, HEADER_BYTES + OFFSETS_AT);
	size_t at = cursor_le16(&control.c);
	if (at != 0 && !read_initiator_block(table, at, out))
		return "its block of the initiator is torn";
	for (unsigned i = 0; i < IBFT_PAIRS_MAX && control.c.at + 4 <= HEADER_BYTES + (size_t)control.n_bytes; i++) {
		size_t nic = cursor_le16(&control.c), target = cursor_le16(&control.c);
		if (nic != 0 && !read_nic_block(table, nic, &out->nics[i]))
			return "its block of a network card is torn";
		if (target != 0 && !read_target_block(table, target, &out->targets[i]))
			return "its block of a target is torn";
	}
	return NULL;
}
