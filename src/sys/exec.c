/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execve(2), and what a process needs to stay: systemd spares a process whose argv[0] begins with '@'
 * (systemd.io/ROOT_STORAGE_DAEMONS).
 */
#include "sys/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "sys/sys.h"

enum {
	SWAPS_BYTES = 128, /* more than the heading of /proc/swaps */
};

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57 /* linux/prctl.h, since Linux 5.6 */
#endif

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* linux/memfd.h, since Linux 6.3 */
#endif

int exec_program(const char *path, char **argv, char **environment)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(path, argv, environment);
	return -errno;
}

/* A descriptor of the copy. */
static int copy_program(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = from < 0 ? -1 : memfd_create("iscsiroot", MFD_CLOEXEC | MFD_EXEC);
	if (to < 0 && from >= 0)
		to = memfd_create("iscsiroot", MFD_CLOEXEC); /* before Linux 6.3 */
	ssize_t n = 1;
	while (to >= 0 && n > 0)
		n = sendfile(to, from, NULL, 1 << 20);
	if (from >= 0)
		close(from);
	if (to >= 0 && n < 0) {
		close(to);
		to = -1;
	}
	return to;
}

int exec_copy(char **argv, char **environment)
{
	static const char self[] = "/proc/self/exe";
	int fd = copy_program(self);
	if (fd >= 0)
		fexecve(fd, argv, environment);
	return exec_program(self, argv, environment);
}

int dir_handle(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void dir_handle_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static bool is_kept(int fd, const int *kept, size_t n_kept)
{
	for (size_t i = 0; i < n_kept; i++)
		if (kept[i] == fd)
			return true;
	return false;
}

void descriptors_close_others(const int *kept, size_t n_kept)
{
	enum { ABOVE_ALL = 256 }; /* this program never has as many */
	for (int fd = 3; fd < ABOVE_ALL; fd++)
		if (!is_kept(fd, kept, n_kept))
			close(fd);
}

/* The console belongs to init from now on. */
static void leave_console(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3; i++)
		if (fd < 0)
			close(i);
		else
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/*
 * A service manager ends all in the group of a service with it. The root group is nobody's: cgroups(7), the one
 * hierarchy, and where there are many, those that systemd tracks processes by.
 */
static void leave_group(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
					    "/sys/fs/cgroup/systemd/cgroup.procs"};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		file_write_text(roots[i], "0");
}

void resident_become(const char *title, char *argv0, size_t n_bytes)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
	setsid();
	leave_console();
	leave_group();
	(void)!chdir("/");
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	file_write_text("/proc/self/oom_score_adj", "-1000");
	prctl(PR_SET_NAME, "iscsiroot");
	if (argv0 != NULL && n_bytes > 0) {
		memset(argv0, 0, n_bytes);
		snprintf(argv0, n_bytes, "%s", title);
	}
	memory_lock();
}

int resident_open_swaps(void)
{
	return open("/proc/swaps", O_RDONLY | O_CLOEXEC);
}

/*
 * Who may not wait for a disk cannot call the OOM killer either (Linux, out_of_memory() in mm/oom_kill.c). Without swap
 * nothing has to be written before there is memory for us; and when all others wait for the disk that is away, nobody
 * else calls it, and an allocation would be tried for ever.
 */
void resident_mind_swaps(int swaps_fd)
{
	char text[SWAPS_BYTES];
	ssize_t n = pread(swaps_fd, text, sizeof text, 0);
	const char *end = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
	bool is_none = end != NULL && end + 1 == text + n; /* the heading alone */
	prctl(PR_SET_IO_FLUSHER, !is_none, 0, 0, 0);
}
