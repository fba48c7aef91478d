/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the command line to the checked plan: tables of what each word takes, of every refusal with the text the user
 * reads, of notes and defaults; and that no secret leaves the plan.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "plan/plan.h"

#include "hostile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define X10(text) text text text text text text text text text text

/* An iSCSI name of 223 bytes, and a host of 253. */
#define LONG_NAME                                                                                                      \
	"iqn." X10("0123456789"                                                                                        \
		   "0123456789") "0123456789"                                                                          \
				 "012345678"
#define LONG_HOST X10("abcdefgh.jklmnopqr.tuvwx.") "abc"

#define TARGET "iscsi_target=iscsi://h/iqn.2026-01.x "

static struct boot_plan plan;
static struct plan_notes notes;
static struct fail fail;

static const struct plan_machine machine = {
	.dmi_uuid = "4C4C4544-0042-3510-8052-B4C04F4E4D32\n",
	.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
	.has_mac = true,
};

static bool read_line(const char *cmdline)
{
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	memset(&fail, 0, sizeof fail);
	return plan_read(cmdline, &plan, &notes, &fail);
}

static void must_read(const char *cmdline)
{
	if (!read_line(cmdline))
		fail_msg("refused: %s", fail.detail);
	assert_int_equal(fail.code, FAIL_NONE);
}

static void must_check(const char *cmdline)
{
	must_read(cmdline);
	if (!plan_check(&plan, &machine, &notes, &fail))
		fail_msg("refused: code %d, %s", fail.code, fail.detail);
	assert_int_equal(fail.code, FAIL_NONE);
}

static void must_refuse(const char *cmdline, enum fail_code code, const char *detail)
{
	bool of_one_word = code == FAIL_WORD_VALUE || code == FAIL_TOO_MANY;
	if (read_line(cmdline) && (of_one_word || plan_check(&plan, &machine, &notes, &fail)))
		fail_msg("taken: %s", cmdline);
	if (fail.code != code)
		fail_msg("%s: code %d, not %d: %s", cmdline, fail.code, code, fail.detail);
	assert_string_equal(fail.detail, detail);
}

static void must_note(const char *cmdline, const char *note)
{
	must_check(cmdline);
	assert_int_equal(notes.n_notes, note == NULL ? 0 : 1);
	if (note != NULL)
		assert_string_equal(notes.text[0], note);
}

/* ---- iscsi_target= ---- */

/* NAME at HOST:PORT LUN N as USER; without a name "?" */
static void show_target(char *out, size_t n_max)
{
	const struct plan_target *t = &plan.targets[0];
	struct writer w = writer_over(out, n_max - 1);
	writer_format(&w, "%s at %s:%u", t->name[0] != '\0' ? t->name : "?", t->host, t->port);
	if (t->lun.given)
		writer_format(&w, " LUN %" PRIx64, t->lun.number);
	if (t->username[0] != '\0')
		writer_format(&w, " as %s", t->username);
	out[w.n_bytes] = '\0';
}

static void targets_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		const char *target; /* the LUN as the kernel's number in hexadecimal */
	} cases[] = {
		{"iscsi://10.0.0.5/iqn.2026-01.lab:root", "iqn.2026-01.lab:root at 10.0.0.5:3260"},
		{"iscsi://10.0.0.5/iqn.2026-01.lab:root/1", "iqn.2026-01.lab:root at 10.0.0.5:3260 LUN 1"},
		{"iscsi://10.0.0.5:860/iqn.2026-01.lab:root/0", "iqn.2026-01.lab:root at 10.0.0.5:860 LUN 0"},
		{"iscsi://AZ-az_09.x/iqn.x", "iqn.x at AZ-az_09.x:3260"},
		{"iscsi://u@nas.example/iqn.x", "iqn.x at nas.example:3260 as u"},
		{"iscsi://nas.example/iqn.x/10", "iqn.x at nas.example:3260 LUN a"},
		{"iscsi://nas_1/iqn.x/0x10", "iqn.x at nas_1:3260 LUN 10"},
		{"iscsi://10.0.0.5/iqn.x/255", "iqn.x at 10.0.0.5:3260 LUN ff"},
		{"iscsi://10.0.0.5/iqn.x/256", "iqn.x at 10.0.0.5:3260 LUN 4100"},
		{"iscsi://10.0.0.5/iqn.x/300", "iqn.x at 10.0.0.5:3260 LUN 412c"},
		{"iscsi://10.0.0.5/iqn.x/16383", "iqn.x at 10.0.0.5:3260 LUN 7fff"},
		{"iscsi://10.0.0.5/iqn.x/0xff", "iqn.x at 10.0.0.5:3260 LUN ff"},
		{"iscsi://10.0.0.5/iqn.x/0x100", "iqn.x at 10.0.0.5:3260 LUN 4100"},
		{"iscsi://10.0.0.5/iqn.x/0x3fff", "iqn.x at 10.0.0.5:3260 LUN 7fff"},
		{"iscsi://10.0.0.5/iqn.x/0x0001000000000000", "iqn.x at 10.0.0.5:3260 LUN 1"},
		{"iscsi://10.0.0.5/iqn.x/0x412c000000000000", "iqn.x at 10.0.0.5:3260 LUN 412c"},
		{"iscsi://10.0.0.5/iqn.x/0x0123456789abcdef", "iqn.x at 10.0.0.5:3260 LUN cdef89ab45670123"},
		{"iscsi://10.0.0.5/iqn.x/007", "iqn.x at 10.0.0.5:3260 LUN 7"},
		{"iscsi://[2001:db8::1]/iqn.x", "iqn.x at 2001:db8::1:3260"},
		{"iscsi://[2001:db8::1]:860/iqn.x/2", "iqn.x at 2001:db8::1:860 LUN 2"},
		{"iscsi://[fe80::1%eth0]/iqn.x", "iqn.x at fe80::1%eth0:3260"},
		{"iscsi://2001:db8::1/iqn.x", "iqn.x at 2001:db8::1:3260"},
		{"iscsi://pi4@10.0.0.5/iqn.x/1", "iqn.x at 10.0.0.5:3260 LUN 1 as pi4"},
		{"iscsi://pi@home@10.0.0.5:860/iqn.x", "iqn.x at 10.0.0.5:860 as pi@home"},
		{"iscsi://pi4@[::1]:860/iqn.x", "iqn.x at ::1:860 as pi4"},
		{"iscsi://10.0.0.5/mytarget:disk@1", "mytarget:disk@1 at 10.0.0.5:3260"},
		{"iscsi://10.0.0.5/a%2fb%3A%25/3", "a/b:% at 10.0.0.5:3260 LUN 3"},
		{"iscsi://10.0.0.5/iqn.caf%c3%a9", "iqn.caf\xc3\xa9 at 10.0.0.5:3260"},
		{"iscsi://10.0.0.5/" LONG_NAME "/1", LONG_NAME " at 10.0.0.5:3260 LUN 1"},
		{"iscsi://" LONG_HOST ":1/iqn.x", "iqn.x at " LONG_HOST ":1"},
		{"iscsi://10.0.0.5", "? at 10.0.0.5:3260"},
		{"iscsi://nas.example:860/", "? at nas.example:860"},
		{"iscsi://10.0.0.5//1", "? at 10.0.0.5:3260 LUN 1"},
		{"iscsi://pi4@[2001:db8::1]:860", "? at 2001:db8::1:860 as pi4"},
		{"iscsi:10.0.0.5::::", "? at 10.0.0.5:3260"},
		{"iscsi:10.0.0.5:6:860:1:", "? at 10.0.0.5:860 LUN 1"},
		{"iscsi:10.0.0.5::::iqn.x", "iqn.x at 10.0.0.5:3260"},
		{"iscsi:10.0.0.5:6:3260:0:iqn.x", "iqn.x at 10.0.0.5:3260 LUN 0"},
		{"iscsi:10.0.0.5:::1:iqn.2026-01.lab:root", "iqn.2026-01.lab:root at 10.0.0.5:3260 LUN 1"},
		{"iscsi:10.0.0.5::860::iqn.2026-01.lab:a:b:", "iqn.2026-01.lab:a:b: at 10.0.0.5:860"},
		{"iscsi:10.0.0.5:::10:iqn.x", "iqn.x at 10.0.0.5:3260 LUN 10"},
		{"iscsi:10.0.0.5:::aF:iqn.x", "iqn.x at 10.0.0.5:3260 LUN af"},
		{"iscsi:10.0.0.5:::412c:iqn.x", "iqn.x at 10.0.0.5:3260 LUN 412c"},
		{"iscsi:10.0.0.5:::4752-3A4F-6b7e-2F99:iqn.x", "iqn.x at 10.0.0.5:3260 LUN 2f996b7e3a4f4752"},
		{"iscsi:10.0.0.5:::6734-9-156f-127:iqn.x", "iqn.x at 10.0.0.5:3260 LUN 127156f00096734"},
		{"iscsi:10.0.0.5:::4186-9:iqn.x", "iqn.x at 10.0.0.5:3260 LUN 94186"},
		{"iscsi:[2001:db8::1]::::iqn.x", "iqn.x at 2001:db8::1:3260"},
		{"iscsi:[2001:db8::1]:6:860:2:iqn.x", "iqn.x at 2001:db8::1:860 LUN 2"},
		{"iscsi:nas.example::::mytarget:foo", "mytarget:foo at nas.example:3260"},
		{"iscsi:10.0.0.5::::t@sk", "t@sk at 10.0.0.5:3260"},
		{"iscsi:10.0.0.5::65535::" LONG_NAME, LONG_NAME " at 10.0.0.5:65535"},
		{"iqn.2026-01.lab:root", "iqn.2026-01.lab:root at :3260"},
		{"IQN.2026-01.lab:root", "IQN.2026-01.lab:root at :3260"},
		{"eui.02004567A425678D", "eui.02004567A425678D at :3260"},
		{"naa.52004567BA64678D", "naa.52004567BA64678D at :3260"},
		{LONG_NAME, LONG_NAME " at :3260"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[1024];
		char shown[1024];
		snprintf(line, sizeof line, "ro iscsi_target=%s quiet", cases[i].value);
		must_read(line);
		show_target(shown, sizeof shown);
		assert_int_equal(plan.n_targets, 1);
		assert_string_equal(shown, cases[i].target);
		assert_string_equal(plan.targets[0].origin.text, "iscsi_target=");
	}
}

/* Refusals whose detail is "WORD=VALUE: REASON". */
struct refusal {
	const char *value;
	const char *reason;
};

static void check_refusals(const char *word, const struct refusal *cases, size_t n_cases, bool shown)
{
	for (size_t i = 0; i < n_cases; i++) {
		char line[1024];
		char detail[1024];
		const char *value = shown ? cases[i].value : " (not shown, it may hold a password)";
		snprintf(line, sizeof line, "\"%s=%s\" quiet", word, cases[i].value);
		snprintf(detail, sizeof detail, "%s=%s: %s", word, value, cases[i].reason);
		must_refuse(line, FAIL_WORD_VALUE, detail);
	}
}

#define BAD_FORM                                                                                                       \
	"it is neither iscsi://HOST/NAME/LUN nor iscsi:HOST:PROTO:PORT:LUN:NAME nor a name with iqn. eui. or naa. in " \
	"front"
