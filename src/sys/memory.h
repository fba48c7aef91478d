/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that a child may fill for its parent; and what a process that stays does with its own.
 */
#ifndef SYS_MEMORY_H
#define SYS_MEMORY_H

#include <stddef.h>

/* Zeroed pages that stay shared after fork; NULL when there is no memory. */
void *memory_share(size_t n_bytes);
void memory_unshare(void *memory, size_t n_bytes);

/* Gives back the whole pages inside, whose contents are then zero. Only for memory without initial values. */
void memory_forget(void *memory, size_t n_bytes);

/*
 * Every page this process has, and each one it takes into use later, stays in memory; what it never touches costs
 * nothing.
 */
int memory_lock(void);

/* Makes this process the only owner of the pages: nothing has to be found for them later. */
void memory_occupy(void *memory, size_t n_bytes);

/* Reads every page of this program, its code too: those that are there are locked (memory_lock). */
void memory_occupy_program(void);

#endif
