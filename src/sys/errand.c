/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork(2) and a pipe: one write, one read. The child closes everything else, so that it keeps no connection of ours
 * open, and ends with whoever sent it.
 */
#include "sys/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	OUT = 3, /* the child's end of the pipe */
};

/* Without close_range, before Linux 5.9, our files stay open until the child ends. */
static void become_child(int pipe_end)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (pipe_end != OUT && dup2(pipe_end, OUT) < 0)
		_exit(1);
	syscall(SYS_close_range, OUT + 1, ~0U, 0);
}

int errand_start(struct errand *e, void (*work)(const void *question, void *answer), const void *question, void *answer,
		 size_t n_bytes)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0) {
		become_child(ends[1]);
		work(question, answer);
		(void)!write(OUT, answer, n_bytes);
		_exit(0);
	}
	int error = errno;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -error;
	}
	*e = (struct errand){.pid = pid, .fd = ends[0]};
	return 0;
}

int errand_finish(struct errand *e, void *answer, size_t n_bytes)
{
	ssize_t n;
	do
		n = read(e->fd, answer, n_bytes);
	while (n < 0 && errno == EINTR);
	errand_cancel(e);
	return n == (ssize_t)n_bytes ? 0 : -EIO;
}

void errand_cancel(struct errand *e)
{
	if (e->pid > 0) {
		kill(e->pid, SIGKILL);
		while (waitpid(e->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close(e->fd);
	}
	*e = (struct errand){.fd = -1};
}
