/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/users.c: each kind of user is found and named, on a /proc and a /sys made of files, in a mount namespace;
 * skipped without the right to one. What the kernel says when it is asked is tested in a machine, see
 * tests/vm/test_verbs.py.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/users.h"
#include "namespace.h"

static const struct disk disk = {.name = "sdb1", .whole = "sdb", .part = 1};

static bool put(const char *path, const char *text)
{
	char directory[256];
	snprintf(directory, sizeof directory, "%s", path);
	for (char *slash = strchr(directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(directory, 0755);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* Lines of other mounts, more than a buffer holds, and the one. */
static bool put_mounts(const char *last)
{
	static char text[40000];
	size_t n = 0;
	for (unsigned i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
				      "%u 1 8:1 /sdb1 /mnt/%u rw shared:9 - ext4 /dev/sda1 rw,x=/dev/sdb1\n", i, i);
	snprintf(text + n, sizeof text - n, "%s", last);
	return put("/proc/self/mountinfo", text);
}

/* The detail of the failure; empty: nobody uses it. */
static const char *user(void)
{
	static struct fail fail;
	fail = (struct fail){.code = FAIL_NONE};
	bool none = users_find(&disk, false, &fail) == USERS_NONE;
	return none != (fail.code == FAIL_NONE) ? "neither yes nor no" : fail.detail;
}

static int find_users(void)
{
	EXPECT(mount("none", "/proc", "tmpfs", 0, NULL) == 0 && mount("none", "/sys", "tmpfs", 0, NULL) == 0);
	EXPECT(strcmp(user(), "sdb1: /proc does not tell what is mounted") == 0);
	EXPECT(put("/sys/class/block/sdb1/dev", "8:17\n") && put_mounts(""));
	EXPECT(put("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n"));
	EXPECT(mkdir("/sys/class/block/sdb1/holders", 0755) == 0);
	EXPECT(put("/proc/12/comm", "tgtd\n") && mkdir("/proc/12/fd", 0755) == 0);
	EXPECT(symlink("/dev/sda1", "/proc/12/fd/3") == 0 && symlink("/dev/sdb", "/proc/12/fd/4") == 0);
	EXPECT(strcmp(user(), "") == 0);

	EXPECT(symlink("/dev/sdb1", "/proc/12/fd/5") == 0);
	EXPECT(strcmp(user(), "sdb1 is open in process 12, tgtd") == 0);
	EXPECT(mkdir("/sys/class/block/sdb1/holders/md0", 0755) == 0);
	EXPECT(strcmp(user(), "sdb1 is part of md0") == 0);
	EXPECT(rmdir("/sys/class/block/sdb1/holders/md0") == 0);
	EXPECT(mkdir("/sys/class/block/sdb1/holders/dm-3", 0755) == 0);
	EXPECT(put("/sys/class/block/dm-3/dm/name", "vg-data\n"));
	EXPECT(strcmp(user(), "sdb1 is part of /dev/mapper/vg-data") == 0);
	EXPECT(put("/proc/swaps", "Filename Type Size Used Priority\n/dev/sdb1 partition 1 0 -2\n"));
	EXPECT(strcmp(user(), "sdb1 is used as swap") == 0);
	EXPECT(put_mounts("400 1 0:41 /@ /srv rw - btrfs /dev/sdb1 rw\n"));
	EXPECT(strcmp(user(), "sdb1 is mounted at /srv") == 0);
	EXPECT(put_mounts("400 1 8:17 / / rw shared:1 master:2 - ext4 /dev/root rw"));
	EXPECT(strcmp(user(), "sdb1 is mounted at /") == 0);
	return 0;
}

static void test_users(void **state)
{
	(void)state;
	in_namespace(find_users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
