/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks of our sessions and what is on them. Only these are looked at: a local disk that was copied to the target
 * has the same UUIDs. Listing is by sysfs; reading happens in a child, because a read waits for the target.
 */
#ifndef BOOT_DISKS_H
#define BOOT_DISKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "boot/session.h"
#include "probe/probe.h"
#include "sys/sys.h"

enum {
	DISK_NAME_BYTES = 32,
	DISK_MODEL_BYTES = 32,
	DISK_SIZE_BYTES = 32,
};

/* A whole disk, or a partition (part > 0). */
struct disk {
	char name[DISK_NAME_BYTES];  /* "sda", "sda1" */
	char whole[DISK_NAME_BYTES]; /* "sda" */
	unsigned session;            /* index of its session */
	uint64_t lun;
	uint32_t part;
	char model[DISK_MODEL_BYTES]; /* "IET VIRTUAL-DISK", escaped */
	/* what the child found */
	int error; /* of reading, negative errno; 0: read */
	uint64_t n_bytes;
	enum probe_table_kind table;
	struct probe_super super;
	struct probe_partition identity;
};

/* A logical unit without a disk of its own, for messages. */
struct disk_luns {
	unsigned n_luns;           /* logical units of any kind that the session shows */
	unsigned n_disks;          /* of type disk */
	unsigned n_without_driver; /* of type disk with no block device, or with one that the kernel is still at */
};

/* In memory shared with the child. */
struct disk_list {
	unsigned n_disks;
	unsigned n_left_out; /* more than there is room for */
	struct disk disks[DISKS_MAX];
	struct disk_luns luns[TARGETS_MAX];
};

struct disks {
	struct disk_list *list; /* while the reader is at it: what it has read so far */
	struct child reader;
	bool current; /* the list is of now */
	bool dirty;   /* something changed since the reader started */
	bool told;    /* that some were left out */
	int64_t deadline_ms;
};

bool disks_init(struct disks *d, struct fail *fail);

/* A block device or a logical unit appeared or went; read again when the reader is free. */
void disks_changed(struct disks *d);

/* Starts and reaps the reader. */
void disks_step(struct disks *d, const struct session *sessions, unsigned n_sessions, int64_t now_ms);

void disks_stop(struct disks *d);

/* It could not be opened since the kernel has not made all of it yet. */
bool disk_is_unfinished(const struct disk *disk);

/* The kernel or the reader waits for what a disk answers; `missing`: what root was last found to lack. */
bool disks_are_awaited(const struct disks *d, const struct fail *missing);

/* Adds what the kernel has of a session to a list whose place for it is `index`; reads no disk, so sizes are 0. */
void disks_list_session(struct disk_list *list, unsigned index, uint32_t sid);

/* "sda 32 GiB ext4 UUID=..., sda1 ..." for messages; what does not fit ends in "...". */
void disks_describe(const struct disk_list *list, char *out, size_t n_max);

/* "32 GiB" */
void disks_format_size(uint64_t n_bytes, char out[static DISK_SIZE_BYTES]);

#endif
