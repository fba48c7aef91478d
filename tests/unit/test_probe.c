/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Super blocks and partition tables, made by hand field by field from the formats' descriptions; and what a hostile
 * disk may hold. Images of the real mkfs programs are a matter of the VM tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/probe.h"

#include "hostile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UUID_BYTES "\x0f\x1e\x2d\x3c\x4b\x5a\x69\x78\x87\x96\xa5\xb4\xc3\xd2\xe1\xf0"
#define UUID_TEXT "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define GUID_TEXT "3c2d1e0f-5a4b-7869-8796-a5b4c3d2e1f0"

/* A piece of an image. The longest are the names of GPT entries. */
struct piece {
	size_t at;
	const char *bytes;
	size_t n_bytes;
};

#define PIECE(at, bytes)                                                                                               \
	{                                                                                                              \
		at, bytes, sizeof(bytes) - 1                                                                           \
	}

static void put_pieces(uint8_t *image, const struct piece *pieces, size_t n_pieces)
{
	for (size_t i = 0; i < n_pieces && pieces[i].bytes != NULL; i++)
		memcpy(image + pieces[i].at, pieces[i].bytes, pieces[i].n_bytes);
}

static void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static const struct super_case {
	enum probe_kind kind;
	const char *type;
	const char *uuid;
	const char *label;
	struct piece pieces[5];
} supers[] = {
	{PROBE_FILESYSTEM,
	 "ext2",
	 UUID_TEXT,
	 "old",
	 {PIECE(1080, "\x53\xef"), PIECE(1128, UUID_BYTES), PIECE(1144, "old"), PIECE(1116, "\0\0\0\0\x02\0\0\0\x07")}},
	{PROBE_FILESYSTEM,
	 "ext3",
	 UUID_TEXT,
	 "",
	 {PIECE(1080, "\x53\xef"), PIECE(1128, UUID_BYTES), PIECE(1116, "\x04\0\0\0\x16\0\0\0\x03")}},
	{PROBE_FILESYSTEM,
	 "ext4",
	 UUID_TEXT,
	 "sixteen letters.",
	 {PIECE(1080, "\x53\xef"), PIECE(1128, UUID_BYTES), PIECE(1144, "sixteen letters.not this"),
	  PIECE(1116, "\x3c\0\0\0\xc2\x02\0\0\x6b\x04")}},
	/* the largest block; preallocation of directories is no journal */
	{PROBE_FILESYSTEM,
	 "ext2",
	 "",
	 "",
	 {PIECE(1080, "\x53\xef"), PIECE(1048, "\x06"), PIECE(1116, "\1\0\0\0\2\0\0\0\0")}},
	/* compression: neither ext2 nor ext3 of libblkid knows it */
	{PROBE_FILESYSTEM, "ext4", "", "", {PIECE(1080, "\x53\xef"), PIECE(1116, "\4\0\0\0\1\0\0\0\0")}},
	/* one feature that ext3 does not know, read-only compatible */
	{PROBE_FILESYSTEM, "ext4", "", "", {PIECE(1080, "\x53\xef"), PIECE(1116, "\x04\0\0\0\x02\0\0\0\x08")}},
	/* extents, without journal */
	{PROBE_FILESYSTEM, "ext4", "", "", {PIECE(1080, "\x53\xef"), PIECE(1116, "\0\0\0\0\x40\0\0\0\0")}},
	/* a journal to be replayed and no journal: neither ext2 nor ext3 */
	{PROBE_FILESYSTEM, "ext4", "", "", {PIECE(1080, "\x53\xef"), PIECE(1116, "\0\0\0\0\x04\0\0\0\0")}},
	{PROBE_CONTAINER,
	 "jbd",
	 UUID_TEXT,
	 "",
	 {PIECE(1080, "\x53\xef"), PIECE(1128, UUID_BYTES), PIECE(1116, "\0\0\0\0\x08\0\0\0\0")}},
	{PROBE_FILESYSTEM,
	 "xfs",
	 UUID_TEXT,
	 "twelve bytes",
	 {PIECE(0, "XFSB"), PIECE(32, UUID_BYTES), PIECE(108, "twelve bytesX")}},
	{PROBE_FILESYSTEM,
	 "btrfs",
	 UUID_TEXT,
	 "b root",
	 {PIECE(65600, "_BHRfS_M"), PIECE(65568, UUID_BYTES), PIECE(65835, "b root")}},
	{PROBE_FILESYSTEM, "squashfs", "", "", {PIECE(0, "hsqs"), PIECE(28, "\x04\0")}},
	{PROBE_FILESYSTEM,
	 "erofs",
	 UUID_TEXT,
	 "ero",
	 {PIECE(1024, "\xe2\xe1\xf5\xe0"), PIECE(1072, UUID_BYTES), PIECE(1088, "ero")}},
	{PROBE_FILESYSTEM,
	 "f2fs",
	 UUID_TEXT,
	 "fl\xc3\xa4sh",
	 {PIECE(1024, "\x10\x20\xf5\xf2"), PIECE(1132, UUID_BYTES), PIECE(1148, "f\0l\0\xe4\0s\0h\0\0\0x\0")}},
	{PROBE_CONTAINER,
	 "crypto_LUKS",
	 UUID_TEXT,
	 "",
	 {PIECE(0, "LUKS\xba\xbe\0\1"), PIECE(24, "cipher"), PIECE(168, UUID_TEXT)}},
	{PROBE_CONTAINER,
	 "crypto_LUKS",
	 UUID_TEXT,
	 "vault",
	 {PIECE(0, "LUKS\xba\xbe\0\2"), PIECE(24, "vault"), PIECE(168, UUID_TEXT)}},
	{PROBE_CONTAINER,
	 "linux_raid_member",
	 UUID_TEXT,
	 "pi:0",
	 {PIECE(0, "\xfc\x4e\x2b\xa9\1\0\0\0"), PIECE(16, UUID_BYTES), PIECE(32, "pi:0")}},
	{PROBE_CONTAINER,
	 "linux_raid_member",
	 UUID_TEXT,
	 "pi:0",
	 {PIECE(4096, "\xfc\x4e\x2b\xa9\1\0\0\0"), PIECE(4112, UUID_BYTES), PIECE(4128, "pi:0")}},
	{PROBE_CONTAINER,
	 "LVM2_member",
	 "abcdef-ghij-klmn-opqr-stuv-wxyz-ABCDEF",
	 "",
	 {PIECE(512, "LABELONE"), PIECE(532, "\x20\0\0\0LVM2 001abcdefghijklmnopqrstuvwxyzABCDEF")}},
	{PROBE_CONTAINER,
	 "LVM2_member",
	 "abcdef-ghij-klmn-opqr-stuv-wxyz-ABCDEF",
	 "",
	 {PIECE(0, "LABELONE"), PIECE(20, "\x28\0\0\0LVM2 00100000000abcdefghijklmnopqrstuvwxyzABCDEF")}},
	{PROBE_CONTAINER,
	 "LVM2_member",
	 "abcdef-ghij-klmn-opqr-stuv-wxyz-ABCDEF",
	 "",
	 {PIECE(1536, "LABELONE"), PIECE(1556, "\x20\0\0\0LVM2 001abcdefghijklmnopqrstuvwxyzABCDEF")}},
	{PROBE_CONTAINER,
	 "swap",
	 UUID_TEXT,
	 "sw",
	 {PIECE(4086, "SWAPSPACE2"), PIECE(1036, UUID_BYTES), PIECE(1052, "sw")}},
	{PROBE_CONTAINER, "swap", UUID_TEXT, "", {PIECE(65526, "SWAPSPACE2"), PIECE(1036, UUID_BYTES)}},
	/* containers hide what they hold; swap does not */
	{PROBE_CONTAINER, "crypto_LUKS", "", "", {PIECE(0, "LUKS\xba\xbe\0\2"), PIECE(1080, "\x53\xef")}},
	{PROBE_CONTAINER,
	 "LVM2_member",
	 "abcdef-ghij-klmn-opqr-stuv-wxyz-ABCDEF",
	 "",
	 {PIECE(512, "LABELONE"), PIECE(532, "\x20\0\0\0LVM2 001abcdefghijklmnopqrstuvwxyzABCDEF"), PIECE(0, "XFSB")}},
	{PROBE_FILESYSTEM, "btrfs", "", "", {PIECE(4086, "SWAPSPACE2"), PIECE(65600, "_BHRfS_M")}},
	/* not quite */
	{PROBE_UNKNOWN, "", "", "", {PIECE(0, "LUKS\xba\xbe\0\3")}},
	{PROBE_UNKNOWN, "", "", "", {PIECE(0, "hsqs"), PIECE(28, "\x03\0")}},
	{PROBE_UNKNOWN, "", "", "", {PIECE(512, "LABELONE"), PIECE(532, "\x20\0\0\0LVM2 002")}},
	{PROBE_UNKNOWN, "", "", "", {PIECE(512, "LABELONE"), PIECE(532, "\xff\xff\xff\xffLVM2 001")}},
	{PROBE_UNKNOWN, "", "", "", {PIECE(1080, "\x53\xef"), PIECE(1048, "\x07")}},
	{PROBE_UNKNOWN, "", "", "", {PIECE(0, "XFSA")}},
	{PROBE_UNKNOWN, "", "", "", {{0, NULL, 0}}},
};

