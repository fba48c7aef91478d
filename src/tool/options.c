/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments, identity, and the few forms of output.
 */
#include "tool/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "sys/sys.h"
#include "tool/tool.h"

#define DMI_UUID "/sys/class/dmi/id/product_uuid"
#define NET_CLASS "/sys/class/net"

static const struct {
	const char *name;
	size_t at;
} flags[] = {
	{"--json", offsetof(struct options, json)},
	{"--disks", offsetof(struct options, disks)},
	{"--all", offsetof(struct options, all)},
};

/* Each sets a text. */
static const struct {
	const char *name;
	size_t at;
} table[] = {
	{"--cmdline", offsetof(struct options, cmdline)},   {"--initiator", offsetof(struct options, initiator)},
	{"--username", offsetof(struct options, username)}, {"--secret-file", offsetof(struct options, secret_file)},
	{"--timeout", offsetof(struct options, timeout)},
};

/* --- complaints --- */

void tool_complain(const char *text)
{
	char safe[FAIL_TEXT_BYTES];
	text_escape(text, safe, sizeof safe);
	fprintf(stderr, "iscsiroot: %s\n", safe);
}

void tool_complain_fail(const struct fail *fail)
{
	char text[FAIL_TEXT_BYTES];
	fail_describe(fail, text);
	fprintf(stderr, "iscsiroot: %s\n", text);
}

void tool_complain_notes(const struct plan_notes *notes)
{
	for (unsigned i = 0; i < notes->n_notes; i++)
		tool_complain(notes->text[i]);
}

int tool_exit_status(const struct fail *fail)
{
	return fail->code == FAIL_NONE ? TOOL_GOOD : (fail_lookup(fail->code)->id[1] - '0') * 10;
}

void tool_print_json(const char *text)
{
	char safe[FAIL_TEXT_BYTES];
	text_escape(text, safe, sizeof safe);
	printf("\"");
	for (const char *c = safe; *c != '\0'; c++)
		printf(*c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	printf("\"");
}

/* --- arguments --- */

static bool complain_about(const char *what, const char *argument)
{
	char text[FAIL_TEXT_BYTES];
	snprintf(text, sizeof text, "%s %s", what, argument);
	tool_complain(text);
	return false;
}

static bool read_timeout(struct options *o)
{
	uint64_t seconds = TOOL_TIMEOUT_S;
	if (o->timeout != NULL && (!text_decimal(span_of(o->timeout), TOOL_TIMEOUT_MAX_S, &seconds) || seconds == 0))
		return complain_about("--timeout is not 1 to 3600 seconds:", o->timeout);
	o->timeout_s = (uint32_t)seconds;
	return true;
}

/* "--name VALUE" or "--name=VALUE"; *index moves on. */
static bool read_option(struct options *o, int argc, char **argv, int *index)
{
	const char *argument = argv[*index];
	size_t n_name = 0;
	while (argument[n_name] != '\0' && argument[n_name] != '=')
		n_name++;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strlen(table[i].name) != n_name || memcmp(argument, table[i].name, n_name) != 0)
			continue;
		bool attached = argument[n_name] == '=';
		if (!attached && *index + 1 == argc)
			return complain_about("a value is missing after", argument);
		const char *value = attached ? argument + n_name + 1 : argv[++*index];
		memcpy((char *)o + table[i].at, &value, sizeof value);
		return true;
	}
	return complain_about("there is no option", argument);
}

static bool read_flag(struct options *o, const char *argument)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (strcmp(argument, flags[i].name) != 0)
			continue;
		*(bool *)((char *)o + flags[i].at) = true;
		return true;
	}
	return false;
}

bool options_read(struct options *o, int argc, char **argv)
{
	*o = (struct options){.operand = NULL};
	for (int i = 1; i < argc; i++) {
		if (read_flag(o, argv[i]))
			continue;
		if (argv[i][0] == '-') {
			if (!read_option(o, argc, argv, &i))
				return false;
		} else if (o->operand != NULL)
			return complain_about("one too many:", argv[i]);
		else
			o->operand = argv[i];
	}
	return read_timeout(o);
}

/* --- into the plan --- */

