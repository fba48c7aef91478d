/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/attach.c, from the inside: sessions that are there already, in a /sys made up for it, and when an attempt is
 * over. Without a kernel's iSCSI; logins are seen by tests/vm/. Without the right to make namespaces some are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "boot/attach.c"

#include "namespace.h"
#include "screen.h"

#define SESSIONS "/sys/class/iscsi_session/session"
#define CONNECTIONS "/sys/class/iscsi_connection/connection"
#define TWO                                                                                                            \
	"iscsi_target=iscsi://10.0.0.1/iqn.2009-06.a:one/0 iscsi_target=iscsi://10.0.0.2/iqn.2009-06.a:two/0 "         \
	"iscsi_initiator=iqn.2009-06.a:me rootfstype=ext4 "

static struct boot_plan plan;
static struct attach_config config;
static struct fail fail;

static void put(const char *directory, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file_create(path, text, 0644);
}

static void put_session(unsigned sid, const char *target, const char *address)
{
	char path[128];
	snprintf(path, sizeof path, SESSIONS "%u", sid);
	put(path, "targetname", target);
	put(path, "state", "LOGGED_IN");
	snprintf(path, sizeof path, CONNECTIONS "%u:0", sid);
	put(path, "persistent_address", address);
	put(path, "persistent_port", "3260");
}

/* Its LUN 0 is /dev/sda. */
static void put_disk(unsigned sid)
{
	char path[128];
	snprintf(path, sizeof path, SESSIONS "%u/device/target3:0:0/3:0:0:0", sid);
	put(path, "type", "0");
	snprintf(path, sizeof path, SESSIONS "%u/device/target3:0:0/3:0:0:0/block/sda", sid);
	put(path, "size", "1");
	put("/dev", "sda", "a disk");
}

/* As attach_run begins, with an empty /sys, and /dev but for what mkdir and the reader of disks need. */
static bool begin(const char *cmdline, bool boots, bool wants_root)
{
	struct plan_notes notes = {.n_notes = 0};
	fail = (struct fail){.code = FAIL_NONE};
	config = (struct attach_config){.plan = &plan, .boots = boots, .wants_root = wants_root};
	attach = (struct attach){.config = &config,
				 .net = {.nics = {.fd = -1}},
				 .transport = {.request_fd = -1, .event_fd = -1, .sessions_fd = -1},
				 .deadline_ms = INT64_MAX,
				 .interrupt_fd = -1,
				 .uevent_fd = -1,
				 .child_fd = child_signal_fd()};
	memset(&plan, 0, sizeof plan);
	return open_screen(NULL) == 0 && mount("none", "/sys", "tmpfs", 0, NULL) == 0 &&
	       mount("none", "/dev", "tmpfs", 0, NULL) == 0 && plan_read(cmdline, &plan, &notes, &fail) &&
	       disks_init(&attach.disks, &fail);
}

/* So that no session has to be begun, those of which there is none give up. */
static bool start(void)
{
	struct plan_notes notes = {.n_notes = 0};
	const struct plan_machine machine = {.has_mac = false};
	if (!plan_check(&plan, &machine, &notes, &fail))
		return false;
	start_sessions(&attach);
	for (unsigned i = 0; i < attach.n_sessions; i++) {
		if (!check_new(&attach, i, &fail))
			return false;
		if (attach.is_there[i])
			continue;
		attach.sessions[i].state = SESSION_GAVE_UP;
		fail_set(&attach.sessions[i].fail, FAIL_PORTAL_REFUSED, "%s", "");
	}
	return true;
}

/* Until it is done or fails. */
static bool run_to_end(void)
{
	struct loop loop;
	bool done = false;
	for (unsigned i = 0; i < 500 && !done; i++) {
		loop_begin(&loop);
		if (!step(&attach, &loop, &done, &fail))
			return false;
		poll_wait(NULL, 0, 10);
	}
	return done;
}

static int try_finding(void)
{
	struct census_session found;
	EXPECT(begin(TWO, true, false));
	EXPECT(!census_find("iqn.2009-06.a:two", "10.0.0.2:3260", 0, &found));
	put_session(3, "iqn.2009-06.a:two", "10.0.0.1");
	put_session(5, "iqn.2009-06.a:two", "10.0.0.2");
	EXPECT(census_find("iqn.2009-06.a:two", "10.0.0.2:3260", 0, &found) && found.sid == 5);
	EXPECT(!census_find("iqn.2009-06.a:two", "10.0.0.2:3260", 5, &found));
	EXPECT(!census_find("iqn.2009-06.a:two", "10.0.0.2:3261", 0, &found));
	return 0;
}

static void a_session_is_found_by_target_and_portal(void **state)
{
	(void)state;
	in_namespace(try_finding);
}

