/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of iSCSI names, RFC 7143 section 4.2.7. Pure; knows nothing of what a name stands for.
 */
#ifndef PLAN_NAME_H
#define PLAN_NAME_H

#include <stdbool.h>

#include "base/text.h"

/* Whether the name begins with iqn. eui. or naa., in upper or lower case. */
bool name_has_type(struct span name);

/* What is wrong with its form, as "does not ..." or "has ..."; NULL: nothing. */
const char *name_fault(struct span name);

#endif
