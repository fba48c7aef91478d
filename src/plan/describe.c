/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan in words, for the console. No secret is looked at.
 */
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/writer.h"

void plan_format_portal(const char *host, uint16_t port, char out[static HOST_MAX + 9])
{
	bool ip6 = strchr(host, ':') != NULL;
	snprintf(out, HOST_MAX + 9, ip6 ? "[%s]:%u" : "%s:%u", host, port);
}

const char *plan_digest_offer(enum plan_digest digest)
{
	static const char *const offers[] = {
		[DIGEST_NONE] = "None",
		[DIGEST_CRC32C] = "CRC32C",
		[DIGEST_PREFER_CRC32C] = "CRC32C,None",
		[DIGEST_PREFER_NONE] = "None,CRC32C",
	};
	return offers[digest];
}

const char *plan_target_name(const struct plan_target *target)
{
	return target->name[0] != '\0' ? target->name : "the only target";
}

void plan_describe_target(const struct boot_plan *plan, unsigned index, char out[static PLAN_LINE_BYTES])
{
	const struct plan_target *target = &plan->targets[index];
	struct writer w = writer_over(out, PLAN_LINE_BYTES - 1);
	char portal[HOST_MAX + 9];
	char lun[PLAN_LUN_BYTES];
	plan_format_portal(target->host, target->port, portal);
	writer_format(&w, "%s at %s", plan_target_name(target), portal);
	if (target->lun.given) {
		plan_format_lun(target->lun.number, lun);
		writer_format(&w, " LUN %s", lun);
	} else {
		writer_text(&w, " all LUNs");
	}
	writer_format(&w, " (%s)", target->origin.text);
	if (target->username[0] != '\0') {
		bool mutual = plan_identity_of(plan, target).secret_in != NULL;
		writer_format(&w, ", %sCHAP as %s (%s)", mutual ? "mutual " : "", target->username,
			      plan_user_origin(plan, target)->text);
	}
	out[w.n_bytes] = '\0';
}
