/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restarting the machine, and its name.
 */
#include "sys/machine.h"

#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

void machine_reboot(void)
{
	reboot(RB_AUTOBOOT);
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
