/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/mountflags.c: rootflags= split into bits and file system options.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mount.h>

#include "boot/mountflags.h"

static const struct {
	const char *options;
	unsigned long before, after;
	const char *data;
} cases[] = {
	{"", MS_RDONLY, MS_RDONLY, ""},
	{"noatime", MS_RDONLY, MS_RDONLY | MS_NOATIME, ""},
	{"subvol=@,compress=zstd", 0, 0, "subvol=@,compress=zstd"},
	{"noatime,subvol=@,nodev", 0, MS_NOATIME | MS_NODEV, "subvol=@"},
	{"rw,data=ordered", MS_RDONLY, 0, "data=ordered"},
	{"ro", 0, MS_RDONLY, ""},
	{"noatime,atime", 0, 0, ""},
	{"defaults,_netdev,,errors=remount-ro,", 0, 0, "errors=remount-ro"},
	{"noatimes", 0, 0, "noatimes"},
};

static void splits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char data[64];
		unsigned long flags = cases[i].before;
		assert_true(mount_flags_split(cases[i].options, &flags, data, sizeof data));
		assert_int_equal(flags, cases[i].after);
		assert_string_equal(data, cases[i].data);
	}
}

static void too_long_is_refused(void **state)
{
	(void)state;
	char data[8];
	unsigned long flags = 0;
	assert_true(mount_flags_split("1234567", &flags, data, sizeof data));
	assert_false(mount_flags_split("12345678", &flags, data, sizeof data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(too_long_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