#define BAD_AUTHORITY "what stands before the target name is not HOST or HOST:PORT"
#define BAD_HOST "the host is neither an IP address nor a DNS name"
#define BAD_LUN "the LUN after the target name is not a number from 0 to 16383"
#define BAD_LUN_GROUPS "the LUN is not 1 to 4 groups of hexadecimal digits, joined by -"
#define BAD_PORT "the port is not a number from 1 to 65535"
#define BAD_FIELDS "it needs the fields iscsi:HOST:PROTO:PORT:LUN:NAME"
#define NAME_EMPTY "the iSCSI name is empty"
#define NAME_BLANK "the iSCSI name has a blank or a control character"
#define NAME_LONG "the iSCSI name is longer than 223 bytes"
#define NO_USER "the user name before @ is empty"
#define BAD_USER "the user name is longer than 255 bytes or has a torn % escape"
#define BAD_PASSWORD "the password is longer than 255 bytes or has a torn % escape"
#define NO_CREDENTIALS "user and password do not belong here, use iscsi_username= and iscsi_password="

static void wrong_targets_are_refused(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{"", BAD_FORM},
		{"10.0.0.5", BAD_FORM},
		{"root", BAD_FORM},
		{"iqn", BAD_FORM},
		{"iqnx2026", BAD_FORM},
		{"xqn.2026", BAD_FORM},
		{"iscsi", BAD_FORM},
		{"http://10.0.0.5/iqn.x", BAD_FORM},
		{"ISCSI://10.0.0.5/iqn.x", BAD_FORM},
		{"iqn.a b", NAME_BLANK},
		{"iqn.a\x01", NAME_BLANK},
		{"iqn.a\x7f", NAME_BLANK},
		{"iscsi://", BAD_AUTHORITY},
		{"iscsi:///iqn.x", BAD_AUTHORITY},
		{"iscsi://10.0.0.5:/iqn.x", BAD_AUTHORITY},
		{"iscsi://10.0.0.5:0/iqn.x", BAD_AUTHORITY},
		{"iscsi://10.0.0.5:65536/iqn.x", BAD_AUTHORITY},
		{"iscsi://10.0.0.5:abc/iqn.x", BAD_AUTHORITY},
		{"iscsi://[2001:db8::1/iqn.x", BAD_AUTHORITY},
		{"iscsi://[2001:db8::1]3260/iqn.x", BAD_AUTHORITY},
		{"iscsi://[10.0.0.5]/iqn.x", BAD_AUTHORITY},
		{"iscsi://2001:db8::1:3260:0:0:0:0/iqn.x", BAD_AUTHORITY},
		{"iscsi://10.0.0.256/iqn.x", BAD_HOST},
		{"iscsi://10.0.0/iqn.x", BAD_HOST},
		{"iscsi://9.9.9.999/iqn.x", BAD_HOST},
		{"iscsi://10/iqn.x", BAD_HOST},
		{"iscsi://my host/iqn.x", BAD_HOST},
		{"iscsi://host!/iqn.x", BAD_HOST},
		{"iscsi://10.0.0.5//", BAD_LUN},
		{"iscsi://10.0.0.5//a", BAD_LUN},
		{"iscsi://10.0.0.5///1", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.a b/1", NAME_BLANK},
		{"iscsi://10.0.0.5/iqn.x/", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/-1", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/a", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/1/2", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/1/", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/16384", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/0x4000", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/0x", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/0x1g", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/0X1", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/0x00010000000000000", BAD_LUN},
		{"iscsi://10.0.0.5/iqn.x/99999999999999999999", BAD_LUN},
		{"iscsi:", BAD_FIELDS},
		{"iscsi:10.0.0.5", BAD_FIELDS},
		{"iscsi:10.0.0.5:iqn.x", BAD_FIELDS},
		{"iscsi:10.0.0.5:::iqn.x", BAD_FIELDS},
		{"iscsi:/10.0.0.5/iqn.x", BAD_FIELDS},
		{"iscsi:[2001:db8::1", BAD_FIELDS},
		{"iscsi:[2001:db8::1::::iqn.x", BAD_FIELDS},
		{"iscsi:::::iqn.x", "the host is empty"},
		{"iscsi:2001:db8::1::::iqn.x", "the host is neither an IP address nor a DNS name"},
		{"iscsi:[]::::iqn.x", BAD_HOST},
		{"iscsi:[10.0.0.5]::::iqn.x", BAD_HOST},
		{"iscsi:[::1]x::::iqn.x", BAD_HOST},
		{"iscsi:10.0.0.300::::iqn.x", BAD_HOST},
		{"iscsi:my host::::iqn.x", BAD_HOST},
		{"iscsi:10.0.0.5:7:::iqn.x", "the protocol is not 6 (TCP)"},
		{"iscsi:10.0.0.5:17:::iqn.x", "the protocol is not 6 (TCP)"},
		{"iscsi:10.0.0.5:tcp:::iqn.x", "the protocol is not 6 (TCP)"},
		{"iscsi:10.0.0.5:06:::iqn.x", "the protocol is not 6 (TCP)"},
		{"iscsi:10.0.0.5::0::iqn.x", BAD_PORT},
		{"iscsi:10.0.0.5::65536::iqn.x", BAD_PORT},
		{"iscsi:10.0.0.5::x::iqn.x", BAD_PORT},
		{"iscsi:10.0.0.5:::x:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:10.0.0.5:::0x1:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:10.0.0.5:::12345:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:10.0.0.5:::1-2-3-4-5:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:10.0.0.5:::1--2:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:10.0.0.5:::-1:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:10.0.0.5:::1-:iqn.x", BAD_LUN_GROUPS},
		{"iscsi:::::", "the host is empty"},
		{"iscsi:10.0.0.5::::iqn.a b", NAME_BLANK},
	};
	static const struct refusal hidden[] = {
		{"iscsi://@10.0.0.5/iqn.x", NO_USER},
		{"iscsi://%@10.0.0.5/iqn.x", NO_USER},
		{"iscsi://:@10.0.0.5/iqn.x", NO_USER},
		{"iscsi://%secret@10.0.0.5/iqn.x", NO_USER},
		{"iscsi://:secret@10.0.0.5/iqn.x", NO_USER},
		{"iscsi://u" LONG_HOST "12@10.0.0.5/iqn.x", BAD_USER},
		{"iscsi://u" LONG_HOST "12%secret@10.0.0.5/iqn.x", BAD_USER},
		{"iscsi://u%4:secret@10.0.0.5/iqn.x", BAD_USER},
		{"iscsi://iqn.2026-01%x:me@10.0.0.5/iqn.x", BAD_USER},
		{"iscsi://u%00:secret@10.0.0.5/iqn.x", BAD_USER},
		{"iscsi://u:se%cret@10.0.0.5/iqn.x", BAD_PASSWORD},
		{"iscsi://iqn.2026-01:me%secret@10.0.0.5/iqn.x", BAD_PASSWORD},
		{"iscsi://u:secret%@10.0.0.5/iqn.x", BAD_PASSWORD},
		{"iscsi://u:%00@10.0.0.5/iqn.x", BAD_PASSWORD},
		{"iscsi://u%" LONG_HOST "123@10.0.0.5/iqn.x", BAD_PASSWORD},
		{"iscsi://u:" LONG_HOST "123@10.0.0.5/iqn.x", BAD_PASSWORD},
		{"iscsi://user@/iqn.x", BAD_AUTHORITY},
		{"iscsi://user%se/cret@10.0.0.5/iqn.x", BAD_HOST},
		{"iscsi://10.0.0.5/iqn.x/1?target_password=secret", "options after ? are not known here"},
		{"iscsi://10.0.0.5/iqn.x?header_digest=crc32c", "options after ? are not known here"},
		{"iscsi://10.0.0.5/iqn.%", "the target name is too long or has a torn % escape"},
		{"iscsi://10.0.0.5/iqn.%0", "the target name is too long or has a torn % escape"},
		{"iscsi://10.0.0.5/iqn.%00", "the target name is too long or has a torn % escape"},
		{"iscsi://10.0.0.5/iqn.%20x", NAME_BLANK},
		{"iscsi://10.0.0.5/%0a", NAME_BLANK},
		{"iscsi://[fe80::1%]/iqn.x", BAD_AUTHORITY},
		{"iscsi://[fe80::1%sixteenletters01]/iqn.x", BAD_AUTHORITY},
		{"iscsi:user:secret@10.0.0.5:6:3260:0:iqn.x", NO_CREDENTIALS},
		{"iscsi:user:pw:ruser:rpw@10.0.0.5:6:3260:0:iqn.x", NO_CREDENTIALS},
		{"iscsi:@10.0.0.5::::iqn.x", NO_CREDENTIALS},
		{"user:secret@10.0.0.5", BAD_FORM},
	};
	check_refusals("iscsi_target", cases, COUNT(cases), true);
	check_refusals("iscsi_target", hidden, COUNT(hidden), false);
}

static void long_names_are_refused_and_shown_in_part(void **state)
{
	(void)state;
	char expected[FAIL_DETAIL_BYTES];
	snprintf(expected, sizeof expected, "iscsi_target=%.200s...: %s", LONG_NAME "x", NAME_LONG);
	must_refuse("iscsi_target=" LONG_NAME "x", FAIL_WORD_VALUE, expected);
	snprintf(expected, sizeof expected, "iscsi_target=%.200s: %s", LONG_HOST, BAD_FORM);
	char line[256];
	snprintf(line, sizeof line, "iscsi_target=%.200s", LONG_HOST);
	must_refuse(line, FAIL_WORD_VALUE, expected);
	snprintf(expected, sizeof expected, "iscsi_target=%.200s...: %s", "iscsi://h/" LONG_NAME "x", NAME_LONG);
	must_refuse("iscsi_target=iscsi://h/" LONG_NAME "x", FAIL_WORD_VALUE, expected);
	snprintf(expected, sizeof expected, "iscsi_target=%.200s...: %s", "iscsi://a" LONG_HOST, BAD_HOST);
	must_refuse("iscsi_target=iscsi://a" LONG_HOST "/iqn.x", FAIL_WORD_VALUE, expected);
	snprintf(expected, sizeof expected, "iscsi_target=%.200s...: %s", "iscsi:h::::" LONG_NAME "x", NAME_LONG);
	must_refuse("iscsi_target=iscsi:h::::" LONG_NAME "x", FAIL_WORD_VALUE, expected);
	snprintf(expected, sizeof expected, "iscsi_target=%.200s...: %s", "iscsi://h/" LONG_NAME LONG_NAME,
		 "the target name is too long or has a torn % escape");
	must_refuse("iscsi_target=iscsi://h/" LONG_NAME LONG_NAME, FAIL_WORD_VALUE, expected);
}

