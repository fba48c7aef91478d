/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsi_target= in its three forms; inside plan/ only.
 */
#ifndef PLAN_TARGET_H
#define PLAN_TARGET_H

#include <stdbool.h>

struct reading;

/* Adds one target to the plan. */
bool target_read(struct reading *r);

#endif
