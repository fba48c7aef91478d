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

#include "sys/poll.h"

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

/* In the child: where it says that it has settled. */
static int settled_fd = -1;

void child_settled(void)
{
	if (settled_fd >= 0 && write(settled_fd, "", 1) == 1)
		close(settled_fd);
	settled_fd = -1;
}

int child_settled_descriptor(void)
{
	return settled_fd;
}

/* The byte, or the end of all who could write it. */
static int await_settled(int fd, int64_t wait_ms)
{
	char byte;
	struct poll_item item = {.fd = fd, .wanted = POLL_READ};
	poll_wait(&item, 1, wait_ms);
	if (item.ready == 0)
		return -ETIMEDOUT;
	return read(fd, &byte, 1) == 1 ? 0 : -ECHILD;
}

int child_fork_settled(struct child *c, int (*work)(void *), void *argument, int64_t wait_ms)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	settled_fd = ends[1];
	int result = child_fork(c, work, argument);
	settled_fd = -1;
	close(ends[1]);
	if (result == 0)
		result = await_settled(ends[0], wait_ms);
	if (result < 0)
		child_kill(c); /* nothing when it never was */
	close(ends[0]);
	return result;
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

/* Killed and not yet ended: those inside a system call that waits for a disk. */
static pid_t killed[16];

static void reap_killed(void)
{
	for (size_t i = 0; i < sizeof killed / sizeof *killed; i++)
		if (killed[i] != 0 && waitpid(killed[i], NULL, WNOHANG) != 0)
			killed[i] = 0;
}

/* When all places are taken, the oldest stays a zombie until init reaps it. */
static void reap_later(pid_t pid)
{
	static size_t next;
	killed[next] = pid;
	next = (next + 1) % (sizeof killed / sizeof *killed);
}

void child_kill(struct child *c)
{
	if (c->pid <= 0 || child_ended(c))
		return;
	kill(c->pid, SIGKILL);
	reap_later(c->pid);
	*c = (struct child){.status = SIGKILL};
	reap_killed();
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
	reap_killed();
}
