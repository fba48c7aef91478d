/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CDBs and answers of the SCSI commands that look, against bytes from SPC-4 and SBC-3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/scsi.h"
#include "hostile.h"

static void check_cdb(struct scsi_command command, const char *expected, size_t n_bytes, uint32_t n_expected)
{
	static const uint8_t zeros[16];
	assert_memory_equal(command.cdb, expected, n_bytes);
	assert_memory_equal(command.cdb + n_bytes, zeros, 16 - n_bytes);
	assert_int_equal(command.n_expected, n_expected);
}

static void cdbs(void **state)
{
	(void)state;
	check_cdb(scsi_report_luns(), "\xa0\0\0\0\0\0\0\0\x08\x08", 10, 0x808);
	check_cdb(scsi_inquiry(), "\x12\0\0\0\x24", 5, 36);
	check_cdb(scsi_read_capacity10(), "\x25", 1, 8);
	check_cdb(scsi_read_capacity16(), "\x9e\x10\0\0\0\0\0\0\0\0\0\0\0\x20", 14, 32);
	check_cdb(scsi_read(0x01020304, 136, 512), "\x28\0\1\2\3\4\0\0\x88", 9, 136 * 512);
	check_cdb(scsi_read(UINT64_C(0x100000000), 2, 4096), "\x88\0\0\0\0\1\0\0\0\0\0\0\0\2", 14, 8192);
	check_cdb(scsi_read(7, 0x10000, 512), "\x88\0\0\0\0\0\0\0\0\7\0\1\0\0", 14, 0x2000000);
}

static void luns(void **state)
{
	(void)state;
	static const uint8_t flat[8] = {0x41, 0x2c}; /* 300 in flat space addressing */
	static const uint8_t deep[8] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
	uint8_t back[8];
	assert_int_equal(scsi_lun_number(flat), 0x412c);
	assert_true(scsi_lun_number(deep) == UINT64_C(0x0607040502030001));
	scsi_lun_bytes(UINT64_C(0x0607040502030001), back);
	assert_memory_equal(back, deep, 8);

	static const uint8_t answer[24] = {0, 0, 0, 16, [9] = 0, [17] = 5};
	uint64_t numbers[SCSI_LUNS_MAX];
	unsigned n, n_reported;
	assert_true(scsi_take_luns(answer, sizeof answer, numbers, &n, &n_reported));
	assert_int_equal(n, 2);
	assert_int_equal(n_reported, 2);
	assert_int_equal(numbers[1], 5);
	static const uint8_t cut[20] = {0, 0, 0xff, 0xff, [9] = 1};
	assert_true(scsi_take_luns(cut, sizeof cut, numbers, &n, &n_reported));
	assert_int_equal(n, 1);
	assert_int_equal(n_reported, 0xffff / 8);
	assert_false(scsi_take_luns(answer, 7, numbers, &n, &n_reported));
	static const uint8_t many[SCSI_LUNS_BYTES + 8] = {0, 0, 8, 8};
	assert_true(scsi_take_luns(many, sizeof many, numbers, &n, &n_reported));
	assert_int_equal(n, SCSI_LUNS_MAX);
	assert_int_equal(n_reported, SCSI_LUNS_MAX + 1);
}

static void inquiry(void **state)
{
	(void)state;
	uint8_t answer[36] = "\0\0\5\2\x1f\0\0\0IET     VIRTUAL-DISK    0001";
	struct scsi_unit unit;
	assert_true(scsi_take_inquiry(answer, sizeof answer, &unit));
	assert_true(unit.present);
	assert_int_equal(unit.type, SCSI_TYPE_DISK);
	assert_string_equal(unit.model, "IET VIRTUAL-DISK");
	answer[0] = 0x7f;
	memset(answer + 8, ' ', 8);
	assert_true(scsi_take_inquiry(answer, sizeof answer, &unit));
	assert_false(unit.present);
	assert_string_equal(unit.model, "VIRTUAL-DISK");
	assert_false(scsi_take_inquiry(answer, 31, &unit));
}

