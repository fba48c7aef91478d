/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NETLINK_ISCSI messages against the kernel's ABI: every field at its offset, nothing set beside it, and decoding of
 * replies, events and damaged messages.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/iscsi_nl.h"

#include "hostile.h"

enum {
	HEADER = 16,
	EVENT = 56,
	MESSAGE = HEADER + EVENT,
};

static const uint64_t transport = 0xffffffffc0a81000;
static const struct iscsi_nl_conn conn = {0xffffffffc0a81000, 0x11121314, 0x21222324};

/* The event as a C compiler lays it out from the kernel's description; only the members that fix sizes. */
struct event_layout {
	uint32_t type, iferror;
	uint64_t transport;
	union {
		struct {
			uint32_t sid, cid;
			uint64_t wide;
			uint32_t flag;
		} strictest;
		uint32_t words[5];
	} request;
	union {
		int32_t retcode;
		uint32_t words[3];
		struct {
			uint32_t sid, cid;
			uint64_t handle;
		} received;
	} reply;
} __attribute__((aligned(sizeof(uint64_t))));

/* One expected field; everything else of the event must be zero. */
struct field {
	size_t at; /* in the event */
	size_t n_bytes;
	uint64_t value;
};

static uint64_t host_value(const uint8_t *bytes, size_t n_bytes)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;
	switch (n_bytes) {
	case 2:
		memcpy(&v16, bytes, 2);
		return v16;
	case 4:
		memcpy(&v32, bytes, 4);
		return v32;
	default:
		memcpy(&v64, bytes, 8);
		return v64;
	}
}

static void assert_fields(const uint8_t *event, const struct field *fields, size_t n_fields)
{
	uint8_t rest[EVENT];
	memcpy(rest, event, EVENT);
	for (size_t i = 0; i < n_fields; i++) {
		assert_int_equal(host_value(event + fields[i].at, fields[i].n_bytes), fields[i].value);
		memset(rest + fields[i].at, 0, fields[i].n_bytes);
	}
	for (size_t i = 0; i < EVENT; i++)
		assert_int_equal(rest[i], 0);
}

/* The netlink header, type and transport, then the fields of the request. */
static void assert_message(const uint8_t *bytes, size_t n_bytes, size_t n_behind, uint32_t request,
			   const struct field *fields, size_t n_fields)
{
	struct field all[8] = {{0, 4, request}, {8, 8, transport}};
	memcpy(all + 2, fields, n_fields * sizeof *fields);
	assert_int_equal(n_bytes, (MESSAGE + n_behind + 3) & ~(size_t)3);
	assert_int_equal(host_value(bytes, 4), MESSAGE + n_behind);
	assert_int_equal(host_value(bytes + 4, 2), request);
	assert_int_equal(host_value(bytes + 6, 2), 0);
	assert_int_equal(host_value(bytes + 8, 8), 0);
	assert_fields(bytes + HEADER, all, n_fields + 2);
}

#define ASSERT_MESSAGE(w, n_behind, request, ...)                                                                      \
	do {                                                                                                           \
		const struct field fields[] = {__VA_ARGS__};                                                           \
		assert_false((w).full);                                                                                \
		assert_message((w).bytes, (w).n_bytes, n_behind, request, fields, sizeof fields / sizeof fields[0]);   \
	} while (0)

static void layout_is_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct event_layout), EVENT);
	assert_int_equal(offsetof(struct event_layout, request), 16);
	assert_int_equal(offsetof(struct event_layout, request.strictest.wide), 24);
#ifdef __i386__
	assert_int_equal(offsetof(struct event_layout, reply), 36);
#else
	assert_int_equal(offsetof(struct event_layout, reply), 40);
#endif
}

static void encodes_create_session(void **state)
{
	(void)state;
	uint8_t out[MESSAGE];
	struct writer w = writer_over(out, sizeof out);
	iscsi_nl_create_session(&w, transport, 0xa1b2c3d4, 128, 32);
	ASSERT_MESSAGE(w, 0, 11, {16, 4, 0xa1b2c3d4}, {20, 2, 128}, {22, 2, 32});
}

static void encodes_addressing_only(void **state)
{
	(void)state;
	const enum iscsi_nl_request requests[] = {ISCSI_NL_DESTROY_SESSION, ISCSI_NL_CREATE_CONN, ISCSI_NL_DESTROY_CONN,
						  ISCSI_NL_START_CONN};
	const uint32_t numbers[] = {12, 13, 14, 17};
	for (size_t i = 0; i < 4; i++) {
		uint8_t out[MESSAGE];
		struct writer w = writer_over(out, sizeof out);
		iscsi_nl_simple(&w, requests[i], &conn);
		ASSERT_MESSAGE(w, 0, numbers[i], {16, 4, conn.sid}, {20, 4, conn.cid});
	}
}

