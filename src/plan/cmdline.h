/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cutting a kernel command line into words the way the kernel does (lib/cmdline.c next_arg): blanks separate, double
 * quotes around a word or around a value protect blanks and are removed, there are no escapes; `-` and `_` in names are
 * the same; a lone `--` ends the words that are for us.
 */
#ifndef PLAN_CMDLINE_H
#define PLAN_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct cmdline_word {
	struct span name;
	struct span value; /* text == NULL when there is no '=' */
};

/* Takes the next word off the front of *rest. Returns false at the end. */
bool cmdline_next(struct span *rest, struct cmdline_word *word);

/* - and _ in a name are the same. */
char cmdline_fold(char c);

/* Whether a word's name is `name`, with - and _ folded. */
bool cmdline_name_is(struct span name, const char *word);

#endif
