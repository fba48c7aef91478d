/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsiroot discover PORTAL: asks for all targets and prints them as iscsiadm -m discovery does, one line an address:
 * "ADDRESS:PORT,TPGT NAME".
 */
#include <stdio.h>
#include <string.h>

#include "boot/sources.h"
#include "boot/wire.h"
#include "sys/memory.h"
#include "tool/options.h"
#include "tool/tool.h"

/* All that a discovery holds; in memory of its own, which a boot does not take. */
struct search {
	struct wire wire;
	struct boot_plan plan;
	bool json;
	unsigned n_printed;
};

/* A target without an address is where we are. */
static void print_record(void *to, const struct discovery_record *record)
{
	struct search *s = to;
	char portal[HOST_MAX + 9];
	int tpgt = record->has_tpgt ? record->tpgt : -1; /* as iscsiadm prints an unknown one */
	if (record->host != NULL)
		plan_format_portal(record->host, record->port, portal);
	else
		snprintf(portal, sizeof portal, "%s", s->wire.portal);
	if (s->json) {
		printf(s->n_printed > 0 ? ",\n  {\"name\": " : "\n  {\"name\": ");
		tool_print_json(record->name);
		printf(", \"portal\": ");
		tool_print_json(portal);
		printf(", \"tpgt\": %d}", tpgt);
	} else {
		printf("%s,%d %s\n", portal, tpgt, record->name);
	}
	s->n_printed++;
}

static void complain(void *to, const char *what)
{
	(void)to;
	tool_complain(what);
}

static bool read_portal(const char *text, struct plan_target *target, struct fail *fail)
{
	struct span host;
	target->port = ISCSI_PORT;
	if (strchr(text, '@') != NULL)
		return fail_set(fail, FAIL_ARGUMENT,
				"the portal (not shown, it may hold a password) is not HOST or HOST:PORT; a user is "
				"named by --username");
	return (text_host_port(span_of(text), &host, &target->port) &&
		span_copy(host, target->host, sizeof target->host)) ||
	       fail_set(fail, FAIL_ARGUMENT, "%s is not HOST or HOST:PORT", text);
}

/* Who we are, as the files of an image say; which target they name is not asked. */
static bool read_files(struct search *s, const struct options *o, struct plan_notes *notes, struct fail *fail)
{
	bool good = o->root == NULL || sources_read(o->root, false, &s->plan, notes, fail);
	s->plan.named.name[0] = '\0';
	s->plan.portal.origin = s->plan.from.port = (struct origin){.text = ""};
	return good;
}

static bool make_plan(struct search *s, const struct options *o, struct fail *fail)
{
	struct plan_notes notes = {.n_notes = 0};
	s->plan.n_targets = 1;
	bool good = read_portal(o->operand, &s->plan.targets[0], fail) && read_files(s, o, &notes, fail) &&
		    options_apply(o, &s->plan, fail) && options_complete(o, &s->plan, &notes, fail);
	tool_complain_notes(&notes);
	return good;
}

static bool discover(struct search *s, const struct options *o, struct fail *fail)
{
	const struct wire_peer peer = {.plan = &s->plan, .target = &s->plan.targets[0], .discovery = true};
	const struct discovery_sink sink = {print_record, complain, s};
	wire_init(&s->wire);
	s->wire.interrupt_fd = interrupt_fd();
	bool good = wire_log_in(&s->wire, &peer, (int64_t)o->timeout_s * 1000, fail);
	if (o->json && good)
		printf("[");
	good = good && wire_send_targets(&s->wire, &sink, fail);
	if (o->json && good) /* a list that was cut off is not to look whole */
		printf("\n]\n");
	if (s->wire.is_interrupted)
		*fail = (struct fail){.code = FAIL_INTERRUPTED};
	else if (!good)
		fail_context(fail, "cannot ask %s for its targets", s->wire.portal);
	wire_close(&s->wire);
	if (good && s->n_printed == 0)
		tool_complain("the portal shows no target to this initiator");
	return good;
}

int discover_main(int argc, char **argv)
{
	static const char usage[] = "discover PORTAL [--root DIR] [--json] [--initiator NAME] [--username NAME "
				    "--secret-file FILE] [--timeout SECONDS]";
	struct options o;
	struct fail fail = {.code = FAIL_NONE};
	if (!options_read(&o, usage, argc, argv))
		return o.status;
	if (o.operand == NULL)
		return options_misused(usage);
	struct search *s = memory_share(sizeof *s);
	if (s == NULL) {
		tool_complain("no memory");
		return TOOL_USAGE;
	}
	s->json = o.json;
	bool planned = make_plan(s, &o, &fail);
	bool good = planned && discover(s, &o, &fail);
	plan_wipe(&s->plan);
	if (!good)
		tool_complain_fail(&fail);
	return planned ? tool_exit_status(&fail) : TOOL_USAGE;
}
