/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC32C: the examples of RFC 7143 appendix A.4 (RFC 3720 B.4), and the processor's own instruction where it has one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crc32c.h"

enum { BYTES_MAX = 600 };

static void vectors(void **state)
{
	static const struct {
		uint8_t first, step; /* 32 bytes */
		uint32_t crc;
	} cases[] = {
		{0x00, 0, 0x8a9136aa},
		{0xff, 0, 0x62a8ab43},
		{0, 1, 0x46dd794e},
		{31, 0xff, 0x113fdb5c},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t bytes[32];
		for (unsigned k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)(cases[i].first + k * cases[i].step);
		assert_int_equal(crc32c(0, bytes, sizeof bytes), cases[i].crc);
	}
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, NULL, 0), 0);
}

static void pieces_make_the_whole(void **state)
{
	uint8_t bytes[BYTES_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i);
	uint32_t whole = crc32c(0, bytes, sizeof bytes);
	for (size_t cut = 0; cut <= sizeof bytes; cut++)
		assert_int_equal(crc32c(crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut), whole);
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t processor_crc32c(const uint8_t *bytes, size_t n_bytes)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < n_bytes; i++)
		crc = __builtin_ia32_crc32qi(crc, bytes[i]);
	return ~crc;
}

static void against_the_processor(void **state)
{
	uint8_t bytes[BYTES_MAX];
	uint32_t random = 1;
	(void)state;
	if (!__builtin_cpu_supports("sse4.2"))
		skip();
	for (size_t n_bytes = 0; n_bytes <= sizeof bytes; n_bytes++) {
		for (size_t i = 0; i < n_bytes; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(random >> 24);
		}
		assert_int_equal(crc32c(0, bytes, n_bytes), processor_crc32c(bytes, n_bytes));
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(pieces_make_the_whole),
#ifdef __x86_64__
		cmocka_unit_test(against_the_processor),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
