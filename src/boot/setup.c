/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by table; environment by prefix.
 */
#include "boot/setup.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>

#include "base/secret.h"
#include "boot/log.h"
#include "boot/programs.h"

static const struct {
	const char *path, *type, *data;
	unsigned long flags;
} mounts[] = {
	{"/proc", "proc", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/sys", "sysfs", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/dev", "devtmpfs", "mode=0755", MS_NOSUID},
	{"/run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV},
};

static const char *const directories[] = {"/etc", "/tmp", "/sysroot", LEASE_DIR};

static bool mount_all(struct fail *fail)
{
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		file_make_dir(mounts[i].path, 0755);
		if (mount_is_point(mounts[i].path))
			continue;
		int error = mount_file_system(mounts[i].type, mounts[i].path, mounts[i].type, mounts[i].flags,
					      mounts[i].data);
		if (error < 0 && error != -EBUSY)
			return fail_errno(fail, FAIL_SETUP, -error, "mounting %s", mounts[i].path);
	}
	return true;
}

bool setup_system(struct console *console, struct fail *fail)
{
	bool mounted = mount_all(fail);
	if (console->fd < 0)
		console_open(console);
	log_open(console);
	for (size_t i = 0; mounted && i < sizeof directories / sizeof *directories; i++) {
		int error = file_make_dir(directories[i], 0755);
		if (error < 0)
			return fail_errno(fail, FAIL_SETUP, -error, "making %s", directories[i]);
	}
	return mounted;
}

/* What may hold a secret, or belongs beside it. */
static bool is_ours(const char *variable)
{
	static const char *const prefixes[] = {"iscsi", "rd.iscsi", "netroot=", "boot=iscsi", "disk=iscsi"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncasecmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

void setup_clean_environment(char **environment)
{
	char **keep = environment;
	for (char **variable = environment; *variable != NULL; variable++) {
		if (is_ours(*variable))
			bytes_wipe(*variable, strlen(*variable));
		else
			*keep++ = *variable;
	}
	*keep = NULL;
}
