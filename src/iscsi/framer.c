/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three parts of a PDU, one after the other.
 */
#include "iscsi/framer.h"

#include "base/cursor.h"

void framer_start(struct framer *f, uint8_t *data, size_t n_data_max)
{
	f->data = data;
	f->n_data_max = n_data_max;
	f->n_ahs_bytes = 0;
	f->n_data_bytes = 0;
	f->n_read = 0;
}

size_t framer_padding(size_t n_bytes)
{
	return -n_bytes % 4;
}

size_t framer_room(struct framer *f, uint8_t **at)
{
	const struct {
		uint8_t *bytes;
		size_t n_bytes;
	} parts[] = {
		{f->header, PDU_HEADER_BYTES},
		{f->ahs, f->n_ahs_bytes},
		{f->data, f->n_data_bytes + framer_padding(f->n_data_bytes)},
	};
	size_t n_read = f->n_read;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (n_read < parts[i].n_bytes) {
			*at = parts[i].bytes + n_read;
			return parts[i].n_bytes - n_read;
		}
		n_read -= parts[i].n_bytes;
	}
	return 0;
}

/* TotalAHSLength and DataSegmentLength. */
static bool take_lengths(struct framer *f, struct fail *fail)
{
	struct cursor c = cursor_over(f->header, sizeof f->header);
	cursor_skip(&c, 4);
	size_t n_ahs_bytes = (size_t)cursor_u8(&c) * 4;
	size_t n_data_bytes = cursor_be24(&c);
	if (n_data_bytes + framer_padding(n_data_bytes) > f->n_data_max)
		return fail_set(fail, FAIL_PROTOCOL, "a PDU (opcode 0x%02x) with %zu bytes of data", f->header[0],
				n_data_bytes);
	f->n_ahs_bytes = n_ahs_bytes;
	f->n_data_bytes = n_data_bytes;
	return true;
}

bool framer_filled(struct framer *f, size_t n_bytes, struct fail *fail)
{
	bool header_was_whole = f->n_read >= PDU_HEADER_BYTES;
	f->n_read += n_bytes;
	return header_was_whole || f->n_read < PDU_HEADER_BYTES || take_lengths(f, fail);
}
