/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verbs by table, usage, exit status. The name this binary is called by is a verb of its own: an initramfs runs it as
 * /init, udhcpc as its script, systemd-shutdown as /shutdown.
 */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "boot/boot.h"
#include "boot/lease.h"
#include "sys/machine.h"
#include "tool/tool.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct verb {
	const char *name, *summary;
	int (*run)(int argc, char **argv, char **environment);
};

static int run_boot(int argc, char **argv, char **environment)
{
	struct fail fail = {.code = FAIL_NONE};
	char text[FAIL_TEXT_BYTES];
	if (machine_is_init())
		return boot_main(argc, argv, environment);
	fail_set(&fail, FAIL_NOT_PID1, "%s", "");
	fail_describe(&fail, text);
	fprintf(stderr, "iscsiroot: %s\n", text);
	return EXIT_USAGE;
}

static int run_discover(int argc, char **argv, char **environment)
{
	(void)environment;
	return discover_main(argc, argv);
}

static int run_check(int argc, char **argv, char **environment)
{
	(void)environment;
	return check_main(argc, argv);
}

static int run_plan(int argc, char **argv, char **environment)
{
	(void)environment;
	return plan_main(argc, argv);
}

static int run_attach(int argc, char **argv, char **environment)
{
	(void)argc;
	return attach_begin(argv, environment);
}

static int run_detach(int argc, char **argv, char **environment)
{
	(void)environment;
	return detach_main(argc, argv);
}

static int run_status(int argc, char **argv, char **environment)
{
	(void)environment;
	return status_main(argc, argv);
}

static const struct verb verbs[] = {
	{"attach", "log in on a running machine, print root's device, keep the session", run_attach},
	{"boot", "first process of an initramfs: log in, find root, switch to it", run_boot},
	{"check", "rehearse a boot: log in, look for root, log out", run_check},
	{"detach", "end a session that nothing uses", run_detach},
	{"discover", "list the targets behind a portal", run_discover},
	{"plan", "say what a boot would read, and from where", run_plan},
	{"status", "show the sessions, their disks and who looks after them", run_status},
};

static int run_help(FILE *out)
{
	fprintf(out, "iscsiroot " ISCSIROOT_VERSION
		     " boots Linux from an iSCSI disk.\n\nusage: iscsiroot VERB [ARGUMENTS]\n\n");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		fprintf(out, "  %-10s%s\n", verbs[i].name, verbs[i].summary);
	fprintf(out, "  --help    this text; behind a verb, its arguments\n  --version the version\n\n"
		     "The kernel command line says what to boot: iscsiroot.cmdline(7). Messages: iscsiroot(8).\n");
	return out == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int run_lease(int argc, char **argv, char **environment)
{
	(void)environment;
	return lease_main(argc, argv);
}

/* Names the binary is called by. */
static const struct verb names[] = {
	{"init", "", run_boot},
	{ATTACH_NAME, "", attach_main},
	{"iscsiroot-lease", "", run_lease},
	{"shutdown", "", last_main},
};

/* dracut's netroot.sh calls the handler of netroot=iscsi:..., by its name us: NETIF NETROOT NEWROOT. */
static bool is_netroot_handler(int argc, char **argv)
{
	return argc == 4 && strncmp(argv[2], "iscsi", strlen("iscsi")) == 0 && argv[3][0] == '/';
}

int main(int argc, char **argv, char **environment)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].run(argc, argv, environment);
	const char *verb = argc > 1 ? argv[1] : "";
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verb, verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1, environment);
	if (is_netroot_handler(argc, argv))
		return EXIT_DONE; /* attach has been called for it, or will be */
	if (strcmp(verb, "--version") == 0)
		return puts("iscsiroot " ISCSIROOT_VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
	if (strcmp(verb, "--help") == 0)
		return run_help(stdout);
	if (verb[0] != '\0')
		fprintf(stderr, "iscsiroot: there is no verb \"%s\"\n\n", verb);
	return run_help(stderr);
}
