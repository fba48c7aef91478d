/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other processes, by what /proc says of them. /proc is given as an open directory: it outlives every move and every
 * unmounting of it.
 */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* A process, held by a descriptor that is readable once it has ended (pidfd_open(2)). */
struct process {
	int fd; /* -1: none */
};

/*
 * Finds up to n_max living processes of this name (/proc/PID/comm) that belong to root, are in no container and were
 * started at since_ms (CLOCK_MONOTONIC) or later. Returns how many, or a negative errno. Each descriptor belongs to the
 * caller.
 */
int process_find(int proc_fd, const char *name, int64_t since_ms, struct process *found, int n_max);

void process_close(struct process *p);

/* Whether the process of this number has this name. */
bool process_is(int proc_fd, const char *pid, const char *name);

/*
 * Looks for a process that is held up (uninterruptible) on its way to ending the machine. It is inside reboot(2), which
 * only the privileged come to: n_names is returned. Or it has one of the names, belongs to root, and is in no
 * container: the name's index. -1: there is none.
 */
int process_find_rebooting(int proc_fd, const char *const *names, int n_names);

/*
 * The signals that were sent to a process and not taken yet, bit N - 1 for signal N (proc(5), ShdPnd); 0 when it cannot
 * be seen.
 */
uint64_t process_pending_signals(int proc_fd, const char *pid);

/* This process's number. */
int process_own_id(void);

#endif
