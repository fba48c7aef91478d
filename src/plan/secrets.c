/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iscsi_secrets=: a line for each secret, words in the quotes of sh(1), comments behind "#":
 *
 *     TARGET INITIATOR USER SECRET [USER_IN SECRET_IN]
 *
 * "*" is any target or initiator. Like chap-secrets of pppd, but for the order. Weaker than words and URLs: a target
 * that has a secret keeps it, and a user name that is given has to be that of the line.
 */
#include "plan/secrets.h"

#include <string.h>

#include "plan/reading.h"
#include "plan/shell.h"

enum {
	TARGET,
	INITIATOR,
	USER,
	SECRET,
	USER_IN,
	SECRET_IN,
	COLUMNS,
	COLUMN_BYTES = 256,
};

struct line {
	char texts[COLUMNS][COLUMN_BYTES];
	size_t n_bytes[COLUMNS];
	unsigned n_columns;
};

/* Words only, none of them torn or too long; empty lines and comments have none. */
static bool read_line(struct span text, struct line *out)
{
	struct cmdline_word word;
	out->n_columns = 0;
	while (shell_next(&text, &word)) {
		struct span whole = word.name;
		if (word.value.text != NULL)
			whole.n_bytes = (size_t)(word.value.text + word.value.n_bytes - whole.text);
		unsigned i = out->n_columns++;
		if (i == COLUMNS || !shell_unquote(whole, out->texts[i], COLUMN_BYTES - 1, &out->n_bytes[i]))
			return false;
		out->texts[i][out->n_bytes[i]] = '\0';
	}
	return out->n_columns == 0 || out->n_columns == USER_IN || out->n_columns == COLUMNS;
}

static bool is_for(const char *column, const char *name)
{
	return strcmp(column, "*") == 0 || (name[0] != '\0' && strcmp(column, name) == 0);
}

static bool fits(const struct line *line, const struct boot_plan *plan, const struct plan_target *target)
{
	const char *user = target->username[0] != '\0' ? target->username : plan->chap.username;
	return line->n_columns > 0 && is_for(line->texts[TARGET], target->name) &&
	       is_for(line->texts[INITIATOR], plan->initiator.name) &&
	       (user[0] == '\0' || strcmp(user, line->texts[USER]) == 0);
}

static bool take(const struct line *line, struct boot_plan *plan, struct plan_target *target, struct fail *fail)
{
	struct plan_own own = {.username_in = ""};
	origin_set(&own.origin, plan->secrets.path);
	memcpy(target->username, line->texts[USER], sizeof target->username);
	secret_set(&own.secret, line->texts[SECRET], line->n_bytes[SECRET]);
	if (line->n_columns == COLUMNS) {
		memcpy(own.username_in, line->texts[USER_IN], sizeof own.username_in);
		secret_set(&own.secret_in, line->texts[SECRET_IN], line->n_bytes[SECRET_IN]);
	}
	target->own = plan_add_own(plan, &own);
	secret_wipe(&own.secret);
	secret_wipe(&own.secret_in);
	return target->own > 0 || fail_set(fail, FAIL_FILE, "%s: more than %d targets with secrets of their own",
					   plan->secrets.path, OWN_SECRETS_MAX);
}

static bool read_for(const char *text, struct line *line, struct boot_plan *plan, struct plan_target *target,
		     struct fail *fail)
{
	struct span rest = span_of(text);
	for (unsigned number = 1; rest.text != NULL; number++) {
		if (!read_line(span_cut(&rest, '\n'), line))
			return fail_set(fail, FAIL_FILE,
					"%s line %u: it is not TARGET INITIATOR USER SECRET [USER-IN SECRET-IN]",
					plan->secrets.path, number);
		if (fits(line, plan, target))
			return take(line, plan, target, fail);
	}
	return true;
}

bool secrets_read(const char *text, struct boot_plan *plan, struct fail *fail)
{
	struct line line;
	bool good = true;
	for (unsigned i = 0; i < plan->n_targets && good; i++)
		if (plan_identity_of(plan, &plan->targets[i]).secret->n_bytes == 0)
			good = read_for(text, &line, plan, &plan->targets[i], fail);
	bytes_wipe(&line, sizeof line);
	return good;
}