static void secrets_in_urls(void **state)
{
	(void)state;
	static const struct {
		const char *value, *username, *secret;
	} cases[] = {
		{"user%secret", "user", "secret"},
		{"user%41bc", "user", "41bc"},
		{"user%pa@ss", "user", "pa@ss"},
		{"user%%", "user", "%"},
		{"user%", "user", ""},
		{"u%" LONG_HOST "12", "u", LONG_HOST "12"},
		{"user:secret", "user", "secret"},
		{"user:", "user", ""},
		{"user%40home:", "user@home", ""},
		{"user:se:cr@et", "user", "se:cr@et"},
		{"iqn.2026-01%3ame:a%40b%2Fc%25d%3fe%20f%22g", "iqn.2026-01:me", "a@b/c%d?e f\"g"},
		{"caf%c3%a9:p%C3%A4ss", "caf\xc3\xa9", "p\xc3\xa4ss"},
		{"u:" LONG_HOST "%31%32", "u", LONG_HOST "12"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[1024];
		snprintf(line, sizeof line, "iscsi_target=iscsi://%s@10.0.0.5/iqn.2026-01.x", cases[i].value);
		must_read(line);
		struct plan_identity id = plan_identity_of(&plan, &plan.targets[0]);
		assert_string_equal(id.username, cases[i].username);
		assert_int_equal(id.secret->n_bytes, strlen(cases[i].secret));
		assert_memory_equal(id.secret->bytes, cases[i].secret, strlen(cases[i].secret));
	}
}

static void a_percent_sign_that_libiscsi_reads_otherwise_is_noted(void **state)
{
	(void)state;
	static const char byte[] = "iscsi_target=: before the @ %NN is a byte; libiscsi ends the user name at the %";
	static const char separator[] =
		"iscsi_target=: the user name ends at the %, as in libiscsi; %NN is a byte in USER:PASSWORD@";
	must_note("iscsi_target=iscsi://user%41bcdefghijk@h/iqn.2026-01.x", separator);
	must_note("iscsi_target=iscsi://user%secretsecret@h/iqn.2026-01.x", NULL);
	must_note("iscsi_target=iscsi://u%40home:secretsecret@h/iqn.2026-01.x", byte);
	must_note("iscsi_target=iscsi://user:se%40cretsecret@h/iqn.2026-01.x", byte);
	must_note("iscsi_target=iscsi://user:secretsecret@h/iqn.2026-01.x", NULL);
}

static void decimal_looking_luns_of_rfc4173_are_noted(void **state)
{
	(void)state;
	must_note("iscsi_target=iscsi:h:::10:iqn.2026-01.x",
		  "iscsi_target=: LUN 10 in this form is hexadecimal: LUN 16");
	must_note("iscsi_target=iscsi:h:::0100:iqn.2026-01.x",
		  "iscsi_target=: LUN 0100 in this form is hexadecimal: LUN 256");
	must_note("iscsi_target=iscsi:h:::9:iqn.2026-01.x", NULL);
	must_note("iscsi_target=iscsi:h:::0009:iqn.2026-01.x", NULL);
	must_note("iscsi_target=iscsi:h:::a:iqn.2026-01.x", NULL);
	must_note("iscsi_target=iscsi:h:::10-0:iqn.2026-01.x", NULL);
	must_note("iscsi_target=iscsi:h::::iqn.2026-01.x", NULL);
	must_note("iscsi_target=iscsi://h/iqn.2026-01.x/10", NULL);
}

static void targets_are_counted(void **state)
{
	(void)state;
	char line[1024] = "";
	for (int i = 0; i < TARGETS_MAX; i++)
		snprintf(line + strlen(line), sizeof line - strlen(line), "iscsi_target=iscsi://h/iqn.%d ", i);
	must_check(line);
	assert_int_equal(plan.n_targets, TARGETS_MAX);
	assert_string_equal(plan.targets[TARGETS_MAX - 1].name, "iqn.7");
	strcat(line, "iscsi_target=iqn.x");
	must_refuse(line, FAIL_TOO_MANY, "more than 8 words iscsi_target=");
}

/* ---- ip= ---- */

static void write_ip(struct writer *w, const char *label, const struct ip_address *ip)
{
	char text[IP_TEXT_BYTES];
	if (ip->family == 0)
		return;
	ip_format(ip, text);
	writer_format(w, " %s %s", label, text);
}

static void show_mac(struct writer *w, const char *before, const uint8_t mac[static 6])
{
	writer_text(w, before);
	writer_hex(w, mac, 6);
}

static void show_one_net(struct writer *w, const struct plan_net *net)
{
	static const char *const methods[] = {"dhcp", "static", "auto6", "link6", "off"};
	bool is_named = net->device[0] != '\0';
	writer_text(w, methods[net->method]);
	if (is_named)
		writer_format(w, " on %s", net->device);
	if (net->has_mac)
		show_mac(w, is_named ? " set " : " card ", net->mac);
	write_ip(w, "address", &net->address);
	if (net->method == NET_STATIC)
		writer_format(w, "/%u", net->prefix_bits);
	write_ip(w, "gateway", &net->gateway);
	if (net->hostname[0] != '\0')
		writer_format(w, " as %s", net->hostname);
	for (unsigned i = 0; i < net->n_nameservers; i++) {
		assert_int_not_equal(net->nameservers[i].family, 0);
		write_ip(w, "dns", &net->nameservers[i]);
	}
	if (net->mtu_bytes != 0)
		writer_format(w, " mtu %u", net->mtu_bytes);
}

static void show_nets(char *out, size_t n_max)
{
	struct writer w = writer_over(out, n_max - 1);
	for (unsigned i = 0; i < plan.n_nets; i++) {
		writer_text(&w, i > 0 ? ", " : "");
		show_one_net(&w, &plan.nets[i]);
	}
	out[w.n_bytes] = '\0';
}

static void nets_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		const char *net;
	} cases[] = {
		{"", "dhcp"},
		{"dhcp", "dhcp"},
		{"on", "dhcp"},
		{"any", "dhcp"},
		{"off", "off"},
		{"none", "off"},
		{"bootp", "dhcp"},
		{":::::eth0", "dhcp on eth0"},
		{":::::eth0:dhcp", "dhcp on eth0"},
		{":::::eth0:on", "dhcp on eth0"},
		{":::::eth0:any", "dhcp on eth0"},
		{":::::eth0:off", "off on eth0"},
		{":::::eth0:none", "off on eth0"},
		{":::::eth0.5:rarp", "dhcp on eth0.5"},
		{"::::pi4:eth0:dhcp", "dhcp on eth0 as pi4"},
		{"::::maas-enlist:BOOTIF", "dhcp on BOOTIF as maas-enlist"},
		{"::::pi4.lab.example::dhcp", "dhcp as pi4.lab.example"},
		{"10.0.0.42::10.0.0.1:255.255.255.0::eth0:off", "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1"},
		{"10.0.0.42::10.0.0.1:24::eth0:none", "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1"},
		{"10.0.0.42::10.0.0.1:255.255.255.0::eth0", "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1"},
		{"10.0.0.42::10.0.0.1:255.255.255.0", "static address 10.0.0.42/24 gateway 10.0.0.1"},
		{"10.0.0.42::10.0.0.1:255.255.255.0::eth0:on", "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1"},
		{"10.0.0.42::10.0.0.1:255.255.255.0::eth0:any", "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1"},
		{"10.0.0.42:::255.255.255.252", "static address 10.0.0.42/30"},
		{"10.0.0.42:::255.255.255.255", "static address 10.0.0.42/32"},
		{"10.0.0.42:::128.0.0.0", "static address 10.0.0.42/1"},
		{"10.0.0.42:::32", "static address 10.0.0.42/32"},
		{"10.0.0.42:::1", "static address 10.0.0.42/1"},
		{"10.0.0.42:9.9.9.9:10.0.0.1:24:pi4:eth0:off:8.8.8.8:8.8.4.4:1.1.1.1",
		 "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1 as pi4 dns 8.8.8.8 dns 8.8.4.4"},
		{"10.0.0.42:::24:::off::8.8.4.4", "static address 10.0.0.42/24 dns 8.8.4.4"},
		{"10.0.0.42:::24:::off:0.0.0.0:8.8.4.4", "static address 10.0.0.42/24 dns 8.8.4.4"},
		{"10.0.0.42::0.0.0.0:24", "static address 10.0.0.42/24"},
		{"0.0.0.0:::::eth0", "dhcp on eth0"},
		{"10.0.0.42", "static address 10.0.0.42/8"},
		{"172.16.0.1", "static address 172.16.0.1/16"},
		{"127.0.0.1", "static address 127.0.0.1/8"},
		{"128.0.0.1", "static address 128.0.0.1/16"},
		{"191.255.0.1", "static address 191.255.0.1/16"},
		{"192.168.1.5", "static address 192.168.1.5/24"},
		{"223.255.255.1", "static address 223.255.255.1/24"},
		{"10.0.0.42:::24::eth0:dhcp", "dhcp on eth0"},
		{":::::eth0:dhcp:8.8.8.8", "dhcp on eth0 dns 8.8.8.8"},
		{"[2001:db8::42]::[2001:db8::1]:64::eth0:off",
		 "static on eth0 address 2001:db8::42/64 gateway 2001:db8::1"},
		{"[2001:db8::42]::[fe80::1]::pi6:eth0:off:[2001:4860:4860::8888]",
		 "static on eth0 address 2001:db8::42/64 gateway fe80::1 as pi6 dns 2001:4860:4860::8888"},
		{"[2001:db8::42]:[2001:db8::9]::128", "static address 2001:db8::42/128"},
		{"[2001:db8::42]", "static address 2001:db8::42/64"},
		{"[::]:::::eth0", "dhcp on eth0"},
		{"10.0.0.42::10.0.0.1:24::eth0:off:[2001:db8::53]:8.8.8.8",
		 "static on eth0 address 10.0.0.42/24 gateway 10.0.0.1 dns 2001:db8::53 dns 8.8.8.8"},
		{"10.0.0.42:::24::fifteenletters1:off", "static on fifteenletters1 address 10.0.0.42/24"},
		{":::::::::", "dhcp"},
		{"10.0.0.5:::24::eth0:static", "static on eth0 address 10.0.0.5/24"},
		{"[2001:db8::2]:[2001:db8::1/64]::64::eth0:none", "static on eth0 address 2001:db8::2/64"},
		/* dracut */
		{"single-dhcp", "dhcp"},
		{"auto6", "auto6"},
		{"link6", "link6"},
		{"dhcp6", "auto6"},
		{"either6", "auto6"},
		{"dhcp,dhcp6", "dhcp, auto6"},
		{"dhcp6,dhcp", "dhcp, auto6"},
		{"dhcp,auto6", "dhcp, auto6"},
		{"on,link6", "dhcp, link6"},
		{"off,auto6", "auto6"},
		{"dhcp,dhcp", "dhcp"},
		{"auto6,dhcp6", "auto6"},
		{"dhcp,1,myself", "dhcp"},
		{"dhcp,255,my,self", "dhcp"},
		{":::::eth0:dhcp,0,me", "dhcp on eth0"},
		{"eth0:dhcp", "dhcp on eth0"},
		{"eth0:on", "dhcp on eth0"},
		{"eth0:any", "dhcp on eth0"},
		{"eth0:auto6", "auto6 on eth0"},
		{"eth0:link6", "link6 on eth0"},
		{"eth0:dhcp6", "auto6 on eth0"},
		{"eth0:either6", "auto6 on eth0"},
		{"eth0:off", "off on eth0"},
		{"eth0:none", "off on eth0"},
		{"eth0:dhcp,auto6", "dhcp on eth0, auto6 on eth0"},
		{"eth0.5:dhcp", "dhcp on eth0.5"},
		{"dhcp:dhcp", "dhcp on dhcp"},
		{"52-54-00-12-34-56:dhcp", "dhcp card 525400123456"},
		{":dhcp", "dhcp"},
		{"eth0:dhcp:9000", "dhcp on eth0 mtu 9000"},
		{"eth0:dhcp:576", "dhcp on eth0 mtu 576"},
		{"eth0:dhcp:65535:", "dhcp on eth0 mtu 65535"},
		{"eth0:dhcp:9000:52:54:00:AA:bb:cc", "dhcp on eth0 set 525400aabbcc mtu 9000"},
		{"eth0:dhcp:9000:52-54-00-aa-bb-cc", "dhcp on eth0 set 525400aabbcc mtu 9000"},
		{"eth0:dhcp::52:54:00:aa:bb:cc", "dhcp on eth0 set 525400aabbcc"},
		{"eth0:dhcp,auto6:9000", "dhcp on eth0 mtu 9000, auto6 on eth0 mtu 9000"},
		{"10.0.0.5::10.0.0.1:24:pi:eth0:none:9000",
		 "static on eth0 address 10.0.0.5/24 gateway 10.0.0.1 as pi mtu 9000"},
		{"10.0.0.5:::24::eth0:none:9000:52:54:00:aa:bb:cc",
		 "static on eth0 set 525400aabbcc address 10.0.0.5/24 mtu 9000"},
		{"10.0.0.5:::24::eth0:none::52:54:00:aa:bb:cc", "static on eth0 set 525400aabbcc address 10.0.0.5/24"},
		{"10.0.0.5:::24::eth0:none:8.8.8.8:[2001:db8::53]",
		 "static on eth0 address 10.0.0.5/24 dns 8.8.8.8 dns 2001:db8::53"},
		{"10.0.0.5:::24::eth0:off,auto6", "static on eth0 address 10.0.0.5/24, auto6 on eth0"},
		{"10.0.0.5::10.0.0.1:24::eth0:auto6",
		 "static on eth0 address 10.0.0.5/24 gateway 10.0.0.1, auto6 on eth0"},
		{"10.0.0.5:::24::52-54-00-12-34-56:none:9000", "static card 525400123456 address 10.0.0.5/24 mtu 9000"},
		{"ibft", ""},
		{"::::h:eth0:ibft", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[512];
		char shown[512];
		snprintf(line, sizeof line, "ip=%s", cases[i].value);
		must_read(line);
		show_nets(shown, sizeof shown);
		assert_string_equal(shown, cases[i].net);
		assert_string_equal(plan.nets[0].origin.text, plan.n_nets > 0 ? "ip=" : "");
	}
}

