/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by /proc/self/mountinfo, swap by /proc/swaps, what is built on it by sysfs, open files by /proc/PID/fd. Does
 * not look into other mount namespaces; for those the kernel is asked, which knows that, but not where.
 */
#include "boot/users.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "sys/sys.h"

enum {
	FIELD_DEVICE = 2, /* of mountinfo, proc(5) */
	FIELD_MOUNT_POINT = 4,
	TEXT_BYTES = 256,
};

/* The device as it may be written: "8:16" and "/dev/sdb". */
struct subject {
	const char *name;
	char number[16], path[DISK_NAME_BYTES + 8];
};

static bool is_used(const struct subject *s, struct fail *fail, const char *how, struct span by)
{
	return fail_set(fail, FAIL_DISK_IN_USE, "%s %s %.*s", s->name, how, (int)by.n_bytes, by.text);
}

static struct span field(const char *line, unsigned index)
{
	struct span rest = span_of(line), part = span_cut(&rest, ' ');
	while (index-- > 0)
		part = rest.text != NULL ? span_cut(&rest, ' ') : span_of("");
	return part;
}

/* The source of a mount: the second word behind the lone "-". A file system of many devices has a number of its own. */
static struct span mount_source(const char *line)
{
	struct span rest = span_of(line);
	while (rest.text != NULL && !span_is(span_cut(&rest, ' '), "-"))
		;
	return rest.text != NULL ? field(rest.text, 1) : span_of("");
}

static bool not_mounted(const struct subject *s, struct fail *fail)
{
	struct lines l;
	const char *line;
	if (lines_open(&l, "/proc/self/mountinfo") < 0)
		return fail_set(fail, FAIL_DISK_IN_USE, "%s: /proc does not tell what is mounted", s->name);
	while ((line = lines_next(&l)) != NULL) {
		if (!span_is(field(line, FIELD_DEVICE), s->number) && !span_is(mount_source(line), s->path))
			continue;
		is_used(s, fail, "is mounted at", field(line, FIELD_MOUNT_POINT));
		lines_close(&l);
		return false;
	}
	return true;
}

static bool not_swap(const struct subject *s, struct fail *fail)
{
	struct lines l;
	const char *line;
	if (lines_open(&l, "/proc/swaps") < 0) /* a kernel without swap */
		return true;
	while ((line = lines_next(&l)) != NULL) {
		if (!span_is(field(line, 0), s->path))
			continue;
		is_used(s, fail, "is used as", span_of("swap"));
		lines_close(&l);
		return false;
	}
	return true;
}

/* Device mapper, md, bcache: those that are built on it. */
static bool has_no_holders(const struct subject *s, struct fail *fail)
{
	char path[PATH_BYTES], text[TEXT_BYTES];
	struct dir d;
	format_text(path, sizeof path, "/sys/class/block/%s/holders", s->name);
	const char *name = dir_open(&d, path) == 0 ? dir_next(&d) : NULL;
	if (name == NULL)
		return true;
	format_text(path, sizeof path, "/sys/class/block/%s/dm/name", name);
	if (file_read_text(path, text, sizeof text) > 0)
		fail_set(fail, FAIL_DISK_IN_USE, "%s is part of /dev/mapper/%s", s->name, text);
	else
		is_used(s, fail, "is part of", span_of(name));
	dir_close(&d);
	return false;
}

/* The descriptors of one process. */
static bool not_open_by(const struct subject *s, const char *pid, struct fail *fail)
{
	char path[PATH_BYTES], link[PATH_BYTES], comm[TEXT_BYTES] = "";
	struct dir d;
	format_text(path, sizeof path, "/proc/%s/fd", pid);
	if (dir_open(&d, path) < 0)
		return true;
	for (const char *fd; (fd = dir_next(&d)) != NULL;) {
		format_text(path, sizeof path, "/proc/%s/fd/%s", pid, fd);
		if (file_read_link(path, link, sizeof link) < 0 || strcmp(link, s->path) != 0)
			continue;
		dir_close(&d);
		format_text(path, sizeof path, "/proc/%s/comm", pid);
		file_read_text(path, comm, sizeof comm);
		return fail_set(fail, FAIL_DISK_IN_USE, "%s is open in process %s, %s", s->name, pid, comm);
	}
	return true;
}

static bool not_open(const struct subject *s, struct fail *fail)
{
	struct dir d;
	if (dir_open(&d, "/proc") < 0)
		return fail_set(fail, FAIL_DISK_IN_USE, "%s: /proc does not tell who has it open", s->name);
	for (const char *pid; (pid = dir_next(&d)) != NULL;) {
		if (pid[0] < '0' || pid[0] > '9' || not_open_by(s, pid, fail))
			continue;
		dir_close(&d);
		return false;
	}
	return true;
}

static bool not_claimed(const struct subject *s, struct fail *fail)
{
	return block_probe_free(s->path) != -EBUSY ||
	       is_used(s, fail, "is used by", span_of("the kernel, perhaps mounted where we do not see it"));
}

enum users users_find(const struct disk *disk, bool ask_kernel, struct fail *fail)
{
	char path[PATH_BYTES];
	struct subject s = {.name = disk->name};
	format_text(s.path, sizeof s.path, "/dev/%s", disk->name);
	format_text(path, sizeof path, "/sys/class/block/%s/dev", disk->name);
	file_read_text(path, s.number, sizeof s.number);
	if (!not_mounted(&s, fail) || !not_swap(&s, fail) || !has_no_holders(&s, fail))
		return USERS_LASTING;
	if (!not_open(&s, fail))
		return USERS_OPEN;
	return !ask_kernel || not_claimed(&s, fail) ? USERS_NONE : USERS_LASTING;
}
