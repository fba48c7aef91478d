/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary of base/: cursor and writer at their limits, secrets, and failures with their table.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/fail.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/writer.h"

static const uint8_t eight[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void cursor_reads_each_width(void **state)
{
	(void)state;
	struct cursor c = cursor_over(eight, 8);
	assert_int_equal(cursor_u8(&c), 0x01);
	assert_int_equal(cursor_be16(&c), 0x0203);
	assert_int_equal(cursor_be24(&c), 0x040506);
	assert_int_equal(cursor_left(&c), 2);
	cursor_seek(&c, 0);
	assert_int_equal(cursor_be32(&c), 0x01020304);
	assert_int_equal(cursor_le32(&c), 0x08070605);
	cursor_seek(&c, 0);
	assert_true(cursor_be64(&c) == 0x0102030405060708);
	cursor_seek(&c, 0);
	assert_true(cursor_le64(&c) == 0x0807060504030201);
	cursor_seek(&c, 6);
	assert_int_equal(cursor_le16(&c), 0x0807);
	assert_false(c.bad);
}

static void cursor_reads_host_order(void **state)
{
	(void)state;
	uint16_t h16 = 0x1234;
	uint32_t h32 = 0x12345678;
	uint64_t h64 = 0x123456789abcdef0;
	struct cursor c = cursor_over(&h16, sizeof h16);
	assert_int_equal(cursor_host16(&c), h16);
	c = cursor_over(&h32, sizeof h32);
	assert_int_equal(cursor_host32(&c), h32);
	c = cursor_over(&h64, sizeof h64);
	assert_true(cursor_host64(&c) == h64);
	assert_int_equal(cursor_left(&c), 0);
}

static void cursor_past_the_end_is_bad_for_good(void **state)
{
	(void)state;
	struct cursor c = cursor_over(eight, 8);
	cursor_skip(&c, 5);
	assert_int_equal(cursor_be32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(cursor_left(&c), 0);
	assert_int_equal(cursor_u8(&c), 0);
	assert_null(cursor_take(&c, 1));
	assert_int_equal(cursor_host32(&c), 0);
}

static void cursor_seeks_to_the_end_and_no_further(void **state)
{
	(void)state;
	struct cursor c = cursor_over(eight, 8);
	cursor_seek(&c, 8);
	assert_false(c.bad);
	assert_non_null(cursor_take(&c, 0));
	cursor_seek(&c, 9);
	assert_true(c.bad);
	c = cursor_over(eight, 8);
	cursor_skip(&c, SIZE_MAX);
	assert_true(c.bad);
}

static void writer_writes_each_width(void **state)
{
	(void)state;
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 'a', 'b', '4', '2', 'f', 'f', '0', 'a'};
	uint8_t out[sizeof expected];
	struct writer w = writer_over(out, sizeof out);
	writer_u8(&w, 1);
	writer_be16(&w, 0x0203);
	writer_be24(&w, 0x040506);
	writer_be32(&w, 0x0708090a);
	writer_zeros(&w, 2);
	writer_text(&w, "ab");
	writer_format(&w, "%d", 42);
	writer_hex(&w, (const uint8_t[]){0xff, 0x0a}, 2);
	assert_false(w.full);
	assert_int_equal(w.n_bytes, sizeof expected);
	assert_memory_equal(out, expected, sizeof expected);
}

static void writer_writes_host_order(void **state)
{
	(void)state;
	uint8_t out[14];
	uint16_t h16;
	uint32_t h32;
	uint64_t h64;
	struct writer w = writer_over(out, sizeof out);
	writer_host16(&w, 0x1234);
	writer_host32(&w, 0x12345678);
	writer_host64(&w, 0x123456789abcdef0);
	memcpy(&h16, out, 2);
	memcpy(&h32, out + 2, 4);
	memcpy(&h64, out + 6, 8);
	assert_int_equal(h16, 0x1234);
	assert_int_equal(h32, 0x12345678);
	assert_true(h64 == 0x123456789abcdef0);
}

static void writer_full_changes_nothing_more(void **state)
{
	(void)state;
	char out[4] = "....";
	struct writer w = writer_over(out, 3);
	writer_text(&w, "ab");
	writer_text(&w, "cd");
	assert_true(w.full);
	writer_text(&w, "e");
	writer_format(&w, "f");
	assert_null(writer_reserve(&w, 0));
	assert_int_equal(w.n_bytes, 2);
	assert_memory_equal(out, "ab..", 4);
}

static void writer_refuses_sizes_that_wrap(void **state)
{
	(void)state;
	char out[4];
	struct writer w = writer_over(out, sizeof out);
	writer_text(&w, "ab");
	assert_null(writer_reserve(&w, SIZE_MAX));
	assert_true(w.full);
}

static void writer_refuses_a_format_longer_than_it_can(void **state)
{
	(void)state;
	static char out[4096];
	struct writer w = writer_over(out, sizeof out);
	writer_format(&w, "%1023d", 1);
	assert_false(w.full);
	assert_int_equal(w.n_bytes, 1023);
	writer_format(&w, "%1024d", 1);
	assert_true(w.full);
	assert_int_equal(w.n_bytes, 1023);
}

static void secrets_are_compared(void **state)
{
	(void)state;
	struct secret a = {.n_bytes = 0}, b = a;
	assert_true(secret_equal(&a, &b));
	assert_true(secret_set(&a, "pa ss", 5) && secret_set(&b, "pa ss", 5));
	assert_true(secret_equal(&a, &b));
	b.n_bytes = 4;
	assert_false(secret_equal(&a, &b));
	for (size_t i = 0; i < 5; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			assert_true(secret_set(&b, "pa ss", 5));
			b.bytes[i] = (uint8_t)(b.bytes[i] ^ 1u << bit);
			assert_false(secret_equal(&a, &b));
			assert_false(bytes_equal(a.bytes, b.bytes, 5));
			assert_true(bytes_equal(a.bytes, b.bytes, i));
		}
	}
}

