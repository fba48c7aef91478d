/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CDBs and answers, byte for byte.
 */
#include "iscsi/scsi.h"

#include <string.h>

#include "base/cursor.h"
#include "base/writer.h"

enum {
	READ_CAPACITY10_BYTES = 8,
	BLOCK_BYTES_MAX = 1 << 16,
};

static struct writer begin(struct scsi_command *command, uint8_t operation, uint32_t n_expected)
{
	*command = (struct scsi_command){.n_expected = n_expected};
	struct writer w = writer_over(command->cdb, sizeof command->cdb);
	writer_u8(&w, operation);
	return w;
}

struct scsi_command scsi_report_luns(void)
{
	struct scsi_command command;
	struct writer w = begin(&command, 0xa0, SCSI_LUNS_BYTES);
	writer_zeros(&w, 5);
	writer_be32(&w, SCSI_LUNS_BYTES);
	return command;
}

struct scsi_command scsi_inquiry(void)
{
	struct scsi_command command;
	struct writer w = begin(&command, 0x12, SCSI_INQUIRY_BYTES);
	writer_zeros(&w, 2);
	writer_be16(&w, SCSI_INQUIRY_BYTES);
	return command;
}

struct scsi_command scsi_read_capacity10(void)
{
	struct scsi_command command;
	begin(&command, 0x25, READ_CAPACITY10_BYTES);
	return command;
}

struct scsi_command scsi_read_capacity16(void)
{
	struct scsi_command command;
	struct writer w = begin(&command, 0x9e, SCSI_CAPACITY_BYTES);
	writer_u8(&w, 0x10); /* service action */
	writer_zeros(&w, 8);
	writer_be32(&w, SCSI_CAPACITY_BYTES);
	return command;
}

/* READ(10) wherever it reaches: old targets know nothing else. */
struct scsi_command scsi_read(uint64_t block, uint32_t n_blocks, uint32_t block_bytes)
{
	struct scsi_command command;
	bool far = block > UINT32_MAX || n_blocks > UINT16_MAX;
	struct writer w = begin(&command, far ? 0x88 : 0x28, n_blocks * block_bytes);
	writer_u8(&w, 0);
	if (far) {
		writer_be32(&w, (uint32_t)(block >> 32));
		writer_be32(&w, (uint32_t)block);
		writer_be32(&w, n_blocks);
	} else {
		writer_be32(&w, (uint32_t)block);
		writer_u8(&w, 0);
		writer_be16(&w, (uint16_t)n_blocks);
	}
	return command;
}

uint64_t scsi_lun_number(const uint8_t bytes[static FFP_LUN_BYTES])
{
	uint64_t number = 0;
	for (unsigned i = 0; i < FFP_LUN_BYTES; i += 2)
		number |= (uint64_t)((unsigned)bytes[i] << 8 | bytes[i + 1]) << (8 * i);
	return number;
}

void scsi_lun_bytes(uint64_t number, uint8_t bytes[static FFP_LUN_BYTES])
{
	for (unsigned i = 0; i < FFP_LUN_BYTES; i += 2) {
		bytes[i] = (uint8_t)(number >> (8 * i + 8));
		bytes[i + 1] = (uint8_t)(number >> (8 * i));
	}
}

bool scsi_take_luns(const uint8_t *bytes, size_t n_bytes, uint64_t luns[static SCSI_LUNS_MAX], unsigned *n_luns,
		    unsigned *n_reported)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	uint32_t n_list_bytes = cursor_be32(&c);
	cursor_skip(&c, 4);
	if (c.bad)
		return false;
	*n_reported = n_list_bytes / FFP_LUN_BYTES;
	*n_luns = 0;
	while (*n_luns < *n_reported && *n_luns < SCSI_LUNS_MAX && cursor_left(&c) >= FFP_LUN_BYTES)
		luns[(*n_luns)++] = scsi_lun_number(cursor_take(&c, FFP_LUN_BYTES));
	return true;
}

/* Text in a field of fixed width; a NUL, which should not be there, ends it, too. */
static size_t put_field(const uint8_t *field, size_t n_bytes, char *out)
{
	const uint8_t *nul = memchr(field, '\0', n_bytes);
	if (nul != NULL)
		n_bytes = (size_t)(nul - field);
	while (n_bytes > 0 && field[n_bytes - 1] == ' ')
		n_bytes--;
	memcpy(out, field, n_bytes);
	out[n_bytes] = '\0';
	return n_bytes;
}

bool scsi_take_inquiry(const uint8_t *bytes, size_t n_bytes, struct scsi_unit *unit)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	uint8_t peripheral = cursor_u8(&c);
	cursor_skip(&c, 7);
	const uint8_t *vendor = cursor_take(&c, 8);
	const uint8_t *product = cursor_take(&c, 16);
	if (c.bad)
		return false;
	unit->present = peripheral >> 5 == 0;
	unit->type = peripheral & 0x1f;
	size_t n = put_field(vendor, 8, unit->model);
	if (n > 0)
		unit->model[n++] = ' ';
	put_field(product, 16, unit->model + n);
	return true;
}

/* Blocks whose size the kernel's sd takes: a power of two from 512 up. */
static bool take_capacity(uint64_t last_block, uint32_t block_bytes, struct scsi_capacity *capacity)
{
	bool power_of_2 = (block_bytes & (block_bytes - 1)) == 0;
	if (block_bytes < 512 || block_bytes > BLOCK_BYTES_MAX || !power_of_2 || last_block == UINT64_MAX)
		return false;
	*capacity = (struct scsi_capacity){.n_blocks = last_block + 1, .block_bytes = block_bytes};
	return true;
}

bool scsi_take_capacity10(const uint8_t *bytes, size_t n_bytes, struct scsi_capacity *capacity)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	uint32_t last_block = cursor_be32(&c);
	uint32_t block_bytes = cursor_be32(&c);
	if (c.bad || !take_capacity(last_block, block_bytes, capacity))
		return false;
	capacity->too_large = last_block == UINT32_MAX;
	return true;
}

bool scsi_take_capacity16(const uint8_t *bytes, size_t n_bytes, struct scsi_capacity *capacity)
{
	struct cursor c = cursor_over(bytes, n_bytes);
	uint64_t last_block = cursor_be64(&c);
	uint32_t block_bytes = cursor_be32(&c);
	return !c.bad && take_capacity(last_block, block_bytes, capacity);
}

bool scsi_take_sense(const uint8_t *bytes, size_t n_bytes, struct scsi_sense *sense)
{
	enum { FIXED = 0x70, DESCRIPTOR = 0x72 };
	struct cursor c = cursor_over(bytes, n_bytes);
	cursor_skip(&c, 2); /* SenseLength */
	unsigned format = cursor_u8(&c) & 0x7e;
	if (format == FIXED) {
		cursor_skip(&c, 1);
		sense->key = cursor_u8(&c) & 0x0f;
		cursor_skip(&c, 9);
	} else {
		sense->key = cursor_u8(&c) & 0x0f;
	}
	sense->code = cursor_u8(&c);
	sense->qualifier = cursor_u8(&c);
	return !c.bad && (format == FIXED || format == DESCRIPTOR);
}
