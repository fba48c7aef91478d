/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ip=; inside plan/ only.
 */
#ifndef PLAN_NET_H
#define PLAN_NET_H

#include <stdbool.h>

struct reading;

/* Adds one network to the plan. */
bool net_read(struct reading *r);

#endif
