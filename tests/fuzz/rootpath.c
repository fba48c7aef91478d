/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsi_target=iscsi:HOST:[PROTO]:[PORT]:[LUN]:[NAME], RFC 4173 section 5, without its prefix.
 */
#include "target.h"

static void write_rootpath(const struct boot_plan *plan, char *out, size_t n_max)
{
	const struct plan_target *target = &plan->targets[0];
	uint64_t lun = target->lun.number;
	bool is_ip6 = strchr(target->host, ':') != NULL;
	struct writer w = writer_over(out, n_max - 1);
	writer_format(&w, is_ip6 ? "iscsi:[%s]:6:%u:" : "iscsi:%s::%u:", target->host, target->port);
	if (target->lun.given)
		writer_format(&w, "%04x-%04x-%04x-%04x", (unsigned)(lun & 0xffff), (unsigned)(lun >> 16 & 0xffff),
			      (unsigned)(lun >> 32 & 0xffff), (unsigned)(lun >> 48));
	writer_format(&w, ":%s", target->name);
	CHECK(!w.full);
	out[w.n_bytes] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	if (n_bytes >= 2 && memcmp(bytes, "//", 2) == 0)
		return 0;
	check_form("iscsi:", bytes, n_bytes, write_rootpath);
	return 0;
}
