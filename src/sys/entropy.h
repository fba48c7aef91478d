/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes for challenges: the kernel's or none.
 */
#ifndef SYS_ENTROPY_H
#define SYS_ENTROPY_H

#include <stddef.h>

/* Fills at most 256 bytes. 0 or -errno; -EAGAIN while the kernel has not gathered enough, early after power on. */
int entropy_read(void *bytes, size_t n_bytes);

#endif