static void supers_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(supers); i++) {
		uint8_t *image = calloc(1, PROBE_SUPER_BYTES);
		struct probe_super super;
		put_pieces(image, supers[i].pieces, COUNT(supers[i].pieces));
		memset(&super, 0xff, sizeof super);
		probe_super(image, PROBE_SUPER_BYTES, &super);
		free(image);
		assert_string_equal(super.type, supers[i].type);
		assert_int_equal(super.kind, supers[i].kind);
		assert_string_equal(super.uuid, supers[i].uuid);
		assert_string_equal(super.label, supers[i].label);
	}
}

static void must_be_whole(const struct probe_super *super)
{
	assert_true(memchr(super->type, '\0', sizeof super->type) != NULL);
	assert_true(memchr(super->uuid, '\0', sizeof super->uuid) != NULL);
	assert_true(memchr(super->label, '\0', sizeof super->label) != NULL);
	assert_int_equal(super->kind == PROBE_UNKNOWN, super->type[0] == '\0');
	assert_true(super->kind != PROBE_UNKNOWN || (super->uuid[0] == '\0' && super->label[0] == '\0'));
}

static void every_place_of_swap_and_lvm_is_known(void **state)
{
	(void)state;
	uint8_t *image = malloc(PROBE_SUPER_BYTES);
	for (size_t page = 4096; page <= 65536; page *= 2) {
		struct probe_super super;
		memset(image, 0, PROBE_SUPER_BYTES);
		memcpy(image + page - 10, "SWAPSPACE2", 10);
		probe_super(image, PROBE_SUPER_BYTES, &super);
		assert_string_equal(super.type, "swap");
	}
	for (size_t sector = 0; sector < 5; sector++) {
		struct probe_super super;
		memset(image, 0, PROBE_SUPER_BYTES);
		memcpy(image + 512 * sector, "LABELONE", 8);
		memcpy(image + 512 * sector + 24, "LVM2 001", 8);
		probe_super(image, PROBE_SUPER_BYTES, &super);
		assert_string_equal(super.type, sector < 4 ? "LVM2_member" : "");
	}
	free(image);
}

