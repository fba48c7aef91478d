/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of the full feature phase, byte for byte.
 */
#include "iscsi/ffp.h"

#include <string.h>

#include "base/cursor.h"
#include "base/writer.h"

enum {
	OPCODE_MASK = 0x3f,
	IMMEDIATE = 0x40,
	FLAG_FINAL = 0x80,
	FLAG_CONTINUE = 0x40, /* Text */
	FLAG_READ = 0x40,     /* SCSI Command */
	FLAG_UNDERFLOW = 0x02,
	FLAG_STATUS = 0x01, /* Data-In */
	ATTRIBUTE_SIMPLE = 1,
	REASON_CLOSE_SESSION = 0,
	ASYNC_EVENT_AT = 36,
};

static const uint8_t no_lun[FFP_LUN_BYTES];

/* Bytes 0 to 23, which are alike in all requests of this file; `fourth` is the word at 20. */
static struct writer begin(uint8_t header[static PDU_HEADER_BYTES], unsigned opcode, unsigned flags,
			   uint32_t n_data_bytes, const uint8_t lun[static FFP_LUN_BYTES], uint32_t itt,
			   uint32_t fourth)
{
	struct writer w = writer_over(header, PDU_HEADER_BYTES);
	writer_u8(&w, (uint8_t)opcode);
	writer_u8(&w, (uint8_t)flags);
	writer_zeros(&w, 3); /* reserved, TotalAHSLength */
	writer_be24(&w, n_data_bytes);
	writer_bytes(&w, lun, FFP_LUN_BYTES);
	writer_be32(&w, itt);
	writer_be32(&w, fourth);
	return w;
}

static void put_counters(struct writer *w, const struct ffp_counters *counters)
{
	writer_be32(w, counters->cmd_sn);
	writer_be32(w, counters->exp_stat_sn);
}

void ffp_encode_command(const struct ffp_counters *counters, const uint8_t lun[static FFP_LUN_BYTES],
			const uint8_t cdb[static FFP_CDB_BYTES], uint32_t n_expected,
			uint8_t header[static PDU_HEADER_BYTES])
{
	unsigned flags = FLAG_FINAL | ATTRIBUTE_SIMPLE | (n_expected > 0 ? FLAG_READ : 0);
	struct writer w = begin(header, FFP_SCSI_COMMAND, flags, 0, lun, counters->itt, n_expected);
	put_counters(&w, counters);
	writer_bytes(&w, cdb, FFP_CDB_BYTES);
}

void ffp_encode_text(const struct ffp_counters *counters, uint32_t ttt, uint32_t n_data_bytes,
		     uint8_t header[static PDU_HEADER_BYTES])
{
	struct writer w =
		begin(header, IMMEDIATE | FFP_TEXT_REQUEST, FLAG_FINAL, n_data_bytes, no_lun, counters->itt, ttt);
	put_counters(&w, counters);
	writer_zeros(&w, 16);
}

void ffp_encode_logout(const struct ffp_counters *counters, uint8_t header[static PDU_HEADER_BYTES])
{
	struct writer w = begin(header, IMMEDIATE | FFP_LOGOUT_REQUEST, FLAG_FINAL | REASON_CLOSE_SESSION, 0, no_lun,
				counters->itt, 0); /* CID 0 */
	put_counters(&w, counters);
	writer_zeros(&w, 16);
}

void ffp_encode_nop_answer(const struct ffp_counters *counters, const uint8_t lun[static FFP_LUN_BYTES], uint32_t ttt,
			   uint8_t header[static PDU_HEADER_BYTES])
{
	struct writer w = begin(header, IMMEDIATE | FFP_NOP_OUT, FLAG_FINAL, 0, lun, FFP_NO_TAG, ttt);
	put_counters(&w, counters);
	writer_zeros(&w, 16);
}

void ffp_decode_answer(const uint8_t header[static PDU_HEADER_BYTES], struct ffp_answer *answer)
{
	struct cursor c = cursor_over(header, PDU_HEADER_BYTES);
	answer->opcode = cursor_u8(&c) & OPCODE_MASK;
	uint8_t flags = cursor_u8(&c);
	answer->final = (flags & FLAG_FINAL) != 0;
	answer->continues = (flags & FLAG_CONTINUE) != 0;
	answer->has_status = (flags & FLAG_STATUS) != 0;
	answer->underflow = (flags & FLAG_UNDERFLOW) != 0;
	answer->response = cursor_u8(&c);
	answer->status = cursor_u8(&c);
	cursor_skip(&c, 1); /* TotalAHSLength */
	answer->n_data_bytes = cursor_be24(&c);
	memcpy(answer->lun, cursor_take(&c, sizeof answer->lun), sizeof answer->lun);
	answer->itt = cursor_be32(&c);
	answer->ttt = cursor_be32(&c);
	answer->stat_sn = cursor_be32(&c);
	answer->exp_cmd_sn = cursor_be32(&c);
	answer->max_cmd_sn = cursor_be32(&c);
	cursor_skip(&c, 4); /* DataSN */
	answer->buffer_offset = cursor_be32(&c);
	answer->residual = cursor_be32(&c);
	answer->async_event = header[ASYNC_EVENT_AT];
}

bool ffp_is_status(const struct ffp_answer *answer)
{
	if (answer->opcode == FFP_DATA_IN)
		return answer->has_status;
	return answer->opcode != FFP_NOP_IN || answer->itt != FFP_NO_TAG;
}

bool ffp_not_before(uint32_t a, uint32_t b)
{
	return a - b < UINT32_C(0x80000000);
}