static void encodes_bind_conn(void **state)
{
	(void)state;
	uint8_t out[MESSAGE];
	struct writer w = writer_over(out, sizeof out);
	iscsi_nl_bind_conn(&w, &conn, 7, true);
	ASSERT_MESSAGE(w, 0, 15, {16, 4, conn.sid}, {20, 4, conn.cid}, {24, 8, 7}, {32, 4, 1});
	w = writer_over(out, sizeof out);
	iscsi_nl_bind_conn(&w, &conn, 7, false);
	ASSERT_MESSAGE(w, 0, 15, {16, 4, conn.sid}, {20, 4, conn.cid}, {24, 8, 7});
}

static void encodes_stop_conn(void **state)
{
	(void)state;
	uint8_t out[MESSAGE];
	struct writer w = writer_over(out, sizeof out);
	iscsi_nl_stop_conn(&w, &conn, ISCSI_NL_STOP_TERM);
	ASSERT_MESSAGE(w, 0, 18, {16, 4, conn.sid}, {20, 4, conn.cid}, {32, 4, 1});
	w = writer_over(out, sizeof out);
	iscsi_nl_stop_conn(&w, &conn, ISCSI_NL_STOP_RECOVER);
	ASSERT_MESSAGE(w, 0, 18, {16, 4, conn.sid}, {20, 4, conn.cid}, {32, 4, 3});
}

static void encodes_set_param(void **state)
{
	(void)state;
	static const char value[] = "iqn.2026-01.lab:root";
	for (size_t n = 0; n < sizeof value; n++) {
		uint8_t out[MESSAGE + 24];
		memset(out, 0xee, sizeof out);
		struct writer w = writer_over(out, sizeof out);
		iscsi_nl_set_param(&w, &conn, ISCSI_PARAM_TARGET_NAME, value, n);
		ASSERT_MESSAGE(w, n + 1, 16, {16, 4, conn.sid}, {20, 4, conn.cid}, {24, 4, 15}, {28, 4, n + 1});
		assert_memory_equal(out + MESSAGE, value, n);
		for (size_t i = MESSAGE + n; i < w.n_bytes; i++)
			assert_int_equal(out[i], 0);
	}
}

static void encodes_send_pdu(void **state)
{
	(void)state;
	uint8_t header[48], data[9], out[MESSAGE + 48 + 12];
	for (size_t i = 0; i < sizeof header; i++)
		header[i] = (uint8_t)(0x40 + i);
	memset(data, 0xd5, sizeof data);
	for (size_t n = 0; n <= sizeof data; n++) {
		struct writer w = writer_over(out, sizeof out);
		iscsi_nl_send_pdu(&w, &conn, header, n > 0 ? data : NULL, n);
		ASSERT_MESSAGE(w, 48 + n, 19, {16, 4, conn.sid}, {20, 4, conn.cid}, {24, 4, 48}, {28, 4, n});
		assert_memory_equal(out + MESSAGE, header, 48);
		assert_memory_equal(out + MESSAGE + 48, data, n);
	}
}

static void appends_and_overflows(void **state)
{
	(void)state;
	uint8_t out[2 * MESSAGE];
	struct writer w = writer_over(out, sizeof out);
	iscsi_nl_stop_conn(&w, &conn, ISCSI_NL_STOP_TERM);
	iscsi_nl_simple(&w, ISCSI_NL_DESTROY_CONN, &conn);
	assert_false(w.full);
	assert_int_equal(w.n_bytes, sizeof out);
	assert_int_equal(host_value(out + MESSAGE + 4, 2), 14);
	iscsi_nl_simple(&w, ISCSI_NL_DESTROY_SESSION, &conn);
	assert_true(w.full);
}

static void largest_pdu_fits(void **state)
{
	(void)state;
	static uint8_t out[ISCSI_NL_REQUEST_MAX], data[8192];
	uint8_t header[48] = {0};
	struct writer w = writer_over(out, sizeof out);
	iscsi_nl_send_pdu(&w, &conn, header, data, sizeof data);
	assert_false(w.full);
}

/* --- decoding --- */