#define BAD_CLIENT                                                                                                     \
	"it is neither a word like dhcp nor DEVICE:dhcp, and does not begin with an IP address (IPv6 in brackets)"
#define BAD_HOSTS "fields 1 and 3 are not both addresses a host can have"
#define BAD_GATEWAY "field 3, the gateway, is not an IP address"
#define BAD_NETMASK "field 4 is neither a netmask nor a prefix length"
#define BAD_DEVICE "it does not name a network interface where one should stand"
#define BAD_AUTOCONF "field 7 is no list of dhcp, on, any, off, none, auto6 and link6"
#define BAD_DNS "what stands behind dhcp, off and so on is neither MTU:MAC nor addresses of name servers"
#define BAD_MTU "the MTU is not a number from 576 to 65535"
#define BAD_MAC "what stands behind the MTU is not the address of a card"

static void wrong_nets_are_refused(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{"dhcp,", BAD_CLIENT},
		{"dhcp,off", BAD_CLIENT},
		{"dhcp,on", BAD_CLIENT},
		{"auto6,link6", BAD_CLIENT},
		{"dhcp,1", BAD_CLIENT},
		{"dhcp,256,x", BAD_CLIENT},
		{"auto6,1,x", BAD_CLIENT},
		{"DHCP", BAD_CLIENT},
		{"eth0:DHCP", BAD_CLIENT},
		{"eth0", BAD_CLIENT},
		{"eth0:", BAD_CLIENT},
		{"dhcp:", BAD_CLIENT},
		{"10.0.0.256", BAD_CLIENT},
		{"10.0.0.5/24", BAD_CLIENT},
		{"2001:db8::42", BAD_CLIENT},
		{"[2001:db8::42", BAD_CLIENT},
		{"[10.0.0.5]", BAD_CLIENT},
		{"[]", BAD_CLIENT},
		{"[2001:db8::42]x", BAD_CLIENT},
		{"[2001:db8::g]", BAD_CLIENT},
		{"10.0.0.5::gw:24", BAD_GATEWAY},
		{"10.0.0.5::[10.0.0.1]:24", BAD_GATEWAY},
		{"10.0.0.5:::33", BAD_NETMASK},
		{"10.0.0.5:::0", BAD_NETMASK},
		{"10.0.0.5:::0.0.0.0", BAD_NETMASK},
		{"10.0.0.5:::255.0.255.0", BAD_NETMASK},
		{"10.0.0.5:::0.0.0.255", BAD_NETMASK},
		{"10.0.0.5:::255.255.255.1", BAD_NETMASK},
		{"10.0.0.5:::255.255.255", BAD_NETMASK},
		{"10.0.0.5:::eth0", BAD_NETMASK},
		{"[2001:db8::42]:::129", BAD_NETMASK},
		{"[2001:db8::42]:::255.255.255.0", BAD_NETMASK},
		{"10.0.0.5:10.0.0.1:255.255.255.0::eth0:off", BAD_HOSTS}, /* the second field left out */
		{"10.0.0.5::255.255.255.0:24", BAD_HOSTS},
		{"224.0.0.1:::24", BAD_HOSTS},
		{"[ff02::1]", BAD_HOSTS},
		{"[2001:db8::2]::[ff02::1]", BAD_HOSTS},
		{"10.0.0.5:::24:my host", "field 5 is not a host name"},
		{"10.0.0.5:::24:;", "field 5 is not a host name"},
		{"10.0.0.5:::24:pi;reboot", "field 5 is not a host name"},
		{"10.0.0.5:::24::sixteenletters01", BAD_DEVICE},
		{"10.0.0.5:::24::../eth0", BAD_DEVICE},
		{"10.0.0.5:::24::eth 0", BAD_DEVICE},
		{"10.0.0.5:::24::eth0:statics", BAD_AUTOCONF},
		{"10.0.0.5:::24::eth0:dhcp,off", BAD_AUTOCONF},
		{"10.0.0.5:::24::..", BAD_DEVICE},
		{"10.0.0.5/24:dhcp", BAD_DEVICE},
		{"eth0:dhcp:68", BAD_MTU},
		{"eth0:dhcp:65536", BAD_MTU},
		{"eth0:dhcp:1500x", BAD_DNS},
		{"eth0:dhcp:1500:52:54:00:aa:bb", BAD_MAC},
		{"eth0:dhcp:1500:52:54:00:aa:bb:cc:dd", BAD_MAC},
		{"eth0:dhcp:1500:52:54:00:aa:bb:c", BAD_MAC},
		{"eth0:dhcp:1500:52:54-00:aa:bb:cc", BAD_MAC},
		{"eth0:dhcp::52:54:00:aa:bb:cg", BAD_DNS},
		{":dhcp::52:54:00:aa:bb:cc", "an address can only be given to a card that is named"},
		{"[2001:db8::2]:::64::eth0:auto6", "an IPv6 address is given, and others are asked for"},
		{":::::eth0:DHCP", BAD_AUTOCONF},
		{"10.0.0.5:::24::eth0:off::x", BAD_DNS},
		{"10.0.0.5::[2001:db8::1]:24", "address and gateway are not both IPv4 or both IPv6"},
		{"[2001:db8::42]::10.0.0.1:64", "address and gateway are not both IPv4 or both IPv6"},
		{"224.0.0.1", BAD_HOSTS},
		{"255.255.255.255", BAD_HOSTS},
		{"10.0.0.5:::24:::off:::1.1.1.1:", "it has more than 10 fields"},
		{"::::::::::", "it has more than 10 fields"},
	};
	check_refusals("ip", cases, COUNT(cases), true);
}

static void guesses_about_nets_are_noted(void **state)
{
	(void)state;
	must_note(TARGET "ip=10.0.0.42", "ip=: no netmask given, 10.0.0.42/8 taken");
	must_note(TARGET "ip=192.168.1.5::192.168.1.1", "ip=: no netmask given, 192.168.1.5/24 taken");
	must_note(TARGET "ip=[2001:db8::42]", "ip=: no netmask given, 2001:db8::42/64 taken");
	must_note(TARGET "ip=10.0.0.42:::24::eth0:dhcp",
		  "ip=: DHCP is asked for, so the client address in field 1 is not used");
	must_note(TARGET "ip=bootp", "ip=: bootp is not spoken here, DHCP is used");
	must_note(TARGET "ip=:::::eth0:rarp", "ip=: rarp is not spoken here, DHCP is used");
	must_note(TARGET "ip=both", "ip=: both is not spoken here, DHCP is used");
	must_note(TARGET "ip=eth0:dhcp6",
		  "ip=: dhcp6 asks for DHCPv6, which is not spoken here; router advertisements are used");
	must_note(TARGET "ip=dhcp,either6",
		  "ip=: dhcp,either6 asks for DHCPv6, which is not spoken here; router advertisements are used");
	must_note(TARGET "ip=dhcp,1,me", "ip=: dhcp,1,me has a client identifier, which the DHCP server is not told");
	must_note(TARGET "ip=dhcp,auto6", NULL);
	must_note(TARGET "ip=dhcp", NULL);
	must_note(TARGET "ip=10.0.0.42:::24", NULL);
	must_note(TARGET "ip=off", NULL);
}

static void nets_are_counted(void **state)
{
	(void)state;
	must_check(TARGET "ip=10.0.0.2:::24::eth0 ip=:::::eth1:dhcp");
	assert_int_equal(plan.n_nets, 2);
	assert_string_equal(plan.nets[0].device, "eth0");
	assert_string_equal(plan.nets[1].device, "eth1");
	must_read("ip= ip= ip= ip= ip= ip= ip= ip= ");
	assert_int_equal(plan.n_nets, NETS_MAX);
	must_refuse("ip= ip= ip= ip= ip= ip= ip= ip= ip= ", FAIL_TOO_MANY, "more than 8 words ip=");
}

static void without_ip_dhcp_is_the_default(void **state)
{
	(void)state;
	must_check(TARGET);
	assert_int_equal(plan.n_nets, 1);
	assert_int_equal(plan.nets[0].method, NET_DHCP);
	assert_string_equal(plan.nets[0].device, "");
	assert_string_equal(plan.nets[0].origin.text, "default");
	must_check(TARGET "ip=off");
	assert_int_equal(plan.n_nets, 1);
	assert_int_equal(plan.nets[0].method, NET_OFF);
}

static void an_interface_is_named_once_for_each_family(void **state)
{
	(void)state;
	static const char again[] = "another word says something else of the same interface";
	static const char *const wrong[] = {
		"ip=eth0:dhcp ip=eth0:dhcp",
		"ip=eth0:dhcp ip=10.0.0.5:::24::eth0:off",
		"ip=eth0:auto6 ip=eth0:link6",
		"ip=eth0:auto6 ip=[2001:db8::2]:::64::eth0:off",
		"ip=eth0:off ip=eth0:auto6",
		"ip=eth0:dhcp ip=eth0:off",
		"ip=52-54-00-12-34-56:dhcp ip=52-54-00-12-34-56:dhcp",
		"ip=eth0:auto6 ip6=eth0",
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char expected[256];
		snprintf(expected, sizeof expected, "%s: %s", strchr(wrong[i], ' ') + 1, again);
		must_refuse(wrong[i], FAIL_WORD_VALUE, expected);
	}
	must_read("ip=eth0:dhcp ip=eth0:auto6 ip=eth1:dhcp ip=[2001:db8::2]:::64::eth1:off ip=52-54-00-12-34-56:dhcp");
	assert_int_equal(plan.n_nets, 5);
	must_read("ip=dhcp,auto6 ip=dhcp,auto6 ip=dhcp,auto6 ip=dhcp,auto6");
	assert_int_equal(plan.n_nets, NETS_MAX);
	must_refuse("ip=dhcp,auto6 ip=dhcp,auto6 ip=dhcp,auto6 ip=dhcp ip=dhcp,auto6", FAIL_TOO_MANY,
		    "more than 8 words ip=");
}