static int try_without_network(void)
{
	unsigned n_there = 0;
	EXPECT(begin(TWO, true, false));
	EXPECT(count_targets(&attach, &n_there) == 2 && n_there == 0);
	put_session(1, "iqn.2009-06.a:one", "10.0.0.1");
	EXPECT(count_targets(&attach, &n_there) == 2 && n_there == 1);
	put_session(2, "iqn.2009-06.a:two", "10.0.0.2");
	n_there = 0;
	EXPECT(count_targets(&attach, &n_there) == 2 && n_there == 2);
	EXPECT(plan.n_targets == 2 && plan.targets[0].host[0] != '\0'); /* read, and not touched by it */
	EXPECT(bring_up(&attach, &fail) && attach.net.plan == NULL);
	EXPECT(start() && attach.is_there[0] && attach.is_there[1]);
	EXPECT(run_to_end() && !is_any_kept(&attach));
	return 0;
}

static void where_all_sessions_are_there_no_network_is_brought_up(void **state)
{
	(void)state;
	in_namespace(try_without_network);
}

/* Two portals of one target, by name: two sessions to it, wherever they are. */
static int try_without_name_server(void)
{
	unsigned n_there = 0;
	EXPECT(begin(
		"iscsi_target=iscsi://a.example/iqn.2009-06.a:one iscsi_target=iscsi://b.example/iqn.2009-06.a:one "
		"iscsi_initiator=iqn.2009-06.a:me",
		true, false));
	put_session(1, "iqn.2009-06.a:one", "10.0.0.1");
	EXPECT(count_targets(&attach, &n_there) == 2 && n_there == 0);
	put_session(2, "iqn.2009-06.a:one", "10.0.0.2");
	EXPECT(count_targets(&attach, &n_there) == 2 && n_there == 2);
	EXPECT(bring_up(&attach, &fail) && attach.has_all && attach.net.plan == NULL);
	return 0;
}

static void nor_where_portals_have_names(void **state)
{
	(void)state;
	in_namespace(try_without_name_server);
}

static int try_missing(bool wants_root)
{
	EXPECT(begin(TWO, true, wants_root));
	put_session(1, "iqn.2009-06.a:one", "10.0.0.1");
	put_disk(1);
	EXPECT(start() && attach.is_there[0] && !attach.is_there[1]);
	EXPECT((attach.deadline_ms != INT64_MAX) == !wants_root);
	EXPECT(run_to_end() && fail.code == FAIL_NONE);
	leave_out_others(&attach);
	EXPECT(strstr(shown(), "iqn.2009-06.a:two is not logged in, left out") != NULL);
	return 0;
}

static int try_missing_disks(void)
{
	return try_missing(false);
}

static int try_missing_with_root(void)
{
	int line = try_missing(true);
	EXPECT(line == 0);
	EXPECT(attach.root != NULL && strcmp(attach.root->name, "sda") == 0);
	return 0;
}

static void what_is_missing_beside_a_session_is_no_failure(void **state)
{
	(void)state;
	in_namespace(try_missing_disks);
}

static void root_is_found_on_a_session_that_is_there(void **state)
{
	(void)state;
	in_namespace(try_missing_with_root);
}

static int try_nothing_there(void)
{
	EXPECT(begin(TWO, true, false));
	EXPECT(start() && !attach.is_there[0] && !attach.is_there[1]);
	EXPECT(!run_to_end() && fail.code == FAIL_PORTAL_REFUSED);
	return 0;
}

static void without_any_session_it_fails(void **state)
{
	(void)state;
	in_namespace(try_nothing_there);
}

/* The target that is there lacks the disk: that is waited for, for a short time, and told. */
static int try_without_a_disk(void)
{
	EXPECT(begin(TWO, true, false));
	put_session(1, "iqn.2009-06.a:one", "10.0.0.1");
	EXPECT(start());
	attach.deadline_ms = clock_now_ms() + 2000;
	EXPECT(run_to_end());
	EXPECT(strstr(shown(), "LUN 0 of iqn.2009-06.a:one") != NULL);
	return 0;
}

static void a_disk_that_is_missing_on_it_is_told(void **state)
{
	(void)state;
	in_namespace(try_without_a_disk);
}

/* Our own session is up, the other one has failed. */
static bool begin_with_one_of_two(bool has_disk)
{
	if (!begin(TWO, true, false))
		return false;
	put_session(1, "iqn.2009-06.a:one", "10.0.0.1");
	if (has_disk)
		put_disk(1);
	if (!start())
		return false;
	attach.is_there[0] = false;
	attach.is_new[0] = true;
	attach.deadline_ms = INT64_MAX;
	return true;
}

