/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pair by pair; a pair waits in d->pair until its NUL has come.
 */
#include "iscsi/discovery.h"

#include <stdio.h>
#include <string.h>

#include "iscsi/textkeys.h"

void discovery_start(struct discovery *d, const struct discovery_sink *sink)
{
	memset(d, 0, sizeof *d);
	d->sink = *sink;
}

static void pass_over(const struct discovery *d, const struct textkey *pair, const char *reason)
{
	struct fail fault = {.code = FAIL_NONE};
	textkeys_fail(&fault, FAIL_PROTOCOL, pair, reason);
	d->sink.fault(d->sink.to, fault.detail);
}

static bool emit(struct discovery *d, struct discovery_record *record, struct fail *fail)
{
	if (d->n_records == DISCOVERY_RECORDS_MAX)
		return fail_set(fail, FAIL_PROTOCOL, "more than %d records", DISCOVERY_RECORDS_MAX);
	d->n_records++;
	d->has_address = true;
	record->name = d->name;
	d->sink.record(d->sink.to, record);
	return true;
}

/* A target without an address of its own is served where it was asked for. */
static bool end_record(struct discovery *d, struct fail *fail)
{
	struct discovery_record record = {.host = NULL};
	return d->name[0] == '\0' || d->has_address || emit(d, &record, fail);
}

/* Programs make paths of names. */
static bool is_plain(struct span s)
{
	return textkeys_is_plain(s) && memchr(s.text, '/', s.n_bytes) == NULL;
}

static bool take_name(struct discovery *d, const struct textkey *pair, struct fail *fail)
{
	bool good = end_record(d, fail);
	d->has_address = false;
	d->name[0] = '\0';
	if (!is_plain(pair->value))
		pass_over(d, pair, "not a name that can be used");
	else if (!span_copy(pair->value, d->name, sizeof d->name))
		pass_over(d, pair, "longer than 223 bytes");
	return good;
}

/* HOST[:PORT][,TAG], section 13.8. */
static bool read_address(struct span value, char host[static HOST_MAX + 1], struct discovery_record *record)
{
	struct span tag = value;
	struct span portal = span_cut(&tag, ',');
	struct span found;
	uint64_t number = 0;
	if (!is_plain(portal) || !text_host_port(portal, &found, &record->port) ||
	    !span_copy(found, host, HOST_MAX + 1))
		return false;
	record->has_tpgt = tag.text != NULL;
	if (record->has_tpgt && !text_decimal(tag, UINT16_MAX, &number))
		return false;
	record->tpgt = (uint16_t)number;
	return true;
}

static bool take_address(struct discovery *d, const struct textkey *pair, struct fail *fail)
{
	char host[HOST_MAX + 1];
	struct discovery_record record = {.host = host, .port = DISCOVERY_PORT};
	if (d->name[0] == '\0')
		return true; /* of a name that was passed over */
	if (read_address(pair->value, host, &record))
		return emit(d, &record, fail);
	d->has_address = true;
	pass_over(d, pair, "not an address");
	return true;
}

/* Other keys (TargetAlias, of vendors) say nothing that is asked for here. */
static bool take_pair(struct discovery *d, struct fail *fail)
{
	struct span rest = {.text = d->pair, .n_bytes = d->n_pair_bytes};
	struct textkey pair;
	struct fail fault = {.code = FAIL_NONE};
	d->n_pair_bytes = 0;
	if (!textkeys_next(&rest, &pair, &fault))
		return fault.code == FAIL_NONE || fail_set(fail, fault.code, "%s", fault.detail);
	if (span_is(pair.name, "TargetName"))
		return take_name(d, &pair, fail);
	if (span_is(pair.name, "TargetAddress"))
		return take_address(d, &pair, fail);
	if (span_is(pair.name, "SendTargets"))
		return textkeys_fail(fail, FAIL_PROTOCOL, &pair, "the target does not answer SendTargets");
	return true;
}

bool discovery_take(struct discovery *d, const uint8_t *text, size_t n_bytes, struct fail *fail)
{
	for (size_t i = 0; i < n_bytes; i++) {
		if (d->n_pair_bytes == sizeof d->pair)
			return fail_set(fail, FAIL_PROTOCOL, "a key and value of more than %zu bytes", sizeof d->pair);
		d->pair[d->n_pair_bytes++] = (char)text[i];
		if (text[i] == '\0' && !take_pair(d, fail))
			return false;
	}
	return true;
}

bool discovery_end(struct discovery *d, struct fail *fail)
{
	if (d->n_pair_bytes > 0)
		return fail_set(fail, FAIL_PROTOCOL, "text without its final NUL");
	return end_record(d, fail);
}
