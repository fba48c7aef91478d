/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target for the login engine, made of prepared answers. Its headers are written byte by byte from RFC 7143 section
 * 11.13 and share nothing with src/. Text has a line for each pair; a newline goes on the wire as NUL. Data is handed
 * over in heap buffers of exactly its size, so that AddressSanitizer sees the first byte read too far.
 */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "iscsi/login.h"

enum {
	TALK_FLAGS_AT = 1,
	TALK_VERSION_AT = 3,
	TALK_AHS_AT = 4,
	TALK_LENGTH_AT = 5,
	TALK_ISID_AT = 8,
	TALK_TSIH_AT = 14,
	TALK_ITT_AT = 16,
	TALK_STAT_SN_AT = 24,
	TALK_EXP_CMD_SN_AT = 28,
	TALK_MAX_CMD_SN_AT = 32,
	TALK_STATUS_AT = 36,
	TALK_FIRST_STAT_SN = 0x100,
};

struct reply {
	uint8_t flags;
	uint16_t tsih;
	uint16_t status;
	const char *text; /* NULL: none */
};

static const uint8_t talk_isid[6] = {0x80, 0x12, 0x34, 0x56, 0x78, 0x9a};

static inline void talk_put_be(uint8_t *at, uint32_t value, size_t n_bytes)
{
	for (size_t i = n_bytes; i > 0; i--) {
		at[i - 1] = (uint8_t)value;
		value >>= 8;
	}
}

static inline void talk_header(const struct reply *reply, uint32_t stat_sn, size_t n_data_bytes, uint8_t header[48])
{
	memset(header, 0, 48);
	header[0] = 0x23;
	header[TALK_FLAGS_AT] = reply->flags;
	talk_put_be(header + TALK_LENGTH_AT, (uint32_t)n_data_bytes, 3);
	memcpy(header + TALK_ISID_AT, talk_isid, sizeof talk_isid);
	talk_put_be(header + TALK_TSIH_AT, reply->tsih, 2);
	talk_put_be(header + TALK_STAT_SN_AT, stat_sn, 4);
	talk_put_be(header + TALK_EXP_CMD_SN_AT, 7, 4);
	talk_put_be(header + TALK_MAX_CMD_SN_AT, 70, 4);
	talk_put_be(header + TALK_STATUS_AT, reply->status, 2);
}

/* Line text to wire text; returns a heap buffer. */
static inline uint8_t *talk_wire(const char *text, size_t *n_bytes)
{
	*n_bytes = text != NULL ? strlen(text) : 0;
	uint8_t *wire = malloc(*n_bytes + 1);
	for (size_t i = 0; i < *n_bytes; i++)
		wire[i] = text[i] == '\n' ? 0 : (uint8_t)text[i];
	return wire;
}

static inline bool talk_deliver(struct login *login, const uint8_t header[48], const uint8_t *data, size_t n_data_bytes,
				struct fail *fail)
{
	uint8_t *exact_header = malloc(48);
	uint8_t *exact = malloc(n_data_bytes > 0 ? n_data_bytes : 1);
	memcpy(exact_header, header, 48);
	if (n_data_bytes > 0)
		memcpy(exact, data, n_data_bytes);
	bool good = login_receive(login, exact_header, n_data_bytes > 0 ? exact : NULL, n_data_bytes, fail);
	free(exact);
	free(exact_header);
	return good;
}

/* The text of the request that is to be sent, with newlines for NULs. */
static inline const char *talk_request_text(const struct login *login)
{
	static char text[PDU_LOGIN_DATA_MAX + 1];
	const uint8_t *header, *data;
	size_t n_bytes;
	login_to_send(login, &header, &data, &n_bytes);
	for (size_t i = 0; i < n_bytes; i++)
		text[i] = data[i] == 0 ? '\n' : (char)data[i];
	text[n_bytes] = '\0';
	return text;
}

static inline uint8_t talk_request_flags(const struct login *login)
{
	const uint8_t *header, *data;
	size_t n_bytes;
	login_to_send(login, &header, &data, &n_bytes);
	return header[TALK_FLAGS_AT];
}

#endif
