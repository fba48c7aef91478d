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
#include "boot/lease.h"
#include "boot/sources.h"
#include "plan/misspelt.h"
#include "sys/sys.h"
#include "tool/tool.h"

static const struct {
	const char *name;
	size_t at;
} flags[] = {
	{"--json", offsetof(struct options, json)}, {"--disks", offsetof(struct options, disks)},
	{"--all", offsetof(struct options, all)},   {"--boot", offsetof(struct options, boot)},
	{"--role", offsetof(struct options, role)}, {"--network", offsetof(struct options, network)},
};

/* Each sets a text. */
static const struct {
	const char *name;
	size_t at;
} table[] = {
	{"--cmdline", offsetof(struct options, cmdline)},   {"--initiator", offsetof(struct options, initiator)},
	{"--username", offsetof(struct options, username)}, {"--secret-file", offsetof(struct options, secret_file)},
	{"--timeout", offsetof(struct options, timeout)},   {"--root", offsetof(struct options, root)},
	{"--ibft", offsetof(struct options, ibft)},         {"--lease", offsetof(struct options, lease)},
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

/* The bytes of a valid UTF-8 sequence of more than one byte that means a printable character; 0: it is none. */
static size_t utf8_bytes(const unsigned char *c)
{
	static const struct {
		unsigned mask, lead, least;
	} forms[] = {{0xe0, 0xc0, 0xa0}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if ((*c & forms[i].mask) != forms[i].lead)
			continue;
		unsigned long point = *c & ~forms[i].mask & 0xffU;
		for (size_t n = 1; n <= i + 1; n++) {
			if ((c[n] & 0xc0) != 0x80)
				return 0;
			point = point << 6 | (c[n] & 0x3f);
		}
		bool is_surrogate = point >= 0xd800 && point < 0xe000;
		return point >= forms[i].least && point <= 0x10ffff && !is_surrogate ? i + 2 : 0;
	}
	return 0;
}

void tool_print_json(const char *text)
{
	printf("\"");
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		size_t n_bytes = utf8_bytes(c);
		if (n_bytes > 0) {
			printf("%.*s", (int)n_bytes, (const char *)c);
			c += n_bytes - 1;
		} else if (*c == '"' || *c == '\\') {
			printf("\\%c", *c);
		} else if (*c < ' ' || *c == 0x7f) {
			printf("\\u%04x", *c);
		} else {
			printf(*c < 0x80 ? "%c" : "\\ufffd", *c);
		}
	}
	printf("\"");
}

