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

int process_find(int proc_fd, const char *name, int64_t since_ms, struct process *found, int n_max)
{
	struct dir d;
	char stat[STAT_BYTES];
	const char *pid;
	int n_found = 0;
	int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir_adopt(&d, fd);
	while (n_found < n_max && (pid = dir_next(&d)) != NULL) {
		if (!read_stat(proc_fd, pid, stat) || !is_wanted(stat, name, since_ms))
			continue;
		int process_fd = (int)syscall(SYS_pidfd_open, strtol(pid, NULL, 10), 0);
		if (process_fd >= 0)
			found[n_found++] = (struct process){.fd = process_fd};
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

int process_own(void)
{
	return (int)getpid();
}
