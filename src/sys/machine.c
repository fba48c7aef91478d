/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restarting the machine, and keeping this process in memory.
 */
#include "sys/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

void machine_reboot(void)
{
	reboot(RB_AUTOBOOT);
}

int machine_lock_memory(void)
{
	return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : -errno;
}

void machine_set_host_name(const char *name)
{
	(void)!sethostname(name, strlen(name));
}

bool machine_is_init(void)
{
	return getpid() == 1;
}
