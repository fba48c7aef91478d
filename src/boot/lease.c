/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udhcpc's script. "bound" and "renew" write LEASE_DIR/INTERFACE.lease; "deconfig", which comes first, must leave the
 * interface as it is. Judges nothing: plan/lease.c reads.
 */
#include "boot/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "boot/programs.h"
#include "plan/lease.h"
#include "sys/sys.h"

void lease_path(const char *ifname, char out[static PATH_BYTES])
{
	snprintf(out, PATH_BYTES, LEASE_DIR "/%s.lease", ifname);
}

static void write_value(struct writer *w, const char *key)
{
	const char *value = getenv(key);
	if (value != NULL && strchr(value, '\n') == NULL)
		writer_format(w, "%s=%s\n", key, value);
}

int lease_main(int argc, char **argv)
{
	const char *ifname = getenv("interface");
	if (argc < 2 || ifname == NULL || (strcmp(argv[1], "bound") != 0 && strcmp(argv[1], "renew") != 0))
		return 0;
	char text[LEASE_BYTES], path[PATH_BYTES];
	struct writer w = writer_over(text, sizeof text);
	for (const char *const *key = lease_keys; *key != NULL; key++)
		write_value(&w, *key);
	writer_u8(&w, 0);
	lease_path(ifname, path);
	return w.full || file_create(path, text, 0600) < 0 ? 1 : 0;
}
