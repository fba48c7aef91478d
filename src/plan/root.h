/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root=; inside plan/ only.
 */
#ifndef PLAN_ROOT_H
#define PLAN_ROOT_H

#include <stdbool.h>

struct reading;

/* Says what root is; the words beside it (rootfstype= ...) keep their values. */
bool root_read(struct reading *r);

#endif