/* ---- root= ---- */

static void show_root(char *out, size_t n_max)
{
	static const char *const kinds[] = {"default", "device", "uuid", "label", "partuuid", "partlabel", "path"};
	const struct plan_root *root = &plan.root;
	struct writer w = writer_over(out, n_max - 1);
	writer_format(&w, "%s", kinds[root->kind]);
	if (root->kind == ROOT_PATH)
		writer_format(&w, " %s at %s:%u LUN %" PRIx64, root->path_name, root->path_host, root->path_port,
			      root->path_lun.number);
	else
		writer_format(&w, " <%s>", root->value);
	if (root->part != 0)
		writer_format(&w, " part %u", root->part);
	out[w.n_bytes] = '\0';
}

#define BY_PATH "/dev/disk/by-path/"

static void roots_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		const char *root;
	} cases[] = {
		{"/dev/sda", "device <sda>"},
		{"/dev/sda1", "device <sda1>"},
		{"/dev/nvme0n1p2", "device <nvme0n1p2>"},
		{"UUID=0f6F-11", "uuid <0f6F-11>"},
		{"UUID=4c4c4544-0042-3510-8052-b4c04f4e4d32", "uuid <4c4c4544-0042-3510-8052-b4c04f4e4d32>"},
		{"LABEL=my root", "label <my root>"},
		{"LABEL=a=b", "label <a=b>"},
		{"LABEL=\\x20", "label <\\x20>"},
		{"PARTUUID=6c9b-01", "partuuid <6c9b-01>"},
		{"PARTLABEL=Linux root", "partlabel <Linux root>"},
		{"/dev/disk/by-uuid/0f6F", "uuid <0f6F>"},
		{"/dev/disk/by-label/my\\x20root", "label <my root>"},
		{"/dev/disk/by-label/\\x5cx\\x2f", "label <\\x/>"},
		{"/dev/disk/by-label/\\x01\\x09", "label <\x01\x09>"},
		{"/dev/disk/by-label/caf\xc3\xa9", "label <caf\xc3\xa9>"},
		{"/dev/disk/by-partuuid/6c9b-01", "partuuid <6c9b-01>"},
		{"/dev/disk/by-partlabel/Linux\\x20root", "partlabel <Linux root>"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.2026-01.lab:root-lun-1",
		 "path iqn.2026-01.lab:root at 10.0.0.5:3260 LUN 1"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1-part2", "path iqn.x at 10.0.0.5:3260 LUN 1 part 2"},
		{BY_PATH "ip-10.0.0.5:860-iscsi-iqn.x-lun-0-part255", "path iqn.x at 10.0.0.5:860 LUN 0 part 255"},
		{BY_PATH "ip-2001:db8::1:3260-iscsi-iqn.x-lun-1", "path iqn.x at 2001:db8::1:3260 LUN 1"},
		{BY_PATH "ip-[2001:db8::1]:3260-iscsi-iqn.x-lun-1", "path iqn.x at 2001:db8::1:3260 LUN 1"},
		{BY_PATH "ip-::1:3260-iscsi-iqn.x-lun-1", "path iqn.x at ::1:3260 LUN 1"},
		{BY_PATH "ip-fe80::1%eth0:3260-iscsi-iqn.x-lun-1", "path iqn.x at fe80::1%eth0:3260 LUN 1"},
		{BY_PATH "ip-nas.example:3260-iscsi-iqn.x-lun-1", "path iqn.x at nas.example:3260 LUN 1"},
		{BY_PATH "ip-my-iscsi-nas:3260-iscsi-iqn.x-lun-1", "path iqn.x at my-iscsi-nas:3260 LUN 1"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.a-iscsi-b-lun-1", "path iqn.a-iscsi-b at 10.0.0.5:3260 LUN 1"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.a:1-iscsi-b-lun-1", "path iqn.a:1-iscsi-b at 10.0.0.5:3260 LUN 1"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.a-lun-7-lun-1", "path iqn.a-lun-7 at 10.0.0.5:3260 LUN 1"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.a-lun-7-part1-lun-1-part2",
		 "path iqn.a-lun-7-part1 at 10.0.0.5:3260 LUN 1 part 2"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-disk-lun-255", "path disk at 10.0.0.5:3260 LUN ff"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-0x4100000000000000", "path iqn.x at 10.0.0.5:3260 LUN 4100"},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-0xc101000100000000-part3",
		 "path iqn.x at 10.0.0.5:3260 LUN 1c101 part 3"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[512];
		char shown[512];
		snprintf(line, sizeof line, "\"root=%s\"", cases[i].value);
		must_read(line);
		show_root(shown, sizeof shown);
		assert_string_equal(shown, cases[i].root);
		assert_string_equal(plan.root.text, cases[i].value);
		assert_string_equal(plan.root.origin.text, "root=");
	}
}

#define BAD_ROOT "it is none of /dev/NAME, UUID=, LABEL=, PARTUUID=, PARTLABEL= and /dev/disk/by-..."
#define BAD_PATH "it is not ip-HOST:PORT-iscsi-NAME-lun-N or ...-lun-N-partM"
#define BAD_PATH_END "the LUN or the partition at its end is not a number that can be"
#define BAD_DISK "of /dev/disk, by-uuid, by-label, by-partuuid, by-partlabel and by-path are known here"
#define NOTHING "nothing follows the prefix"

static void wrong_roots_are_refused(void **state)
{
	(void)state;
	static const struct refusal cases[] = {
		{"", BAD_ROOT},
		{"sda1", BAD_ROOT},
		{"8:1", BAD_ROOT},
		{"0801", BAD_ROOT},
		{"nfs", BAD_ROOT},
		{"overlay", BAD_ROOT},
		{"uuid=1", BAD_ROOT},
		{"ID=x", BAD_ROOT},
		{"/dev", BAD_ROOT},
		{"/dev/", NOTHING},
		{"/dev/nfs", "an NFS root is not known here"},
		{"/dev/mapper/vg-root", "device mapper and LVM are not known here"},
		{"/dev/vg/root", "only disks and partitions of the target can be root"},
		{"UUID=", NOTHING},
		{"LABEL=", NOTHING},
		{"PARTUUID=", NOTHING},
		{"PARTLABEL=", NOTHING},
		{"PARTUUID=6c9b-01/PARTNROFF=1",
		 "PARTNROFF is not known here, give the PARTUUID of the partition itself"},
		{"/dev/disk/by-uuid/", NOTHING},
		{"/dev/disk/by-id/scsi-1", BAD_DISK},
		{"/dev/disk/by-uuid", BAD_DISK},
		{"/dev/disk/by-label/a\\x2", "it has a torn \\x escape"},
		{"/dev/disk/by-label/a\\x", "it has a torn \\x escape"},
		{"/dev/disk/by-label/a\\", "it has a torn \\x escape"},
		{"/dev/disk/by-label/a\\y20", "it has a torn \\x escape"},
		{"/dev/disk/by-label/a\\x2g", "it has a torn \\x escape"},
		{"/dev/disk/by-label/a\\x00b", "it has a torn \\x escape"},
		{BY_PATH "pci-0000:00:1f.2-ata-1", BAD_PATH},
		{BY_PATH "ip-", BAD_PATH},
		{BY_PATH "ip-lun-1", BAD_PATH},
		{BY_PATH "ip--lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x", BAD_PATH},
		{BY_PATH "ip-10.0.0.5-iscsi-iqn.x-lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:0-iscsi-iqn.x-lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:65536-iscsi-iqn.x-lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:77:3260-iscsi-iqn.x-lun-1", BAD_PATH},
		{BY_PATH "ip-:3260-iscsi-iqn.x-lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:3260-fc-iqn.x-lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-lun-1", BAD_PATH},
		{BY_PATH "ip-10.0.0.5:3260-iscsi--lun-1", NAME_EMPTY},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-x", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-16384", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1-part", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1-part0", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1-part256", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1-partx", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun--part1", BAD_PATH_END},
		{BY_PATH "ip-10.0.0.500:3260-iscsi-iqn.x-lun-1", BAD_HOST},
		{BY_PATH "ip-10.0.0.5:3260-iscsi-iqn x-lun-1", NAME_BLANK},
	};
	check_refusals("root", cases, COUNT(cases), true);
	must_refuse("root=iscsi:user:secret@10.0.0.5::x::iqn.x", FAIL_WORD_VALUE,
		    "root= (not shown, it may hold a password): the port is not a number from 1 to 65535");
}

static void root_is_bounded(void **state)
{
	(void)state;
	char line[512] = "root=LABEL=";
	memset(line + strlen(line), 'x', 249);
	must_read(line);
	assert_int_equal(strlen(plan.root.value), 249);
	strcat(line, "y");
	assert_false(read_line(line));
	assert_non_null(strstr(fail.detail, "...: it is longer than 255 bytes"));
}

static void quotes_inside_root_stay(void **state)
{
	(void)state;
	must_read("root=LABEL=\"my root\" ro");
	assert_string_equal(plan.root.value, "\"my root\"");
	must_read("root=\"LABEL=my root\" ro");
	assert_string_equal(plan.root.value, "my root");
}

