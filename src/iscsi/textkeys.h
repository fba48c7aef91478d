/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of login PDUs: NAME=VALUE pairs, each closed by a NUL, RFC 7143 section 6.1. Pure; text from a target is
 * bounded by its span and by nothing else.
 */
#ifndef ISCSI_TEXTKEYS_H
#define ISCSI_TEXTKEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/writer.h"

struct textkey {
	struct span name, value;
};

enum {
	TEXTKEYS_SHOWN_MAX = 64, /* bytes of a name or value that a failure shows */
};

/* Cuts the next pair off *rest. False at the end of the text, and with *fail set at a pair that is none. */
bool textkeys_next(struct span *rest, struct textkey *pair, struct fail *fail);

void textkeys_put(struct writer *w, struct span name, struct span value);

/* "Reject", "Irrelevant" or "NotUnderstood": always an answer, never a proposal, section 6.2. */
bool textkeys_is_refusal(struct span value);

/* Whether a comma-separated list holds the item. */
bool textkeys_list_has(struct span list, struct span item);

/* Printable ASCII without blanks, at least one byte: what may go on to a resolver, a console or a file. */
bool textkeys_is_plain(struct span value);

/* A numerical-value: decimal, or hexadecimal after 0x, from min to max. */
bool textkeys_number(struct span value, uint32_t min, uint32_t max, uint32_t *out);

/* A large-binary-value: hexadecimal after 0x or base64 after 0b; 1 to n_max bytes. */
bool textkeys_binary(struct span value, uint8_t *out, size_t n_max, size_t *n_out);

/* Fails with "NAME=VALUE: REASON", cut to a length that is fit to be shown. Always false. */
bool textkeys_fail(struct fail *fail, enum fail_code code, const struct textkey *pair, const char *reason);

#endif
