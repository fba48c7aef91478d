/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel would make of a target's logical units, seen over a wire: which there are, the disks among them,
 * their partitions and what is on them. Fills the list that the choice of root works on.
 */
#ifndef TOOL_LUNS_H
#define TOOL_LUNS_H

#include <stdbool.h>

#include "base/fail.h"
#include "boot/disks.h"
#include "boot/wire.h"
#include "plan/plan.h"

enum {
	LUNS_BLOCK_BYTES_MAX = 65536,
	LUNS_READ_BYTES = (PROBE_SUPER_BYTES + LUNS_BLOCK_BYTES_MAX - 1) / LUNS_BLOCK_BYTES_MAX * LUNS_BLOCK_BYTES_MAX,
};

/* What is read of a disk, for as long as it is looked at. Too large for a stack. */
struct luns_room {
	uint64_t luns[SCSI_LUNS_MAX];
	uint8_t answer[SCSI_LUNS_BYTES];
	uint8_t super[LUNS_READ_BYTES], start[LUNS_READ_BYTES], entries[LUNS_READ_BYTES], link[LUNS_READ_BYTES];
};

/*
 * Adds the disks of one session: the LUN asked for, or all. They get the names that the kernel gives when it sees them
 * in this order and has no other disks. A disk that cannot be read has its error in the list; false when nothing more
 * can be asked.
 */
bool luns_list(struct wire *w, struct luns_room *room, unsigned session, const struct plan_lun *wanted,
	       struct disk_list *list, struct fail *fail);

#endif