static void the_last_root_wins_whole(void **state)
{
	(void)state;
	must_read("root=" BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1-part2 rootfstype=xfs root=/dev/sdb");
	assert_int_equal(plan.root.kind, ROOT_DEVICE);
	assert_string_equal(plan.root.value, "sdb");
	assert_int_equal(plan.root.part, 0);
	assert_false(plan.root.path_lun.given);
	assert_string_equal(plan.root.fstype, "xfs");
	must_read("root=/dev/sdb root=" BY_PATH "ip-10.0.0.5:3260-iscsi-iqn.x-lun-1");
	assert_int_equal(plan.root.kind, ROOT_PATH);
	assert_string_equal(plan.root.value, "");
	assert_int_equal(plan.root.part, 0);
}

/* ---- the other words ---- */

static void an_empty_line_gives_a_plan_of_defaults(void **state)
{
	(void)state;
	static const struct boot_plan empty = {.outage = {2000000, 5, 5, 30, 15, 30, 30, false}, .uses_bootif = true};
	static const char *const lines[] = {"", "\n", "  ", "-- iscsi_target=iqn.x",
					    "BOOT_IMAGE=/vmlinuz console=ttyS0"};
	for (size_t i = 0; i < COUNT(lines); i++) {
		must_read(lines[i]);
		assert_memory_equal(&plan, &empty, sizeof plan);
		assert_int_equal(notes.n_notes, 0);
	}
}

static void scalar_words_are_read(void **state)
{
	(void)state;
	must_read("iscsi_portal=[2001:db8::1]:860 iscsi_initiator=iqn.me iscsi_username=pi4 iscsi_password=\"pa ss\" "
		  "iscsi_timeout=90 rootfstype=ext4,xfs rootflags=noatime,subvol=@ rootdelay=5 rootwait rw quiet "
		  "init=/bin/bash panic=10\n");
	assert_string_equal(plan.portal.list, "[2001:db8::1]:860");
	assert_string_equal(plan.portal.origin.text, "iscsi_portal=");
	assert_string_equal(plan.initiator.name, "iqn.me");
	assert_string_equal(plan.initiator.origin.text, "iscsi_initiator=");
	assert_string_equal(plan.chap.username, "pi4");
	assert_string_equal(plan.chap.origin.text, "iscsi_username=");
	assert_int_equal(plan.chap.secret.n_bytes, 5);
	assert_memory_equal(plan.chap.secret.bytes, "pa ss", 5);
	assert_int_equal(plan.timeout_s, 90);
	assert_string_equal(plan.root.fstype, "ext4,xfs");
	assert_string_equal(plan.root.flags, "noatime,subvol=@");
	assert_int_equal(plan.root.delay_s, 5);
	assert_true(plan.root.wait);
	assert_true(plan.root.writable);
	assert_true(plan.quiet);
	assert_string_equal(plan.init, "/bin/bash");
	assert_string_equal(plan.from.panic.text, "panic=");
	assert_int_equal(plan.panic_s, 10);
	assert_int_equal(plan.root.kind, ROOT_DEFAULT);
}

static void names_may_have_dashes(void **state)
{
	(void)state;
	must_read("iscsi-target=iqn.x iscsi-portal=h iscsi-timeout=3");
	assert_int_equal(plan.n_targets, 1);
	assert_string_equal(plan.portal.list, "h");
	assert_int_equal(plan.timeout_s, 3);
}

static void the_last_of_scalar_words_wins(void **state)
{
	(void)state;
	must_read("rw ro iscsi_username=a iscsi_username=b iscsi_password=longer iscsi_password=pw init=/a init=/b "
		  "panic=5 panic=-1 iscsi_portal=a:1 iscsi_portal=b iscsi_timeout=4 iscsi_timeout=0 rootflags=x "
		  "rootflags=");
	assert_false(plan.root.writable);
	assert_string_equal(plan.chap.username, "b");
	assert_int_equal(plan.chap.secret.n_bytes, 2);
	assert_string_equal(plan.init, "/b");
	assert_int_equal(plan.panic_s, -1);
	assert_string_equal(plan.portal.list, "b");
	assert_int_equal(plan.timeout_s, 0);
	assert_string_equal(plan.root.flags, "");
	must_read("ro rw");
	assert_true(plan.root.writable);
}

static void words_in_another_shape_are_passed_over(void **state)
{
	(void)state;
	static const struct boot_plan empty = {.outage = {2000000, 5, 5, 30, 15, 30, 30, false}, .uses_bootif = true};
	must_read(
		"iscsi_target ip root init panic iscsi_password rootdelay ro=1 rw= quiet=1 rootwait=5 nameserver vlan "
		"Iscsi_target=x iscsi_targets=x iscsi_out_password=x iscsi.timeout=x ifname netroot");
	assert_memory_equal(&plan, &empty, sizeof plan);
}

static void words_behind_the_dashes_are_for_init(void **state)
{
	(void)state;
	must_read("iscsi_timeout=5 -- iscsi_timeout=7 panic=3");
	assert_int_equal(plan.timeout_s, 5);
	assert_string_equal(plan.from.panic.text, "");
}

static void numbers_are_bounded(void **state)
{
	(void)state;
#define BAD_SECONDS ": it is not a number of seconds, or too high"
	static const char *const wrong[] = {
		"iscsi_timeout=",
		"iscsi_timeout=x",
		"iscsi_timeout=-1",
		"iscsi_timeout=31536001",
		"rootdelay=",
		"rootdelay=5s",
		"rootdelay=86401",
		"rootdelay=99999999999999999999",
		"panic=",
		"panic=-",
		"panic=--1",
		"panic=x",
		"panic=31536001",
		"panic=-31536001",
		"panic=0x10",
		"iscsi_timeout=4294967301",
		"iscsi_replacement_timeout=-1",
		"iscsi_replacement_timeout=2000001",
		"iscsi_shutdown_timeout=86401",
		"iscsi_noop_out_interval=3601",
		"iscsi_noop_out_timeout=5s",
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char detail[256];
		snprintf(detail, sizeof detail, "%s" BAD_SECONDS, wrong[i]);
		must_refuse(wrong[i], FAIL_WORD_VALUE, detail);
	}
	must_read("iscsi_timeout=31536000 rootdelay=86400 panic=-31536000");
	assert_int_equal(plan.timeout_s, 31536000);
	assert_int_equal(plan.root.delay_s, 86400);
	assert_int_equal(plan.panic_s, -31536000);
	must_read("iscsi_shutdown_timeout=0");
	assert_int_equal(plan.outage.shutdown_s, 0);
	must_read("iscsi_replacement_timeout=86400 iscsi_noop_out_interval=0 iscsi_noop_out_timeout=3600");
	assert_int_equal(plan.outage.replacement_s, 86400);
	assert_int_equal(plan.outage.nop_interval_s, 0);
	assert_int_equal(plan.outage.nop_timeout_s, 3600);
	must_read("quiet");
	assert_int_equal(plan.outage.replacement_s, 2000000);
	assert_int_equal(plan.outage.shutdown_s, 30);
	assert_true(plan.outage.nop_interval_s == 5 && plan.outage.nop_timeout_s == 5);
	must_read("panic=31536000");
	assert_int_equal(plan.panic_s, 31536000);
	must_read("panic=0");
	assert_string_equal(plan.from.panic.text, "panic=");
	assert_int_equal(plan.panic_s, 0);
}

static void long_texts_are_refused(void **state)
{
	(void)state;
	static const char *const words[] = {"init", "rootfstype", "rootflags", "iscsi_username"};
	for (size_t i = 0; i < COUNT(words); i++) {
		char line[512];
		char detail[512];
		int n = snprintf(line, sizeof line, "%s=", words[i]);
		memset(line + n, 'x', 256);
		line[n + 255] = '\0';
		must_read(line);
		line[n + 255] = 'x';
		line[n + 256] = '\0';
		snprintf(detail, sizeof detail, "%s=%.200s...: it is too long", words[i], line + n);
		must_refuse(line, FAIL_WORD_VALUE, detail);
	}
}

static void wrong_portals_and_initiators_are_refused(void **state)
{
	(void)state;
	static const struct refusal portals[] = {
		{"", "it is empty"},
		{" ,", "it is empty"},
		{"h:0", "it is not HOST or HOST:PORT (IPv6 with a port in brackets)"},
		{"2001:db8::1:2:3:4:5:6:3260", "it is not HOST or HOST:PORT (IPv6 with a port in brackets)"},
		{"[::1", "it is not HOST or HOST:PORT (IPv6 with a port in brackets)"},
		{"h/x", BAD_HOST},
		{"1.2.3", BAD_HOST},
		{"a,b/x", BAD_HOST},
		{"a,b:", "it is not HOST or HOST:PORT (IPv6 with a port in brackets)"},
	};
	static const struct refusal initiators[] = {
		{"", NAME_EMPTY},
		{"a b", NAME_BLANK},
		{"a\tb", NAME_BLANK},
	};
	check_refusals("iscsi_portal", portals, COUNT(portals), true);
	check_refusals("iscsi_initiator", initiators, COUNT(initiators), true);
	assert_false(read_line("iscsi_initiator=" LONG_NAME "x"));
	assert_non_null(strstr(fail.detail, NAME_LONG));
	must_read("iscsi_initiator=" LONG_NAME);
}

static void the_first_refusal_is_told(void **state)
{
	(void)state;
	must_refuse("iscsi_timeout=a iscsi_timeout=b", FAIL_WORD_VALUE, "iscsi_timeout=a" BAD_SECONDS);
}

/* ---- plan_check ---- */

static void the_portal_goes_into_bare_targets(void **state)
{
	(void)state;
	must_check("iscsi_target=iqn.a iscsi_target=iscsi://10.0.0.6:861/iqn.b iscsi_portal=10.0.0.5:860");
	assert_string_equal(plan.targets[0].host, "10.0.0.5");
	assert_int_equal(plan.targets[0].port, 860);
	assert_string_equal(plan.targets[1].host, "10.0.0.6");
	assert_int_equal(plan.targets[1].port, 861);
}

static void a_portal_alone_is_a_target(void **state)
{
	(void)state;
	must_check("iscsi_portal=10.0.0.5:860 iscsi_username=pi4 iscsi_password=Sesame12ox34");
	assert_int_equal(plan.n_targets, 1);
	assert_string_equal(plan.targets[0].name, "");
	assert_string_equal(plan.targets[0].host, "10.0.0.5");
	assert_int_equal(plan.targets[0].port, 860);
	assert_string_equal(plan.targets[0].username, "pi4");
	assert_string_equal(plan.targets[0].origin.text, "iscsi_portal=");
	assert_false(plan.targets[0].lun.given);
	must_check("iscsi_portal=10.0.0.5 iscsi_target=iscsi://10.0.0.6");
	assert_int_equal(plan.n_targets, 1);
	assert_string_equal(plan.targets[0].host, "10.0.0.6");
	must_check("iscsi_target=iscsi://10.0.0.5 iscsi_target=iscsi://10.0.0.6//1");
	assert_int_equal(plan.n_targets, 2);
	must_note("iscsi_target=iscsi://10.0.0.5 iscsi_target=iscsi:10.0.0.5::::",
		  "the only target is given twice with the same portal and LUN, the second is left out");
}

static void what_cannot_work_is_refused(void **state)
{
	(void)state;
	must_refuse("", FAIL_TARGET_MISSING, "");
	must_refuse("iscsi_username=u", FAIL_TARGET_MISSING, "");
	must_refuse("iscsi_portal=h iscsi_username=u", FAIL_CHAP_HALF, "the user name u is in iscsi_username=");
	must_refuse("iscsi_target=iqn.a", FAIL_PORTAL_MISSING, "iqn.a");
	must_refuse("iscsi_target=iscsi://h/iqn.a iscsi_target=iqn.b", FAIL_PORTAL_MISSING, "iqn.b");
	must_refuse(TARGET "iscsi_username=pi4", FAIL_CHAP_HALF, "the user name pi4 is in iscsi_username=");
	must_refuse(TARGET "iscsi_username=pi4 iscsi_password=", FAIL_CHAP_HALF,
		    "the user name pi4 is in iscsi_username=");
	must_refuse(TARGET "iscsi_password=Sesame12", FAIL_CHAP_HALF, "only the secret is given");
	must_refuse("iscsi_target=iscsi://pi5@h/iqn.x", FAIL_CHAP_HALF, "the user name pi5 is in iscsi_target=");
}

#define ONE_WAY TARGET "iscsi_username=pi4 iscsi_password=Sesame12ox34 "

static void mutual_chap(void **state)
{
	(void)state;
	must_check(ONE_WAY "iscsi_in_password=Simsim56ox78 iscsi_in_username=san");
	assert_string_equal(plan.chap_in.username, "san");
	assert_int_equal(plan.chap_in.secret.n_bytes, 12);
	assert_memory_equal(plan.chap_in.secret.bytes, "Simsim56ox78", 12);
	assert_int_equal(notes.n_notes, 0);
	must_check(ONE_WAY "iscsi_in_password=Simsim56ox78");
	assert_string_equal(plan.chap_in.username, "");
	must_check(ONE_WAY "iscsi_in_password=");
	assert_int_equal(plan.chap_in.secret.n_bytes, 0);
}

static void half_of_mutual_chap_is_refused(void **state)
{
	(void)state;
	static const char no_secret[] = "iscsi_in_username= is given without iscsi_in_password=";
	must_refuse(ONE_WAY "iscsi_in_username=san", FAIL_MUTUAL_HALF, no_secret);
	must_refuse(ONE_WAY "iscsi_in_username=san iscsi_in_password=", FAIL_MUTUAL_HALF, no_secret);
	must_refuse(TARGET "iscsi_in_username=san", FAIL_MUTUAL_HALF, no_secret);
	must_refuse("iscsi_target=iscsi://h/iqn.b iscsi_in_password=Simsim56ox78", FAIL_MUTUAL_HALF,
		    "iqn.b has no user name");
	must_refuse("iscsi_target=iscsi://u@h/iqn.a iscsi_target=iscsi://h/iqn.b iscsi_password=Sesame12ox34 "
		    "iscsi_in_password=Simsim56ox78",
		    FAIL_MUTUAL_HALF, "iqn.b has no user name");
	must_refuse(ONE_WAY "iscsi_in_password=Sesame12ox34", FAIL_SECRETS_EQUAL, "for iqn.2026-01.x");
}

static void short_secrets_are_noted(void **state)
{
	(void)state;
	must_check(TARGET "iscsi_username=u iscsi_password=elevenbytes");
	assert_int_equal(notes.n_notes, 1);
	assert_string_equal(notes.text[0], "iscsi_password= is shorter than 12 bytes: who listens to a login can find "
					   "it by trying");
	must_check(ONE_WAY "iscsi_in_password=elevenbytes");
	assert_int_equal(notes.n_notes, 1);
	assert_string_equal(notes.text[0], "iscsi_in_password= is shorter than 12 bytes: who listens to a login can "
					   "find it by trying");
}

static void digests_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum plan_digest digest;
	} cases[] = {
		{"", DIGEST_NONE},
		{"iscsi_digest=none", DIGEST_NONE},
		{"iscsi_digest=crc32c", DIGEST_CRC32C},
		{"iscsi_digest=prefer-crc32c", DIGEST_PREFER_CRC32C},
		{"iscsi_digest=crc32c iscsi_digest=prefer-none", DIGEST_PREFER_NONE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		must_read(cases[i].line);
		assert_int_equal(plan.digest, cases[i].digest);
	}
	must_refuse("iscsi_digest=CRC32C", FAIL_WORD_VALUE,
		    "iscsi_digest=CRC32C: it is none of none, crc32c, prefer-crc32c and prefer-none");
	must_refuse("iscsi_digest=", FAIL_WORD_VALUE,
		    "iscsi_digest=: it is none of none, crc32c, prefer-crc32c and prefer-none");
}