bool options_cmdline(const struct options *o, char *out, struct fail *fail)
{
	const char *source = o->cmdline != NULL ? o->cmdline : "/proc/cmdline";
	if (o->operand != NULL)
		return (strcspn(o->operand, " \t\n\"") == strlen(o->operand) &&
			format_text(out, CMDLINE_BYTES, "iscsi_target=%s", o->operand)) ||
		       fail_set(fail, FAIL_WORD_VALUE, "the target is no single word");
	if (strcmp(source, "-") != 0 && !file_exists(source))
		return (strchr(source, '=') != NULL && format_text(out, CMDLINE_BYTES, "%s", source)) ||
		       fail_set(fail, FAIL_WORD_VALUE, "--cmdline is neither a file nor a command line");
	ssize_t n = options_read_text(source, out, CMDLINE_BYTES);
	return n >= 0 || fail_errno(fail, FAIL_WORD_VALUE, (int)-n, "--cmdline %s", source);
}

ssize_t options_read_text(const char *path, char *out, size_t n_max)
{
	return strcmp(path, "-") == 0 ? file_read_stdin(out, n_max) : file_read_text(path, out, n_max);
}

static bool read_secret(const char *path, struct secret *secret, struct fail *fail)
{
	char text[SECRET_MAX + 2]; /* with a newline */
	ssize_t n = options_read_text(path, text, sizeof text);
	bool good = n > 0 && secret_set(secret, text, (size_t)n);
	bytes_wipe(text, sizeof text);
	if (n < 0 && n != -EFBIG)
		return fail_errno(fail, FAIL_WORD_VALUE, (int)-n, "--secret-file %s", path);
	return good || fail_set(fail, FAIL_WORD_VALUE, "--secret-file %s: not 1 to %d bytes", path, SECRET_MAX);
}

bool options_apply(const struct options *o, struct boot_plan *plan, struct fail *fail)
{
	if (o->initiator != NULL) {
		if (!span_copy(span_of(o->initiator), plan->initiator.name, sizeof plan->initiator.name))
			return fail_set(fail, FAIL_WORD_VALUE, "--initiator: longer than %d bytes", ISCSI_NAME_MAX);
		format_text(plan->initiator.origin.text, ORIGIN_BYTES, "--initiator");
	}
	if (o->username != NULL) {
		if (!span_copy(span_of(o->username), plan->chap.username, sizeof plan->chap.username))
			return fail_set(fail, FAIL_WORD_VALUE, "--username: longer than %d bytes", CHAP_NAME_MAX);
		format_text(plan->chap.origin.text, ORIGIN_BYTES, "--username");
	}
	return o->secret_file == NULL || read_secret(o->secret_file, &plan->chap.secret, fail);
}

/* --- this machine --- */

/* The hardware address of an Ethernet card (ARPHRD_ETHER is 1); interfaces that are no device have none of their own.
 */
static bool read_mac(const char *name, uint8_t mac[static 6])
{
	char path[PATH_BYTES], text[32];
	size_t n = 0;
	if (!format_text(path, sizeof path, NET_CLASS "/%s/device", name) || !file_exists(path))
		return false;
	format_text(path, sizeof path, NET_CLASS "/%s/type", name);
	if (file_read_text(path, text, sizeof text) <= 0 || strcmp(text, "1") != 0)
		return false;
	format_text(path, sizeof path, NET_CLASS "/%s/address", name);
	if (file_read_text(path, text, sizeof text) <= 0)
		return false;
	struct span rest = span_of(text);
	while (rest.text != NULL && n < 6) {
		uint64_t byte;
		if (!text_hex(span_cut(&rest, ':'), &byte) || byte > UINT8_MAX)
			return false;
		mac[n++] = (uint8_t)byte;
	}
	return n == 6 && rest.text == NULL;
}

static void read_lowest_mac(struct plan_machine *machine)
{
	struct dir cards;
	uint8_t mac[6];
	if (dir_open(&cards, NET_CLASS) < 0)
		return;
	for (const char *name; (name = dir_next(&cards)) != NULL;) {
		if (!read_mac(name, mac) || (machine->has_mac && memcmp(mac, machine->mac, sizeof mac) > 0))
			continue;
		memcpy(machine->mac, mac, sizeof mac);
		machine->has_mac = true;
	}
}

bool options_complete(struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	struct plan_machine machine = {.has_mac = false};
	ssize_t n = file_read_text(DMI_UUID, machine.dmi_uuid, sizeof machine.dmi_uuid);
	if (n == -EACCES && plan->initiator.name[0] == '\0')
		tool_complain("only root can read the machine's UUID: a boot may take another initiator name than this "
			      "(give it by --initiator, or run this as root)");
	read_lowest_mac(&machine);
	return plan_check(plan, &machine, notes, fail);
}
