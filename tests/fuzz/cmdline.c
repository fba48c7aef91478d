/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole kernel command line: read, checked, described. It follows one with a secret, which nothing that is said may
 * hold.
 */
#include "plan/plan.h"

#include "fuzz.h"

#define SECRET "Sesame-Sesame-1"
#define BEFORE "iscsi_in_password=" SECRET " iscsi_password=" SECRET "2 "

static void check_said(const char *text)
{
	CHECK(strstr(text, SECRET) == NULL);
}

/* What becomes a name in sysfs is one, and nothing is on itself. */
static void check_name(const char *name)
{
	CHECK(name[0] != '\0' && strlen(name) <= IFNAME_MAX && strpbrk(name, "/:% ") == NULL &&
	      strcmp(name, "..") != 0);
}

static void check_network(const struct boot_plan *plan)
{
	for (unsigned i = 0; i < plan->n_nets; i++) {
		const struct plan_net *net = &plan->nets[i];
		CHECK((net->address.family != 0) == (net->method == NET_STATIC));
		CHECK(net->mtu_bytes == 0 || (net->mtu_bytes >= 576 && net->mtu_bytes <= 65535));
		if (net->device[0] != '\0')
			check_name(net->device);
	}
	for (unsigned i = 0; i < plan->n_vlans; i++) {
		CHECK(plan->vlans[i].id > 0 && plan->vlans[i].id < 4095);
		CHECK(strcmp(plan->vlans[i].name, plan->vlans[i].device) != 0);
		check_name(plan->vlans[i].name);
		check_name(plan->vlans[i].device);
	}
	for (unsigned i = 0; i < plan->n_bonds; i++) {
		check_name(plan->bonds[i].name);
		CHECK(plan->bonds[i].n_ports > 0 && plan->bonds[i].n_ports <= BOND_PORTS_MAX);
		CHECK(strchr(plan->bonds[i].options, '/') == NULL || strchr(plan->bonds[i].options, '=') != NULL);
	}
	for (unsigned i = 0; i < plan->n_routes; i++)
		CHECK(plan->routes[i].route.gateway.family != 0 || plan->routes[i].device[0] != '\0');
}

static void check_plan(const struct boot_plan *plan)
{
	char line[PLAN_LINE_BYTES];
	CHECK(plan->n_targets > 0 && plan->n_targets <= TARGETS_MAX && plan->n_nets > 0 && plan->n_nets <= NETS_MAX);
	CHECK(plan->initiator.name[0] != '\0' && fuzz_is_plain(plan->initiator.name));
	for (unsigned i = 0; i < plan->n_targets; i++) {
		const struct plan_target *target = &plan->targets[i];
		CHECK(target->host[0] != '\0' && target->port != 0);
		CHECK(target->username[0] == '\0' || plan_identity_of(plan, target).secret->n_bytes > 0);
		CHECK(target->username[0] != '\0' || plan->chap_in.secret.n_bytes == 0);
		plan_describe_target(plan, i, line);
		CHECK_TEXT(line);
		check_said(line);
	}
	check_network(plan);
	CHECK_TEXT(plan->root.value);
	CHECK_TEXT(plan->root.text);
	CHECK_TEXT(plan->init);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static const struct plan_machine machine = {.mac = {2, 0, 0, 0, 0, 1}, .has_mac = true};
	static struct boot_plan plan;
	static struct plan_notes notes;
	struct fail fail = {.code = FAIL_NONE};
	char said[FAIL_TEXT_BYTES];
	char *given = fuzz_text(bytes, n_bytes);
	char *cmdline = malloc(strlen(BEFORE) + strlen(given) + 1);
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	stpcpy(stpcpy(cmdline, BEFORE), given);
	if (strstr(given, SECRET) == NULL) {
		bool good = plan_read(cmdline, &plan, &notes, &fail) && plan_check(&plan, &machine, &notes, &fail);
		CHECK(good == (fail.code == FAIL_NONE));
		fail_describe(&fail, said);
		check_said(said);
		CHECK(notes.n_notes <= PLAN_NOTES_MAX);
		for (unsigned i = 0; i < notes.n_notes; i++)
			check_said(notes.text[i]);
		if (good)
			check_plan(&plan);
	}
	free(cmdline);
	free(given);
	return 0;
}
