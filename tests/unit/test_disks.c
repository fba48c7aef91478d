/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/disks.c: what is listed and read, on a /sys and a /dev made of files, in a mount namespace; skipped without the
 * right to one. What the bytes of a disk mean is probe's, see test_probe.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot/disks.h"
#include "namespace.h"
#include "screen.h"

enum {
	SID = 7,
};

static struct session sessions[2];
static struct disks disks;

/* --- a machine made of files --- */

static void put(const char *path, const char *text)
{
	char directory[512];
	snprintf(directory, sizeof directory, "%s", path);
	for (char *slash = strchr(directory + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(directory, 0755);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	if (file != NULL) {
		fputs(text, file);
		fclose(file);
	}
}

static void put_fact(const char *unit, const char *fact, const char *text)
{
	char path[512];
	snprintf(path, sizeof path, "/sys/class/iscsi_session/session%d/device/target3:0:0/%s/%s", SID, unit, fact);
	put(path, text);
}

static void put_unit(const char *unit, const char *type)
{
	put_fact(unit, "type", type);
	put_fact(unit, "vendor", "IET     \n");
	put_fact(unit, "model", "VIRTUAL\033DISK    \n");
}

/* A swap area, the smallest thing that probe knows: its name ends the first page. */
static void put_swap(const char *path)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return;
	fseek(file, 4096 - 10, SEEK_SET);
	fputs("SWAPSPACE2", file);
	fseek(file, 65535, SEEK_SET);
	fputc(0, file);
	fclose(file);
}

/* In its namespace a test has an empty /sys and /dev, and a screen. */
static bool become_machine(void)
{
	return open_screen(NULL) == 0 && mount("none", "/sys", "tmpfs", 0, NULL) == 0 &&
	       mount("none", "/dev", "tmpfs", 0, NULL) == 0;
}

/* --- reading --- */

/* One whole turn: start the reader, wait for its end, take what it found. */
static bool read_all(void)
{
	struct fail fail = {.code = FAIL_NONE};
	sessions[0].state = SESSION_UP;
	sessions[0].handover.conn.sid = SID;
	sessions[1].state = SESSION_CONNECTING;
	sessions[1].handover.conn.sid = SID; /* looked at, it would show everything twice */
	if (!disks_init(&disks, &fail))
		return false;
	disks_changed(&disks);
	disks_step(&disks, sessions, 2, 0);
	siginfo_t ended;
	if (disks.reader.pid == 0 || disks.current ||
	    waitid(P_PID, (id_t)disks.reader.pid, &ended, WEXITED | WNOWAIT) != 0)
		return false;
	disks_step(&disks, sessions, 2, 0);
	return disks.reader.pid == 0 && disks.current;
}

static const struct disk *find(const char *name)
{
	for (unsigned i = 0; i < disks.list->n_disks; i++)
		if (strcmp(disks.list->disks[i].name, name) == 0)
			return &disks.list->disks[i];
	return NULL;
}

static int try_listing(void)
{
	EXPECT(become_machine());
	put_unit("3:0:0:0", "12\n"); /* a controller */
	put_unit("3:0:0:5", "0\n");
	put_fact("3:0:0:5", "block/sda/size", "");
	put_fact("3:0:0:5", "block/sda/sda2/partition", "2\n");
	put_fact("3:0:0:5", "block/sda/queue/rotational", "1\n");
	put_unit("3:0:0:16640", "0\n"); /* no driver has taken it yet */
	put_fact("power", "control", "on\n");
	put_swap("/dev/sda");
	EXPECT(read_all());
	const struct disk *whole = find("sda"), *part = find("sda2");
	EXPECT(disks.list->n_disks == 2 && whole != NULL && part != NULL);
	EXPECT(whole->session == 0 && whole->lun == 5 && whole->part == 0 &&
	       strcmp(whole->model, "IET VIRTUAL\\x1bDISK") == 0);
	EXPECT(whole->error == 0 && whole->n_bytes == 65536 && strcmp(whole->super.type, "swap") == 0);
	EXPECT(part->lun == 5 && part->part == 2 && strcmp(part->whole, "sda") == 0);
	EXPECT(part->error == -2); /* ENOENT: /dev/sda2 is not there */
	const struct disk_luns *luns = disks.list->luns;
	EXPECT(luns[0].n_luns == 3 && luns[0].n_disks == 2 && luns[0].n_without_driver == 1 && luns[1].n_luns == 0);
	EXPECT(disks.list->n_left_out == 0 && strcmp(shown(), "") == 0);
	return 0;
}

static int try_too_many(void)
{
	static const char told[] = "iscsiroot: the target has more than 64 disks and partitions, root is looked for on "
				   "these only; name its LUN in iscsi_target=\n";
	char unit[32], fact[64];
	EXPECT(become_machine());
	for (unsigned i = 0; i < DISKS_MAX / 2 + 1; i++) {
		snprintf(unit, sizeof unit, "3:0:0:%u", i);
		put_unit(unit, "0\n");
		snprintf(fact, sizeof fact, "block/d%u/d%up1/partition", i, i);
		put_fact(unit, fact, "1\n");
	}
	for (unsigned turn = 0; turn < 2; turn++) {
		EXPECT(read_all());
		EXPECT(disks.list->n_disks == DISKS_MAX && disks.list->n_left_out >= 1);
		EXPECT(disks.list->luns[0].n_disks == DISKS_MAX / 2 + 1);
		EXPECT(strcmp(shown(), turn == 0 ? told : "") == 0);
	}
	return 0;
}

/* A reader that hangs is left behind after a minute, and another one asks. */
static int try_hanging(void)
{
	EXPECT(become_machine() && read_all());
	pid_t hanging = fork();
	if (hanging == 0) {
		pause();
		_exit(0);
	}
	disks_changed(&disks);
	disks.reader.pid = hanging;
	disks.deadline_ms = 60000;
	disks_step(&disks, sessions, 2, 59999);
	EXPECT(disks.reader.pid == hanging && !disks.current && strcmp(shown(), "") == 0);
	disks_step(&disks, sessions, 2, 60000);
	EXPECT(disks.reader.pid != 0 && disks.reader.pid != hanging && disks.deadline_ms == 120000);
	EXPECT(strcmp(shown(), "iscsiroot: reading the disks takes more than 60 s: asking again\n") == 0);
	disks_stop(&disks);
	EXPECT(disks.reader.pid == 0 && !disks.current);
	return 0;
}

static void lists_units_disks_and_partitions(void **state)
{
	(void)state;
	in_namespace(try_listing);
}

static void more_disks_than_there_is_room_for_are_told_once(void **state)
{
	(void)state;
	in_namespace(try_too_many);
}

static void a_reader_that_hangs_is_replaced(void **state)
{
	(void)state;
	in_namespace(try_hanging);
}

/* --- words --- */

static void sizes_are_told_in_two_digits_or_more(void **state)
{
	(void)state;
	static const struct {
		uint64_t n_bytes;
		const char *text;
	} cases[] = {{0, "0 B"},
		     {1023, "1023 B"},
		     {1024, "1.0 KiB"},
		     {10240, "10 KiB"},
		     {1536 * 1024, "1.5 MiB"},
		     {UINT64_C(1) << 45, "32 TiB"},
		     {UINT64_MAX, "16384 PiB"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[DISK_SIZE_BYTES];
		disks_format_size(cases[i].n_bytes, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void a_description_that_is_cut_says_so(void **state)
{
	(void)state;
	static struct disk_list list;
	char text[64];
	disks_describe(&list, text, sizeof text);
	assert_string_equal(text, "");
	for (unsigned i = 0; i < 3; i++) {
		struct disk *disk = &list.disks[i];
		*disk = (struct disk){.n_bytes = 4096};
		snprintf(disk->name, sizeof disk->name, "sd%c", 'a' + (int)i);
	}
	list.n_disks = 2;
	list.disks[0].table = PROBE_TABLE_GPT;
	disks_describe(&list, text, sizeof text);
	assert_string_equal(text, "sda 4.0 KiB partition table, sdb 4.0 KiB unknown content");
	list.n_disks = 3;
	disks_describe(&list, text, sizeof text);
	assert_int_equal(strlen(text), sizeof text - 1);
	assert_string_equal(text + sizeof text - 4, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_units_disks_and_partitions),
		cmocka_unit_test(more_disks_than_there_is_room_for_are_told_once),
		cmocka_unit_test(a_reader_that_hangs_is_replaced),
		cmocka_unit_test(sizes_are_told_in_two_digits_or_more),
		cmocka_unit_test(a_description_that_is_cut_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
