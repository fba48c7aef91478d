/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes. SIGCHLD is read from a descriptor, so that one poll waits for everything.
 */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;  /* 0: none */
	int status; /* of waitpid, once ended */
};

enum {
	CHILD_QUIET = 1, /* stdout and stderr to /dev/null */
};

/*
 * Runs the program argv[0] with /dev/null as stdin and all signals at their defaults. The environment of the child is
 * `environment` (NULL: empty). A program that cannot be run is a negative errno here.
 */
int child_spawn(struct child *c, const char *const argv[], const char *const environment[], unsigned flags);

/* Runs `work(argument)` in a child; its result is the exit status. */
int child_fork(struct child *c, int (*work)(void *), void *argument);

/* True once it has ended: status is set, pid is 0. Never blocks. */
bool child_ended(struct child *c);

/* Waits for the end. */
void child_wait(struct child *c);

/*
 * SIGKILL. Does not wait: a child inside a system call on a disk whose target is gone ends only when the target is
 * back; whoever is process 1 then reaps it.
 */
void child_kill(struct child *c);

/* Exit status, or 128 + signal. */
int child_exit_status(const struct child *c);

/* A descriptor that is readable when a child ended (signalfd of SIGCHLD, which is blocked from then on). */
int child_signal_fd(void);
void child_signal_drain(int fd);

#endif
