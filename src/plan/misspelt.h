/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a name is from another; inside plan/ only.
 */
#ifndef PLAN_MISSPELT_H
#define PLAN_MISSPELT_H

#include <stdbool.h>

#include "base/text.h"

/* Letters to insert, remove or change (Levenshtein), - and _ being the same, and capitals; very far above 40. */
unsigned misspelt_distance(struct span name, const char *word);

/* Whether a text is in it, in whichever case. */
bool misspelt_has(struct span s, const char *text);

#endif