/* Devices of every length around every piece: nothing is read past the end. */
static void short_devices_do_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(supers); i++) {
		uint8_t *image = calloc(1, PROBE_SUPER_BYTES);
		put_pieces(image, supers[i].pieces, COUNT(supers[i].pieces));
		for (size_t n = 0; n < PROBE_SUPER_BYTES; n += n < 2304 || (n >= 65536 && n < 66304) ? 1 : 61) {
			struct probe_super super;
			uint8_t *exact = malloc(n > 0 ? n : 1);
			memcpy(exact, image, n);
			probe_super(exact, n, &super);
			free(exact);
			must_be_whole(&super);
		}
		free(image);
	}
}

/* A deterministic stream of bytes. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void random_supers_do_no_harm(void **state)
{
	(void)state;
	uint32_t seed = 1;
	uint8_t *image = malloc(PROBE_SUPER_BYTES);
	for (int round = 0; round < 100; round++) {
		struct probe_super super;
		const struct super_case *c = &supers[(unsigned)round % COUNT(supers)];
		for (size_t i = 0; i < PROBE_SUPER_BYTES; i++)
			image[i] = round % 2 == 0 ? (uint8_t)next_random(&seed) : 0xff;
		put_pieces(image, c->pieces, 1);
		probe_super(image, PROBE_SUPER_BYTES, &super);
		must_be_whole(&super);
	}
	free(image);
}

/* ---- partition tables ---- */

