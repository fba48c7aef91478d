/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something that waits, done in a child of its own: neither its waits nor its memory are ours. It brings back one
 * answer of a fixed size.
 */
#ifndef SYS_ERRAND_H
#define SYS_ERRAND_H

#include <stddef.h>
#include <sys/types.h>

struct errand {
	pid_t pid; /* 0: none */
	int fd;    /* readable when the answer is there; -1: none */
};

/*
 * Runs work(question, answer) in a child. `answer` has n_bytes, PIPE_BUF at most; what the child makes of it comes with
 * errand_finish, the caller's own stays as it is.
 */
int errand_start(struct errand *e, void (*work)(const void *question, void *answer), const void *question, void *answer,
		 size_t n_bytes);

/* Once readable: 0 with the answer, or -EIO when the child ended without one. Ends the child. */
int errand_finish(struct errand *e, void *answer, size_t n_bytes);

/* Ends the child, if there is one. */
void errand_cancel(struct errand *e);

#endif