static void secret_is_copied_and_wiped(void **state)
{
	(void)state;
	static const uint8_t zeros[sizeof(struct secret)];
	uint8_t longest[SECRET_MAX + 1];
	struct secret secret = {0};
	memset(longest, 's', sizeof longest);
	assert_true(secret_set(&secret, "pa ss", 5));
	assert_int_equal(secret.n_bytes, 5);
	assert_memory_equal(secret.bytes, "pa ss", 5);
	assert_false(secret_set(&secret, longest, SECRET_MAX + 1));
	assert_int_equal(secret.n_bytes, 5);
	assert_true(secret_set(&secret, longest, SECRET_MAX));
	assert_int_equal(secret.n_bytes, SECRET_MAX);
	secret_wipe(&secret);
	assert_memory_equal(&secret, zeros, sizeof secret);
	bytes_wipe(longest, 3);
	assert_memory_equal(longest, "\0\0\0s", 4);
}

static void every_code_has_a_whole_and_unique_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FAIL_CODE_COUNT; i++) {
		const struct fail_entry *entry = fail_lookup((enum fail_code)i);
		assert_non_null(entry->id);
		assert_non_null(entry->cause);
		assert_non_null(entry->remedy);
		assert_int_equal(strlen(entry->id), 3);
		assert_int_equal(entry->id[0], 'E');
		if (i != FAIL_NONE)
			assert_int_equal(entry->remedy[strlen(entry->remedy) - 1], '.');
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(entry->id, fail_lookup((enum fail_code)k)->id);
	}
}

static void a_code_outside_the_table_is_a_bug(void **state)
{
	(void)state;
	assert_string_equal(fail_lookup(FAIL_CODE_COUNT)->id, "E90");
	assert_string_equal(fail_lookup((enum fail_code)9999)->id, "E90");
}

static void the_first_failure_sticks(void **state)
{
	(void)state;
	struct fail fail = {0};
	assert_false(fail_set(&fail, FAIL_CHAP_HALF, "first %d", 1));
	assert_false(fail_set(&fail, FAIL_MOUNT, "second"));
	assert_false(fail_errno(&fail, FAIL_MOUNT, EIO, "third"));
	assert_false(fail_context(&fail, "doing %s", "this"));
	assert_false(fail_context(&fail, "doing that"));
	assert_int_equal(fail.code, FAIL_CHAP_HALF);
	assert_string_equal(fail.detail, "first 1");
	assert_string_equal(fail.context, "doing this");
}