enum {
	TABLE_BYTES = 1024,
};

static void put_mbr(uint8_t *image, uint32_t signature, uint8_t type)
{
	put_le32(image + 440, signature);
	image[446] = 0x80;
	image[450] = type;
	image[510] = 0x55;
	image[511] = 0xaa;
}

/* CRC-32 by its definition, as a check on the one under test. */
static uint32_t crc32_of(const uint8_t *bytes, size_t n_bytes)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < n_bytes * 8; i++) {
		uint32_t bit = (crc ^ (uint32_t)(bytes[i / 8] >> i % 8)) & 1;
		crc = crc >> 1 ^ (bit != 0 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void put_gpt_sum(uint8_t *header, uint32_t n_bytes)
{
	put_le32(header + 16, 0);
	put_le32(header + 16, crc32_of(header, n_bytes));
}

static void put_gpt(uint8_t *image, uint32_t block_bytes)
{
	uint8_t *header = image + block_bytes;
	put_mbr(image, 0, 0xee);
	memcpy(header, "EFI PART\0\0\1\0", 12);
	put_le32(header + 12, 92);
	header[24] = 1;
	header[72] = 2;
	put_le32(header + 80, 128);
	put_le32(header + 84, 128);
	put_gpt_sum(header, 92);
}

static void crc32_of_the_check_string(void **state)
{
	(void)state;
	assert_int_equal(crc32_of((const uint8_t *)"123456789", 9), 0xcbf43926);
}

static void mbr_gives_signature_and_numbers(void **state)
{
	(void)state;
	uint8_t image[TABLE_BYTES] = {0};
	struct probe_table table;
	struct probe_partition part;
	put_mbr(image, 0x0a1b2c3d, 0x83);
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_MBR);
	assert_int_equal(table.mbr_signature, 0x0a1b2c3d);
	assert_true(probe_partition(&table, NULL, 0, 1, &part));
	assert_string_equal(part.uuid, "0a1b2c3d-01");
	assert_string_equal(part.label, "");
	assert_true(probe_partition(&table, NULL, 0, 5, &part));
	assert_string_equal(part.uuid, "0a1b2c3d-05");
	assert_true(probe_partition(&table, NULL, 0, 255, &part));
	assert_string_equal(part.uuid, "0a1b2c3d-ff");
	assert_false(probe_partition(&table, NULL, 0, 0, &part));
	assert_false(probe_partition(&table, NULL, 0, 256, &part));
}

static void what_is_no_mbr_is_none(void **state)
{
	(void)state;
	uint8_t image[TABLE_BYTES] = {0};
	struct probe_table table;
	struct probe_partition part;
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_NONE);
	assert_false(probe_partition(&table, NULL, 0, 1, &part));
	put_mbr(image, 1, 0x83);
	image[511] = 0xab;
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_NONE);
	put_mbr(image, 1, 0x83);
	image[478] = 0x01; /* flags of the third entry: a boot sector's code */
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_NONE);
	image[478] = 0;
	probe_table(image, sizeof image - 1, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_NONE);
	probe_table(image, sizeof image, 4096, &table);
	assert_int_equal(table.kind, PROBE_TABLE_NONE);
}

static void gpt_header_is_read(void **state)
{
	(void)state;
	static const uint32_t blocks[] = {512, 4096};
	for (size_t i = 0; i < COUNT(blocks); i++) {
		uint8_t image[8192] = {0};
		struct probe_table table;
		put_gpt(image, blocks[i]);
		probe_table(image, 2 * blocks[i], blocks[i], &table);
		assert_int_equal(table.kind, PROBE_TABLE_GPT);
		assert_int_equal(table.entries_lba, 2);
		assert_int_equal(table.n_entries, 128);
		assert_int_equal(table.entry_bytes, 128);
	}
}

