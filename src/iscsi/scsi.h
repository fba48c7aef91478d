/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few SCSI commands that look at a logical unit without changing it: REPORT LUNS, INQUIRY, READ CAPACITY and READ
 * (SPC-4 sections 6.4 and 6.33, SBC-3 sections 5.11 to 5.17), their answers, and sense data. Pure.
 */
#ifndef ISCSI_SCSI_H
#define ISCSI_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iscsi/ffp.h"

enum {
	SCSI_STATUS_GOOD = 0x00,
	SCSI_STATUS_CHECK_CONDITION = 0x02,
	SCSI_STATUS_BUSY = 0x08,
	SCSI_STATUS_TASK_SET_FULL = 0x28,
	SCSI_SENSE_UNIT_ATTENTION = 6,
	SCSI_TYPE_DISK = 0,
	SCSI_LUNS_MAX = 256,                     /* logical units of one target that are looked at */
	SCSI_LUNS_BYTES = 8 + 8 * SCSI_LUNS_MAX, /* of REPORT LUNS's answer */
	SCSI_INQUIRY_BYTES = 36,                 /* of the standard data: up to the product's name and revision */
	SCSI_CAPACITY_BYTES = 32,                /* of READ CAPACITY(16), more than of (10) */
	SCSI_MODEL_BYTES = 8 + 1 + 16 + 1,       /* vendor, product */
};

struct scsi_command {
	uint8_t cdb[FFP_CDB_BYTES];
	uint32_t n_expected; /* bytes the answer may have */
};

struct scsi_command scsi_report_luns(void);
struct scsi_command scsi_inquiry(void);
struct scsi_command scsi_read_capacity10(void);
struct scsi_command scsi_read_capacity16(void);
struct scsi_command scsi_read(uint64_t block, uint32_t n_blocks, uint32_t block_bytes);

/*
 * A LUN in the kernel's form (scsilun_to_int: the first two bytes are the lowest) from and to its eight bytes.
 */
uint64_t scsi_lun_number(const uint8_t bytes[static FFP_LUN_BYTES]);
void scsi_lun_bytes(uint64_t number, uint8_t bytes[static FFP_LUN_BYTES]);

/* The LUNs of an answer, at most SCSI_LUNS_MAX of them; *n_reported is what the target has. */
bool scsi_take_luns(const uint8_t *bytes, size_t n_bytes, uint64_t luns[static SCSI_LUNS_MAX], unsigned *n_luns,
		    unsigned *n_reported);

struct scsi_unit {
	bool present;                 /* a unit is there (peripheral qualifier 0) */
	uint8_t type;                 /* peripheral device type */
	char model[SCSI_MODEL_BYTES]; /* "IET VIRTUAL-DISK", blanks at the ends cut; bytes as the target sent them */
};

bool scsi_take_inquiry(const uint8_t *bytes, size_t n_bytes, struct scsi_unit *unit);

struct scsi_capacity {
	uint64_t n_blocks;
	uint32_t block_bytes;
	bool too_large; /* for READ CAPACITY(10): ask (16) */
};

bool scsi_take_capacity10(const uint8_t *bytes, size_t n_bytes, struct scsi_capacity *capacity);
bool scsi_take_capacity16(const uint8_t *bytes, size_t n_bytes, struct scsi_capacity *capacity);

struct scsi_sense {
	uint8_t key, code, qualifier; /* ASC, ASCQ */
};

/* From the data segment of a SCSI Response: a length of two bytes, then sense data in fixed or descriptor format. */
bool scsi_take_sense(const uint8_t *bytes, size_t n_bytes, struct scsi_sense *sense);

#endif
