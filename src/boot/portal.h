/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a failed connect(2) to a portal means to the user.
 */
#ifndef BOOT_PORTAL_H
#define BOOT_PORTAL_H

#include <stdbool.h>

#include "base/fail.h"

/* Sets *fail by the errno value `error`. Always false. */
bool portal_connect_failed(int error, struct fail *fail);

#endif