/* Changes of a header, its sum corrected, and whether it is still one. */
static void gpt_sizes_are_checked(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint32_t value;
		bool ok;
		uint32_t n_entries;
	} cases[] = {
		{12, 91, false, 0},          {12, 93, true, 128},         {12, 512, true, 128},
		{12, 513, false, 0},         {12, 0, false, 0},           {12, 0xffffffff, false, 0},
		{24, 0, false, 0},           {24, 2, false, 0},           {28, 1, false, 0},
		{72, 1, false, 0},           {72, 0, false, 0},           {72, 0xffffffff, true, 128},
		{76, 0xffffffff, true, 128}, {80, 0, false, 0},           {80, 1, true, 1},
		{80, 129, true, 128},        {80, 0xffffffff, true, 128}, {84, 0, false, 0},
		{84, 64, false, 0},          {84, 127, false, 0},         {84, 129, false, 0},
		{84, 192, false, 0},         {84, 256, true, 128},        {84, 512, true, 128},
		{84, 1024, false, 0},        {84, 0xffffffff, false, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t image[TABLE_BYTES] = {0};
		struct probe_table table;
		put_gpt(image, 512);
		put_le32(image + 512 + cases[i].at, cases[i].value);
		uint32_t n_bytes =
			cases[i].at == 12 && cases[i].value <= 512 && cases[i].value >= 20 ? cases[i].value : 92;
		put_gpt_sum(image + 512, n_bytes);
		probe_table(image, sizeof image, 512, &table);
		assert_int_equal(table.kind, cases[i].ok ? PROBE_TABLE_GPT : PROBE_TABLE_NONE);
		assert_int_equal(table.n_entries, cases[i].n_entries);
	}
}

static void gpt_needs_signature_sum_and_protective_mbr(void **state)
{
	(void)state;
	for (size_t at = 0; at < 92; at++) {
		uint8_t image[TABLE_BYTES] = {0};
		struct probe_table table;
		put_gpt(image, 512);
		image[512 + at] ^= 0x10;
		probe_table(image, sizeof image, 512, &table);
		assert_int_equal(table.kind, PROBE_TABLE_NONE);
	}
	uint8_t image[TABLE_BYTES] = {0};
	struct probe_table table;
	put_gpt(image, 512);
	image[512] = 'e';
	put_gpt_sum(image + 512, 92);
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_NONE);
	put_gpt(image, 512);
	image[450] = 0x83; /* the disk was partitioned anew by a program that knows no GPT */
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_MBR);
	image[450] = 0x83;
	image[446 + 3 * 16 + 4] = 0xee; /* hybrid */
	probe_table(image, sizeof image, 512, &table);
	assert_int_equal(table.kind, PROBE_TABLE_GPT);
}

static const struct probe_table gpt = {.kind = PROBE_TABLE_GPT, .entries_lba = 2, .n_entries = 4, .entry_bytes = 128};

