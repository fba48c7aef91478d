/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inotify(7) and signalfd(2). What was made is not read from the event: the directory says it better.
 */
#include "sys/watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

int watch_directory(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, path, IN_CREATE | IN_DELETE | IN_ONLYDIR) >= 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

void watch_drain(int fd)
{
	_Alignas(struct inotify_event) char events[1024];
	while (read(fd, events, sizeof events) > 0)
		;
}

int watch_termination(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

bool watch_termination_by_init(int fd)
{
	struct signalfd_siginfo info;
	bool by_init = false;
	while (read(fd, &info, sizeof info) == sizeof info)
		by_init = by_init || info.ssi_pid == 1;
	return by_init;
}