/* A message of the kernel: event with the given reply words, and n_behind bytes 0, 1, 2... behind it. */
static size_t kernel_message(uint8_t *out, uint32_t type, int32_t iferror, const uint32_t reply[4], size_t n_behind)
{
	struct event_layout event = {.type = type, .iferror = (uint32_t)iferror, .transport = transport};
	memset(&event.request, 0x77, sizeof event.request); /* the request, as it was sent */
	memcpy(&event.reply, reply, sizeof event.reply);
	uint32_t header[4] = {(uint32_t)(MESSAGE + n_behind), type < 100 ? type : 0, 0, 0};
	memcpy(out, header, HEADER);
	memcpy(out + HEADER, &event, EVENT);
	for (size_t i = 0; i < n_behind; i++)
		out[MESSAGE + i] = (uint8_t)i;
	return MESSAGE + n_behind;
}

static void assert_decodes(uint32_t type, int32_t iferror, const uint32_t reply[4], struct iscsi_nl_message expected)
{
	uint8_t bytes[MESSAGE];
	struct iscsi_nl_message message;
	size_t n_used = 0;
	size_t n_bytes = kernel_message(bytes, type, iferror, reply, 0);
	assert_true(iscsi_nl_decode(bytes, n_bytes, &message, &n_used));
	assert_int_equal(n_used, MESSAGE);
	assert_int_equal(message.type, type);
	assert_int_equal(message.error, expected.error);
	assert_int_equal(message.sid, expected.sid);
	assert_int_equal(message.cid, expected.cid);
	assert_int_equal(message.host_no, expected.host_no);
	assert_int_equal(message.conn_error, expected.conn_error);
	assert_null(message.pdu);
	assert_int_equal(message.n_pdu_bytes, 0);
}

static void decodes_replies(void **state)
{
	(void)state;
	const uint32_t refused[4] = {(uint32_t)-107};
	const uint32_t words[4] = {31, 32, 1020};
	const uint32_t with_retcode[] = {ISCSI_NL_DESTROY_SESSION, ISCSI_NL_DESTROY_CONN,  ISCSI_NL_BIND_CONN,
					 ISCSI_NL_SET_PARAM,       ISCSI_NL_START_CONN,    ISCSI_NL_STOP_CONN,
					 ISCSI_NL_SEND_PDU,        ISCSI_NL_SET_HOST_PARAM};
	for (size_t i = 0; i < sizeof with_retcode / sizeof with_retcode[0]; i++) {
		assert_decodes(with_retcode[i], 0, (const uint32_t[4]){0}, (struct iscsi_nl_message){0});
		assert_decodes(with_retcode[i], 0, refused, (struct iscsi_nl_message){.error = -107});
	}
	assert_decodes(ISCSI_NL_CREATE_SESSION, 0, words, (struct iscsi_nl_message){.sid = 31, .host_no = 32});
	assert_decodes(ISCSI_NL_CREATE_CONN, 0, words, (struct iscsi_nl_message){.sid = 31, .cid = 32});
	assert_decodes(ISCSI_NL_IF_ERROR, -ENOMEM, words, (struct iscsi_nl_message){.error = -ENOMEM});
}

static void decodes_events(void **state)
{
	(void)state;
	const uint32_t words[4] = {31, 32, 1020};
	assert_decodes(ISCSI_NL_CONN_ERROR, 0, words,
		       (struct iscsi_nl_message){.sid = 31, .cid = 32, .conn_error = 1020});
	assert_decodes(ISCSI_NL_SESSION_DESTROYED, 0, words, (struct iscsi_nl_message){.host_no = 31, .sid = 32});
	assert_decodes(ISCSI_NL_SESSION_UNBOUND, 0, words, (struct iscsi_nl_message){.sid = 31, .host_no = 32});
	for (uint32_t other = 106; other <= 111; other++)
		assert_decodes(other, 0, words, (struct iscsi_nl_message){0});
}

static void decodes_received_pdu(void **state)
{
	(void)state;
	uint8_t bytes[MESSAGE + 60];
	const uint32_t words[4] = {31, 32};
	struct iscsi_nl_message message;
	size_t n_used;
	size_t n_bytes = kernel_message(bytes, ISCSI_NL_RECV_PDU, 0, words, 60);
	assert_true(iscsi_nl_decode(bytes, n_bytes, &message, &n_used));
	assert_int_equal(n_used, n_bytes);
	assert_int_equal(message.sid, 31);
	assert_int_equal(message.cid, 32);
	assert_ptr_equal(message.pdu, bytes + MESSAGE);
	assert_int_equal(message.n_pdu_bytes, 60);
}