static void user_names_go_to_every_target(void **state)
{
	(void)state;
	must_check("iscsi_target=iscsi://pi5:Sesame12@h/iqn.a " TARGET "iscsi_username=pi4 iscsi_password=Sesame12");
	assert_string_equal(plan.targets[0].username, "pi5");
	assert_string_equal(plan.targets[1].username, "pi4");
	must_check("iscsi_target=iscsi://pi5@h/iqn.a " TARGET "iscsi_password=Sesame12");
	assert_string_equal(plan.targets[0].username, "pi5");
	assert_string_equal(plan.targets[1].username, "");
	must_check(TARGET);
	assert_string_equal(plan.targets[0].username, "");
	must_check(TARGET "iscsi_username= iscsi_password=");
	assert_string_equal(plan.targets[0].username, "");
}

static void check_initiator(const char *uuid, bool has_mac, const char *name, const char *origin)
{
	struct plan_machine m = machine;
	snprintf(m.dmi_uuid, sizeof m.dmi_uuid, "%s", uuid);
	m.has_mac = has_mac;
	must_read(TARGET);
	bool ok = plan_check(&plan, &m, &notes, &fail);
	assert_int_equal(ok, name != NULL);
	if (!ok) {
		assert_int_equal(fail.code, FAIL_INITIATOR_MISSING);
		return;
	}
	assert_string_equal(plan.initiator.name, name);
	assert_string_equal(plan.initiator.origin.text, origin);
	assert_int_equal(notes.n_notes, 0);
}

static void the_initiator_name_comes_from_the_machine(void **state)
{
	(void)state;
	static const char from_dmi[] = "iqn.2026-11.org.iscsiroot:4c4c4544-0042-3510-8052-b4c04f4e4d32";
	static const char from_mac[] = "iqn.2026-11.org.iscsiroot:mac-525400123456";
	static const char *const unusable[] = {
		"",
		"\n",
		"Not Settable",
		"00000000-0000-0000-0000-000000000000",
		"00000000-0000-0000-0000-000000000000\n",
		"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
		"ffffffff-ffff-ffff-ffff-ffffffffffff\n",
		"03000200-0400-0500-0006-000700080009\n",
		"4c4c4544-0042-3510-8052-b4c04f4e4d3",
		"4c4c4544-0042-3510-8052-b4c04f4e4d321",
		"4c4c4544-0042-3510-8052-b4c04f4e4d32 ",
		"4c4c4544-0042-3510-8052-b4c04f4e4d3g",
		"4c4c4544-0042-3510-80520b4c04f4e4d32",
		"4c4c4544-0042-3510-8052-b4c04f4e-d32",
		"4c4c454400423510-8052-b4c04f4e4d32",
	};
	check_initiator("4C4C4544-0042-3510-8052-B4C04F4E4D32\n", true, from_dmi, "DMI");
	check_initiator("ABCDEF01-2345-6789-0000-AbCdEf0129AF\n", true,
			"iqn.2026-11.org.iscsiroot:abcdef01-2345-6789-0000-abcdef0129af", "DMI");
	check_initiator("4c4c4544-0042-3510-8052-b4c04f4e4d32", false, from_dmi, "DMI");
	for (size_t i = 0; i < COUNT(unusable); i++) {
		check_initiator(unusable[i], true, from_mac, "MAC");
		check_initiator(unusable[i], false, NULL, NULL);
	}
}

static void a_given_initiator_name_is_kept(void **state)
{
	(void)state;
	must_note(TARGET "iscsi_initiator=iqn.2026-01.org.example:me", NULL);
	must_note(TARGET "iscsi_initiator=EUI.0123456789abcdef", NULL);
	must_note(TARGET "iscsi_initiator=maas-enlist",
		  "initiator name maas-enlist does not begin with iqn. eui. or naa.; used as it is");
	assert_string_equal(plan.initiator.name, "maas-enlist");
	assert_string_equal(plan.initiator.origin.text, "iscsi_initiator=");
	must_note("iscsi_target=iscsi://h/iqn.2026-01.lab:My_Disk",
		  "target name iqn.2026-01.lab:My_Disk has other characters than a-z 0-9 - . and :; used as it is");
}

static void duplicates_are_left_out(void **state)
{
	(void)state;
	must_note("iscsi_target=iscsi://h/iqn.2026-01.a/1 iscsi_target=iscsi:h:::1:iqn.2026-01.a "
		  "iscsi_target=iscsi://h/iqn.2026-01.b",
		  "iqn.2026-01.a is given twice with the same portal and LUN, the second is left out");
	assert_int_equal(plan.n_targets, 2);
	assert_string_equal(plan.targets[1].name, "iqn.2026-01.b");
	must_note("iscsi_target=iqn.2026-01.a iscsi_target=iscsi://h:860/iqn.2026-01.a iscsi_portal=h:860",
		  "iqn.2026-01.a is given twice with the same portal and LUN, the second is left out");
	must_note("iscsi_target=iscsi://h/iqn.2026-01.a/2 iscsi_target=iscsi://h/iqn.2026-01.a/0 "
		  "iscsi_target=iscsi://h/iqn.2026-01.a/1 "
		  "iscsi_target=iscsi://h:861/iqn.2026-01.a iscsi_target=iscsi://i/iqn.2026-01.a "
		  "iscsi_target=iscsi://h/iqn.2026-01.b",
		  NULL);
	assert_int_equal(plan.n_targets, 6);
}

static void more_notes_than_fit_are_left_out(void **state)
{
	(void)state;
	must_check("iscsi_initiator=x iscsi_target=iscsi:h:::10:iqn.0 iscsi_target=iscsi:h:::10:iqn.1 "
		   "iscsi_target=iscsi:h:::10:iqn.2 iscsi_target=iscsi:h:::10:iqn.3 iscsi_target=iscsi:h:::10:iqn.4 "
		   "iscsi_target=iscsi:h:::10:iqn.5 iscsi_target=iscsi:h:::10:iqn.6 ip=both ip=both");
	assert_int_equal(notes.n_notes, PLAN_NOTES_MAX);
	assert_string_equal(plan.initiator.name, "x");
}

/* A boot reads the files also when a word is wrong, for panic=. */
static void the_first_failure_is_told_without_a_file(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof plan);
	memset(&fail, 0, sizeof fail);
	assert_false(plan_read("panic=zz", &plan, &notes, &fail));
	assert_false(plan_read_file(SOURCE_INITRAMFS, "/file", "ISCSI_TARGET_PORT=zz", &plan, &notes, &fail));
	assert_string_equal(fail.context, "");
	assert_non_null(strstr(fail.detail, "panic=zz"));
}

/* ---- describing ---- */

