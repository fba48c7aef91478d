/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Super blocks: one table of signatures, each with the place of its identity. The first row that fits wins: containers
 * stand before the file systems whose old super block they may still hold, swap stands last because file systems leave
 * its mark alone. md with its super block at the end of the device (0.90 and 1.0) is not seen.
 */
#include "probe/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "probe/identity.h"

struct format {
	const char *type;
	enum probe_kind kind;
	size_t super_at; /* all that follows counts from here */
	size_t magic_at;
	const char *magic;
	size_t n_magic;
	size_t uuid_at;  /* 16 bytes; 0: none, or refine reads it */
	size_t label_at; /* text; 0: none, or refine reads it */
	size_t n_label;
	/* Reads what is particular to the format. Returns false when it is not this format after all. */
	bool (*refine)(struct cursor *super, struct probe_super *out);
};

static const uint8_t *take_at(struct cursor *c, size_t at, size_t n_bytes)
{
	cursor_seek(c, at);
	return cursor_take(c, n_bytes);
}

static uint32_t le32_at(struct cursor *c, size_t at)
{
	cursor_seek(c, at);
	return cursor_le32(c);
}

/* The features as libblkid tells the three apart: ext4 is all that ext2 and ext3 do not know. */
static bool refine_ext(struct cursor *super, struct probe_super *out)
{
	enum {
		HAS_JOURNAL = 0x4,         /* compatible */
		RO_COMPAT_OLD = 0x7,       /* sparse super, large file, b-tree directories */
		INCOMPAT_JOURNAL = 0x8,    /* the device is an external journal */
		INCOMPAT_RECOVER = 0x4,    /* ext3 and up */
		INCOMPAT_OLD = 0x2 | 0x10, /* file type, meta block groups */
		LOG_BLOCK_MAX = 6,         /* 64 KiB */
	};
	uint32_t log_block = le32_at(super, 24);
	uint32_t compat = le32_at(super, 92);
	uint32_t incompat = cursor_le32(super);
	uint32_t ro_compat = cursor_le32(super);
	bool old = (ro_compat & ~(uint32_t)RO_COMPAT_OLD) == 0 &&
		   (incompat & ~(uint32_t)(INCOMPAT_OLD | INCOMPAT_RECOVER)) == 0;
	const char *type = "ext4";
	if (incompat & INCOMPAT_JOURNAL) {
		type = "jbd";
		out->kind = PROBE_CONTAINER;
	} else if (old && (compat & HAS_JOURNAL)) {
		type = "ext3";
	} else if (old && !(incompat & INCOMPAT_RECOVER)) {
		type = "ext2";
	}
	snprintf(out->type, sizeof out->type, "%s", type);
	return log_block <= LOG_BLOCK_MAX;
}

/* The kernel mounts version 4 only. */
static bool refine_squashfs(struct cursor *super, struct probe_super *out)
{
	(void)out;
	cursor_seek(super, 28);
	return cursor_le16(super) == 4;
}

static bool refine_f2fs(struct cursor *super, struct probe_super *out)
{
	enum { LABEL_AT = 124, LABEL_BYTES = 1024 };
	const uint8_t *label = take_at(super, LABEL_AT, LABEL_BYTES);
	if (label != NULL)
		identity_utf16(label, LABEL_BYTES, out->label);
	return label != NULL;
}

/* LUKS keeps its UUID as text. */
static bool refine_luks(struct cursor *super, struct probe_super *out)
{
	enum { UUID_AT = 168, UUID_BYTES = 40 };
	const uint8_t *uuid = take_at(super, UUID_AT, UUID_BYTES);
	if (uuid != NULL)
		identity_text(uuid, UUID_BYTES, out->uuid, sizeof out->uuid);
	return uuid != NULL;
}