static int try_other_late(void)
{
	struct loop loop;
	bool done = false;
	EXPECT(begin_with_one_of_two(true));
	for (unsigned i = 0; i < 50; i++) {
		loop_begin(&loop);
		EXPECT(step(&attach, &loop, &done, &fail) && !done);
		poll_wait(NULL, 0, 10);
	}
	EXPECT(attach.deadline_ms < clock_now_ms() + BESIDE_WAIT_MS);
	attach.deadline_ms = clock_now_ms();
	EXPECT(run_to_end());
	return 0;
}

static void the_other_one_has_a_little_time(void **state)
{
	(void)state;
	in_namespace(try_other_late);
}

static int try_one_without_a_disk(void)
{
	EXPECT(begin_with_one_of_two(false));
	attach.deadline_ms = clock_now_ms() + 2000;
	EXPECT(run_to_end());
	EXPECT(strstr(shown(), "LUN 0 of iqn.2009-06.a:one") != NULL);
	return 0;
}

static void a_session_that_is_up_is_kept_without_its_disk(void **state)
{
	(void)state;
	in_namespace(try_one_without_a_disk);
}

static int try_a_second_one(void)
{
	EXPECT(begin(TWO, false, false));
	put_session(1, "iqn.2009-06.a:one", "10.0.0.1");
	EXPECT(!start() && fail.code == FAIL_SESSION_THERE);
	return 0;
}

static void outside_of_a_boot_there_is_to_be_none(void **state)
{
	(void)state;
	in_namespace(try_a_second_one);
}

/* A target that has just come up may not have its names and access lists yet; a secret stays wrong. */
static void what_passes_by_itself_is_not_hopeless(void **state)
{
	static const enum fail_code passing[] = {FAIL_TARGET_NOT_FOUND, FAIL_FORBIDDEN,  FAIL_NO_TARGET,
						 FAIL_TARGET_REMOVED,   FAIL_NO_ROUTE,   FAIL_PORTAL_REFUSED,
						 FAIL_PROTOCOL,         FAIL_LUN_ABSENT, FAIL_TOO_MANY_CONNECTIONS};
	static const enum fail_code staying[] = {FAIL_AUTH_REFUSED, FAIL_CHAP_WANTED, FAIL_TARGET_UNPROVEN,
						 FAIL_NO_DIGEST};
	struct session s = {.state = SESSION_WAIT_RETRY, .retry = {.n_failed = 2}};
	(void)state;
	config = (struct attach_config){.boots = true};
	attach = (struct attach){.config = &config};
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
		s.retry.code = passing[i];
		assert_false(is_hopeless(&attach, &s));
	}
	for (size_t i = 0; i < sizeof staying / sizeof *staying; i++) {
		s.retry.code = staying[i];
		s.retry.n_failed = 1;
		assert_false(is_hopeless(&attach, &s));
		s.retry.n_failed = 2;
		assert_true(is_hopeless(&attach, &s));
	}
	s.state = SESSION_GAVE_UP;
	assert_true(is_hopeless(&attach, &s));
}

/* The first target was left out. */
static void root_is_never_on_a_session_that_is_left_out(void **state)
{
	(void)state;
	const struct disk disk = {.session = 2};
	config = (struct attach_config){.boots = true};
	attach = (struct attach){.config = &config, .n_sessions = 3};
	attach.sessions[1].handover.has_run = attach.sessions[2].handover.has_run = true;
	assert_int_equal(lead_session(&attach), 1);
	assert_int_equal(root_session(&attach), DOWN_ANY_ROOT);
	attach.root = &disk;
	assert_int_equal(lead_session(&attach), 2);
	assert_int_equal(root_session(&attach), 2);
	attach.root = NULL;
	config.boots = false;
	assert_int_equal(root_session(&attach), DOWN_NO_ROOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_found_by_target_and_portal),
		cmocka_unit_test(where_all_sessions_are_there_no_network_is_brought_up),
		cmocka_unit_test(nor_where_portals_have_names),
		cmocka_unit_test(what_is_missing_beside_a_session_is_no_failure),
		cmocka_unit_test(root_is_found_on_a_session_that_is_there),
		cmocka_unit_test(without_any_session_it_fails),
		cmocka_unit_test(a_disk_that_is_missing_on_it_is_told),
		cmocka_unit_test(the_other_one_has_a_little_time),
		cmocka_unit_test(a_session_that_is_up_is_kept_without_its_disk),
		cmocka_unit_test(outside_of_a_boot_there_is_to_be_none),
		cmocka_unit_test(what_passes_by_itself_is_not_hopeless),
		cmocka_unit_test(root_is_never_on_a_session_that_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
