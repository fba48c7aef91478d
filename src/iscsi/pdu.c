/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Login Request and Login Response headers: RFC 7143 sections 11.12 and 11.13, byte for byte.
 */
#include "iscsi/pdu.h"

#include <string.h>

#include "base/cursor.h"
#include "base/writer.h"

enum {
	OPCODE_MASK = 0x3f,
	OPCODE_IMMEDIATE = 0x40,
	FLAG_TRANSIT = 0x80,
	FLAG_CONTINUE = 0x40,
	STAGE_MASK = 3,
	CURRENT_STAGE_SHIFT = 2,
};

/* NSG is reserved while T is 0, section 11.12.3. */
static uint8_t request_flags(const struct login_request *request)
{
	uint32_t flags = (uint32_t)request->current << CURRENT_STAGE_SHIFT;
	if (request->transit)
		flags |= FLAG_TRANSIT | (uint32_t)request->next;
	if (request->continues)
		flags |= FLAG_CONTINUE;
	return (uint8_t)flags;
}

void pdu_encode_login_request(const struct login_request *request, uint8_t header[static PDU_HEADER_BYTES])
{
	struct writer w = writer_over(header, PDU_HEADER_BYTES);
	writer_u8(&w, OPCODE_IMMEDIATE | PDU_OPCODE_LOGIN_REQUEST);
	writer_u8(&w, request_flags(request));
	writer_zeros(&w, 2); /* Version-max, Version-min */
	writer_u8(&w, 0);    /* TotalAHSLength */
	writer_be24(&w, request->n_data_bytes);
	writer_bytes(&w, request->isid, sizeof request->isid);
	writer_be16(&w, request->tsih);
	writer_be32(&w, request->itt);
	writer_be16(&w, request->cid);
	writer_zeros(&w, 2);
	writer_be32(&w, request->cmd_sn);
	writer_be32(&w, request->exp_stat_sn);
	writer_zeros(&w, 16);
}

bool pdu_decode_login_response(const uint8_t header[static PDU_HEADER_BYTES], struct login_response *response,
			       struct fail *fail)
{
	struct cursor c = cursor_over(header, PDU_HEADER_BYTES);
	uint8_t opcode = cursor_u8(&c) & OPCODE_MASK;
	if (opcode != PDU_OPCODE_LOGIN_RESPONSE)
		return fail_set(fail, FAIL_PROTOCOL, "opcode 0x%02x instead of a Login Response", opcode);
	uint8_t flags = cursor_u8(&c);
	response->transit = (flags & FLAG_TRANSIT) != 0;
	response->continues = (flags & FLAG_CONTINUE) != 0;
	response->current = flags >> CURRENT_STAGE_SHIFT & STAGE_MASK;
	response->next = flags & STAGE_MASK;
	cursor_skip(&c, 1); /* Version-max */
	response->version_active = cursor_u8(&c);
	response->n_ahs_words = cursor_u8(&c);
	response->n_data_bytes = cursor_be24(&c);
	memcpy(response->isid, cursor_take(&c, sizeof response->isid), sizeof response->isid);
	response->tsih = cursor_be16(&c);
	response->itt = cursor_be32(&c);
	cursor_skip(&c, 4);
	response->stat_sn = cursor_be32(&c);
	response->exp_cmd_sn = cursor_be32(&c);
	response->max_cmd_sn = cursor_be32(&c);
	response->status_class = cursor_u8(&c);
	response->status_detail = cursor_u8(&c);
	return true;
}
