/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsnprintf with its length checked.
 */
#include "base/format.h"

#include <stdarg.h>
#include <stdio.h>

bool format_text(char *out, size_t n_max, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(out, n_max, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < n_max)
		return true;
	out[0] = '\0';
	return false;
}
