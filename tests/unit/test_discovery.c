/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to SendTargets: their forms, torn anywhere, thousands of records, and hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "iscsi/discovery.h"
#include "hostile.h"

/* What came out, as text: "NAME HOST PORT TAG;" a record, "!;" a fault. */
struct seen {
	char text[1024];
	size_t n_bytes;
	unsigned n_records, n_faults;
};

static void see(struct seen *seen, const char *text)
{
	int n = snprintf(seen->text + seen->n_bytes, sizeof seen->text - seen->n_bytes, "%s", text);
	if (seen->n_bytes + (size_t)n < sizeof seen->text)
		seen->n_bytes += (size_t)n;
}

static void take_record(void *to, const struct discovery_record *r)
{
	struct seen *seen = to;
	char line[600];
	assert_true(strlen(r->name) > 0 && strlen(r->name) <= ISCSI_NAME_MAX);
	snprintf(line, sizeof line, "%s %s %u %d;", r->name, r->host != NULL ? r->host : "-", r->port,
		 r->has_tpgt ? r->tpgt : -1);
	for (const char *c = r->name; *c != '\0'; c++)
		assert_true(*c > ' ' && *c < 0x7f && *c != '/');
	for (const char *c = r->host != NULL ? r->host : ""; *c != '\0'; c++)
		assert_true(*c > ' ' && *c < 0x7f && *c != '/');
	seen->n_records++;
	see(seen, line);
}

static void take_fault(void *to, const char *what)
{
	struct seen *seen = to;
	assert_true(strlen(what) > 0);
	seen->n_faults++;
	see(seen, "!;");
}

static bool run(const void *text, size_t n_bytes, size_t n_step, struct seen *seen, struct fail *fail)
{
	static struct discovery d;
	struct discovery_sink sink = {take_record, take_fault, seen};
	discovery_start(&d, &sink);
	for (size_t at = 0; at < n_bytes; at += n_step) {
		size_t n = n_bytes - at < n_step ? n_bytes - at : n_step;
		if (!discovery_take(&d, (const uint8_t *)text + at, n, fail))
			return false;
	}
	return discovery_end(&d, fail);
}

#define ALL(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t n_bytes;
	const char *seen; /* NULL: fails */
} cases[] = {
	{ALL(""), ""},
	{ALL("TargetName=iqn.a\0TargetAddress=10.0.0.1:3260,1\0"), "iqn.a 10.0.0.1 3260 1;"},
	{ALL("TargetName=iqn.a\0TargetAddress=10.0.0.1,2\0TargetAddress=[fe80::1]:860,65535\0"),
	 "iqn.a 10.0.0.1 3260 2;iqn.a fe80::1 860 65535;"},
	{ALL("TargetName=iqn.a\0TargetName=iqn.b\0TargetAddress=host.example\0"),
	 "iqn.a - 0 -1;iqn.b host.example 3260 -1;"},
	{ALL("TargetName=iqn.a\0TargetAlias=blue box\0TargetAddress=h,1\0\0\0"), "iqn.a h 3260 1;"},
	{ALL("TargetAddress=10.0.0.1,1\0TargetName=iqn.a\0"), "iqn.a - 0 -1;"},
	{ALL("TargetName=iqn.a b\0TargetAddress=10.0.0.1,1\0TargetName=c\0"), "!;c - 0 -1;"},
	{ALL("TargetName=../../etc\0"), "!;"},
	{ALL("TargetName=\0"), "!;"},
	{ALL("TargetName=iqn.a\0TargetAddress=10.0.0.1:0,1\0"), "!;"},
	{ALL("TargetName=iqn.a\0TargetAddress=10.0.0.1,70000\0TargetAddress=h,1\0"), "!;iqn.a h 3260 1;"},
	{ALL("TargetName=iqn.a\0TargetAddress=a b,1\0"), "!;"},
	{ALL("TargetName=iqn.\xc3\xa4\0"), "!;"},
	{ALL("TargetName=iqn.a"), NULL},
	{ALL("TargetName\0"), NULL},
	{ALL("=x\0"), NULL},
	{ALL("TargetName=iqn.\na\0"), NULL},
	{ALL("SendTargets=Reject\0"), NULL},
};

