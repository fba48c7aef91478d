/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_read and the table of all words. Words that are not in it are passed over, also those that stand without the
 * value they should have, or with one they should not. Of a word that may stand once the last one wins, as in the
 * kernel.
 */
#include "plan/plan.h"

#include <string.h>

#include "base/format.h"
#include "plan/cmdline.h"
#include "plan/dialects.h"
#include "plan/links.h"
#include "plan/misspelt.h"
#include "plan/net.h"
#include "plan/root.h"
#include "plan/shell.h"
#include "plan/target.h"

enum {
	DAY_S = 24 * 60 * 60,
	YEAR_S = 365 * DAY_S,
	UNQUOTED_BYTES = 512,
};

static bool read_panic(struct reading *r)
{
	uint64_t number;
	struct span digits = r->value;
	bool negative = span_starts(digits, "-");
	if (negative)
		digits = (struct span){digits.text + 1, digits.n_bytes - 1};
	if (!text_decimal(digits, r->word->max, &number))
		return reading_refuse(r, "it is not a number of seconds, or too high");
	r->plan->panic_s = negative ? -(int32_t)number : (int32_t)number;
	return true;
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

static bool read_path(struct reading *r)
{
	return span_starts(r->value, "/") ? read_text(r) : reading_refuse(r, "it is not a path from /");
}

static const struct word native_words[] = {
	{"iscsi_target", target_read, WORD_VALUE, 0, 0, 0, NULL},
	{"iscsi_portal", read_portals, WORD_VALUE, PLAN_AT(portal.origin), PLAN_TEXT(portal.list), NULL},
	{"iscsi_initiator", read_initiator, WORD_VALUE, PLAN_AT(initiator.origin), 0, 0, NULL},
	{"iscsi_username", read_text, WORD_VALUE, PLAN_AT(chap.origin), PLAN_TEXT(chap.username), NULL},
	{"iscsi_password", read_secret, WORD_VALUE, PLAN_AT(from.secret), PLAN_AT(chap.secret), 0, NULL},
	{"iscsi_in_username", read_text, WORD_VALUE, PLAN_AT(from.username_in), PLAN_TEXT(chap_in.username), NULL},
	{"iscsi_in_password", read_secret, WORD_VALUE, PLAN_AT(from.secret_in), PLAN_AT(chap_in.secret), 0, NULL},
	{"iscsi_secrets", read_path, WORD_VALUE, PLAN_AT(secrets.origin), PLAN_TEXT(secrets.path), NULL},
	{"iscsi_digest", read_digest, WORD_VALUE, PLAN_AT(from.digest), 0, 0, NULL},
	{"iscsi_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.timeout), PLAN_AT(timeout_s), YEAR_S, NULL},
	{"iscsi_replacement_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.replacement),
	 PLAN_AT(outage.replacement_s), REPLACEMENT_MAX_S, NULL},
	{"iscsi_noop_out_interval", read_seconds, WORD_VALUE, PLAN_AT(from.nop_interval),
	 PLAN_AT(outage.nop_interval_s), NOP_MAX_S, NULL},
	{"iscsi_noop_out_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.nop_timeout), PLAN_AT(outage.nop_timeout_s),
	 NOP_MAX_S, NULL},
	{"iscsi_shutdown_timeout", read_seconds, WORD_VALUE, PLAN_AT(from.shutdown), PLAN_AT(outage.shutdown_s), DAY_S,
	 NULL},
	{"ip", net_read, WORD_VALUE, 0, 0, 0, NULL},
	{"nfsaddrs", net_read, WORD_VALUE, 0, 0, 0, NULL},
	{"BOOTIF", links_read_bootif, WORD_VALUE, PLAN_AT(bootif.origin), 0, 0, NULL},
	{"root", root_read, WORD_VALUE, PLAN_AT(root.origin), 0, 0, NULL},
	{"rootfstype", read_text, WORD_VALUE, PLAN_AT(from.fstype), PLAN_TEXT(root.fstype), NULL},
	{"rootflags", read_text, WORD_VALUE, PLAN_AT(from.flags), PLAN_TEXT(root.flags), NULL},
	{"rootdelay", read_seconds, WORD_VALUE, PLAN_AT(from.delay), PLAN_AT(root.delay_s), DAY_S, NULL},
	{"rootwait", read_flag, WORD_FLAG, PLAN_AT(from.wait), PLAN_AT(root.wait), true, NULL},
	{"ro", read_flag, WORD_FLAG, PLAN_AT(from.writable), PLAN_AT(root.writable), false, NULL},
	{"rw", read_flag, WORD_FLAG, PLAN_AT(from.writable), PLAN_AT(root.writable), true, NULL},
	{"init", read_text, WORD_VALUE, PLAN_AT(from.init), PLAN_TEXT(init), NULL},
	{"panic", read_panic, WORD_VALUE, PLAN_AT(from.panic), 0, YEAR_S, NULL},
	{"quiet", read_flag, WORD_FLAG, PLAN_AT(from.quiet), PLAN_AT(quiet), true, NULL},
};

static const struct dialect native = DIALECT(native_words);

/* Which words each source has. */
static const struct {
	const struct dialect *dialect;
	unsigned sources; /* bits by enum plan_source */
} tables[] = {
	{&native, 1U << SOURCE_CMDLINE | 1U << SOURCE_INITRAMFS},
	{&debian, 1U << SOURCE_CMDLINE | 1U << SOURCE_INITRAMFS},
	{&alt, 1U << SOURCE_CMDLINE},
	{&dracut, 1U << SOURCE_CMDLINE},
	{&genkernel, 1U << SOURCE_CMDLINE},
	{&live, 1U << SOURCE_CMDLINE},
	{&libreelec, 1U << SOURCE_CMDLINE},
	{&suse, 1U << SOURCE_CMDLINE},
	{&initiatorname, 1U << SOURCE_INITIATORNAME},
};

/* The words of a source one by one: *table and *row are 0 before the first. NULL behind the last. */
static const struct word *next_row(enum plan_source source, size_t *table, size_t *row)
{
	for (; *table < sizeof tables / sizeof *tables; ++*table, *row = 0)
		if ((tables[*table].sources >> source & 1) != 0 && *row < tables[*table].dialect->n_words)
			return &tables[*table].dialect->words[(*row)++];
	return NULL;
}

static bool fits_shape(const struct word *word, const struct cmdline_word *given)
{
	return word->shape == WORD_ANY || (word->shape == WORD_FLAG) == (given->value.text == NULL);
}

/* As shell variables, in a file or in the environment that the kernel makes of its command line, words are capital. */
static bool has_name(const struct word *word, struct span name)
{
	if (!span_starts(name, "ISCSI_"))
		return cmdline_name_is(name, word->name);
	return span_starts(span_of(word->name), "iscsi_") && misspelt_distance(name, word->name) == 0;
}

/* What dracut and genkernel want root= to be when other words say it. */
static bool is_placeholder(const struct word *word, struct span value)
{
	return word->read == root_read && (span_is(value, "/dev/root") || span_is(value, "/dev/ram0"));
}

const struct word *words_find(enum plan_source source, const struct cmdline_word *given)
{
	static const struct word placeholder = {
		"root", NULL, WORD_VALUE, 0, 0, 0, "has no use: it stands for what other words say, or for the LUN"};
	size_t table = 0, row = 0;
	const struct word *word;
	if (source == SOURCE_INITRAMFS && !span_starts(given->name, "ISCSI_"))
		return NULL;
	while ((word = next_row(source, &table, &row)) != NULL)
		if (fits_shape(word, given) && has_name(word, given->name))
			return is_placeholder(word, given->value) ? &placeholder : word;
	return NULL;
}

/* --- words that nobody knows --- */

enum {
	SHORT_BYTES = 8, /* a name shorter than this may be one letter off, others two, one of half its size none */
	NAME_SHOWN_BYTES = 48,
};

/* A name with a dot is a parameter of a kernel module, unless it is one of dracut's. */
static bool is_parameter(struct span name)
{
	return span_has(name, '.') && !span_starts(name, "rd.");
}

static const struct word *find_near(enum plan_source source, struct span name)
{
	unsigned n_least = name.n_bytes <= SHORT_BYTES / 2 ? 1 : name.n_bytes < SHORT_BYTES ? 2 : 3;
	const struct word *nearest = NULL, *word;
	size_t table = 0, row = 0;
	if (is_parameter(name))
		return NULL;
	while ((word = next_row(source, &table, &row)) != NULL) {
		unsigned n_changes = misspelt_distance(name, word->name);
		if (n_changes >= n_least)
			continue;
		n_least = n_changes;
		nearest = word;
	}
	return nearest;
}

/* It may be the end of a user part that a blank has torn. A known name that is misspelt is a name. */
static bool has_at(enum plan_source source, const struct cmdline_word *given)
{
	return span_has(given->name, '@') || (span_has(given->value, '@') && find_near(source, given->name) == NULL);
}

/* Not itself where it may be the rest of a secret. */
static void show_word(enum plan_source source, const struct cmdline_word *given, bool is_foreign, struct span behind,
		      char out[static PLAN_WORD_BYTES])
{
	bool is_rest = is_foreign && behind.n_bytes > 0, is_hidden = is_rest || (is_foreign && has_at(source, given));
	struct span name = is_rest ? behind : is_hidden ? span_of("a word with an @") : given->name;
	int n_name = name.n_bytes > NAME_SHOWN_BYTES ? NAME_SHOWN_BYTES : (int)name.n_bytes;
	bool has_equals = is_rest || (!is_hidden && given->value.text != NULL);
	format_text(out, PLAN_WORD_BYTES, "%s%.*s%s", is_rest ? "a word behind " : "", n_name, name.text,
		    has_equals ? "=" : "");
}

static void note_foreign(enum plan_source source, const struct cmdline_word *given, struct span behind,
			 struct plan_notes *notes)
{
	const struct word *near = find_near(source, given->name);
	char shown[PLAN_WORD_BYTES];
	show_word(source, given, true, behind, shown);
	if (near != NULL)
		plan_note(notes, "%s is not known: %s%s?", shown, near->name,
			  near->shape == WORD_VALUE || near->shape == WORD_SHARED ? "=" : "");
	else if (misspelt_has(given->name, "iscsi") && !is_parameter(given->name))
		plan_note(notes, "%s is not known", shown);
}

static bool next_given(enum plan_source source, struct span *rest, struct cmdline_word *given)
{
	if (source == SOURCE_CMDLINE)
		return cmdline_next(rest, given);
	while (shell_next(rest, given))
		if (given->value.text != NULL)
			return true;
	return false;
}

/* A user part may hold a secret; one that a blank has torn has no name of a target behind it. */
static bool has_torn_user(struct span value)
{
	size_t n_bytes = value.n_bytes;
	while (n_bytes > 0 && value.text[n_bytes - 1] != '@')
		n_bytes--;
	struct span target = {value.text + n_bytes, value.n_bytes - n_bytes};
	return n_bytes > 0 && !misspelt_has(target, "iqn.") && !misspelt_has(target, "eui.") &&
	       !misspelt_has(target, "naa.");
}

/* The end of a torn user part follows, before a word with a value that is known, or nearly. */
static bool leads_to_at(enum plan_source source, struct span rest)
{
	struct cmdline_word given;
	while (source == SOURCE_CMDLINE && span_has(rest, '@') && next_given(source, &rest, &given)) {
		if (given.value.text != NULL && find_near(source, given.name) != NULL)
			return false;
		if (has_at(source, &given))
			return true;
	}
	return false;
}

/*
 * A secret with blanks and without quotes ends at the first one, and what follows looks like words: until one with a
 * value is known, they may be the rest of it.
 */
static void follow_secret(enum plan_source source, const struct word *word, const struct cmdline_word *given,
			  struct span rest, struct span *behind)
{
	if (source != SOURCE_CMDLINE || word == NULL || given->value.text == NULL)
		return;
	bool is_secret = word->read == read_secret || misspelt_has(given->value, "password") ||
			 has_torn_user(given->value) || leads_to_at(source, rest);
	*behind = is_secret ? given->name : (struct span){NULL, 0};
}

/* --- reading --- */

static struct origin origin_of(const struct word *word, const struct boot_plan *plan)
{
	struct origin origin = {.text = ""};
	if (word->origin != 0)
		memcpy(&origin, (const char *)plan + word->origin, sizeof origin);
	return origin;
}

/* Given by a stronger source. */
static bool is_overridden(const struct word *word, const struct boot_plan *plan, enum plan_source source)
{
	struct origin origin = origin_of(word, plan);
	return origin.text[0] != '\0' && origin.source < source;
}

static bool read_quoted(struct reading *r)
{
	char value[UNQUOTED_BYTES];
	size_t n_bytes;
	bool good = shell_unquote(r->value, value, sizeof value, &n_bytes);
	r->value = (struct span){value, good ? n_bytes : 0};
	good = good ? reading_apply(r)
		    : reading_refuse(r, "its value is too long, torn, or wants a shell; '...' keeps $ and `");
	bytes_wipe(value, sizeof value);
	return good;
}

/* Whether a word that is not followed gives another user name than the one that is. */
static bool is_other_user(const struct reading *r)
{
	char value[UNQUOTED_BYTES];
	size_t n_bytes;
	if (r->word == NULL || r->word->field != PLAN_AT(chap.username) ||
	    !shell_unquote(r->value, value, sizeof value, &n_bytes))
		return false;
	return !span_is((struct span){value, n_bytes}, r->plan->chap.username);
}

/* The secret of a file belongs to the user name in it. */
static void drop_secret(struct reading *r)
{
	struct boot_plan *plan = r->plan;
	if (plan->chap.secret.n_bytes == 0 || plan->from.secret.source != r->source)
		return;
	plan_note(r->notes, "%s is not used: the user name in %s is another than there", plan->from.secret.text,
		  plan->chap.origin.text);
	secret_wipe(&plan->chap.secret);
	plan->from.secret = (struct origin){.text = ""};
}

static bool read_words(struct reading *r, struct span rest)
{
	struct cmdline_word given;
	struct span behind = {NULL, 0};
	bool other_user = false;
	bool good = true; /* a bad word does not hide a panic= behind it */
	while (next_given(r->source, &rest, &given)) {
		r->word = words_find(r->source, &given);
		r->name = given.name;
		r->is_hidden = r->word != NULL && leads_to_at(r->source, rest);
		r->value = given.value;
		if (r->word == NULL)
			note_foreign(r->source, &given, behind, r->notes);
		else if (is_overridden(r->word, r->plan, r->source))
			other_user = is_other_user(r) || other_user;
		else if (r->word->idle == NULL)
			good = (r->source == SOURCE_CMDLINE ? reading_apply(r) : read_quoted(r)) && good;
		follow_secret(r->source, words_find(r->source, &given), &given, rest, &behind);
	}
	if (other_user)
		drop_secret(r);
	return good && links_check(r->plan, r->fail);
}

bool plan_read(const char *cmdline, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	struct reading r = {.plan = plan, .notes = notes, .fail = fail, .source = SOURCE_CMDLINE};
	plan->uses_bootif = true;
	plan->outage.replacement_s = REPLACEMENT_MAX_S; /* 23 days: in practice for ever */
	plan->outage.shutdown_s = 30;
	plan->outage.nop_interval_s = plan->outage.nop_timeout_s = 5; /* as open-iscsi */
	plan->outage.abort_s = 15;
	plan->outage.lun_reset_s = plan->outage.target_reset_s = 30;
	bool good = read_words(&r, span_of(cmdline));
	plan->asks_ibft = plan->asks_ibft || (plan->has_iscsi_alone && !plan->has_iscsiroot);
	return good;
}

bool plan_read_file(enum plan_source source, const char *path, const char *text, struct boot_plan *plan,
		    struct plan_notes *notes, struct fail *fail)
{
	struct reading r = {.plan = plan, .notes = notes, .fail = fail, .source = source, .file = path};
	return read_words(&r, span_of(text));
}

/* --- what became of the words --- */

/* Whether what may be given once is given again further on. */
static bool comes_again(enum plan_source source, struct span rest, const struct word *word)
{
	struct cmdline_word given;
	while (word->origin != 0 && next_given(source, &rest, &given)) {
		const struct word *later = words_find(source, &given);
		if (later != NULL && later->origin == word->origin)
			return true;
	}
	return false;
}

/* root=iscsi:...: its target is one of the plan's, wherever root is. */
static bool names_target(const struct word *word, struct span value)
{
	return word->read == root_read && span_starts(value, "iscsi:") && !span_is(value, "iscsi:") &&
	       !span_is(value, "iscsi:ibft");
}

bool plan_next_word(enum plan_source source, struct span *rest, const struct boot_plan *plan, struct plan_word *out)
{
	struct cmdline_word given;
	if (!next_given(source, rest, &given))
		return false;
	const struct word *word = words_find(source, &given);
	struct span behind = out->behind;
	*out = (struct plan_word){.behind = behind};
	show_word(source, &given, word == NULL, behind, out->shown);
	out->reason = word != NULL ? word->idle : NULL;
	if (word == NULL)
		out->fate = PLAN_WORD_FOREIGN;
	else if (word->idle != NULL)
		out->fate = PLAN_WORD_IDLE;
	else if ((comes_again(source, *rest, word) && !names_target(word, given.value)) ||
		 is_overridden(word, plan, source))
		out->fate = PLAN_WORD_OVERRIDDEN;
	follow_secret(source, word, &given, *rest, &out->behind);
	return true;
}
