/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of single words share; inside plan/ only. A reader gets one `struct reading`, checks the value,
 * writes to the plan, and refuses with a reason that is fixed text: the value itself appears in one place, where it is
 * known to be safe.
 */
#ifndef PLAN_READING_H
#define PLAN_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "plan/plan.h"

struct reading;

/* One row of the table of words (words.c). */
struct word {
	const char *name;
	bool (*read)(struct reading *r);
	bool is_flag; /* stands without a value */
	size_t field; /* for the general readers: offset of the field in struct boot_plan, */
	uint64_t max; /* and the bytes of a text field, the highest number, or the value a flag sets */
};

struct reading {
	struct boot_plan *plan;
	struct plan_notes *notes;
	struct fail *fail;
	const struct word *word;
	struct span value;
};

/*
 * FAIL_WORD_VALUE with "WORD=VALUE: REASON". A value with '@', '?' or '%' may hold a password in one of the forms of
 * other programs (iscsi://user%secret@host, iscsi:user:secret@host, ?target_password=) and is not shown. Returns false.
 */
bool reading_refuse(struct reading *r, const char *reason);

/* FAIL_TOO_MANY for a word that may stand `max` times. Returns false. */
bool reading_too_many(struct reading *r, int max);

/* Adds a note; one more than the list holds is left out. */
void plan_note(struct plan_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

void origin_set(struct origin *origin, const char *text);

/* Whether `c` occurs in it. */
bool span_has(struct span s, char c);

/* Whether all of it could be a DNS name or a host's name: letters, digits, '-', '_' and '.', at most HOST_MAX. */
bool reading_is_hostname(struct span s);

/* An address or a DNS name as text_host_port returns it. Refuses others. */
bool reading_host(struct reading *r, struct span host, char out[static HOST_MAX + 1]);

/* An iSCSI name: of any style, but not empty, not too long, without blanks and control characters. Refuses others. */
bool reading_name(struct reading *r, struct span name, char out[static ISCSI_NAME_MAX + 1]);

#endif
