/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of words, one of each program whose words are read; inside plan/ only.
 */
#ifndef PLAN_DIALECTS_H
#define PLAN_DIALECTS_H

#include "plan/cmdline.h"
#include "plan/reading.h"

struct dialect {
	const struct word *words;
	size_t n_words;
};

#define DIALECT(table)                                                                                                 \
	{                                                                                                              \
		table, sizeof(table) / sizeof *(table)                                                                 \
	}

extern const struct dialect alt, debian, dracut, genkernel, initiatorname, libreelec, live, suse;

/* The row of a word, NULL when the source has none that fits. */
const struct word *words_find(enum plan_source source, const struct cmdline_word *given);

#endif
