/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quoting as in POSIX, Shell Command Language, section 2.2: '...' is literal, in "..." a backslash protects $ ` " and
 * itself, outside of both it protects any byte. Nothing is expanded and nothing is run.
 */
#include "plan/shell.h"

#include <string.h>

static bool is_end(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';';
}

static void skip_to_word(struct span *s)
{
	bool comment = false;
	while (s->n_bytes > 0 && (comment || is_end(s->text[0]) || s->text[0] == '#')) {
		comment = (comment || s->text[0] == '#') && s->text[0] != '\n';
		s->text++;
		s->n_bytes--;
	}
}

/* The quote that is open behind byte `c`, 0 being none. */
static char next_quote(char quote, char c)
{
	if (quote != 0)
		return c == quote ? 0 : quote;
	return c == '"' || c == '\'' ? c : 0;
}

bool shell_next(struct span *rest, struct cmdline_word *word)
{
	char quote = 0;
	size_t n = 0;
	skip_to_word(rest);
	if (rest->n_bytes == 0)
		return false;
	for (; n < rest->n_bytes && (quote != 0 || !is_end(rest->text[n])); n++) {
		if (rest->text[n] == '\\' && quote != '\'' && n + 1 < rest->n_bytes)
			n++;
		else
			quote = next_quote(quote, rest->text[n]);
	}
	struct span whole = {rest->text, n};
	*rest = (struct span){rest->text + n, rest->n_bytes - n};
	word->name = span_cut(&whole, '=');
	word->value = whole;
	return true;
}

/* Whether a backslash before `c` goes away. */
static bool is_protected(char quote, char c)
{
	return quote == 0 || (c != '\0' && strchr("$`\"\\", c) != NULL);
}

bool shell_unquote(struct span value, char *out, size_t n_max, size_t *n_out)
{
	char quote = 0;
	*n_out = 0;
	for (size_t i = 0; i < value.n_bytes; i++) {
		char c = value.text[i], after = next_quote(quote, c);
		bool escape = c == '\\' && quote != '\'' && i + 1 < value.n_bytes;
		if (escape && is_protected(quote, value.text[i + 1]))
			c = value.text[++i];
		else if (quote != '\'' && (c == '$' || c == '`'))
			return false;
		else if (after != quote) {
			quote = after;
			continue;
		}
		if (*n_out == n_max)
			return false;
		out[(*n_out)++] = c;
	}
	return quote == 0;
}
