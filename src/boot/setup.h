/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first milliseconds of an initramfs: kernel file systems, console, log, and a clean environment.
 */
#ifndef BOOT_SETUP_H
#define BOOT_SETUP_H

#include <stdbool.h>

#include "base/fail.h"
#include "sys/sys.h"

/* Mounts /proc, /sys, /dev and /run, opens console and log; what is there already stays. */
bool setup_system(struct console *console, struct fail *fail);

/*
 * The kernel puts command-line words it does not know into init's environment, secrets among them. Removes ours from
 * `environment` (in place) and overwrites their bytes.
 */
void setup_clean_environment(char **environment);

#endif