static void capacity(void **state)
{
	(void)state;
	struct scsi_capacity c;
	assert_true(scsi_take_capacity10((const uint8_t *)"\0\0\x7f\xff\0\0\2\0", 8, &c));
	assert_int_equal(c.n_blocks, 0x8000);
	assert_int_equal(c.block_bytes, 512);
	assert_false(c.too_large);
	assert_true(scsi_take_capacity10((const uint8_t *)"\xff\xff\xff\xff\0\0\2\0", 8, &c));
	assert_true(c.too_large);
	assert_true(scsi_take_capacity16((const uint8_t *)"\0\0\0\1\0\0\0\0\0\0\x10\0", 12, &c));
	assert_true(c.n_blocks == UINT64_C(0x100000001));
	assert_int_equal(c.block_bytes, 4096);
	assert_false(scsi_take_capacity16((const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\2\0", 12, &c));
	static const char *const wrong[] = {"\0\0\0\1\0\0\0\0", "\0\0\0\1\0\0\2\1", "\0\0\0\1\0\0\0\x80",
					    "\0\0\0\1\0\2\0\0"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(scsi_take_capacity10((const uint8_t *)wrong[i], 8, &c));
	assert_false(scsi_take_capacity10((const uint8_t *)"\0\0\x7f\xff\0\0\2\0", 7, &c));
}

static void sense(void **state)
{
	(void)state;
	struct scsi_sense s;
	assert_true(scsi_take_sense((const uint8_t *)"\0\x12\x70\0\x05\0\0\0\0\x0a\0\0\0\0\x25\1\0\0\0\0", 20, &s));
	assert_int_equal(s.key, 5);
	assert_int_equal(s.code, 0x25);
	assert_int_equal(s.qualifier, 1);
	assert_true(scsi_take_sense((const uint8_t *)"\0\x08\x72\x06\x29\2\0\0\0\0", 10, &s));
	assert_int_equal(s.key, SCSI_SENSE_UNIT_ATTENTION);
	assert_int_equal(s.code, 0x29);
	assert_false(scsi_take_sense((const uint8_t *)"\0\x08\x55\x06\x29\2\0\0\0\0", 10, &s));
	assert_false(scsi_take_sense((const uint8_t *)"\0\x12\x70\0\x05", 5, &s));
	assert_false(scsi_take_sense(NULL, 0, &s));
}

static void try_all(const uint8_t *bytes, size_t n_bytes)
{
	uint64_t numbers[SCSI_LUNS_MAX];
	unsigned n, n_reported;
	struct scsi_unit unit;
	struct scsi_capacity c;
	struct scsi_sense s;
	if (scsi_take_luns(bytes, n_bytes, numbers, &n, &n_reported))
		assert_true(n <= SCSI_LUNS_MAX && n * 8 + 8 <= n_bytes);
	if (scsi_take_inquiry(bytes, n_bytes, &unit))
		assert_true(strlen(unit.model) < sizeof unit.model);
	if (scsi_take_capacity16(bytes, n_bytes, &c))
		assert_true(c.n_blocks > 0 && c.block_bytes >= 512);
	scsi_take_capacity10(bytes, n_bytes, &c);
	scsi_take_sense(bytes, n_bytes, &s);
}

static void hostile(void **state)
{
	(void)state;
	static const uint8_t answer[SCSI_LUNS_BYTES + 8] = {0, 0, 8, 0, [9] = 1};
	hostile_each(answer, 64, try_all);
	hostile_try(answer, sizeof answer, try_all);
	hostile_each((const uint8_t *)"\0\0\5\2\x1f\0\0\0IET     VIRTUAL-DISK    0001", 36, try_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cdbs),     cmocka_unit_test(luns),  cmocka_unit_test(inquiry),
		cmocka_unit_test(capacity), cmocka_unit_test(sense), cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
