/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads /proc/PID/stat (proc(5)): "PID (NAME) STATE ...", field 22 is the start in clock ticks since boot. Nothing here
 * touches another file system.
 */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/dir.h"
#include "sys/file.h"

enum {
	TICKS_PER_S = 100, /* USER_HZ; the same on every Linux but Alpha and IA-64 */
	FIELD_STATE = 3,
	FIELD_START = 22,
	STAT_BYTES = 512,
	STATUS_BYTES = 4096,
};

static bool read_stat(int proc_fd, const char *pid, char out[static STAT_BYTES])
{
	char path[32];
	if (pid[0] < '0' || pid[0] > '9' || snprintf(path, sizeof path, "%s/stat", pid) >= (int)sizeof path)
		return false;
	return file_read_text_at(proc_fd, path, out, STAT_BYTES) > 0;
}

/* The text of a field from the third on; those stand behind the last ')', since a name may hold anything. */
static const char *stat_field(const char *stat, int field)
{
	const char *at = strrchr(stat, ')');
	for (int i = FIELD_STATE - 1; at != NULL && i < field; i++) {
		at = strchr(at, ' ');
		at = at != NULL ? at + 1 : NULL;
	}
	return at != NULL ? at : "";
}

static bool has_name(const char *stat, const char *name)
{
	const char *begin = strchr(stat, '('), *end = strrchr(stat, ')');
	size_t n_name = strlen(name);
	return begin != NULL && end != NULL && (size_t)(end - begin - 1) == n_name &&
	       memcmp(begin + 1, name, n_name) == 0;
}

static bool is_wanted(const char *stat, const char *name, int64_t since_ms)
{
	char state = stat_field(stat, FIELD_STATE)[0];
	int64_t start_ms = strtoll(stat_field(stat, FIELD_START), NULL, 10) * (1000 / TICKS_PER_S);
	return has_name(stat, name) && state != 'Z' && state != 'X' && start_ms >= since_ms;
}

bool process_is(int proc_fd, const char *pid, const char *name)
{
	char stat[STAT_BYTES];
	return read_stat(proc_fd, pid, stat) && has_name(stat, name);
}

/* /proc/PID/syscall of one that sleeps in a system call begins with its number. */
static bool is_in_reboot(int proc_fd, const char *pid)
{
	char path[32], text[STAT_BYTES];
	snprintf(path, sizeof path, "%s/syscall", pid);
	return file_read_text_at(proc_fd, path, text, sizeof text) > 0 && strtol(text, NULL, 10) == SYS_reboot;
}

/* The first number of a line of /proc/PID/status, `end` behind it; -1: there is no such line. */
static long status_number(const char *status, const char *line, char **end)
{
	const char *at = strstr(status, line);
	return at != NULL ? strtol(at + strlen(line), end, 10) : -1;
}

/* The effective user is the second of the line, and NSpid has a number for each nested namespace. */
static bool is_of_root(int proc_fd, const char *pid)
{
	char path[32], text[STATUS_BYTES], *end = NULL;
	snprintf(path, sizeof path, "%s/status", pid);
	if (file_read_text_at(proc_fd, path, text, sizeof text) <= 0)
		return false;
	if (status_number(text, "\nNSpid:", &end) < 0 || *end != '\n')
		return false;
	return status_number(text, "\nUid:", &end) >= 0 && strtol(end, NULL, 10) == 0;
}

static int open_again(struct dir *d, int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (again < 0)
		return -errno;
	dir_adopt(d, again);
	return 0;
}

static int rebooting_as(int proc_fd, const char *pid, const char *const *names, int n_names)
{
	char stat[STAT_BYTES];
	if (!read_stat(proc_fd, pid, stat) || stat_field(stat, FIELD_STATE)[0] != 'D')
		return -1;
	for (int i = 0; i < n_names; i++)
		if (has_name(stat, names[i]) && is_of_root(proc_fd, pid))
			return i;
	return is_in_reboot(proc_fd, pid) ? n_names : -1;
}

int process_find_rebooting(int proc_fd, const char *const *names, int n_names)
{
	struct dir d;
	const char *pid;
	int found = -1;
	if (open_again(&d, proc_fd) < 0)
		return -1;
	while (found < 0 && (pid = dir_next(&d)) != NULL)
		found = rebooting_as(proc_fd, pid, names, n_names);
	dir_close(&d);
	return found;
}

uint64_t process_pending_signals(int proc_fd, const char *pid)
{
	static const char line[] = "\nShdPnd:";
	char path[32], status[STATUS_BYTES];
	snprintf(path, sizeof path, "%s/status", pid);
	const char *at = file_read_text_at(proc_fd, path, status, sizeof status) > 0 ? strstr(status, line) : NULL;
	return at != NULL ? strtoull(at + sizeof line - 1, NULL, 16) : 0;
}

int process_own_id(void)
{
	return (int)getpid();
}

static bool is_sought(int proc_fd, const char *pid, const char *name, int64_t since_ms)
{
	char stat[STAT_BYTES];
	return read_stat(proc_fd, pid, stat) && is_wanted(stat, name, since_ms) && is_of_root(proc_fd, pid);
}

/* Looked at again once it is held: the number may have gone to another one meanwhile. */
int process_find(int proc_fd, const char *name, int64_t since_ms, struct process *found, int n_max)
{
	struct dir d;
	const char *pid;
	int n_found = 0;
	int error = open_again(&d, proc_fd);
	if (error < 0)
		return error;
	while (n_found < n_max && (pid = dir_next(&d)) != NULL) {
		if (!is_sought(proc_fd, pid, name, since_ms))
			continue;
		struct process one = {.fd = (int)syscall(SYS_pidfd_open, strtol(pid, NULL, 10), 0)};
		if (one.fd >= 0 && is_sought(proc_fd, pid, name, since_ms))
			found[n_found++] = one;
		else
			process_close(&one);
	}
	dir_close(&d);
	return n_found;
}

void process_close(struct process *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}
