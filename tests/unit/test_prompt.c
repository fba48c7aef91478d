/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot/prompt.c: who is asked for, what the keys do, what becomes of the answer. The console is a file here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot/prompt.h"
#include "screen.h"

enum {
	N_SESSIONS = 2,
	TEST_KEY_WAIT_MS = 60000,
};

static struct boot_plan plan;
static struct session sessions[N_SESSIONS];
static struct prompt prompt;

static const struct plan_machine machine = {.mac = {2, 0, 0, 0, 0, 1}, .has_mac = true, .can_ask = true};

static void begin(const char *cmdline)
{
	struct plan_notes notes = {.n_notes = 0};
	memset(&plan, 0, sizeof plan);
	struct fail fail = {.code = FAIL_NONE};
	assert_true(plan_read(cmdline, &plan, &notes, &fail) && plan_check(&plan, &machine, &notes, &fail));
	for (unsigned i = 0; i < plan.n_targets; i++)
		session_init(&sessions[i], &plan, i, NULL);
	prompt_init(&prompt, &console, "");
	shown();
}

/* As a login of this session has ended. */
static void refuse(unsigned index, enum fail_code code, int64_t next_ms)
{
	sessions[index].state = SESSION_WAIT_RETRY;
	sessions[index].deadline_ms = next_ms;
	sessions[index].retry.n_failed = 1;
	sessions[index].fail = (struct fail){.code = code};
}

static void step(int64_t now_ms)
{
	prompt_step(&prompt, &plan, sessions, plan.n_targets, now_ms);
}

static void type(const char *keys, int64_t now_ms)
{
	prompt_take(&prompt, &plan, (const uint8_t *)keys, strlen(keys), now_ms);
}

static void must_know(unsigned index, const char *username, const char *secret)
{
	struct plan_identity id = plan_identity_of(&plan, &plan.targets[index]);
	assert_string_equal(id.username, username);
	assert_int_equal(id.secret->n_bytes, strlen(secret));
	assert_memory_equal(id.secret->bytes, secret, strlen(secret));
}

static void must_have_forgotten(void)
{
	static const struct secret none;
	assert_memory_equal(&prompt.line, &none, sizeof none);
}

static const char one[] = "iscsi_target=iscsi://10.0.0.5/iqn.2026-01.x:a/1";
static const char both[] =
	"iscsi_target=iscsi://10.0.0.5/iqn.2026-01.x:a iscsi_target=iscsi://10.0.0.6:861/iqn.2026-01.x:b";

static void nobody_is_asked_without_a_reason(void **state)
{
	(void)state;
	begin(one);
	step(5);
	refuse(0, FAIL_PORTAL_REFUSED, 1000);
	step(6);
	refuse(0, FAIL_AUTH_REFUSED, 1000); /* of a secret that nobody has typed */
	step(7);
	refuse(0, FAIL_CHAP_WANTED, 1000);
	sessions[0].advice = LOGIN_ADVICE_SECURITY_FIRST; /* the other way is still to be tried */
	step(8);
	assert_null(prompt.session);
	assert_int_equal(sessions[0].deadline_ms, 1000);
	assert_string_equal(shown(), "");
}

static void user_and_secret_are_asked_for_and_the_secret_is_not_shown(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(100);
	assert_string_equal(shown(), "iscsiroot: iqn.2026-01.x:a at 10.0.0.5:3260 demands CHAP; Ctrl-C opens a shell, "
				     "60 s without a key end this. User name: ");
	assert_int_equal(sessions[0].deadline_ms, 100 + TEST_KEY_WAIT_MS);
	assert_true(prompt_holds(&prompt, &plan, &sessions[0]));
	type("pi4\n", 200);
	assert_string_equal(shown(), "pi4\niscsiroot: Secret (not shown): ");
	type("Sesame @:%\"x", 300);
	assert_string_equal(shown(), "");
	type("\r", 400);
	assert_string_equal(shown(), "\n");
	must_know(0, "pi4", "Sesame @:%\"x");
	must_have_forgotten();
	assert_int_equal(sessions[0].deadline_ms, 0);
	assert_int_equal(sessions[0].retry.n_failed, 0);
	step(500);
	assert_null(prompt.session);
}

static void those_at_other_consoles_are_told(void **state)
{
	(void)state;
	begin(one);
	prompt_init(&prompt, &console, "/dev/ttyS0");
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(100);
	assert_non_null(strstr(shown(),
			       "iscsiroot: iqn.2026-01.x:a: the secret is asked for on the console "
			       "/dev/ttyS0 alone\niscsiroot: iqn.2026-01.x:a at 10.0.0.5:3260 demands CHAP; "));
}

static void keys_of_a_line(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	shown();
	type("x\x7f\x7fzz\x15p\xc3\xa4\x08\x1b", 2);
	assert_string_equal(shown(), "x\b \bzz\b \b\b \bp\xc3\xa4\b \b");
	type("\x1b[A\x1b[3~\x1bOP\x1b[[Ai4\nwrong\x15two\x08\x08\x08three\n", 3);
	must_know(0, "pi4", "three");
	assert_null(strstr(shown(), "three"));
}

