/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The framer with streams in pieces of every size, with lengths that do not fit, and with digests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/framer.h"
#include "hostile.h"

enum { DATA_MAX = 64 };

/* Two PDUs: 8 bytes of AHS and 5 of data with 3 of padding; then a bare header. */
static const uint8_t stream[48 + 8 + 8 + 48] = {
	[0] = 0x25, [4] = 2, [7] = 5, [48] = 0xa1, [55] = 0xa8, [56] = 'h',
	'e',        'l',     'l',     'o',         [64] = 0x20, [111] = 0x77,
};

/* Copies at most n_step bytes a time into the framer until the PDU is whole or the stream ends; returns what it took.
 */
static size_t feed(struct framer *f, const uint8_t *bytes, size_t n_bytes, size_t n_step, struct fail *fail)
{
	size_t n_taken = 0;
	uint8_t *at;
	for (size_t room; (room = framer_room(f, &at)) > 0 && n_taken < n_bytes;) {
		size_t n = room < n_step ? room : n_step;
		n = n < n_bytes - n_taken ? n : n_bytes - n_taken;
		memcpy(at, bytes + n_taken, n);
		n_taken += n;
		if (!framer_filled(f, n, fail))
			break;
	}
	return n_taken;
}

static void pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t n_step = 1; n_step <= sizeof stream; n_step++) {
		uint8_t data[DATA_MAX], *at;
		struct framer f;
		struct fail fail = {.code = FAIL_NONE};
		framer_start(&f, data, sizeof data);
		assert_int_equal(feed(&f, stream, sizeof stream, n_step, &fail), 64);
		assert_int_equal(framer_room(&f, &at), 0);
		assert_int_equal(f.n_data_bytes, 5);
		assert_int_equal(f.n_ahs_bytes, 8);
		assert_int_equal(f.ahs[7], 0xa8);
		assert_memory_equal(data, "hello", 5);
		framer_start(&f, data, sizeof data);
		assert_int_equal(feed(&f, stream + 64, 48, n_step, &fail), 48);
		assert_int_equal(framer_room(&f, &at), 0);
		assert_int_equal(f.n_data_bytes, 0);
		assert_int_equal(f.header[47], 0x77);
		assert_int_equal(fail.code, FAIL_NONE);
	}
}

static void data_that_does_not_fit(void **state)
{
	(void)state;
	static const struct {
		uint32_t n_data_bytes;
		bool good;
	} cases[] = {{0, true}, {1, true}, {61, true}, {64, true}, {65, false}, {0xffffff, false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t data[DATA_MAX], header[48] = {0};
		struct framer f;
		struct fail fail = {.code = FAIL_NONE};
		header[5] = (uint8_t)(cases[i].n_data_bytes >> 16);
		header[6] = (uint8_t)(cases[i].n_data_bytes >> 8);
		header[7] = (uint8_t)cases[i].n_data_bytes;
		framer_start(&f, data, sizeof data);
		feed(&f, header, sizeof header, 48, &fail);
		assert_int_equal(fail.code, cases[i].good ? FAIL_NONE : FAIL_PROTOCOL);
	}
}

/* The same two PDUs with their digests, which another implementation computed. */
static const uint8_t digested[sizeof stream + 3 * FRAMER_DIGEST_BYTES] = {
	[0] = 0x25, [4] = 2, [7] = 5,     [48] = 0xa1,  [55] = 0xa8, [56] = 0x68, 0xe7,        0x60,
	0xa2,       'h',     'e',         'l',          'l',         'o',         [68] = 0xb3, 0xed,
	0x03,       0x90,    [72] = 0x20, [119] = 0x77, 0xcc,        0x31,        0xc9,        0x06,
};

static void digests_are_checked(void **state)
{
	(void)state;
	for (size_t n_step = 1; n_step <= 72; n_step++) {
		uint8_t data[DATA_MAX], *at;
		struct framer f;
		struct fail fail = {.code = FAIL_NONE};
		framer_start(&f, data, sizeof data);
		framer_expect_digests(&f, true, true);
		assert_int_equal(feed(&f, digested, sizeof digested, n_step, &fail), 72);
		assert_int_equal(framer_room(&f, &at), 0);
		assert_memory_equal(data, "hello", 5);
		framer_start(&f, data, sizeof data);
		framer_expect_digests(&f, true, true);
		assert_int_equal(feed(&f, digested + 72, 52, n_step, &fail), 52);
		assert_int_equal(framer_room(&f, &at), 0);
		assert_int_equal(fail.code, FAIL_NONE);
	}
}

/* A longer chain of additional headers or less of it ends in a wrong digest, too, or in a PDU that is not whole. */
static void every_changed_bit_is_seen(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * 72; bit++) {
		uint8_t bytes[72], data[DATA_MAX], *at;
		struct framer f;
		struct fail fail = {.code = FAIL_NONE};
		memcpy(bytes, digested, sizeof bytes);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		framer_start(&f, data, sizeof data);
		framer_expect_digests(&f, true, true);
		feed(&f, bytes, sizeof bytes, 13, &fail);
		assert_true(fail.code == FAIL_DIGEST || framer_room(&f, &at) > 0);
		assert_true(fail.code == FAIL_DIGEST || bit / 8 == 4);
	}
}

static void digests_are_written(void **state)
{
	(void)state;
	uint8_t digest[FRAMER_DIGEST_BYTES];
	framer_put_digest(digested, 56, digest);
	assert_memory_equal(digest, digested + 56, sizeof digest);
	framer_put_digest(digested + 60, 8, digest);
	assert_memory_equal(digest, digested + 68, sizeof digest);
}

static void try_framer(const uint8_t *bytes, size_t n_bytes)
{
	uint8_t *data = malloc(DATA_MAX);
	struct framer f;
	struct fail fail = {.code = FAIL_NONE};
	framer_start(&f, data, DATA_MAX);
	size_t n_taken = feed(&f, bytes, n_bytes, 7, &fail);
	assert_true(n_taken <= 48 + f.n_ahs_bytes + f.n_data_bytes + framer_padding(f.n_data_bytes));
	assert_true(f.n_data_bytes <= DATA_MAX);
	framer_start(&f, data, DATA_MAX);
	framer_expect_digests(&f, true, true);
	fail = (struct fail){.code = FAIL_NONE};
	feed(&f, bytes, n_bytes, 7, &fail);
	free(data);
}

static void hostile(void **state)
{
	(void)state;
	hostile_each(stream, sizeof stream, try_framer);
	hostile_each(digested, sizeof digested, try_framer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_any_size),  cmocka_unit_test(data_that_does_not_fit),
		cmocka_unit_test(digests_are_checked), cmocka_unit_test(every_changed_bit_is_seen),
		cmocka_unit_test(digests_are_written), cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
