/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting and reaping children. Programs are started by vfork(2): nothing is copied, and the parent sees why an execve
 * failed.
 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void signals_to_default(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void null_to_standard(unsigned flags)
{
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	if (flags & CHILD_QUIET) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	if (null > STDERR_FILENO)
		close(null);
}

/* In the memory of the parent, which waits: only the kernel's state of this process may change. */
static int run_program(const char *const argv[], const char *const environment[], unsigned flags)
{
	static const char *const empty[] = {NULL};
	signals_to_default();
	null_to_standard(flags);
	execve(argv[0], (char *const *)(uintptr_t)argv,
	       (char *const *)(uintptr_t)(environment != NULL ? environment : empty));
	return errno;
}

int child_spawn(struct child *c, const char *const argv[], const char *const environment[], unsigned flags)
{
	volatile int error = 0;
	pid_t pid = vfork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		error = run_program(argv, environment, flags);
		_exit(127);
	}
	*c = (struct child){.pid = pid};
	if (error != 0)
		child_wait(c);
	return -error;
}

int child_fork(struct child *c, int (*work)(void *), void *argument)
{
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_to_default();
		_exit(work(argument));
	}
	*c = (struct child){.pid = pid};
	return 0;
}

/* One waitpid; a child that somebody else reaped counts as ended with status 127. */
static bool reap(struct child *c, int flags)
{
	if (c->pid == 0)
		return true;
	int status = 127 << 8;
	pid_t pid;
	do
		pid = waitpid(c->pid, &status, flags);
	while (pid < 0 && errno == EINTR);
	if (pid != 0)
		*c = (struct child){.status = status};
	return pid != 0;
}

bool child_ended(struct child *c)
{
	return reap(c, WNOHANG);
}

void child_wait(struct child *c)
{
	reap(c, 0);
}

void child_kill(struct child *c)
{
	if (c->pid <= 0 || child_ended(c))
		return;
	kill(c->pid, SIGKILL);
	child_ended(c);
	*c = (struct child){.status = SIGKILL};
}

int child_exit_status(const struct child *c)
{
	return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 128 + WTERMSIG(c->status);
}

int child_signal_fd(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

void child_signal_drain(int fd)
{
	struct signalfd_siginfo info;
	while (read(fd, &info, sizeof info) == sizeof info)
		;
}