static void an_unfinished_escape_takes_no_key_like_return(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	shown();
	type("pi\x1b[\x7f\x1bO\x08x\x1b[3\x15pi4\x1b[\x1b[A\x1b[\n", 2);
	assert_string_equal(shown(), "pi\b \b\b \bx\b \bpi4\niscsiroot: Secret (not shown): ");
	type("Sesame\x1bO\r", 3);
	must_know(0, "pi4", "Sesame");
}

static void the_user_name_that_is_known_is_taken_by_return(void **state)
{
	(void)state;
	begin("iscsi_target=iscsi://pi4@10.0.0.5/iqn.2026-01.x:a/1");
	assert_true(prompt_holds(&prompt, &plan, &sessions[0]));
	step(1); /* before any login */
	assert_string_equal(shown(),
			    "iscsiroot: iqn.2026-01.x:a at 10.0.0.5:3260 needs a secret for CHAP; Ctrl-C opens a "
			    "shell, 60 s without a key end this. User name [pi4]: ");
	type("\nSesame\n", 2);
	must_know(0, "pi4", "Sesame");
	assert_false(prompt_holds(&prompt, &plan, &sessions[0]));
}

static void without_an_answer_all_is_as_if_nobody_was_asked(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	type("p", 30000);
	step(30000 + TEST_KEY_WAIT_MS - 1);
	assert_non_null(prompt.session);
	shown();
	step(30000 + TEST_KEY_WAIT_MS);
	assert_null(prompt.session);
	assert_string_equal(shown(), "\niscsiroot: iqn.2026-01.x:a: nobody answers, going on without a secret\n");
	assert_int_equal(sessions[0].deadline_ms, 30000 + TEST_KEY_WAIT_MS);
	must_have_forgotten();
}

static void a_user_name_whose_secret_is_not_given_cannot_be_meant(void **state)
{
	(void)state;
	begin("iscsi_target=iscsi://pi4@10.0.0.5/iqn.2026-01.x:a/1");
	step(1);
	shown();
	type("\n\n", 2);
	assert_int_equal(sessions[0].state, SESSION_GAVE_UP);
	assert_int_equal(sessions[0].fail.code, FAIL_CHAP_HALF);
	assert_string_equal(sessions[0].fail.detail, "the user name pi4 is in iscsi_target=");
	assert_non_null(strstr(shown(), "iqn.2026-01.x:a: the answer is empty, going on without this target\n"));
	begin("iscsi_target=iscsi://pi4@10.0.0.5/iqn.2026-01.x:a/1");
	step(1);
	step(1 + TEST_KEY_WAIT_MS);
	assert_int_equal(sessions[0].state, SESSION_GAVE_UP);
	step(2 + TEST_KEY_WAIT_MS);
	assert_null(prompt.session);
}

static void a_target_whose_secret_nobody_types_is_left_out(void **state)
{
	(void)state;
	begin("iscsi_target=iscsi://10.0.0.5/iqn.2026-01.x:a iscsi_target=iscsi://u@10.0.0.6/iqn.2026-01.x:b");
	sessions[0].state = SESSION_UP;
	step(1);
	assert_ptr_equal(prompt.session, &sessions[1]);
	step(1 + TEST_KEY_WAIT_MS);
	assert_int_equal(sessions[0].state, SESSION_UP);
	assert_int_equal(sessions[1].state, SESSION_GAVE_UP);
}

static void nobody_answers_for_one_and_the_other_is_asked_for(void **state)
{
	(void)state;
	begin("iscsi_target=iscsi://10.0.0.5/iqn.2026-01.x:a iscsi_target=iscsi://u@10.0.0.6/iqn.2026-01.x:b");
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	step(1 + TEST_KEY_WAIT_MS);
	sessions[0].state = SESSION_CONNECTING;
	step(2 + TEST_KEY_WAIT_MS);
	assert_ptr_equal(prompt.session, &sessions[1]);
}

static void an_unfinished_escape_ends_with_its_question(void **state)
{
	(void)state;
	begin(both);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	refuse(1, FAIL_CHAP_WANTED, 5000);
	step(1);
	type("\x1b[", 2);
	step(2 + TEST_KEY_WAIT_MS);
	sessions[0].state = SESSION_CONNECTING;
	step(3 + TEST_KEY_WAIT_MS);
	assert_ptr_equal(prompt.session, &sessions[1]);
	type("pi4\nSesame\n", 4 + TEST_KEY_WAIT_MS);
	must_know(1, "pi4", "Sesame");
}

static void keys_without_an_end_are_no_answer(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(0);
	for (int64_t now_ms = 0; now_ms < 300000; now_ms += 10000) {
		type("p", now_ms);
		step(now_ms);
		assert_non_null(prompt.session);
	}
	step(300000);
	assert_null(prompt.session);
}

