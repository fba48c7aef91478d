/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment of our helper programs.
 */
#include "boot/programs.h"

#include <stddef.h>

const char *const program_environment[] = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/", "TERM=linux", NULL};
