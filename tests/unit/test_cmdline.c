/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tokenizer against the kernel's next_arg, quirk by quirk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan/cmdline.h"

#include "hostile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Writes each word as <name> or <name|value>. */
static void show_words(const char *cmdline, char *out, size_t n_max)
{
	struct span rest = span_of(cmdline);
	struct cmdline_word word;
	size_t n = 0;
	out[0] = '\0';
	while (cmdline_next(&rest, &word)) {
		n += (size_t)snprintf(out + n, n_max - n, "<%.*s", (int)word.name.n_bytes, word.name.text);
		if (word.value.text != NULL)
			n += (size_t)snprintf(out + n, n_max - n, "|%.*s", (int)word.value.n_bytes, word.value.text);
		n += (size_t)snprintf(out + n, n_max - n, ">");
	}
}

static void words_are_cut_as_the_kernel_cuts_them(void **state)
{
	(void)state;
	static const struct {
		const char *cmdline;
		const char *words;
	} cases[] = {
		{"", ""},
		{" ", ""},
		{"\n", ""},
		{"ro", "<ro>"},
		{"ro\n", "<ro>"},
		{" ro  quiet ", "<ro><quiet>"},
		{"\tro\vrw\fa\rb\nc", "<ro><rw><a><b><c>"},
		{"a=b", "<a|b>"},
		{"a=", "<a|>"},
		{"a= b", "<a|><b>"},
		{"a=b=c", "<a|b=c>"},
		{"a==b", "<a|=b>"},
		{"=", "<=>"},
		{"=a", "<=a>"},
		{"=a=b", "<=a|b>"},
		{"==", "<=|>"},
		{"a=\"b c\"", "<a|b c>"},
		{"a=\"b c\" d", "<a|b c><d>"},
		{"\"a=b c\"", "<a|b c>"},
		{"\"a=b c\" d", "<a|b c><d>"},
		{"\"a b\"", "<a b>"},
		{"a=\"\"", "<a|>"},
		{"a=\"", "<a|>"},
		{"a=\" b", "<a| b>"},
		{"\"", "<>"},
		{"\"\"", "<>"},
		{"\"a", "<a>"},
		{"\"a b", "<a b>"},
		{"a=b\"c d\"e", "<a|b\"c d\"e>"}, /* quotes inside protect and stay */
		{"a=\"b\"c", "<a|b\"c>"},         /* the first goes, the last letter is none */
		{"a=\"b\"c\"d e\"", "<a|b\"c\"d e>"},
		{"\"a=\"b\"\"", "<a|b\">"}, /* one quote at the end for both */
		{"a\"b c\"=d", "<a\"b c\"|d>"},
		{"root=LABEL=\"my root\"", "<root|LABEL=\"my root\">"},
		{"root=\"LABEL=my root\"", "<root|LABEL=my root>"},
		{"\"root=LABEL=my root\" ro", "<root|LABEL=my root><ro>"},
		{"a=b\\ c", "<a|b\\><c>"}, /* no escapes */
		{"a=\"b\\\"c d\"", "<a|b\\\"c><d\">"},
		{"a='b c'", "<a|'b><c'>"}, /* no single quotes */
		{"a=caf\xc3\xa9\xc2\xa0x", "<a|caf\xc3\xa9\xc2\xa0x>"},
		{"ro -- init words", "<ro>"},
		{"ro --\n", "<ro>"},
		{"-- ro", ""},
		{"--x ro", "<--x><ro>"},
		{"--=x ro", "<--|x><ro>"},
		{"- ro", "<-><ro>"},
		{"\"--\" ro", ""},
		{"a b--", "<a><b-->"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[256];
		show_words(cases[i].cmdline, out, sizeof out);
		assert_string_equal(out, cases[i].words);
	}
}

static void names_fold_dash_and_underscore(void **state)
{
	(void)state;
	assert_true(cmdline_name_is(span_of("iscsi_target"), "iscsi_target"));
	assert_true(cmdline_name_is(span_of("iscsi-target"), "iscsi_target"));
	assert_true(cmdline_name_is(span_of("iscsi_target"), "iscsi-target"));
	assert_false(cmdline_name_is(span_of("iscsi.target"), "iscsi_target"));
	assert_false(cmdline_name_is(span_of("iscsi_targe"), "iscsi_target"));
	assert_false(cmdline_name_is(span_of("iscsi_targets"), "iscsi_target"));
	assert_false(cmdline_name_is(span_of("xscsi_target"), "iscsi_target"));
	assert_false(cmdline_name_is(span_of("ISCSI_TARGET"), "iscsi_target"));
	assert_false(cmdline_name_is((struct span){0}, "ip"));
}

/* Every word lies inside the bytes, and the end comes. */
static void try_tokenizer(const uint8_t *bytes, size_t n_bytes)
{
	const char *start = (const char *)bytes;
	struct span rest = {start, n_bytes};
	struct cmdline_word word;
	size_t n_words = 0;
	while (cmdline_next(&rest, &word)) {
		assert_true(n_words++ <= n_bytes);
		assert_true(word.name.text >= start && word.name.text + word.name.n_bytes <= start + n_bytes);
		if (word.value.text != NULL)
			assert_true(word.value.text >= start &&
				    word.value.text + word.value.n_bytes <= start + n_bytes);
	}
}

static void damaged_command_lines_do_no_harm(void **state)
{
	(void)state;
	static const char *const seeds[] = {
		"a=\"b c\" \"d=e f\" g=\"\" \"\" =h -- i",
		"\"a=\"b\"\" x=\" y=\"z\"q",
	};
	for (size_t i = 0; i < COUNT(seeds); i++)
		hostile_each((const uint8_t *)seeds[i], strlen(seeds[i]), try_tokenizer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_cut_as_the_kernel_cuts_them),
		cmocka_unit_test(names_fold_dash_and_underscore),
		cmocka_unit_test(damaged_command_lines_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
