/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsi_target=iscsi://[USER@]HOST[:PORT][/[NAME][/LUN]], without its prefix.
 */
#include "target.h"

static void write_url(const struct plan_target *target, char *out, size_t n_max)
{
	char portal[HOST_MAX + 9], lun[PLAN_LUN_BYTES];
	struct writer w = writer_over(out, n_max - 1);
	plan_format_portal(target->host, target->port, portal);
	plan_format_lun(target->lun.number, lun);
	writer_format(&w, "iscsi://%s%s%s/", target->username, target->username[0] != '\0' ? "@" : "", portal);
	for (const char *c = target->name; *c != '\0'; c++)
		writer_format(&w, "%%%02x", (unsigned char)*c);
	if (target->lun.given)
		writer_format(&w, "/%s", lun);
	CHECK(!w.full);
	out[w.n_bytes] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	check_form("iscsi://", bytes, n_bytes, write_url);
	return 0;
}
