/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Basic header segments of the login phase: RFC 7143 sections 11.2 (common), 11.12 (Login Request), 11.13 (Login
 * Response). Structs on this side, 48 bytes on the other; nothing else. Counters are host integers here, big-endian
 * there.
 */
#ifndef ISCSI_PDU_H
#define ISCSI_PDU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

enum {
	PDU_HEADER_BYTES = 48,
	PDU_LOGIN_DATA_MAX = 8192, /* default MaxRecvDataSegmentLength, in force during login, section 13.12 */
	PDU_OPCODE_LOGIN_REQUEST = 0x03,
	PDU_OPCODE_LOGIN_RESPONSE = 0x23,
};

enum login_stage {
	STAGE_SECURITY = 0,
	STAGE_OPERATIONAL = 1,
	STAGE_FULL_FEATURE = 3,
};

struct login_request {
	bool transit;   /* T */
	bool continues; /* C: the text goes on in the next PDU */
	enum login_stage current, next;
	uint8_t isid[6];
	uint16_t tsih;
	uint32_t itt;
	uint16_t cid;
	uint32_t cmd_sn;
	uint32_t exp_stat_sn;
	uint32_t n_data_bytes;
};

struct login_response {
	bool transit, continues;
	uint8_t current, next; /* as received, 0..3 */
	uint8_t version_active;
	uint8_t n_ahs_words;
	uint32_t n_data_bytes;
	uint8_t isid[6];
	uint16_t tsih;
	uint32_t itt;
	uint32_t stat_sn, exp_cmd_sn, max_cmd_sn;
	uint8_t status_class, status_detail;
};

void pdu_encode_login_request(const struct login_request *request, uint8_t header[static PDU_HEADER_BYTES]);

/* Fails with FAIL_PROTOCOL when the opcode is not a Login Response. Judges nothing else. */
bool pdu_decode_login_response(const uint8_t header[static PDU_HEADER_BYTES], struct login_response *response,
			       struct fail *fail);

#endif
