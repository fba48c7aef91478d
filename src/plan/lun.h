/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The written forms of a logical unit number; inside plan/ only. All become the number the kernel shows in sysfs
 * (H:C:I:LUN) and takes in a host's `scan` file: the four 16-bit groups of the 64-bit LUN (SAM-5 section 4.7), first
 * group lowest.
 */
#ifndef PLAN_LUN_H
#define PLAN_LUN_H

#include <stdbool.h>

#include "base/text.h"
#include "plan/plan.h"

/*
 * Decimal 0 to 16383; the same in hexadecimal, 0x0 to 0x3fff; or all 64 bits, 0x and 16 digits, as udev writes them.
 * From 256 up a plain number does not fit the one byte of peripheral addressing: targets then use flat space
 * addressing, which puts 01 into the two highest bits of the first group, so LUN 300 is 0x4000 | 300 in the kernel.
 */
bool lun_read_number(struct span s, struct plan_lun *out);

/* RFC 4173 section 5: one to four groups of one to four hexadecimal digits, joined by '-'. */
bool lun_read_groups(struct span s, struct plan_lun *out);

#endif
