/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Assignments of a shell fragment, without a shell: NAME=VALUE in the quotes of sh(1), comments, nothing else; inside
 * plan/ only.
 */
#ifndef PLAN_SHELL_H
#define PLAN_SHELL_H

#include <stdbool.h>

#include "base/text.h"
#include "plan/cmdline.h"

/* Takes the next word off the front of *rest; the value keeps its quotes. What is no assignment has no value. */
bool shell_next(struct span *rest, struct cmdline_word *word);

/* Removes the quotes. False when it does not fit, is torn, or is more than text: $ and ` are for a shell. */
bool shell_unquote(struct span value, char *out, size_t n_max, size_t *n_out);

#endif
