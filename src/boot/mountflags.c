/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The general mount options by table, mount(8) "filesystem-independent mount options". ro and rw are words of their own
 * on the kernel command line; here they are accepted and obeyed too.
 */
#include "boot/mountflags.h"

#include <sys/mount.h>

#include "base/text.h"
#include "base/writer.h"

static const struct {
	const char *option;
	unsigned long set, clear;
} general[] = {
	{"defaults", 0, 0},
	{"ro", MS_RDONLY, 0},
	{"rw", 0, MS_RDONLY},
	{"nosuid", MS_NOSUID, 0},
	{"suid", 0, MS_NOSUID},
	{"nodev", MS_NODEV, 0},
	{"dev", 0, MS_NODEV},
	{"noexec", MS_NOEXEC, 0},
	{"exec", 0, MS_NOEXEC},
	{"sync", MS_SYNCHRONOUS, 0},
	{"async", 0, MS_SYNCHRONOUS},
	{"dirsync", MS_DIRSYNC, 0},
	{"noatime", MS_NOATIME, 0},
	{"atime", 0, MS_NOATIME},
	{"nodiratime", MS_NODIRATIME, 0},
	{"diratime", 0, MS_NODIRATIME},
	{"relatime", MS_RELATIME, 0},
	{"norelatime", 0, MS_RELATIME},
	{"strictatime", MS_STRICTATIME, 0},
	{"lazytime", MS_LAZYTIME, 0},
	{"nolazytime", 0, MS_LAZYTIME},
	{"_netdev", 0, 0},
	{"x-initrd.mount", 0, 0},
};

static bool apply_general(struct span option, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof general / sizeof *general; i++) {
		if (!span_is(option, general[i].option))
			continue;
		*flags = (*flags & ~general[i].clear) | general[i].set;
		return true;
	}
	return false;
}

bool mount_flags_split(const char *options, unsigned long *flags, char *data, size_t n_max)
{
	struct writer w = writer_over(data, n_max);
	struct span rest = span_of(options);
	while (rest.text != NULL) {
		struct span option = span_cut(&rest, ',');
		if (option.n_bytes == 0 || apply_general(option, flags))
			continue;
		if (w.n_bytes > 0)
			writer_u8(&w, ',');
		writer_bytes(&w, option.text, option.n_bytes);
	}
	writer_u8(&w, 0);
	return !w.full;
}
