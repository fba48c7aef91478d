/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending the machine, and its name.
 */
#include "sys/machine.h"

#include <linux/reboot.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

void machine_end(enum machine_end end)
{
	static const unsigned commands[] = {
		[MACHINE_REBOOT] = RB_AUTOBOOT,
		[MACHINE_POWER_OFF] = RB_POWER_OFF,
		[MACHINE_HALT] = RB_HALT_SYSTEM,
		[MACHINE_KEXEC] = RB_KEXEC,
	};
	reboot((int)commands[end]);
	if (end == MACHINE_KEXEC)
		reboot(RB_AUTOBOOT);
}

void machine_sync(void)
{
	sync();
}

void machine_reboot_to(const char *argument)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, argument);
}

void machine_set_host_name(const char *name)
{
	(void)!sethostname(name, strlen(name));
}

bool machine_is_init(void)
{
	return getpid() == 1;
}

bool machine_is_root(void)
{
	return geteuid() == 0;
}
