/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a DHCP lease says beside the network: the root path (option 17, RFC 4173 section 5) and iPXE's name of the
 * initiator (option 203), as busybox udhcpc writes them. A root path is written for firmware, so its LUN is
 * hexadecimal.
 */
#include "plan/plan.h"

#include "plan/reading.h"
#include "plan/rootpath.h"
#include "plan/shell.h"

enum {
	LINE_BYTES = 1024,
};

/* A word that asks for the firmware's target is not answered by who answers for DHCP. */
bool plan_wants_root_path(const struct boot_plan *plan)
{
	bool has_target = plan->n_targets > 0 || plan->named.name[0] != '\0' || plan->portal.list[0] != '\0';
	return plan->asks_dhcp || (!has_target && !plan->asks_ibft);
}

bool plan_wants_lease(const struct boot_plan *plan)
{
	return plan_wants_root_path(plan) || plan->initiator.name[0] == '\0';
}

static bool read_root_path(struct reading *r)
{
	struct span rest = r->value;
	if (!plan_wants_root_path(r->plan))
		return true;
	if (!span_starts(rest, "iscsi:"))
		return reading_refuse(r, "it is not iscsi:HOST:PROTO:PORT:LUN:NAME");
	span_cut(&rest, ':');
	if (!rootpath_read(r, rest, ROOTPATH_HEX))
		return false;
	r->plan->asks_dhcp = false;
	return true;
}

/* As dracut's module network leaves it, for a shell. */
static bool read_new_root_path(struct reading *r)
{
	char path[LINE_BYTES];
	size_t n_bytes;
	if (!shell_unquote(r->value, path, sizeof path, &n_bytes))
		return reading_refuse(r, "it is torn, or too long");
	r->value = (struct span){path, n_bytes};
	r->plan->has_other_root_path |= n_bytes > 0 && !span_starts(r->value, "iscsi:");
	return n_bytes == 0 || read_root_path(r);
}

/* udhcpc writes what it has no name for in hexadecimal. */
static bool read_option_203(struct reading *r)
{
	char name[ISCSI_NAME_MAX + 1];
	size_t n_bytes;
	if (r->plan->initiator.name[0] != '\0')
		return true;
	if (!text_hex_bytes(r->value, (uint8_t *)name, sizeof name, &n_bytes))
		return reading_refuse(r, "it is not hexadecimal, or too long");
	if (!reading_name(r, (struct span){name, n_bytes}, r->plan->initiator.name))
		return false;
	reading_set_origin(r, &r->plan->initiator.origin);
	return true;
}

static const struct word options[] = {
	{"rootpath", read_root_path, WORD_VALUE, 0, 0, 0, NULL},
	{"new_root_path", read_new_root_path, WORD_VALUE, 0, 0, 0, NULL},
	{"opt203", read_option_203, WORD_VALUE, 0, 0, 0, NULL},
};

void plan_read_lease(const char *text, struct boot_plan *plan, struct plan_notes *notes)
{
	struct span lines = span_of(text);
	while (lines.text != NULL) {
		struct span value = span_cut(&lines, '\n'), name = span_cut(&value, '=');
		struct fail fail = {.code = FAIL_NONE};
		struct reading r = {
			.plan = plan, .notes = notes, .fail = &fail, .name = name, .value = value, .file = "the lease"};
		for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
			r.word = &options[i];
			if (span_is(name, options[i].name) && value.n_bytes > 0 && !options[i].read(&r))
				plan_note(notes, "DHCP: %s", fail.detail);
		}
	}
}
