/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that a child may fill for its parent.
 */
#ifndef SYS_MEMORY_H
#define SYS_MEMORY_H

#include <stddef.h>

/* Zeroed pages that stay shared after fork; NULL when there is no memory. */
void *memory_share(size_t n_bytes);

#endif
