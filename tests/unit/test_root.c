/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/root.c: which disk root= means, and what is said when none does. Sessions and disks are made up; nothing here
 * touches a device.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "boot/root.h"

static struct boot_plan plan;
static struct session sessions[2];
static struct disk_list list;

static void add_disk(const char *name, unsigned session, uint64_t lun, uint32_t part)
{
	struct disk *disk = &list.disks[list.n_disks++];
	*disk = (struct disk){.session = session, .lun = lun, .part = part};
	snprintf(disk->name, sizeof disk->name, "%s", name);
	snprintf(disk->super.type, sizeof disk->super.type, "ext4");
	disk->super.kind = PROBE_FILESYSTEM;
	list.luns[session].n_luns++;
	list.luns[session].n_disks++;
}

/* Two targets that are up: sda (LUN 1) and its partition sda1 on the first, sdb (LUN 2) on the second. */
static int set_up(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof plan);
	memset(&list, 0, sizeof list);
	plan.n_targets = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct plan_target *target = &plan.targets[i];
		snprintf(target->name, sizeof target->name, "iqn.2026-01.lab:t%u", i);
		snprintf(target->host, sizeof target->host, "10.0.0.%u", i + 1);
		target->port = ISCSI_PORT;
		session_init(&sessions[i], &plan, i, NULL);
		sessions[i].state = SESSION_UP;
		sessions[i].scanned = true;
	}
	add_disk("sda", 0, 1, 0);
	add_disk("sda1", 0, 1, 1);
	add_disk("sdb", 1, 2, 0);
	snprintf(list.disks[0].super.uuid, sizeof list.disks[0].super.uuid, "AA-BB");
	snprintf(list.disks[1].super.label, sizeof list.disks[1].super.label, "root");
	snprintf(list.disks[1].identity.uuid, sizeof list.disks[1].identity.uuid, "c0ffee-01");
	snprintf(list.disks[1].identity.label, sizeof list.disks[1].identity.label, "part");
	snprintf(list.disks[2].super.label, sizeof list.disks[2].super.label, "other");
	return 0;
}

static void want(enum root_kind kind, const char *value)
{
	plan.root.kind = kind;
	snprintf(plan.root.value, sizeof plan.root.value, "%s", value);
	snprintf(plan.root.text, sizeof plan.root.text, "%s", value);
}

/* The name of the disk, or the verdict and the failure's id. */
static const char *chosen(void)
{
	static char text[FAIL_TEXT_BYTES];
	const struct disk *root = NULL;
	struct fail fail = {.code = FAIL_NONE};
	enum root_verdict verdict = root_choose(&plan, sessions, plan.n_targets, &list, &root, &fail);
	if (verdict == ROOT_FOUND)
		return root->name;
	snprintf(text, sizeof text, "%s %s", verdict == ROOT_NEVER ? "never" : "not yet", fail_lookup(fail.code)->id);
	return text;
}

