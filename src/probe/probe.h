/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on a disk: file systems by their super block, containers that cannot be root as they are (LUKS, LVM, md,
 * swap), and GPT and MBR partition tables. Pure: callers bring the bytes. Everything comes from an untrusted disk, so
 * every offset and count is bounded.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROBE_SUPER_BYTES = 68 * 1024, /* from the start of the device: reaches btrfs's super block at 64 KiB */
	PROBE_LABEL_BYTES = 257,
	PROBE_UUID_BYTES = 40,
};

enum probe_kind {
	PROBE_UNKNOWN,
	PROBE_FILESYSTEM,
	PROBE_CONTAINER, /* LUKS, LVM, md member, swap: named in messages, never mounted */
};

struct probe_super {
	enum probe_kind kind;
	char type[24];                 /* in blkid's words: "ext4", "xfs", "btrfs", "crypto_LUKS", "LVM2_member" */
	char uuid[PROBE_UUID_BYTES];   /* as blkid prints it, empty when there is none */
	char label[PROBE_LABEL_BYTES]; /* empty when there is none */
};

/*
 * Looks at the first n_bytes of a device (PROBE_SUPER_BYTES, or the whole device when it is shorter). ext2, ext3 and
 * ext4 are told apart by their features, as blkid does.
 */
void probe_super(const uint8_t *bytes, size_t n_bytes, struct probe_super *out);

enum probe_table_kind {
	PROBE_TABLE_NONE,
	PROBE_TABLE_MBR,
	PROBE_TABLE_GPT,
};

struct probe_table {
	enum probe_table_kind kind;
	uint32_t mbr_signature;
	/* GPT: where its entries are, for reading them */
	uint64_t entries_lba;
	uint32_t n_entries;
	uint32_t entry_bytes;
};

enum {
	PROBE_GPT_ENTRIES_MAX = 128,
	PROBE_GPT_ENTRY_BYTES_MAX = 512,
};

/*
 * Reads the start of a disk: block 0 and the GPT header in block 1. `bytes` holds at least two logical blocks of
 * block_bytes (512 or 4096). A GPT header is taken only with its signature, header CRC32 and sane sizes; a protective
 * MBR alone is no MBR table.
 */
void probe_table(const uint8_t *bytes, size_t n_bytes, uint32_t block_bytes, struct probe_table *out);

struct probe_partition {
	char uuid[PROBE_UUID_BYTES];   /* PARTUUID as blkid writes it: GPT lower-case UUID, MBR "xxxxxxxx-nn" */
	char label[PROBE_LABEL_BYTES]; /* PARTLABEL in UTF-8, GPT only */
};

/*
 * Identity of partition `number` (from 1). `entries`: the bytes of the GPT entry array (ignored for MBR). False: no
 * such entry.
 */
bool probe_partition(const struct probe_table *table, const uint8_t *entries, size_t n_bytes, uint32_t number,
		     struct probe_partition *out);

#endif