static void errno_is_told_in_words(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct fail bare = {0};
	assert_false(fail_errno(&fail, FAIL_MOUNT, ENOENT, "%s", "sda1"));
	assert_string_equal(fail.detail, "sda1: No such file or directory");
	assert_false(fail_errno(&bare, FAIL_MOUNT, ENOENT, "%s", ""));
	assert_string_equal(bare.detail, "No such file or directory");
}

static void a_long_detail_is_bounded(void **state)
{
	(void)state;
	struct fail fail = {0};
	fail_set(&fail, FAIL_MOUNT, "%2000d", 1);
	assert_int_equal(strlen(fail.detail), FAIL_DETAIL_BYTES - 1);
	struct fail with_errno = {0};
	fail_errno(&with_errno, FAIL_MOUNT, EIO, "%2000d", 1);
	assert_int_equal(strlen(with_errno.detail), FAIL_DETAIL_BYTES - 1);
}

static void describe_joins_what_there_is(void **state)
{
	(void)state;
	char out[FAIL_TEXT_BYTES];
	struct fail fail = {.code = FAIL_PORTAL_REFUSED};
	fail_describe(&fail, out);
	assert_string_equal(out, "connection refused. Start the target's iSCSI service, or correct the port. [E28]");
	fail_context(&fail, "cannot reach 10.0.0.5:3260");
	memcpy(fail.detail, "RST", 4);
	fail_describe(&fail, out);
	assert_string_equal(out, "cannot reach 10.0.0.5:3260: connection refused (RST). "
				 "Start the target's iSCSI service, or correct the port. [E28]");
}

static void describe_escapes_what_a_target_may_send(void **state)
{
	(void)state;
	char out[FAIL_TEXT_BYTES];
	struct fail fail = {0};
	fail_set(&fail, FAIL_PROTOCOL, "%s", "\x1b[2J\nk\xc3\xa9y");
	fail_describe(&fail, out);
	assert_non_null(strstr(out, "(\\x1b[2J\\x0ak\\xc3\\xa9y)"));
}

static void describe_of_the_longest_keeps_the_end(void **state)
{
	(void)state;
	struct fail fail = {.code = FAIL_MOUNT};
	char out[FAIL_TEXT_BYTES];
	memset(fail.context, 'c', sizeof fail.context - 1);
	memset(fail.detail, 'd', sizeof fail.detail - 1);
	for (unsigned i = 1; i < FAIL_CODE_COUNT; i++) {
		fail.code = (enum fail_code)i;
		fail_describe(&fail, out);
		size_t n = strlen(out);
		assert_true(n > 6);
		assert_int_equal(out[n - 1], ']');
		assert_memory_equal(out + n - 4, fail_lookup(fail.code)->id, 3);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursor_reads_each_width),
		cmocka_unit_test(cursor_reads_host_order),
		cmocka_unit_test(cursor_past_the_end_is_bad_for_good),
		cmocka_unit_test(cursor_seeks_to_the_end_and_no_further),
		cmocka_unit_test(writer_writes_each_width),
		cmocka_unit_test(writer_writes_host_order),
		cmocka_unit_test(writer_full_changes_nothing_more),
		cmocka_unit_test(writer_refuses_sizes_that_wrap),
		cmocka_unit_test(writer_refuses_a_format_longer_than_it_can),
		cmocka_unit_test(secret_is_copied_and_wiped),
		cmocka_unit_test(secrets_are_compared),
		cmocka_unit_test(every_code_has_a_whole_and_unique_row),
		cmocka_unit_test(a_code_outside_the_table_is_a_bug),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(errno_is_told_in_words),
		cmocka_unit_test(a_long_detail_is_bounded),
		cmocka_unit_test(describe_joins_what_there_is),
		cmocka_unit_test(describe_escapes_what_a_target_may_send),
		cmocka_unit_test(describe_of_the_longest_keeps_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
