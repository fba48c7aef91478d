/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tokenizer: next_arg of the kernel's lib/cmdline.c with spans in the place of NULs. One difference: the byte 0xa0
 * is no blank here, it is a part of many letters in UTF-8.
 */
#include "plan/cmdline.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct span *s)
{
	while (s->n_bytes > 0 && is_blank(s->text[0])) {
		s->text++;
		s->n_bytes--;
	}
}

/* Removes a quote at the end. Returns whether there was one. */
static bool drop_quote(struct span *s)
{
	if (s->n_bytes == 0 || s->text[s->n_bytes - 1] != '"')
		return false;
	s->n_bytes--;
	return true;
}

/* Splits at the first '='; one in the first place is a letter of the name, as in the kernel. */
static struct cmdline_word split_word(struct span s, bool quoted)
{
	const char *equals = s.n_bytes > 1 ? memchr(s.text + 1, '=', s.n_bytes - 1) : NULL;
	struct cmdline_word word = {.name = s};
	if (equals == NULL) {
		if (quoted)
			drop_quote(&word.name);
		return word;
	}
	word.name.n_bytes = (size_t)(equals - s.text);
	word.value = (struct span){equals + 1, s.n_bytes - word.name.n_bytes - 1};
	bool dropped = false;
	if (span_starts(word.value, "\"")) {
		word.value.text++;
		word.value.n_bytes--;
		dropped = drop_quote(&word.value);
	}
	if (quoted && !dropped)
		drop_quote(&word.value);
	return word;
}

bool cmdline_next(struct span *rest, struct cmdline_word *word)
{
	skip_blanks(rest);
	if (rest->n_bytes == 0)
		return false;
	bool quoted = rest->text[0] == '"';
	bool in_quote = quoted;
	struct span s = {rest->text + quoted, rest->n_bytes - quoted};
	size_t n = 0;
	for (; n < s.n_bytes && (in_quote || !is_blank(s.text[n])); n++)
		in_quote ^= s.text[n] == '"';

	*rest = (struct span){s.text + n, s.n_bytes - n};
	s.n_bytes = n;
	*word = split_word(s, quoted);
	return word->value.text != NULL || !span_is(word->name, "--");
}

char cmdline_fold(char c)
{
	return c == '-' ? '_' : c;
}

bool cmdline_name_is(struct span name, const char *word)
{
	if (name.n_bytes != strlen(word))
		return false;
	for (size_t i = 0; i < name.n_bytes; i++) {
		if (cmdline_fold(name.text[i]) != cmdline_fold(word[i]))
			return false;
	}
	return true;
}
