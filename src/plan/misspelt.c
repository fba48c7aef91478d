/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distance of Levenshtein, one row at a time.
 */
#include "plan/misspelt.h"

#include <string.h>

#include "plan/cmdline.h"

enum {
	NAME_MAX_BYTES = 40,
};

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : cmdline_fold(c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned misspelt_distance(struct span name, const char *word)
{
	unsigned row[NAME_MAX_BYTES + 1];
	size_t n_word = strlen(word);
	if (name.n_bytes > NAME_MAX_BYTES || n_word > NAME_MAX_BYTES)
		return NAME_MAX_BYTES;
	for (unsigned i = 0; i <= n_word; i++)
		row[i] = i;
	for (unsigned n = 0; n < name.n_bytes; n++) {
		unsigned before = row[0];
		row[0] = n + 1;
		for (size_t i = 1; i <= n_word; i++) {
			unsigned changed = before + (fold(name.text[n]) != fold(word[i - 1]));
			before = row[i];
			row[i] = least(changed, least(row[i], row[i - 1]) + 1);
		}
	}
	return row[n_word];
}

bool misspelt_has(struct span s, const char *text)
{
	struct span part = {s.text, span_of(text).n_bytes};
	for (; part.n_bytes <= s.n_bytes; s.n_bytes--, part.text++)
		if (misspelt_distance(part, text) == 0)
			return true;
	return false;
}
