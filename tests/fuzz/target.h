/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the harnesses of the two long forms of iscsi_target= share: reading one value, and what holds for any target
 * that was read. Secrets that other programs put into these forms are never shown.
 */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include "base/writer.h"
#include "plan/lun.h"
#include "plan/reading.h"
#include "plan/target.h"

#include "fuzz.h"

static inline bool target_of(const char *value, size_t n_bytes, struct boot_plan *plan, struct fail *fail)
{
	static const struct word word = {.name = "iscsi_target", .read = target_read};
	static struct plan_notes notes;
	struct reading r = {.plan = plan,
			    .notes = &notes,
			    .fail = fail,
			    .word = &word,
			    .name = span_of("iscsi_target"),
			    .value = {value, n_bytes}};
	memset(plan, 0, sizeof *plan);
	notes.n_notes = 0;
	return target_read(&r);
}

static inline void check_target(const struct plan_target *target)
{
	char portal[HOST_MAX + 9], lun[PLAN_LUN_BYTES];
	struct span host;
	uint16_t port = 0;
	struct plan_lun again;
	CHECK(fuzz_is_plain(target->name));
	CHECK(target->host[0] != '\0' && fuzz_is_plain(target->host));
	CHECK(target->port != 0);
	plan_format_portal(target->host, target->port, portal);
	CHECK(text_host_port(span_of(portal), &host, &port) && span_is(host, target->host) && port == target->port);
	plan_format_lun(target->lun.number, lun);
	CHECK(lun_read_number(span_of(lun), &again) && again.number == target->lun.number);
}

/* Reads a value with `prefix`; what was read is written in the same form and read again. */
static inline void check_form(const char *prefix, const uint8_t *bytes, size_t n_bytes,
			      void (*write)(const struct boot_plan *plan, char *out, size_t n_max))
{
	static struct boot_plan plan, again;
	char canonical[3 * (ISCSI_NAME_MAX + CHAP_NAME_MAX + SECRET_MAX) + HOST_MAX + 64];
	size_t n_prefix = strlen(prefix);
	struct fail fail = {.code = FAIL_NONE};
	char *value = malloc(n_prefix + n_bytes);
	memcpy(value, prefix, n_prefix);
	if (n_bytes > 0)
		memcpy(value + n_prefix, bytes, n_bytes);
	if (target_of(value, n_prefix + n_bytes, &plan, &fail)) {
		CHECK(plan.n_targets == 1 && fail.code == FAIL_NONE);
		check_target(&plan.targets[0]);
		write(&plan, canonical, sizeof canonical);
		CHECK(target_of(canonical, strlen(canonical), &again, &fail));
		CHECK(memcmp(&plan, &again, sizeof plan) == 0);
	} else {
		CHECK(plan.n_targets == 0 && fail.code == FAIL_WORD_VALUE);
		const char *at = memchr(value, '@', n_prefix + n_bytes);
		if (at != NULL)
			CHECK(memmem(fail.detail, strlen(fail.detail), value, (size_t)(at - value) + 1) == NULL);
	}
	free(value);
}

#endif
