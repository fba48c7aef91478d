/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of the full feature phase as a rehearsal needs them: commands that read, text, logout, and what a target may
 * send meanwhile. RFC 7143 sections 11.3 (SCSI Command), 11.4 (SCSI Response), 11.7 (Data-In), 11.9 (Asynchronous
 * Message), 11.10 and 11.11 (Text), 11.14 and 11.15 (Logout), 11.17 (Reject), 11.18 and 11.19 (NOP). Nothing that
 * writes. Structs on this side, 48 bytes on the other; nothing is judged.
 */
#ifndef ISCSI_FFP_H
#define ISCSI_FFP_H

#include <stdbool.h>
#include <stdint.h>

#include "iscsi/pdu.h"

enum ffp_opcode {
	FFP_NOP_OUT = 0x00,
	FFP_SCSI_COMMAND = 0x01,
	FFP_TEXT_REQUEST = 0x04,
	FFP_LOGOUT_REQUEST = 0x06,
	FFP_NOP_IN = 0x20,
	FFP_SCSI_RESPONSE = 0x21,
	FFP_TEXT_RESPONSE = 0x24,
	FFP_DATA_IN = 0x25,
	FFP_LOGOUT_RESPONSE = 0x26,
	FFP_ASYNC = 0x32,
	FFP_REJECT = 0x3f,
};

/* AsyncEvent, RFC 7143 section 11.9.1. */
enum ffp_async {
	FFP_ASYNC_SCSI = 0,
	FFP_ASYNC_LOGOUT = 1,          /* the target asks for a logout */
	FFP_ASYNC_DROP_CONNECTION = 2, /* and says that it will */
	FFP_ASYNC_DROP_ALL = 3,
	FFP_ASYNC_RENEGOTIATE = 4,
	FFP_ASYNC_TASKS_END = 5, /* of a LUN */
};

#define FFP_NO_TAG UINT32_C(0xffffffff)

enum {
	FFP_CDB_BYTES = 16,
	FFP_LUN_BYTES = 8,
};

/* What all requests have. */
struct ffp_counters {
	uint32_t itt;
	uint32_t cmd_sn;
	uint32_t exp_stat_sn;
};

/* A command that reads up to n_expected bytes, or has no data. */
void ffp_encode_command(const struct ffp_counters *counters, const uint8_t lun[static FFP_LUN_BYTES],
			const uint8_t cdb[static FFP_CDB_BYTES], uint32_t n_expected,
			uint8_t header[static PDU_HEADER_BYTES]);

/* The last part of a text (F), immediate; ttt: FFP_NO_TAG at the beginning, later the target's. */
void ffp_encode_text(const struct ffp_counters *counters, uint32_t ttt, uint32_t n_data_bytes,
		     uint8_t header[static PDU_HEADER_BYTES]);

/* Closes the session; immediate. */
void ffp_encode_logout(const struct ffp_counters *counters, uint8_t header[static PDU_HEADER_BYTES]);

/* The answer to a NOP-In that wants one: its LUN and Target Transfer Tag, no Initiator Task Tag; immediate. */
void ffp_encode_nop_answer(const struct ffp_counters *counters, const uint8_t lun[static FFP_LUN_BYTES], uint32_t ttt,
			   uint8_t header[static PDU_HEADER_BYTES]);

/* Any PDU of a target. A field is meaningful for the PDUs named; it is what stands at its place in the others. */
struct ffp_answer {
	uint8_t opcode;
	bool final;        /* Data-In, Text Response */
	bool continues;    /* Text Response: C */
	bool has_status;   /* Data-In: S */
	uint8_t response;  /* SCSI Response, Logout Response: Response; Reject: Reason */
	uint8_t status;    /* SCSI Response, Data-In with S */
	bool underflow;    /* SCSI Response, Data-In with S: U */
	uint32_t residual; /* with underflow */
	uint32_t n_data_bytes;
	uint8_t lun[FFP_LUN_BYTES]; /* NOP-In */
	uint32_t itt;
	uint32_t ttt; /* NOP-In, Text Response */
	uint32_t stat_sn, exp_cmd_sn, max_cmd_sn;
	uint32_t buffer_offset; /* Data-In */
	uint8_t async_event;    /* Asynchronous Message */
};

void ffp_decode_answer(const uint8_t header[static PDU_HEADER_BYTES], struct ffp_answer *answer);

/* Whether StatSN counts this PDU: a Data-In without status and a NOP-In nobody asked for do not, section 4.2.2.2. */
bool ffp_is_status(const struct ffp_answer *answer);

/* a is not before b, modulo 2^32: RFC 1982, as section 4.2.2.1 wants it. */
bool ffp_not_before(uint32_t a, uint32_t b);

#endif
