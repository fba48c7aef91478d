/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to SendTargets=All, RFC 7143 appendix C: whole and in pieces of the size in the first byte it says the
 * same, and what is printed or stored holds nothing but printable bytes.
 */
#include "iscsi/discovery.h"

#include "fuzz.h"

/* What came out: a sum over all records and faults. */
struct seen {
	unsigned n_records, n_faults;
	uint64_t sum;
};

static void add(struct seen *seen, const char *text)
{
	do
		seen->sum = (seen->sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++ != '\0');
}

static void check_plain(const char *text, size_t n_max)
{
	CHECK(strlen(text) > 0 && strlen(text) <= n_max);
	for (; *text != '\0'; text++)
		CHECK(*text > ' ' && *text < 0x7f && *text != '/');
}

static void take_record(void *to, const struct discovery_record *record)
{
	struct seen *seen = to;
	char numbers[32];
	check_plain(record->name, ISCSI_NAME_MAX);
	if (record->host != NULL) {
		check_plain(record->host, HOST_MAX);
		CHECK(record->port != 0);
	}
	snprintf(numbers, sizeof numbers, "%u %d", record->port, record->has_tpgt ? record->tpgt : -1);
	seen->n_records++;
	add(seen, record->name);
	add(seen, record->host != NULL ? record->host : "-");
	add(seen, numbers);
}

static void take_fault(void *to, const char *what)
{
	struct seen *seen = to;
	CHECK(what[0] != '\0');
	seen->n_faults++;
	add(seen, what);
}

static bool run(const uint8_t *text, size_t n_bytes, size_t n_step, struct seen *seen)
{
	static struct discovery d;
	struct discovery_sink sink = {take_record, take_fault, seen};
	struct fail fail = {.code = FAIL_NONE};
	bool good = true;
	*seen = (struct seen){.sum = 0};
	discovery_start(&d, &sink);
	for (size_t at = 0; good && at < n_bytes; at += n_step)
		good = discovery_take(&d, text + at, n_bytes - at < n_step ? n_bytes - at : n_step, &fail);
	good = good && discovery_end(&d, &fail);
	CHECK(good == (fail.code == FAIL_NONE));
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct cursor input = cursor_over(bytes, n_bytes);
	size_t n_step = (size_t)cursor_u8(&input) + 1, n_text;
	uint8_t *text = fuzz_rest(&input, &n_text);
	struct seen whole, pieces;
	bool good = run(text, n_text, n_text + 1, &whole);
	CHECK(run(text, n_text, n_step, &pieces) == good);
	CHECK(whole.n_records == pieces.n_records && whole.n_faults == pieces.n_faults && whole.sum == pieces.sum);
	free(text);
	return 0;
}
