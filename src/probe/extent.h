/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where partitions lie, for a disk that no kernel has taken apart. The numbers are those that Linux gives: GPT and
 * primary MBR partitions by their place in the table, logical ones from 5 in the order of their chain.
 */
#ifndef PROBE_EXTENT_H
#define PROBE_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"

enum {
	MBR_ENTRIES = 4,
	MBR_BLOCK_BYTES = 512,
	MBR_LOGICAL_FIRST = 5,
};

/* In logical blocks of the disk. */
struct probe_extent {
	uint64_t first_block, n_blocks;
	bool is_extended; /* MBR: the container of logical partitions */
};

/* GPT entry `number` (from 1) of the entry array. False: not used, or it ends before it begins. */
bool probe_gpt_extent(const struct probe_table *table, const uint8_t *entries, size_t n_bytes, uint32_t number,
		      struct probe_extent *out);

/* Entry `index` (from 0) of an MBR, or of a block in the chain of logical partitions (false without its mark). */
bool probe_mbr_extent(const uint8_t block[static MBR_BLOCK_BYTES], unsigned index, struct probe_extent *out);

#endif
