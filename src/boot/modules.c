/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coldplug by /sys/bus/BUS/devices/DEVICE/modalias, hotplug by what uevents bring, one modprobe for many.
 */
#include "boot/modules.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "base/limits.h"
#include "boot/log.h"
#include "boot/programs.h"

enum {
	NAMES_MAX = 64,
	NAMES_BYTES = 2048,
	MODPROBE_WORDS = 4, /* busybox modprobe -a -q */
	MODPROBE_WAIT_MS = 60000,
};

static const char names_path[] = "/etc/iscsiroot/modules";

static void spawn_modprobe(struct modules *m, const char *const *names, unsigned n_names, int64_t now_ms)
{
	const char *argv[MODPROBE_WORDS + MODULES_PENDING_MAX + 1] = {BUSYBOX, "modprobe", "-a", "-q"};
	memcpy(argv + MODPROBE_WORDS, names, n_names * sizeof *names);
	m->deadline_ms = now_ms + MODPROBE_WAIT_MS;
	int error = child_spawn(&m->child, argv, program_environment, CHILD_QUIET);
	if (error < 0)
		log_wait("cannot run %s modprobe (%s), going on with the drivers that are there", BUSYBOX,
			 strerror(-error));
}

static void load_named(struct modules *m, int64_t now_ms)
{
	char text[NAMES_BYTES];
	const char *names[NAMES_MAX];
	unsigned n_names = 0;
	char *save = NULL;
	m->names_wanted = false;
	ssize_t n = file_read_text(names_path, text, sizeof text);
	if (n == -EFBIG)
		log_wait("%s has more than %d bytes, nothing in it is loaded", names_path, NAMES_BYTES - 1);
	if (n < 0)
		return;
	char *name = strtok_r(text, "\n", &save);
	for (; name != NULL && n_names < NAMES_MAX; name = strtok_r(NULL, "\n", &save))
		names[n_names++] = name;
	if (name != NULL)
		log_wait("%s names more than %d modules, %s and those behind it are not loaded", names_path, NAMES_MAX,
			 name);
	if (n_names > 0)
		spawn_modprobe(m, names, n_names, now_ms);
}

static void want_devices_of(struct modules *m, const char *bus)
{
	char path[PATH_BYTES], alias[MODULES_ALIAS_BYTES];
	struct dir devices;
	format_text(path, sizeof path, "/sys/bus/%s/devices", bus);
	if (dir_open(&devices, path) < 0)
		return;
	for (const char *name; (name = dir_next(&devices)) != NULL;) {
		format_text(path, sizeof path, "/sys/bus/%s/devices/%s/modalias", bus, name);
		if (file_read_text(path, alias, sizeof alias) > 0)
			modules_want(m, span_of(alias));
	}
}

void modules_look(struct modules *m)
{
	struct dir buses;
	if (dir_open(&buses, "/sys/bus") == 0)
		for (const char *bus; (bus = dir_next(&buses)) != NULL;)
			want_devices_of(m, bus);
}

void modules_start(struct modules *m, int64_t now_ms)
{
	/* First of all: the kernel hashes every signed module it loads, several times faster with this driver. */
	modules_want(m, span_of("crypto-sha256"));
	modules_look(m);
	m->names_wanted = true;
	modules_step(m, now_ms);
}

void modules_want(struct modules *m, struct span alias)
{
	for (unsigned i = 0; i < m->n_pending; i++)
		if (span_is(alias, m->pending[i]))
			return;
	bool is_full = m->n_pending == MODULES_PENDING_MAX;
	if (is_full && !m->told)
		log_wait("more than %d kinds of devices ask for drivers at once, %.*s is the first to get none",
			 MODULES_PENDING_MAX, (int)alias.n_bytes, alias.text);
	m->told = m->told || is_full;
	if (!is_full && span_copy(alias, m->pending[m->n_pending], MODULES_ALIAS_BYTES))
		m->n_pending++;
}

static void load_pending(struct modules *m, int64_t now_ms)
{
	const char *names[MODULES_PENDING_MAX];
	for (unsigned i = 0; i < m->n_pending; i++)
		names[i] = m->pending[i];
	spawn_modprobe(m, names, m->n_pending, now_ms);
	m->n_pending = 0;
}

/* True while a modprobe is at work. */
static bool is_busy(struct modules *m, int64_t now_ms)
{
	if (m->child.pid == 0 || child_ended(&m->child))
		return false;
	if (now_ms < m->deadline_ms)
		return true;
	log_wait("loading drivers is not done after %d s, going on without", MODPROBE_WAIT_MS / 1000);
	child_kill(&m->child);
	return false;
}

/* Network cards first: while they look for their link, the rest is loaded. */
void modules_step(struct modules *m, int64_t now_ms)
{
	if (is_busy(m, now_ms))
		return;
	if (m->n_pending > 0)
		load_pending(m, now_ms);
	else if (m->names_wanted)
		load_named(m, now_ms);
}

bool modules_has_looked(const struct modules *m)
{
	return !m->names_wanted;
}

bool modules_idle(const struct modules *m)
{
	return m->child.pid == 0 && !m->names_wanted && m->n_pending == 0;
}
