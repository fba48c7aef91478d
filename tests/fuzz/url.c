/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsi_target=iscsi://[USER[:SECRET]@]HOST[:PORT][/[NAME][/LUN]], without its prefix.
 */
#include "target.h"

static void write_encoded(struct writer *w, const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		writer_format(w, "%%%02x", (unsigned char)*c);
}

static void write_user(struct writer *w, const struct boot_plan *plan, const char *username)
{
	char secret[SECRET_MAX + 1];
	if (username[0] == '\0')
		return;
	snprintf(secret, sizeof secret, "%.*s", (int)plan->own[0].secret.n_bytes,
		 (const char *)plan->own[0].secret.bytes);
	write_encoded(w, username);
	writer_text(w, ":");
	write_encoded(w, secret);
	writer_text(w, "@");
}

static void write_url(const struct boot_plan *plan, char *out, size_t n_max)
{
	const struct plan_target *target = &plan->targets[0];
	char portal[HOST_MAX + 9], lun[PLAN_LUN_BYTES];
	struct writer w = writer_over(out, n_max - 1);
	plan_format_portal(target->host, target->port, portal);
	plan_format_lun(target->lun.number, lun);
	writer_text(&w, "iscsi://");
	write_user(&w, plan, target->username);
	writer_format(&w, "%s/", portal);
	write_encoded(&w, target->name);
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
