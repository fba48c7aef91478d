/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootflags=: mount(2) takes the general options as bits and leaves the rest to the file system.
 */
#ifndef BOOT_MOUNTFLAGS_H
#define BOOT_MOUNTFLAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Splits a comma list, as mount(8) takes it, into MS_ bits (set and cleared in *flags) and what the file system reads.
 */
bool mount_flags_split(const char *options, unsigned long *flags, char *data, size_t n_max);

#endif
