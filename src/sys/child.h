/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes. SIGCHLD is read from a descriptor, so that one poll waits for everything.
 */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
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

/*
 * The same, and waits until the child has called child_settled, has ended, or wait_ms have passed. -ETIMEDOUT and
 * -ECHILD tell the last two; the child is *c all the same.
 */
int child_fork_settled(struct child *c, int (*work)(void *), void *argument, int64_t wait_ms);
/* In such a child: the parent may go on; and the descriptor that says so, to be kept open until then. */
void child_settled(void);
int child_settled_descriptor(void);

/* True once it has ended: status is set, pid is 0. Never blocks. */
bool child_ended(struct child *c);

/* Waits for the end. */
void child_wait(struct child *c);

/*
 * SIGKILL. Does not wait: a child inside a system call on a disk whose target is gone ends only when the target is
 * back; child_signal_drain then reaps it.
 */
void child_kill(struct child *c);

/* Exit status, or 128 + signal. */
int child_exit_status(const struct child *c);

/* A descriptor that is readable when a child ended (signalfd of SIGCHLD, which is blocked from then on). */
int child_signal_fd(void);
/* Empties it, and reaps who was killed and has ended meanwhile. */
void child_signal_drain(int fd);

#endif
