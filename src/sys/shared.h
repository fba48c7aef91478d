/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small file as memory: one process writes, others look on while it does.
 */
#ifndef SYS_SHARED_H
#define SYS_SHARED_H

#include <stddef.h>

/* A new file of zeros that everybody may read, in the place of an old one; NULL when that cannot be. Stays without a
 * descriptor. */
void *shared_create(int dir_fd, const char *name, size_t n_bytes);

/* The first n_bytes of such a file, to read only; NULL when it is not there or shorter. */
const void *shared_view(const char *path, size_t n_bytes);
void shared_forget(const void *memory, size_t n_bytes);

#endif
