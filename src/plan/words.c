/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_read and the table of all words. Words that are not in it are passed over, also those that stand without the
 * value they should have, or with one they should not. Of a word that may stand once the last one wins, as in the
 * kernel.
 */
#include "plan/plan.h"

#include <string.h>

#include "plan/cmdline.h"
#include "plan/net.h"
#include "plan/reading.h"
#include "plan/root.h"
#include "plan/target.h"

enum {
	DAY_S = 24 * 60 * 60,
	YEAR_S = 365 * DAY_S,
	REPLACEMENT_MAX_S = 2000000, /* the kernel counts it in ticks, up to 1000 a second, in 31 bits */
	NOP_MAX_S = 3600,
};

static bool read_flag(struct reading *r)
{
	bool value = r->word->max != 0;
	memcpy((char *)r->plan + r->word->field, &value, sizeof value);
	return true;
}

static bool read_seconds(struct reading *r)
{
	uint64_t number;
	if (!text_decimal(r->value, r->word->max, &number))
		return reading_refuse(r, "it is not a number of seconds, or too high");
	uint32_t seconds = (uint32_t)number;
	memcpy((char *)r->plan + r->word->field, &seconds, sizeof seconds);
	return true;
}

static bool read_text(struct reading *r)
{
	if (!span_copy(r->value, (char *)r->plan + r->word->field, r->word->max))
		return reading_refuse(r, "it is too long");
	return true;
}

static bool read_panic(struct reading *r)
{
	uint64_t number;
	struct span digits = r->value;
	bool negative = span_starts(digits, "-");
	if (negative)
		digits = (struct span){digits.text + 1, digits.n_bytes - 1};
	if (!text_decimal(digits, r->word->max, &number))
		return reading_refuse(r, "it is not a number of seconds, or too high");
	r->plan->panic_given = true;
	r->plan->panic_s = negative ? -(int32_t)number : (int32_t)number;
	return true;
}

static bool read_portal(struct reading *r)
{
	struct span host;
	uint16_t port = ISCSI_PORT;
	if (!text_host_port(r->value, &host, &port))
		return reading_refuse(r, "it is not HOST or HOST:PORT (IPv6 with a port in brackets)");
	origin_set(&r->plan->portal.origin, "iscsi_portal=");
	r->plan->portal.port = port;
	return reading_host(r, host, r->plan->portal.host);
}

static bool read_initiator(struct reading *r)
{
	if (!reading_name(r, r->value, r->plan->initiator.name))
		return false;
	origin_set(&r->plan->initiator.origin, "iscsi_initiator=");
	return true;
}

static bool read_username(struct reading *r)
{
	origin_set(&r->plan->chap.origin, "iscsi_username=");
	return read_text(r);
}

/* The one reader whose value no message shows. */
static bool read_secret(struct reading *r)
{
	void *secret = (char *)r->plan + r->word->field;
	if (secret_set(secret, r->value.text, r->value.n_bytes))
		return true;
	return fail_set(r->fail, FAIL_WORD_VALUE, "%s=: the secret is longer than %d bytes", r->word->name, SECRET_MAX);
}

static bool read_digest(struct reading *r)
{
	static const char *const choices[] = {
		[DIGEST_NONE] = "none",
		[DIGEST_CRC32C] = "crc32c",
		[DIGEST_PREFER_CRC32C] = "prefer-crc32c",
		[DIGEST_PREFER_NONE] = "prefer-none",
	};
	for (unsigned i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		if (span_is(r->value, choices[i])) {
			r->plan->digest = (enum plan_digest)i;
			return true;
		}
	}
	return reading_refuse(r, "it is none of none, crc32c, prefer-crc32c and prefer-none");
}

#define FIELD(name) offsetof(struct boot_plan, name)
#define TEXT_FIELD(name) FIELD(name), sizeof(((struct boot_plan *)0)->name)

static const struct word words[] = {
	{"iscsi_target", target_read, false, 0, 0},
	{"iscsi_portal", read_portal, false, 0, 0},
	{"iscsi_initiator", read_initiator, false, 0, 0},
	{"iscsi_username", read_username, false, TEXT_FIELD(chap.username)},
	{"iscsi_password", read_secret, false, FIELD(chap.secret), 0},
	{"iscsi_in_username", read_text, false, TEXT_FIELD(chap_in.username)},
	{"iscsi_in_password", read_secret, false, FIELD(chap_in.secret), 0},
	{"iscsi_digest", read_digest, false, 0, 0},
	{"iscsi_timeout", read_seconds, false, FIELD(timeout_s), YEAR_S},
	{"iscsi_replacement_timeout", read_seconds, false, FIELD(outage.replacement_s), REPLACEMENT_MAX_S},
	{"iscsi_noop_out_interval", read_seconds, false, FIELD(outage.nop_interval_s), NOP_MAX_S},
	{"iscsi_noop_out_timeout", read_seconds, false, FIELD(outage.nop_timeout_s), NOP_MAX_S},
	{"iscsi_shutdown_timeout", read_seconds, false, FIELD(outage.shutdown_s), DAY_S},
	{"ip", net_read, false, 0, 0},
	{"root", root_read, false, 0, 0},
	{"rootfstype", read_text, false, TEXT_FIELD(root.fstype)},
	{"rootflags", read_text, false, TEXT_FIELD(root.flags)},
	{"rootdelay", read_seconds, false, FIELD(root.delay_s), DAY_S},
	{"rootwait", read_flag, true, FIELD(root.wait), true},
	{"ro", read_flag, true, FIELD(root.writable), false},
	{"rw", read_flag, true, FIELD(root.writable), true},
	{"init", read_text, false, TEXT_FIELD(init)},
	{"panic", read_panic, false, 0, YEAR_S},
	{"quiet", read_flag, true, FIELD(quiet), true},
};

static const struct word *find_word(const struct cmdline_word *given)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (words[i].is_flag == (given->value.text == NULL) && cmdline_name_is(given->name, words[i].name))
			return &words[i];
	}
	return NULL;
}

bool plan_read(const char *cmdline, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	struct span rest = span_of(cmdline);
	struct cmdline_word given;
	bool good = true;                               /* a bad word does not hide a panic= behind it */
	plan->outage.replacement_s = REPLACEMENT_MAX_S; /* 23 days: in practice for ever */
	plan->outage.shutdown_s = 30;
	plan->outage.nop_interval_s = plan->outage.nop_timeout_s = 5; /* as open-iscsi */
	while (cmdline_next(&rest, &given)) {
		const struct word *word = find_word(&given);
		struct reading r = {plan, notes, fail, word, given.value};
		good = (word == NULL || word->read(&r)) && good;
	}
	return good;
}