static void targets_are_described(void **state)
{
	(void)state;
	static const struct {
		const char *cmdline;
		const char *line;
	} cases[] = {
		{"iscsi_target=iscsi://10.0.0.5/iqn.2026-01.lab:root/1 iscsi_username=pi4 iscsi_password=Sesame12",
		 "iqn.2026-01.lab:root at 10.0.0.5:3260 LUN 1 (iscsi_target=), CHAP as pi4 (iscsi_username=)"},
		{"iscsi_target=iscsi://pi5@10.0.0.5/iqn.x/1 iscsi_password=Sesame12",
		 "iqn.x at 10.0.0.5:3260 LUN 1 (iscsi_target=), CHAP as pi5 (iscsi_target=)"},
		{"iscsi_target=iscsi://u:q@h/iqn.x/1 iscsi_password=p iscsi_username=v",
		 "iqn.x at h:3260 LUN 1 (iscsi_target=), CHAP as u (iscsi_target=)"},
		{"iscsi_target=iscsi://u@h/iqn.x/1 iscsi_password=p iscsi_in_password=q",
		 "iqn.x at h:3260 LUN 1 (iscsi_target=), mutual CHAP as u (iscsi_target=)"},
		{"iscsi_target=iqn.x iscsi_portal=[2001:db8::1]:860",
		 "iqn.x at [2001:db8::1]:860 all LUNs (iscsi_target=)"},
		{"iscsi_target=iscsi://h/iqn.x/300", "iqn.x at h:3260 LUN 300 (iscsi_target=)"},
		{"iscsi_target=iscsi://h//1", "the only target at h:3260 LUN 1 (iscsi_target=)"},
		{"iscsi_portal=[2001:db8::1]:860", "the only target at [2001:db8::1]:860 all LUNs (iscsi_portal=)"},
		{"iscsi_target=iscsi:h:::4752-3A4F-6b7e-2F99:iqn.x",
		 "iqn.x at h:3260 LUN 0x47523a4f6b7e2f99 (iscsi_target=)"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[PLAN_LINE_BYTES];
		must_check(cases[i].cmdline);
		plan_describe_target(&plan, 0, line);
		assert_string_equal(line, cases[i].line);
	}
}

static void the_longest_description_fits(void **state)
{
	(void)state;
	char line[PLAN_LINE_BYTES];
	char user[CHAP_NAME_MAX + 1];
	char cmdline[2048];
	memset(user, 'u', sizeof user - 1);
	user[sizeof user - 1] = '\0';
	snprintf(cmdline, sizeof cmdline, "iscsi_target=iscsi:%s::65535:1-2-3-4:%s iscsi_username=%s iscsi_password=x",
		 LONG_HOST, LONG_NAME, user);
	must_check(cmdline);
	plan_describe_target(&plan, 0, line);
	assert_non_null(strstr(line, "uuu (iscsi_username=)"));
}

static void luns_are_written_as_they_are_read(void **state)
{
	(void)state;
	static const struct {
		uint64_t number;
		const char *text;
	} cases[] = {
		{0, "0"},
		{255, "255"},
		{0x4100, "256"},
		{0x7fff, "16383"},
		{0x100, "0x0100000000000000"},
		{0x4001,
		 "0x4001000000000000"}, /* flat addressing of a LUN that has a peripheral form is another number */
		{0x8001, "0x8001000000000000"},
		{0x0001c101, "0xc101000100000000"},
		{0x2f996b7e3a4f4752, "0x47523a4f6b7e2f99"},
		{0x100004100, "0x4100000000010000"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[PLAN_LUN_BYTES];
		char line[128];
		plan_format_lun(cases[i].number, text);
		assert_string_equal(text, cases[i].text);
		snprintf(line, sizeof line, "iscsi_target=iscsi://h/iqn.x/%s", text);
		must_read(line);
		assert_true(plan.targets[0].lun.number == cases[i].number);
	}
}

static void portals_are_written_with_brackets_where_needed(void **state)
{
	(void)state;
	char out[HOST_MAX + 9];
	plan_format_portal("10.0.0.5", 3260, out);
	assert_string_equal(out, "10.0.0.5:3260");
	plan_format_portal("fe80::1%eth0", 1, out);
	assert_string_equal(out, "[fe80::1%eth0]:1");
	plan_format_portal(LONG_HOST, 65535, out);
	assert_string_equal(out, LONG_HOST ":65535");
}

/* ---- secrets ---- */

static void must_not_hold(const char *text, const char *cmdline)
{
	if (strstr(text, "Sesame") != NULL || strstr(text, "12ox") != NULL)
		fail_msg("secret of %s told in: %s", cmdline, text);
}

static void no_secret_is_told(void **state)
{
	(void)state;
	static const char *const lines[] = {
		TARGET "iscsi_username=pi4 iscsi_password=Sesame12ox",
		TARGET "iscsi_password=Sesame12ox",
		TARGET "iscsi_in_password=Sesame12ox",
		TARGET "iscsi_in_username=u iscsi_in_password=Sesame12ox iscsi_username=u iscsi_password=Sesame12ox",
		"iscsi_in_password=" X10(X10("Sesame12ox")),
		"iscsi_password=Sesame12ox iscsi_target=x",
		"iscsi_password=Sesame12ox iscsi_timeout=x",
		"iscsi_password=" X10(X10("Sesame12ox")),
		"iscsi_password=Sesame12ox iscsi_password=" X10(X10("Sesame12ox")),
		"iscsi_target=iscsi://u%Sesame12ox@h/iqn.x",
		"iscsi_target=iscsi://u:Sesame12ox@h/iqn.x",
		"iscsi_target=iscsi://u%Sesame/12ox@h/iqn.x",
		"iscsi_target=iscsi://u%Sesame?12ox@h/iqn.x",
		"iscsi_target=iscsi://u%Sesame@12ox@h/iqn.x",
		"iscsi_target=iscsi://u%20Sesame12ox@h/iqn.x",
		"iscsi_target=iscsi://u:%53esame12ox%@h/iqn.x",
		"iscsi_target=iscsi://u:%53esame12ox@h/iqn.x/-1",
		"iscsi_target=iscsi://u:Sesame12ox@h/iqn.x iscsi_in_password=Sesame12ox",
		"iscsi_target=iscsi://u%Sesame12ox@[h/iqn.x",
		"iscsi_target=iscsi://u%Sesame12ox@h:99999/iqn.x",
		"iscsi_target=iscsi://u%Sesame12ox",
		"iscsi_target=iscsi://u%Sesame12ox/iqn.x",
		"iscsi_target=iscsi://u%Sesame12ox@h/iqn.x/-1",
		"iscsi_target=iscsi://h/iqn.x/1?target_user=u&target_password=Sesame12ox",
		"iscsi_target=iscsi://h/iqn.x?target_password=Sesame12ox",
		"iscsi_target=iscsi://h?target_password=Sesame12ox",
		"iscsi_target=iscsi:u:Sesame12ox@h:6:3260:0:iqn.x",
		"iscsi_target=iscsi:u:Sesame12ox@h",
		"iscsi_target=iscsi:u:p:r:Sesame12ox@h:6:3260:0:iqn.x",
		"iscsi_target=iscsi:u:Sesame@12ox@h:6:3260:0:iqn.x",
		"iscsi_target=u:Sesame12ox@h",
		"iscsi_portal=u:Sesame12ox@h",
		"root=iscsi:u:Sesame12ox@h:6:3260:0:iqn.x",
		"netroot=iscsi:u:Sesame12ox@h:6:3260:0:iqn.x",
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[FAIL_TEXT_BYTES];
		bool ok = read_line(lines[i]) && plan_check(&plan, &machine, &notes, &fail);
		fail_describe(&fail, text);
		must_not_hold(text, lines[i]);
		must_not_hold(fail.detail, lines[i]);
		for (unsigned k = 0; k < notes.n_notes; k++)
			must_not_hold(notes.text[k], lines[i]);
		for (unsigned k = 0; ok && k < plan.n_targets; k++) {
			char line[PLAN_LINE_BYTES];
			plan_describe_target(&plan, k, line);
			must_not_hold(line, lines[i]);
		}
	}
	must_refuse("iscsi_password=" X10(X10("Sesame12ox")), FAIL_WORD_VALUE,
		    "iscsi_password=: the secret is longer than 255 bytes");
}

static void secrets_may_hold_any_letter(void **state)
{
	(void)state;
	must_read("iscsi_password=a:b@c#d*e$f%g?h=i\\j'k");
	assert_int_equal(plan.chap.secret.n_bytes, 21);
	assert_memory_equal(plan.chap.secret.bytes, "a:b@c#d*e$f%g?h=i\\j'k", 21);
	char line[300] = "iscsi_password=";
	memset(line + strlen(line), 's', SECRET_MAX);
	must_read(line);
	assert_int_equal(plan.chap.secret.n_bytes, SECRET_MAX);
}

/* ---- damage ---- */

/* What must hold for any line: no crash, and a plan that passes is whole. */
static void try_line(const uint8_t *bytes, size_t n_bytes)
{
	char *line = malloc(n_bytes + 1);
	char text[(size_t)PLAN_LINE_BYTES > (size_t)FAIL_TEXT_BYTES ? (size_t)PLAN_LINE_BYTES
								    : (size_t)FAIL_TEXT_BYTES];
	memcpy(line, bytes, n_bytes);
	line[n_bytes] = '\0';
	if (read_line(line) && plan_check(&plan, &machine, &notes, &fail)) {
		assert_true(plan.n_targets > 0 && plan.n_nets > 0 && plan.initiator.name[0] != '\0');
		for (unsigned i = 0; i < plan.n_targets; i++) {
			const struct plan_target *target = &plan.targets[i];
			assert_true(target->host[0] != '\0' && target->port != 0);
			plan_describe_target(&plan, i, text);
		}
	} else {
		assert_int_not_equal(fail.code, FAIL_NONE);
		fail_describe(&fail, text);
	}
	free(line);
}

static void damaged_lines_do_no_harm(void **state)
{
	(void)state;
	static const char *const seeds[] = {
		"iscsi_target=iscsi://u@[2001:db8::1%e]:860/iqn.%41b/0x412c000000000000 iscsi_password=p",
		"iscsi_target=iscsi:[2001:db8::1]:6:3260:4752-3A4F:iqn.2026-01.lab:x "
		"ip=[2001:db8::2]::[fe80::1]:64:h:e:off:[::1]",
		"ip=10.0.0.2:9.9.9.9:10.0.0.1:255.255.255.0:h:eth0:off:8.8.8.8 iscsi_target=iqn.x "
		"iscsi_portal=[::1]:860 panic=-5",
		"root=/dev/disk/by-path/ip-fe80::1:3260-iscsi-iqn.a-lun-7-lun-0xc101000100000000-part3 "
		"iscsi_target=iscsi://h/n",
		"root=/dev/disk/by-label/a\\x20b rootfstype=xfs iscsi_initiator=x iscsi_target=iscsi://h/n rootdelay=5",
	};
	for (size_t i = 0; i < COUNT(seeds); i++)
		hostile_each((const uint8_t *)seeds[i], strlen(seeds[i]), try_line);
}

static void a_bad_word_does_not_hide_panic(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	memset(&fail, 0, sizeof fail);
	assert_false(plan_read("iscsi_target=bad root=also:bad panic=10 quiet", &plan, &notes, &fail));
	assert_int_equal(fail.code, FAIL_WORD_VALUE);
	assert_non_null(strstr(fail.detail, "iscsi_target=bad"));
	assert_string_equal(plan.from.panic.text, "panic=");
	assert_int_equal(plan.panic_s, 10);
	assert_true(plan.quiet);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_word_does_not_hide_panic),
		cmocka_unit_test(targets_are_read),
		cmocka_unit_test(wrong_targets_are_refused),
		cmocka_unit_test(long_names_are_refused_and_shown_in_part),
		cmocka_unit_test(secrets_in_urls),
		cmocka_unit_test(a_percent_sign_that_libiscsi_reads_otherwise_is_noted),
		cmocka_unit_test(decimal_looking_luns_of_rfc4173_are_noted),
		cmocka_unit_test(targets_are_counted),
		cmocka_unit_test(nets_are_read),
		cmocka_unit_test(wrong_nets_are_refused),
		cmocka_unit_test(guesses_about_nets_are_noted),
		cmocka_unit_test(nets_are_counted),
		cmocka_unit_test(without_ip_dhcp_is_the_default),
		cmocka_unit_test(an_interface_is_named_once_for_each_family),
		cmocka_unit_test(roots_are_read),
		cmocka_unit_test(wrong_roots_are_refused),
		cmocka_unit_test(root_is_bounded),
		cmocka_unit_test(quotes_inside_root_stay),
		cmocka_unit_test(the_last_root_wins_whole),
		cmocka_unit_test(an_empty_line_gives_a_plan_of_defaults),
		cmocka_unit_test(scalar_words_are_read),
		cmocka_unit_test(names_may_have_dashes),
		cmocka_unit_test(the_last_of_scalar_words_wins),
		cmocka_unit_test(words_in_another_shape_are_passed_over),
		cmocka_unit_test(words_behind_the_dashes_are_for_init),
		cmocka_unit_test(numbers_are_bounded),
		cmocka_unit_test(long_texts_are_refused),
		cmocka_unit_test(wrong_portals_and_initiators_are_refused),
		cmocka_unit_test(the_first_refusal_is_told),
		cmocka_unit_test(the_portal_goes_into_bare_targets),
		cmocka_unit_test(a_portal_alone_is_a_target),
		cmocka_unit_test(what_cannot_work_is_refused),
		cmocka_unit_test(user_names_go_to_every_target),
		cmocka_unit_test(mutual_chap),
		cmocka_unit_test(half_of_mutual_chap_is_refused),
		cmocka_unit_test(short_secrets_are_noted),
		cmocka_unit_test(digests_are_read),
		cmocka_unit_test(the_initiator_name_comes_from_the_machine),
		cmocka_unit_test(a_given_initiator_name_is_kept),
		cmocka_unit_test(duplicates_are_left_out),
		cmocka_unit_test(the_first_failure_is_told_without_a_file),
		cmocka_unit_test(more_notes_than_fit_are_left_out),
		cmocka_unit_test(targets_are_described),
		cmocka_unit_test(the_longest_description_fits),
		cmocka_unit_test(luns_are_written_as_they_are_read),
		cmocka_unit_test(portals_are_written_with_brackets_where_needed),
		cmocka_unit_test(no_secret_is_told),
		cmocka_unit_test(secrets_may_hold_any_letter),
		cmocka_unit_test(damaged_lines_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