static void a_line_that_others_were_written_behind_comes_again(void **state)
{
	(void)state;
	begin("iscsi_target=iscsi://pi4@10.0.0.5/iqn.2026-01.x:a/1");
	step(1);
	type("pi", 2);
	shown();
	step(3);
	assert_string_equal(shown(), "");
	log_wait("eth1: up");
	step(4);
	step(5);
	assert_string_equal(shown(), "iscsiroot: eth1: up\niscsiroot: User name [pi4]: pi");
	type("5\nSesa", 6);
	shown();
	log_wait("eth2: up");
	step(7);
	assert_string_equal(shown(), "iscsiroot: eth2: up\niscsiroot: Secret (not shown): ");
	type("me\n", 8);
	must_know(0, "pi5", "Sesame");
}

static void an_empty_answer_is_for_good(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	type("\n", 2);
	assert_null(prompt.session);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(3);
	assert_null(prompt.session);
}

static void nothing_is_cut_off(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	for (int i = 0; i < SECRET_MAX; i++)
		type("u", 2);
	type("\n", 2);
	for (int i = 0; i < SECRET_MAX + 1; i++)
		type("s", 2);
	shown();
	type("\n", 3);
	assert_string_equal(shown(),
			    "\niscsiroot: iqn.2026-01.x:a: the answer is longer than 255 bytes, going on without a "
			    "secret\n");
	assert_int_equal(plan.n_own, 0);
}

static void a_wrong_secret_is_asked_for_three_times_and_takes_one_place(void **state)
{
	static const char *const wrong[] = {"pi4\nfirst\n", "\nsecond\n", "other\nthird\n"};
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	for (unsigned i = 0; i < 3; i++) {
		step(10);
		assert_non_null(prompt.session);
		type(wrong[i], 11);
		refuse(0, FAIL_AUTH_REFUSED, 5000);
	}
	step(12);
	assert_null(prompt.session);
	must_know(0, "other", "third");
	assert_int_equal(plan.n_own, 1);
}

static void one_after_the_other_and_each_keeps_its_own(void **state)
{
	(void)state;
	begin(both);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	refuse(1, FAIL_CHAP_WANTED, 5000);
	step(1);
	type("a\nthe same\n", 2);
	step(3);
	assert_non_null(strstr(shown(), "iqn.2026-01.x:b at 10.0.0.6:861 demands CHAP"));
	assert_int_equal(sessions[0].deadline_ms, 0);
	type("b\nthe same\n", 4);
	assert_int_equal(plan.n_own, 1);
	refuse(1, FAIL_AUTH_REFUSED, 5000);
	step(5);
	type("\nanother\n", 6);
	must_know(0, "a", "the same");
	must_know(1, "b", "another");
}

static void the_secrets_of_the_other_direction_stay(void **state)
{
	(void)state;
	begin("netroot=iscsi:u::t:Sesame-In@10.0.0.5::::iqn.2026-01.x:a");
	step(1);
	type("\nSesame-Out\n", 2);
	must_know(0, "u", "Sesame-Out");
	struct plan_identity id = plan_identity_of(&plan, &plan.targets[0]);
	assert_string_equal(id.username_in, "t");
	assert_int_equal(id.secret_in->n_bytes, strlen("Sesame-In"));
}

static void nobody_is_there(void **state)
{
	(void)state;
	begin(one);
	prompt_init(&prompt, NULL, "");
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	type("pi4\nSesame\n", 2);
	prompt_close(&prompt);
	assert_int_equal(plan.n_own, 0);
	assert_string_equal(shown(), "");
}

static void a_boot_that_ends_forgets_the_question(void **state)
{
	(void)state;
	begin(one);
	refuse(0, FAIL_CHAP_WANTED, 5000);
	step(1);
	type("pi4\nSesa", 2);
	prompt_close(&prompt);
	must_have_forgotten();
	assert_null(prompt.session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_asked_without_a_reason),
		cmocka_unit_test(user_and_secret_are_asked_for_and_the_secret_is_not_shown),
		cmocka_unit_test(those_at_other_consoles_are_told),
		cmocka_unit_test(keys_of_a_line),
		cmocka_unit_test(an_unfinished_escape_takes_no_key_like_return),
		cmocka_unit_test(the_user_name_that_is_known_is_taken_by_return),
		cmocka_unit_test(without_an_answer_all_is_as_if_nobody_was_asked),
		cmocka_unit_test(a_user_name_whose_secret_is_not_given_cannot_be_meant),
		cmocka_unit_test(a_target_whose_secret_nobody_types_is_left_out),
		cmocka_unit_test(nobody_answers_for_one_and_the_other_is_asked_for),
		cmocka_unit_test(an_unfinished_escape_ends_with_its_question),
		cmocka_unit_test(keys_without_an_end_are_no_answer),
		cmocka_unit_test(a_line_that_others_were_written_behind_comes_again),
		cmocka_unit_test(an_empty_answer_is_for_good),
		cmocka_unit_test(nothing_is_cut_off),
		cmocka_unit_test(a_wrong_secret_is_asked_for_three_times_and_takes_one_place),
		cmocka_unit_test(one_after_the_other_and_each_keeps_its_own),
		cmocka_unit_test(the_secrets_of_the_other_direction_stay),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(a_boot_that_ends_forgets_the_question),
	};
	return cmocka_run_group_tests(tests, open_screen, close_screen);
}
