/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other processes, by what /proc says of them. /proc is given as an open directory: it outlives every move and every
 * unmounting of it.
 */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include <stdint.h>

/* A process, held by a descriptor that is readable once it has ended (pidfd_open(2)). */
struct process {
	int fd; /* -1: none */
};

/*
 * Finds up to n_max living processes of this name (/proc/PID/comm) that were started at since_ms (CLOCK_MONOTONIC)
 * or later. Returns how many, or a negative errno. Each descriptor belongs to the caller.
 */
int process_find(int proc_fd, const char *name, int64_t since_ms, struct process *found, int n_max);

void process_close(struct process *p);

/* The number of this process. */
int process_own(void);

#endif