static void forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t n_step = 1; n_step <= cases[i].n_bytes + 1; n_step++) {
			struct seen seen = {.n_bytes = 0};
			struct fail fail = {.code = FAIL_NONE};
			bool good = run(cases[i].text, cases[i].n_bytes, n_step, &seen, &fail);
			assert_int_equal(good, cases[i].seen != NULL);
			assert_int_equal(fail.code, good ? FAIL_NONE : FAIL_PROTOCOL);
			if (good)
				assert_string_equal(seen.text, cases[i].seen);
		}
	}
}

static void names_at_their_limit(void **state)
{
	(void)state;
	char text[600];
	for (size_t n_name = 222; n_name <= 320; n_name++) {
		struct seen seen = {.n_bytes = 0};
		struct fail fail = {.code = FAIL_NONE};
		memset(text, 'x', sizeof text);
		memcpy(text, "TargetName=", 11);
		text[11 + n_name] = '\0';
		bool good = run(text, 12 + n_name, 64, &seen, &fail);
		assert_int_equal(seen.n_records, n_name <= 223);
		assert_int_equal(good, n_name + 12 <= DISCOVERY_PAIR_MAX);
	}
}

static void hosts_at_their_limit(void **state)
{
	(void)state;
	char text[600];
	for (size_t n_host = 250; n_host < 256; n_host++) {
		struct seen seen = {.n_bytes = 0};
		struct fail fail = {.code = FAIL_NONE};
		memcpy(text, "TargetName=a\0TargetAddress=", 27);
		memset(text + 27, 'x', n_host);
		text[27 + n_host] = '\0';
		assert_true(run(text, 28 + n_host, 64, &seen, &fail));
		assert_int_equal(seen.n_records, n_host <= HOST_MAX);
		assert_int_equal(seen.n_faults, n_host > HOST_MAX);
	}
}

static void thousands(void **state)
{
	(void)state;
	static char text[64 * 5000];
	size_t n_bytes = 0;
	for (unsigned i = 0; i < 5000; i++)
		n_bytes += (size_t)snprintf(text + n_bytes, sizeof text - n_bytes,
					    "TargetName=iqn.t%u%cTargetAddress=10.0.0.1:3260,1", i, 0) +
			   1;
	struct seen seen = {.n_bytes = 0};
	struct fail fail = {.code = FAIL_NONE};
	assert_true(run(text, n_bytes, 8191, &seen, &fail));
	assert_int_equal(seen.n_records, 5000);
}

static void no_end(void **state)
{
	(void)state;
	static struct discovery d;
	struct seen seen = {.n_bytes = 0};
	struct fail fail = {.code = FAIL_NONE};
	struct discovery_sink sink = {take_record, take_fault, &seen};
	discovery_start(&d, &sink);
	while (discovery_take(&d, (const uint8_t *)"TargetName=a", 13, &fail))
		assert_true(seen.n_records <= DISCOVERY_RECORDS_MAX);
	assert_int_equal(seen.n_records, DISCOVERY_RECORDS_MAX);
	assert_int_equal(fail.code, FAIL_PROTOCOL);
}

static void try_text(const uint8_t *bytes, size_t n_bytes)
{
	struct seen seen = {.n_bytes = 0};
	struct fail fail = {.code = FAIL_NONE};
	run(bytes, n_bytes, 13, &seen, &fail);
}

static void hostile(void **state)
{
	(void)state;
	hostile_each((const uint8_t *)ALL("TargetName=iqn.a\0TargetAddress=[fe80::1%eth0]:860,1\0TargetName=b\0"),
		     try_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(names_at_their_limit),
		cmocka_unit_test(hosts_at_their_limit),
		cmocka_unit_test(thousands),
		cmocka_unit_test(no_end),
		cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