static void refuses_pdu_without_header(void **state)
{
	(void)state;
	uint8_t bytes[MESSAGE + 48];
	struct iscsi_nl_message message = {.type = 1};
	size_t n_used = 1;
	size_t n_bytes = kernel_message(bytes, ISCSI_NL_RECV_PDU, 0, (const uint32_t[4]){0}, 47);
	assert_false(iscsi_nl_decode(bytes, n_bytes, &message, &n_used));
	assert_int_equal(n_used, 0);
	assert_int_equal(message.type, 1);
	n_bytes = kernel_message(bytes, ISCSI_NL_RECV_PDU, 0, (const uint32_t[4]){0}, 48);
	assert_true(iscsi_nl_decode(bytes, n_bytes, &message, &n_used));
}

static void walks_several_messages(void **state)
{
	(void)state;
	uint8_t bytes[3 * MESSAGE];
	const uint32_t words[4] = {0};
	struct iscsi_nl_message message;
	size_t n_used;
	size_t first = kernel_message(bytes, ISCSI_NL_BIND_CONN, 0, words, 2); /* not aligned */
	size_t second = kernel_message(bytes + first + 2, ISCSI_NL_START_CONN, 0, words, 1);
	size_t n_bytes = first + 2 + second;
	assert_true(iscsi_nl_decode(bytes, n_bytes, &message, &n_used));
	assert_int_equal(n_used, first + 2);
	assert_true(iscsi_nl_decode(bytes + n_used, n_bytes - n_used, &message, &n_used));
	assert_int_equal(message.type, ISCSI_NL_START_CONN);
	assert_int_equal(n_used, second); /* never past the end */
}

static void decode_any(const uint8_t *bytes, size_t n_bytes)
{
	struct iscsi_nl_message message;
	size_t n_used;
	bool whole = iscsi_nl_decode(bytes, n_bytes, &message, &n_used);
	assert_int_equal(whole, n_used > 0);
	assert_true(n_used <= n_bytes);
	if (whole && message.pdu != NULL) {
		assert_true(message.n_pdu_bytes >= 48);
		assert_ptr_equal(message.pdu, bytes + MESSAGE);
		assert_true(message.n_pdu_bytes <= n_bytes - MESSAGE);
	}
}

static void survives_damage(void **state)
{
	(void)state;
	const uint32_t types[] = {ISCSI_NL_CREATE_SESSION, ISCSI_NL_SET_PARAM, ISCSI_NL_RECV_PDU, ISCSI_NL_CONN_ERROR,
				  ISCSI_NL_IF_ERROR};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		uint8_t bytes[MESSAGE + 52];
		const uint32_t words[4] = {1, 2, 3, 4};
		size_t n_bytes = kernel_message(bytes, types[i], -1, words, types[i] == ISCSI_NL_RECV_PDU ? 52 : 0);
		hostile_each(bytes, n_bytes, decode_any);
	}
}

static void names_connection_errors(void **state)
{
	(void)state;
	assert_string_equal(iscsi_nl_conn_error_name(1001), "DATASN");
	assert_string_equal(iscsi_nl_conn_error_name(1011), "CONN_FAILED");
	assert_string_equal(iscsi_nl_conn_error_name(1020), "TCP_CONN_CLOSE");
	assert_string_equal(iscsi_nl_conn_error_name(1022), "NOP_TIMEDOUT");
	for (uint32_t error = 0; error < 1100; error++)
		assert_int_equal(iscsi_nl_is_timeout(error), error == 1021 || error == 1022);
	const uint32_t unknown[] = {0, 1, 999, 1000, 1023, UINT32_MAX};
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_string_equal(iscsi_nl_conn_error_name(unknown[i]), "unknown");
	for (uint32_t error = 1001; error <= 1022; error++)
		assert_non_null(iscsi_nl_conn_error_name(error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_is_the_kernels),
		cmocka_unit_test(encodes_create_session),
		cmocka_unit_test(encodes_addressing_only),
		cmocka_unit_test(encodes_bind_conn),
		cmocka_unit_test(encodes_stop_conn),
		cmocka_unit_test(encodes_set_param),
		cmocka_unit_test(encodes_send_pdu),
		cmocka_unit_test(appends_and_overflows),
		cmocka_unit_test(largest_pdu_fits),
		cmocka_unit_test(decodes_replies),
		cmocka_unit_test(decodes_events),
		cmocka_unit_test(decodes_received_pdu),
		cmocka_unit_test(refuses_pdu_without_header),
		cmocka_unit_test(walks_several_messages),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(names_connection_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
