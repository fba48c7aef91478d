/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iSCSI Boot Firmware Table: what firmware that has booted from a target leaves for the system. Read from the raw
 * table, or from what the kernel's iscsi_ibft shows of one that ACPI does not know. Nothing in it is trusted.
 */
#ifndef PLAN_IBFT_H
#define PLAN_IBFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"

enum {
	IBFT_PAIRS_MAX = 4, /* network cards and targets; the fixed part of a table has 2 of each */
	IBFT_BYTES_MAX = 4096,
	IBFT_VALID = 1, /* flags of a block */
	IBFT_CHOSEN = 2,
	IBFT_ORIGIN_DHCP = 3,
};

/* Blocks that firmware has marked as neither valid nor chosen have `there` false. */
struct ibft {
	const char *origin; /* for messages */
	char initiator[ISCSI_NAME_MAX + 1];
	struct ibft_nic {
		bool there;
		uint8_t mac[6];
		struct ip_address address, gateway, nameservers[2]; /* family 0: none */
		uint8_t prefix_bits;
		bool dhcp; /* the address came from a server; so it does when there is none */
		uint16_t vlan;
		char hostname[HOST_MAX + 1];
	} nics[IBFT_PAIRS_MAX];
	struct ibft_target {
		bool there, chosen;
		char name[ISCSI_NAME_MAX + 1];
		struct ip_address address;
		uint16_t port;
		bool has_lun; /* false: it is not known */
		uint64_t lun; /* in the kernel's form */
		uint8_t chap; /* 0 none, 1 one-way, 2 mutual: the names and secrets that count */
		char username[CHAP_NAME_MAX + 1], username_in[CHAP_NAME_MAX + 1];
		struct secret secret, secret_in;
	} targets[IBFT_PAIRS_MAX];
};

/* NULL, or why the table cannot be used. */
const char *ibft_read(const void *bytes, size_t n_bytes, struct ibft *out);

/*
 * One file of sysfs into a table that was all zero at first: `object` is the directory ("target0"), `name` the file.
 * False: the value cannot be used, and is left out. Files that are of no use are passed over.
 */
bool ibft_read_attribute(struct ibft *table, const char *object, const char *name, const char *value);

#endif