static void gpt_entries_have_identities(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t n_name;
		const char *label;
	} cases[] = {
		{"L\0i\0n\0u\0x\0 \0r\0o\0o\0t\0", 20, "Linux root"},
		{"", 0, ""},
		{"\xe9\0", 2, "\xc3\xa9"},
		{"\x7f\0\x80\0", 4, "\x7f\xc2\x80"},
		{"\x00\xd8\x00\xdc", 4, "\xf0\x90\x80\x80"},
		{"\x00\xdc\x00\xdc", 4, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xac\x20", 2, "\xe2\x82\xac"},
		{"\xff\x07\x00\x08", 4, "\xdf\xbf\xe0\xa0\x80"},
		{"\x3d\xd8\x00\xde", 4, "\xf0\x9f\x98\x80"},
		{"\xff\xdb\xff\xdf", 4, "\xf4\x8f\xbf\xbf"},
		{"\x3d\xd8x\0", 4, "\xef\xbf\xbdx"}, /* high half alone */
		{"\x3d\xd8\x3d\xd8\x00\xde", 6, "\xef\xbf\xbd\xf0\x9f\x98\x80"},
		{"\x00\xdex\0", 4, "\xef\xbf\xbdx"}, /* low half alone */
		{"a\0\0\0b\0", 6, "a"},
		{"\xff\xff", 2, "\xef\xbf\xbf"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t entries[4 * 128] = {0};
		struct probe_partition part;
		uint8_t *entry = entries + 2 * 128;
		entry[15] = 1;
		memcpy(entry + 16, UUID_BYTES, 16);
		memcpy(entry + 56, cases[i].name, cases[i].n_name);
		assert_true(probe_partition(&gpt, entries, sizeof entries, 3, &part));
		assert_string_equal(part.uuid, GUID_TEXT);
		assert_string_equal(part.label, cases[i].label);
	}
}

static void a_partition_without_guid_has_no_uuid(void **state)
{
	(void)state;
	uint8_t entries[128] = {1};
	struct probe_partition part;
	memset(&part, 0xff, sizeof part);
	assert_true(probe_partition(&gpt, entries, sizeof entries, 1, &part));
	assert_string_equal(part.uuid, "");
	assert_string_equal(part.label, "");
}

static void the_longest_gpt_name_ends_with_its_field(void **state)
{
	(void)state;
	uint8_t entries[128];
	struct probe_partition part;
	memset(entries, 0x4e, sizeof entries);
	assert_true(probe_partition(&gpt, entries, sizeof entries, 1, &part));
	assert_int_equal(strlen(part.label), 36 * 3);
	memset(entries + 56, 0xd8, 72); /* the last unit is half a pair */
	assert_true(probe_partition(&gpt, entries, sizeof entries, 1, &part));
	assert_int_equal(strlen(part.label), 36 * 3);
}

static void entries_that_are_not_there_are_refused(void **state)
{
	(void)state;
	uint8_t entries[4 * 128];
	struct probe_partition part;
	memset(entries, 1, sizeof entries);
	assert_true(probe_partition(&gpt, entries, sizeof entries, 4, &part));
	assert_false(probe_partition(&gpt, entries, sizeof entries, 5, &part));
	assert_false(probe_partition(&gpt, entries, sizeof entries, 0, &part));
	assert_false(probe_partition(&gpt, entries, sizeof entries, UINT32_MAX, &part));
	assert_false(probe_partition(&gpt, entries, sizeof entries - 1, 4, &part));
	assert_true(probe_partition(&gpt, entries, sizeof entries - 1, 3, &part));
	assert_false(probe_partition(&gpt, NULL, 0, 1, &part));
	memset(entries, 0, 16); /* type zero: unused */
	assert_false(probe_partition(&gpt, entries, sizeof entries, 1, &part));
}

static void wider_entries_are_found(void **state)
{
	(void)state;
	const struct probe_table wide = {.kind = PROBE_TABLE_GPT, .n_entries = 2, .entry_bytes = 512};
	uint8_t entries[1024] = {0};
	struct probe_partition part;
	memcpy(entries + 512, UUID_BYTES UUID_BYTES, 32);
	assert_false(probe_partition(&wide, entries, sizeof entries, 1, &part));
	assert_true(probe_partition(&wide, entries, sizeof entries, 2, &part));
	assert_string_equal(part.uuid, GUID_TEXT);
}

static void try_table(const uint8_t *bytes, size_t n_bytes)
{
	struct probe_table table;
	struct probe_partition part;
	probe_table(bytes, n_bytes, 512, &table);
	for (uint32_t number = 0; number <= table.n_entries + 1; number++)
		probe_partition(&table, bytes, n_bytes, number, &part);
	assert_true(table.n_entries <= PROBE_GPT_ENTRIES_MAX && table.entry_bytes <= PROBE_GPT_ENTRY_BYTES_MAX);
}

static void damaged_tables_do_no_harm(void **state)
{
	(void)state;
	uint8_t image[TABLE_BYTES] = {0};
	put_gpt(image, 512);
	hostile_each(image, sizeof image, try_table);
	put_mbr(image, 7, 0x83);
	hostile_each(image, sizeof image, try_table);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(supers_are_known),
		cmocka_unit_test(every_place_of_swap_and_lvm_is_known),
		cmocka_unit_test(short_devices_do_no_harm),
		cmocka_unit_test(random_supers_do_no_harm),
		cmocka_unit_test(crc32_of_the_check_string),
		cmocka_unit_test(mbr_gives_signature_and_numbers),
		cmocka_unit_test(what_is_no_mbr_is_none),
		cmocka_unit_test(gpt_header_is_read),
		cmocka_unit_test(gpt_sizes_are_checked),
		cmocka_unit_test(gpt_needs_signature_sum_and_protective_mbr),
		cmocka_unit_test(gpt_entries_have_identities),
		cmocka_unit_test(a_partition_without_guid_has_no_uuid),
		cmocka_unit_test(the_longest_gpt_name_ends_with_its_field),
		cmocka_unit_test(entries_that_are_not_there_are_refused),
		cmocka_unit_test(wider_entries_are_found),
		cmocka_unit_test(damaged_tables_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