static void each_form_of_root_finds_its_disk(void **state)
{
	(void)state;
	static const struct {
		enum root_kind kind;
		const char *value, *expected;
	} cases[] = {
		{ROOT_DEFAULT, "", "sda"},
		{ROOT_DEVICE, "sda1", "sda1"},
		{ROOT_DEVICE, "sdc", "not yet E70"},
		{ROOT_UUID, "aa-bb", "sda"}, /* compared without case */
		{ROOT_UUID, "aa-bc", "not yet E70"},
		{ROOT_LABEL, "root", "sda1"},
		{ROOT_LABEL, "ROOT", "not yet E70"},
		{ROOT_LABEL, "other", "sdb"},
		{ROOT_PARTUUID, "C0FFEE-01", "sda1"},
		{ROOT_PARTLABEL, "part", "sda1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		want(cases[i].kind, cases[i].value);
		assert_string_equal(chosen(), cases[i].expected);
	}
}

/* Else nothing would ever come of the wait: another session is up. */
static void the_first_target_given_up_is_the_end_without_another_root(void **state)
{
	(void)state;
	sessions[0].state = SESSION_GAVE_UP;
	fail_set(&sessions[0].fail, FAIL_CHAP_HALF, "%s", "");
	want(ROOT_DEFAULT, "");
	list.n_disks = 0;
	assert_string_equal(chosen(), "never E14");
	want(ROOT_LABEL, "other");
	assert_string_equal(chosen(), "not yet E70");
}

static void a_path_names_portal_target_lun_and_partition(void **state)
{
	(void)state;
	plan.root.kind = ROOT_PATH;
	snprintf(plan.root.path_host, sizeof plan.root.path_host, "10.0.0.2");
	snprintf(plan.root.path_name, sizeof plan.root.path_name, "iqn.2026-01.lab:t1");
	plan.root.path_port = ISCSI_PORT;
	plan.root.path_lun = (struct plan_lun){.given = true, .number = 2};
	assert_string_equal(chosen(), "sdb");
	plan.root.part = 1;
	assert_string_equal(chosen(), "not yet E70");
	plan.root.part = 0;
	plan.root.path_port = 3261;
	assert_string_equal(chosen(), "not yet E70");
	/* The plan has a DNS name, udev's path the address it had. */
	plan.root.path_port = ISCSI_PORT;
	snprintf(plan.targets[1].host, sizeof plan.targets[1].host, "nas");
	assert_string_equal(chosen(), "not yet E70");
	snprintf(sessions[1].persistent_address, sizeof sessions[1].persistent_address, "10.0.0.2");
	assert_string_equal(chosen(), "sdb");
}

static void two_disks_that_fit_are_never_guessed_between(void **state)
{
	(void)state;
	snprintf(list.disks[2].super.label, sizeof list.disks[2].super.label, "root");
	want(ROOT_LABEL, "root");
	assert_string_equal(chosen(), "never E71");
	/* But one LUN seen through two portals is one disk. */
	memcpy(plan.targets[1].name, plan.targets[0].name, sizeof plan.targets[1].name);
	list.disks[2].lun = 1;
	assert_string_equal(chosen(), "sda1");
}

static void what_is_missing_is_told_by_who_lacks_it(void **state)
{
	(void)state;
	want(ROOT_LABEL, "nowhere");
	sessions[1].scanned = false; /* it may be there */
	assert_string_equal(chosen(), "not yet E00");
	sessions[1].state = SESSION_GAVE_UP; /* and now it never will */
	assert_string_equal(chosen(), "not yet E70");
	list.luns[0] = (struct disk_luns){.n_luns = 1};
	assert_string_equal(chosen(), "not yet E61");
	list.luns[0].n_luns = 0;
	plan.targets[0].lun.given = true;
	assert_string_equal(chosen(), "not yet E60");
}

/* Without a LUN and without root=, the only disk is root: that it is the only one shows when all are there. */
static void the_only_disk_is_known_when_all_are_there(void **state)
{
	(void)state;
	want(ROOT_DEFAULT, "");
	sessions[0].scanned = false;
	assert_string_equal(chosen(), "not yet E00");
	plan.targets[0].lun = (struct plan_lun){.given = true, .number = 1};
	assert_string_equal(chosen(), "sda");
	plan.targets[0].lun.given = false;
	sessions[0].scanned = true;
	add_disk("sdc", 0, 3, 0);
	assert_string_equal(chosen(), "never E71");
}

static void a_disk_that_cannot_be_mounted_is_told(void **state)
{
	(void)state;
	want(ROOT_DEVICE, "sda");
	list.disks[0].super.kind = PROBE_CONTAINER;
	assert_string_equal(chosen(), "never E72");
	list.disks[0].super.kind = PROBE_UNKNOWN;
	assert_string_equal(chosen(), "never E72");
	snprintf(plan.root.fstype, sizeof plan.root.fstype, "exotic"); /* who names it knows it */
	assert_string_equal(chosen(), "sda");
	list.disks[0].error = -5;
	assert_string_equal(chosen(), "not yet E63");
	list.disks[0].error = -ENXIO; /* the kernel is still at it */
	assert_string_equal(chosen(), "not yet E65");
	list.disks[0].error = -ENOENT;
	assert_string_equal(chosen(), "not yet E65");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_form_of_root_finds_its_disk, set_up),
		cmocka_unit_test_setup(the_first_target_given_up_is_the_end_without_another_root, set_up),
		cmocka_unit_test_setup(a_path_names_portal_target_lun_and_partition, set_up),
		cmocka_unit_test_setup(two_disks_that_fit_are_never_guessed_between, set_up),
		cmocka_unit_test_setup(what_is_missing_is_told_by_who_lacks_it, set_up),
		cmocka_unit_test_setup(the_only_disk_is_known_when_all_are_there, set_up),
		cmocka_unit_test_setup(a_disk_that_cannot_be_mounted_is_told, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
