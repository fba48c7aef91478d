/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Becoming another program, and becoming resident.
 */
#ifndef SYS_EXEC_H
#define SYS_EXEC_H

#include <stddef.h>

/* Runs `path` in place of this program, all signals at their defaults. Comes back only with a negative errno. */
int exec_program(const char *path, char **argv, char **environment);

/*
 * Runs this same program again with these arguments, from a copy of it in memory (memfd_create(2)) where the kernel
 * allows that: nothing of it then needs the file. Comes back only with a negative errno. Needs /proc.
 */
int exec_copy(char **argv, char **environment);

/* A handle of a directory for later, close-on-exec; or a negative errno. */
int dir_handle(const char *path);
void dir_handle_close(int fd);

/* Closes every descriptor from 3 on but those of `kept`. */
void descriptors_close_others(const int *kept, size_t n_kept);

/*
 * Makes this process one that nothing ends by accident: a session of its own, / as directory, the usual ending signals
 * ignored, out of the OOM killer's reach and of the control group of whoever started it, and all memory locked. Needs
 * /proc. `title` replaces argv[0] in the n_bytes at `argv0`.
 */
void resident_become(const char *title, char *argv0, size_t n_bytes);

/* A descriptor for resident_mind_swaps, or -1. */
int resident_open_swaps(void);

/*
 * To be called before anything that may need memory of the kernel: while there is swap space it is found without
 * waiting for a disk (PR_SET_IO_FLUSHER). Needs no memory itself, after the first time.
 */
void resident_mind_swaps(int swaps_fd);

#endif
