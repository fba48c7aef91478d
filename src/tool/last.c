/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's last program: systemd-shutdown, when nothing but itself is left and root is read-only, changes to
 * /run/initramfs and runs this there as process 1, with the order as its argument (systemd.io/INITRD_INTERFACE). What
 * was root is at /oldroot. It is taken out of sight with all below it; sessions whose disks the kernel says nobody uses
 * then are logged out by their keeper; and the machine is ended. LVM, LUKS and md are not taken apart: their sessions
 * end with the machine, as do those of a file system that does not let go.
 */
#include <string.h>

#include "sys/sys.h"
#include "tool/options.h"
#include "tool/tool.h"

enum {
	LOG_OUT_MS = 90000, /* the keeper's own waits are shorter, unless iscsi_shutdown_timeout= is longer */
	ARGUMENT_BYTES = 256,
};

static void log_out(const void *nothing, void *status)
{
	static char verb[] = "detach", all[] = "--all";
	char *detach[] = {verb, all, NULL};
	(void)nothing;
	mount_unmount("/oldroot");
	machine_sync();
	*(unsigned char *)status = (unsigned char)detach_main(2, detach);
}

/* In a child, since a disk whose target is gone may hold it up. */
static void try_to_log_out(void)
{
	unsigned char status = TOOL_NONE;
	struct errand errand = {.fd = -1};
	if (errand_start(&errand, log_out, NULL, &status, sizeof status) == 0) {
		struct poll_item answer = {.fd = errand.fd, .wanted = POLL_READ};
		poll_wait(&answer, 1, LOG_OUT_MS);
		if (answer.ready != 0)
			errand_finish(&errand, &status, sizeof status);
	}
	if (status != TOOL_GOOD)
		tool_complain("a session ends with the machine, without a logout");
}

static enum machine_end end_of(const char *order)
{
	static const char *const orders[] = {
		[MACHINE_REBOOT] = "reboot",
		[MACHINE_POWER_OFF] = "poweroff",
		[MACHINE_HALT] = "halt",
		[MACHINE_KEXEC] = "kexec",
	};
	for (unsigned i = 0; i < sizeof orders / sizeof *orders; i++)
		if (strcmp(order, orders[i]) == 0)
			return (enum machine_end)i;
	return MACHINE_REBOOT;
}

int last_main(int argc, char **argv, char **environment)
{
	char argument[ARGUMENT_BYTES];
	enum machine_end end = end_of(argc > 1 ? argv[1] : "");
	(void)environment;
	if (!machine_is_init()) {
		tool_complain("this is run by systemd-shutdown as process 1, when all else has ended");
		return TOOL_USAGE;
	}
	console_write_without_waiting();
	try_to_log_out();
	if (end == MACHINE_REBOOT && file_read_text("/run/systemd/reboot-param", argument, sizeof argument) > 0)
		machine_reboot_to(argument);
	for (;;) {
		machine_end(end);
		poll_wait(NULL, 0, INT64_MAX);
	}
}
