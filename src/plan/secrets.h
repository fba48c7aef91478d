/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of secrets; inside plan/ only.
 */
#ifndef PLAN_SECRETS_H
#define PLAN_SECRETS_H

#include "plan/plan.h"

/* Gives each target that has no secret the first that the text has for it. The initiator has to have its name. */
bool secrets_read(const char *text, struct boot_plan *plan, struct fail *fail);

#endif
