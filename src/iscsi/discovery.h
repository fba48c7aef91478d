/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to SendTargets=All, RFC 7143 section 13.3 and appendix C: TargetName, each with its TargetAddress lines.
 * The text may come in any number of pieces, torn anywhere; each record is handed over when it is complete, so that
 * there may be any number of them. Pure, no heap.
 */
#ifndef ISCSI_DISCOVERY_H
#define ISCSI_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/limits.h"

enum {
	DISCOVERY_RECORDS_MAX = 100000, /* from one target; more is no answer but an attack */
	DISCOVERY_PAIR_MAX = ISCSI_KEY_MAX + 1 + ISCSI_VALUE_MAX + 1,
	DISCOVERY_PORT = 3260, /* when the address has none, section 13.8 */
};

/* One way to one target. Text is printable and without blanks or '/': whoever prints or stores it need not care. */
struct discovery_record {
	const char *name;
	const char *host; /* address without brackets, or DNS name; NULL: the portal that was asked */
	uint16_t port;
	bool has_tpgt;
	uint16_t tpgt;
};

/* Where records go. `what` of a fault names the key and why its value is passed over; it may hold any bytes. */
struct discovery_sink {
	void (*record)(void *to, const struct discovery_record *record);
	void (*fault)(void *to, const char *what);
	void *to;
};

struct discovery {
	struct discovery_sink sink;
	char pair[DISCOVERY_PAIR_MAX]; /* a pair of which the end has not come yet */
	size_t n_pair_bytes;
	char name[ISCSI_NAME_MAX + 1]; /* the last TargetName; empty: none, or not usable */
	bool has_address;              /* it has had one */
	uint32_t n_records;
};

void discovery_start(struct discovery *d, const struct discovery_sink *sink);

/* The next piece of text. Fails with FAIL_PROTOCOL at what is no text of keys and values. */
bool discovery_take(struct discovery *d, const uint8_t *text, size_t n_bytes, struct fail *fail);

/* The text is complete. */
bool discovery_end(struct discovery *d, struct fail *fail);

#endif
