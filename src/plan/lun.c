/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing logical unit numbers.
 */
#include "plan/lun.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	LUN_PLAIN_MAX = 0x3fff,  /* 14 bits of flat space addressing */
	LUN_FLAT = 0x4000,       /* its mark in the first group */
	LUN_PERIPHERAL_MAX = 255 /* one byte, no mark */
};

static uint64_t number_of_plain(uint64_t plain)
{
	return plain > LUN_PERIPHERAL_MAX ? LUN_FLAT | plain : plain;
}

/* The first group, written first, becomes the lowest. */
static uint64_t swap_groups(uint64_t lun)
{
	return lun >> 48 | (lun >> 16 & 0xffff0000) | (lun & 0xffff0000) << 16 | lun << 48;
}

bool lun_read_number(struct span s, struct plan_lun *out)
{
	uint64_t value;
	if (span_starts(s, "0x")) {
		struct span digits = {s.text + 2, s.n_bytes - 2};
		if (!text_hex(digits, &value))
			return false;
		if (digits.n_bytes == 16) {
			*out = (struct plan_lun){.given = true, .number = swap_groups(value)};
			return true;
		}
		if (value > LUN_PLAIN_MAX)
			return false;
	} else if (!text_decimal(s, LUN_PLAIN_MAX, &value)) {
		return false;
	}
	*out = (struct plan_lun){.given = true, .number = number_of_plain(value)};
	return true;
}

bool lun_read_groups(struct span s, struct plan_lun *out)
{
	uint64_t number = 0;
	for (unsigned i = 0; s.text != NULL; i++) {
		struct span part = span_cut(&s, '-');
		uint64_t group;
		if (i == 4 || part.n_bytes > 4 || !text_hex(part, &group))
			return false;
		number |= group << 16 * i;
	}
	*out = (struct plan_lun){.given = true, .number = number};
	return true;
}

void plan_format_lun(uint64_t number, char out[static PLAN_LUN_BYTES])
{
	uint64_t plain = number & LUN_PLAIN_MAX;
	if (number == number_of_plain(plain))
		snprintf(out, PLAN_LUN_BYTES, "%" PRIu64, plain);
	else
		snprintf(out, PLAN_LUN_BYTES, "0x%016" PRIx64, swap_groups(number));
}
