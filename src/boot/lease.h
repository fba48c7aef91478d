/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our side of busybox udhcpc: it runs this binary as its script, and the script writes the lease down.
 */
#ifndef BOOT_LEASE_H
#define BOOT_LEASE_H

#include "base/limits.h"

enum {
	LEASE_BYTES = 4096,
};

/* The script: argv[1] is udhcpc's event, the lease is in the environment. Returns the exit status. */
int lease_main(int argc, char **argv);

/* Where the lease of an interface is written. */
void lease_path(const char *ifname, char out[static PATH_BYTES]);

#endif
