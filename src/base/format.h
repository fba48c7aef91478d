/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printf into a buffer, whole or not at all.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* False, with out empty, when it does not fit. */
bool format_text(char *out, size_t n_max, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