void tool_print_fail(const struct fail *fail)
{
	char text[FAIL_TEXT_BYTES];
	if (fail->code == FAIL_NONE) {
		printf("\"error\": null");
		return;
	}
	fail_describe(fail, text);
	printf("\"error\": {\"id\": \"%s\", ", fail_lookup(fail->code)->id);
	printf("\"text\": ");
	tool_print_json(text);
	printf("}");
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

int options_misused(const char *usage)
{
	complain_about("usage: iscsiroot", usage);
	return TOOL_USAGE;
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

/* Whether the verb has the option. */
static bool is_shown(const char *usage, const char *argument)
{
	char name[32];
	size_t n_name = strcspn(argument, "=");
	return span_copy((struct span){argument, n_name}, name, sizeof name) && misspelt_has(span_of(usage), name);
}

static bool read_argument(struct options *o, const char *usage, int argc, char **argv, int *index)
{
	char *argument = argv[*index];
	if (argument[0] == '-')
		return is_shown(usage, argument) ? read_flag(o, argument) || read_option(o, argc, argv, index)
						 : complain_about("there is no option", argument);
	if (o->operand != NULL)
		return complain_about("one too many:", argument);
	o->operand = argument;
	return true;
}

bool options_read(struct options *o, const char *usage, int argc, char **argv)
{
	*o = (struct options){.status = TOOL_USAGE};
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		printf("usage: iscsiroot %s\n", usage);
		o->status = TOOL_GOOD;
		return false;
	}
	for (int i = 1; i < argc; i++)
		if (!read_argument(o, usage, argc, argv, &i))
			return false;
	if (o->operand != NULL && o->cmdline != NULL) {
		options_misused(usage);
		return false;
	}
	return read_timeout(o);
}

/* --- into the plan --- */

void options_path(const struct options *o, const char *path, char out[static PATH_BYTES])
{
	format_text(out, PATH_BYTES, "%s%s", o->root != NULL ? o->root : "", path);
}

ssize_t options_read_text(const char *path, char *out, size_t n_max)
{
	return strcmp(path, "-") == 0 ? file_read_stdin(out, n_max) : file_read_text(path, out, n_max);
}

static bool read_secret_file(const char *path, struct secret *secret, struct fail *fail)
{
	char text[SECRET_MAX + 2]; /* with a newline */
	ssize_t n = options_read_text(path, text, sizeof text);
	bool good = n > 0 && secret_set(secret, text, (size_t)n);
	bytes_wipe(text, sizeof text);
	if (n < 0 && n != -EFBIG)
		return fail_errno(fail, FAIL_ARGUMENT, (int)-n, "--secret-file %s", path);
	return good || fail_set(fail, FAIL_ARGUMENT, "--secret-file %s: not 1 to %d bytes", path, SECRET_MAX);
}

bool options_apply(const struct options *o, struct boot_plan *plan, struct fail *fail)
{
	if (o->initiator != NULL) {
		if (!span_copy(span_of(o->initiator), plan->initiator.name, sizeof plan->initiator.name))
			return fail_set(fail, FAIL_ARGUMENT, "--initiator: longer than %d bytes", ISCSI_NAME_MAX);
		format_text(plan->initiator.origin.text, ORIGIN_BYTES, "--initiator");
	}
	if (o->username != NULL) {
		if (!span_copy(span_of(o->username), plan->chap.username, sizeof plan->chap.username))
			return fail_set(fail, FAIL_ARGUMENT, "--username: longer than %d bytes", CHAP_NAME_MAX);
		format_text(plan->chap.origin.text, ORIGIN_BYTES, "--username");
	}
	if (o->secret_file != NULL)
		format_text(plan->from.secret.text, ORIGIN_BYTES, "--secret-file");
	return o->secret_file == NULL || read_secret_file(o->secret_file, &plan->chap.secret, fail);
}

/* Not the path of a file. */
static bool is_line(const char *text)
{
	return text[strcspn(text, "= ")] != '\0' || (text[0] != '\0' && strchr(text, '/') == NULL);
}

bool options_cmdline(const struct options *o, char *out, struct fail *fail)
{
	char own[PATH_BYTES];
	options_path(o, "/proc/cmdline", own);
	const char *source = o->cmdline != NULL ? o->cmdline : own;
	if (o->operand != NULL)
		return (strcspn(o->operand, " \t\n\"") == strlen(o->operand) &&
			format_text(out, CMDLINE_BYTES, "iscsi_target=%s", o->operand)) ||
		       fail_set(fail, FAIL_ARGUMENT, "the target is no single word");
	if (o->cmdline != NULL && strcmp(source, "-") != 0 && !file_exists(source))
		return (is_line(source) && format_text(out, CMDLINE_BYTES, "%s", source)) ||
		       fail_set(fail, FAIL_ARGUMENT, "--cmdline is neither a file nor a command line");
	ssize_t n = options_read_text(source, out, CMDLINE_BYTES);
	if (o->cmdline == NULL)
		source = o->root != NULL ? "/proc/cmdline below --root" : "/proc/cmdline";
	return n >= 0 ||
	       fail_errno(fail, FAIL_ARGUMENT, (int)-n, "%s%s", o->cmdline != NULL ? "--cmdline " : "", source);
}

static void take_lease(const struct options *o, const char *text, struct boot_plan *plan, struct plan_notes *notes)
{
	struct fail fail = {.code = FAIL_NONE};
	plan_read_lease(text, plan, notes);
	if (o->of_network == NULL)
		return;
	if (!lease_read(text, o->of_network, &fail))
		plan_note(notes, "%s: a boot would ask for another", fail.detail);
	if (o->of_network->lacks_routes)
		plan_note(notes, "the lease has more than %d routes, not all of them are used", ROUTES_MAX);
}

/* Of the clients of dracut's module network, each file that can be read. */
static bool take_leases(const struct options *o, struct dir *leases, struct boot_plan *plan, struct plan_notes *notes)
{
	char path[PATH_BYTES], text[LEASE_BYTES];
	for (const char *name; (name = dir_next(leases)) != NULL;)
		if (span_starts(span_of(name), "dhclient.") &&
		    format_text(path, sizeof path, "%s/%s", o->lease, name) &&
		    file_read_text(path, text, sizeof text) > 0)
			plan_read_lease(text, plan, notes);
	return true;
}

/* A boot asks for a lease when the plan has DHCP; here one may be given. */
static bool read_lease(const struct options *o, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	char text[LEASE_BYTES];
	struct dir leases;
	bool asks = false;
	for (unsigned i = 0; i < plan->n_nets; i++)
		asks |= plan->nets[i].method == NET_DHCP;
	if (o->lease == NULL && asks && !o->boot && plan_wants_root_path(plan))
		plan_note(notes, "a boot would look for the target in its DHCP lease; --lease gives one");
	if (o->lease != NULL && !asks && !o->boot)
		plan_note(notes, "--lease is not read: no boot by this asks for DHCP");
	if (o->lease == NULL || !asks)
		return true;
	if (dir_open(&leases, o->lease) == 0)
		return take_leases(o, &leases, plan, notes);
	ssize_t n = options_read_text(o->lease, text, sizeof text);
	if (n < 0)
		return fail_errno(fail, FAIL_ARGUMENT, (int)-n, "--lease %s", o->lease);
	take_lease(o, text, plan, notes);
	return true;
}

bool options_plan(const struct options *o, const char *cmdline, struct boot_plan *plan, struct plan_notes *notes,
		  struct fail *fail)
{
	bool boots = o->operand == NULL && !o->attaches;
	if (!plan_read(cmdline, plan, notes, fail) ||
	    (o->root != NULL && !sources_read(o->root, boots, plan, notes, fail)))
		return false;
	if (o->ibft != NULL && !plan_wants_ibft(plan))
		plan_note(notes, "--ibft is not read: no boot by this looks at the firmware's table");
	sources_read_ibft(o->root != NULL ? o->root : "", o->ibft, plan, notes);
	plan_add_network(plan, notes);
	return options_apply(o, plan, fail) && read_lease(o, plan, notes, fail);
}

/* --- this machine --- */

/* The hardware address of an Ethernet card (ARPHRD_ETHER is 1); interfaces that are no device have none of their own.
 */
static bool read_mac(const char *cards, const char *name, uint8_t mac[static 6])
{
	char path[PATH_BYTES], text[32];
	if (!format_text(path, sizeof path, "%s/%s/device", cards, name) || !file_exists(path) ||
	    !format_text(path, sizeof path, "%s/%s/type", cards, name) ||
	    file_read_text(path, text, sizeof text) <= 0 || strcmp(text, "1") != 0 ||
	    !format_text(path, sizeof path, "%s/%s/address", cards, name))
		return false;
	return file_read_text(path, text, sizeof text) > 0 && text_mac(span_of(text), mac);
}

static void read_lowest_mac(const struct options *o, struct plan_machine *machine)
{
	char path[PATH_BYTES];
	struct dir cards;
	uint8_t mac[6];
	options_path(o, "/sys/class/net", path);
	if (dir_open(&cards, path) < 0)
		return;
	for (const char *name; (name = dir_next(&cards)) != NULL;) {
		if (!read_mac(path, name, mac) || (machine->has_mac && memcmp(mac, machine->mac, sizeof mac) > 0))
			continue;
		memcpy(machine->mac, mac, sizeof mac);
		machine->has_mac = true;
	}
}

bool options_complete(const struct options *o, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	struct plan_machine machine = {.has_mac = false};
	char path[PATH_BYTES];
	machine.can_ask = o->only_plans && plan->panic_s == 0;
	options_path(o, "/sys/class", path);
	machine.is_elsewhere = o->only_plans && o->root != NULL && !file_exists(path);
	options_path(o, "/sys/class/dmi/id/product_uuid", path);
	ssize_t n = file_read_text(path, machine.dmi_uuid, sizeof machine.dmi_uuid);
	if (n == -EACCES && plan->initiator.name[0] == '\0')
		tool_complain("only root can read the machine's UUID: a boot may take another initiator name than this "
			      "(give it by --initiator, or run this as root)");
	read_lowest_mac(o, &machine);
	return sources_check(o->root, plan, &machine, notes, fail);
}
