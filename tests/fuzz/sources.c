/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a plan is read from beside the command line, behind a secret which nothing that is said may hold: the
 * first byte chooses the file. Quoting is tried on its own, too: what was quoted comes back.
 */
#include "plan/plan.h"
#include "plan/shell.h"

#include "fuzz.h"

#define SECRET "Sesame-Sesame-1"
#define BEFORE "ISCSI_PASSWORD='" SECRET "'\nISCSI_IN_PASSWORD=\"" SECRET "2\"\n"

static void check_quoting(const char *text)
{
	char quoted[256], back[256];
	size_t n = 0, n_back;
	quoted[n++] = '\'';
	for (; *text != '\0' && n < sizeof quoted - 8; text++) {
		if (*text == '\'') {
			memcpy(quoted + n, "'\\''", 4);
			n += 4;
		} else {
			quoted[n++] = *text;
		}
	}
	quoted[n++] = '\'';
	struct span rest = {quoted, n};
	struct cmdline_word word;
	CHECK(shell_unquote(rest, back, sizeof back, &n_back));
	CHECK(shell_next(&rest, &word) && rest.n_bytes == 0);
}

static void check_said(const char *text)
{
	CHECK(strstr(text, SECRET) == NULL);
}

static void check_words(enum plan_source source, const char *text, const struct boot_plan *plan)
{
	struct span rest = span_of(text);
	struct plan_word word = {.reason = NULL};
	size_t n_words = 0;
	while (plan_next_word(source, &rest, plan, &word)) {
		CHECK(word.shown[0] != '\0');
		CHECK((word.fate == PLAN_WORD_IDLE) == (word.reason != NULL));
		CHECK(++n_words <= strlen(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	static struct boot_plan plan;
	static struct plan_notes notes;
	struct fail fail = {.code = FAIL_NONE};
	char said[FAIL_TEXT_BYTES];
	if (n_bytes == 0)
		return 0;
	enum plan_source source = bytes[0] % 2 == 0 ? SOURCE_INITRAMFS : SOURCE_INITIATORNAME;
	char *given = fuzz_text(bytes + 1, n_bytes - 1);
	char *text = malloc(strlen(BEFORE) + strlen(given) + 1);
	memset(&plan, 0, sizeof plan);
	memset(&notes, 0, sizeof notes);
	stpcpy(stpcpy(text, BEFORE), given);
	check_quoting(given);
	if (strstr(given, SECRET) == NULL && plan_read("iscsi_target_ip=h", &plan, &notes, &fail)) {
		bool good = plan_read_file(source, "FILE", text, &plan, &notes, &fail);
		CHECK(good == (fail.code == FAIL_NONE));
		CHECK(strcmp(plan.portal.list, "h") == 0 && fuzz_is_plain(plan.initiator.name));
		fail_describe(&fail, said);
		check_said(said);
		for (unsigned i = 0; i < notes.n_notes; i++)
			check_said(notes.text[i]);
		if (n_bytes < 256)
			check_words(source, text, &plan);
	}
	free(text);
	free(given);
	return 0;
}