/* A physical volume's UUID: 32 letters and digits, written in groups of 6-4-4-4-4-4-6. */
static bool refine_lvm(struct cursor *super, struct probe_super *out)
{
	static const uint8_t groups[] = {6, 4, 4, 4, 4, 4, 6};
	uint32_t header_at = le32_at(super, 20);
	const uint8_t *type = take_at(super, 24, 8);
	const uint8_t *uuid = take_at(super, header_at, 32);
	if (uuid == NULL || memcmp(type, "LVM2 001", 8) != 0)
		return false;
	char *at = out->uuid;
	for (size_t i = 0; i < sizeof groups; i++) {
		if (i > 0)
			*at++ = '-';
		memcpy(at, uuid, groups[i]);
		at += groups[i];
		uuid += groups[i];
	}
	*at = '\0';
	return true;
}

#define MAGIC(text) text, sizeof(text) - 1
#define LUKS(version) "crypto_LUKS", PROBE_CONTAINER, 0, 0, MAGIC("LUKS\xba\xbe\0" version)
#define RAID(at) "linux_raid_member", PROBE_CONTAINER, at, 0, MAGIC("\xfc\x4e\x2b\xa9\1\0\0\0"), 16, 32, 32, NULL
#define LVM(at) "LVM2_member", PROBE_CONTAINER, at, 0, MAGIC("LABELONE"), 0, 0, 0, refine_lvm
/* The mark ends the first page, whatever the page size of the machine that made it. */
#define SWAP(page) "swap", PROBE_CONTAINER, 0, (page)-10, MAGIC("SWAPSPACE2"), 1036, 1052, 16, NULL

static const struct format formats[] = {
	{LUKS("\1"), 0, 0, 0, refine_luks},
	{LUKS("\2"), 0, 24, 48, refine_luks},
	{RAID(0)},
	{RAID(4096)},
	{LVM(0)},
	{LVM(512)},
	{LVM(1024)},
	{LVM(1536)},
	{"xfs", PROBE_FILESYSTEM, 0, 0, MAGIC("XFSB"), 32, 108, 12, NULL},
	{"squashfs", PROBE_FILESYSTEM, 0, 0, MAGIC("hsqs"), 0, 0, 0, refine_squashfs},
	{"erofs", PROBE_FILESYSTEM, 1024, 0, MAGIC("\xe2\xe1\xf5\xe0"), 48, 64, 16, NULL},
	{"f2fs", PROBE_FILESYSTEM, 1024, 0, MAGIC("\x10\x20\xf5\xf2"), 108, 0, 0, refine_f2fs},
	{"ext4", PROBE_FILESYSTEM, 1024, 56, MAGIC("\x53\xef"), 104, 120, 16, refine_ext},
	{"btrfs", PROBE_FILESYSTEM, 65536, 64, MAGIC("_BHRfS_M"), 32, 299, 256, NULL},
	{SWAP(4096)},
	{SWAP(8192)},
	{SWAP(16384)},
	{SWAP(32768)},
	{SWAP(65536)},
};

static bool has_magic(const struct format *format, struct cursor *super)
{
	const uint8_t *magic = take_at(super, format->magic_at, format->n_magic);
	return magic != NULL && memcmp(magic, format->magic, format->n_magic) == 0;
}

static bool read_format(const struct format *format, struct cursor *super, struct probe_super *out)
{
	*out = (struct probe_super){.kind = format->kind};
	if (!has_magic(format, super))
		return false;
	snprintf(out->type, sizeof out->type, "%s", format->type);
	if (format->uuid_at != 0) {
		const uint8_t *uuid = take_at(super, format->uuid_at, 16);
		if (uuid != NULL)
			identity_uuid(uuid, out->uuid);
	}
	if (format->label_at != 0) {
		const uint8_t *label = take_at(super, format->label_at, format->n_label);
		if (label != NULL)
			identity_text(label, format->n_label, out->label, sizeof out->label);
	}
	return (format->refine == NULL || format->refine(super, out)) && !super->bad;
}

void probe_super(const uint8_t *bytes, size_t n_bytes, struct probe_super *out)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		size_t at = formats[i].super_at;
		if (at > n_bytes)
			continue;
		struct cursor super = cursor_over(bytes + at, n_bytes - at);
		if (read_format(&formats[i], &super, out))
			return;
	}
	*out = (struct probe_super){.kind = PROBE_UNKNOWN};
}
