/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel log and console. The kernel prints a kmsg line on every console when its priority is below
 * console_loglevel (first number of /proc/sys/kernel/printk); then we do not print it a second time.
 */
#include "boot/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "sys/kmsg.h"

enum {
	LOG_LEVEL_ALL = 15, /* the highest console_loglevel there is */
};

static const char printk_limit[] = "/proc/sys/kernel/printk_devkmsg";

static struct {
	int kmsg_fd;
	int turns[LOG_DESCRIPTORS]; /* empty but in a process that outlives the console */
	unsigned n_turns, turn;
	unsigned n_lines;
	struct console *console;
	bool quiet;
	int kernel_shows_below;
	char saved_limit[32];
} sink = {.kmsg_fd = -1};

static bool lift_rate_limit(void)
{
	char now[sizeof sink.saved_limit];
	bool is_saved = sink.saved_limit[0] != '\0';
	if (!is_saved && file_read_text(printk_limit, sink.saved_limit, sizeof sink.saved_limit) < 0)
		return false;
	file_write_text(printk_limit, "on\n"); /* the kernel wants the newline */
	return file_read_text(printk_limit, now, sizeof now) > 0 && strcmp(now, "on") == 0;
}

static int kernel_shows_below(void)
{
	char text[64];
	uint64_t level = 0;
	if (file_read_text("/sys/module/printk/parameters/ignore_loglevel", text, sizeof text) > 0 && text[0] == 'Y')
		return LOG_LEVEL_ALL;
	struct span rest =
		file_read_text("/proc/sys/kernel/printk", text, sizeof text) > 0 ? span_of(text) : span_of("");
	text_decimal(span_cut(&rest, '\t'), LOG_LEVEL_ALL, &level);
	return (int)level;
}

void log_open(struct console *console)
{
	int fd = sink.kmsg_fd >= 0 ? sink.kmsg_fd : kmsg_open();
	log_use(fd, console, fd >= 0 && lift_rate_limit() ? kernel_shows_below() : 0);
}

void log_use(int kmsg_fd, struct console *console, int shows_below)
{
	sink.kmsg_fd = kmsg_fd;
	sink.console = console;
	sink.kernel_shows_below = shows_below;
}

void log_set_quiet(bool quiet)
{
	sink.quiet = quiet;
}

void log_restore_limit(void)
{
	char line[sizeof sink.saved_limit + 1];
	if (sink.saved_limit[0] != '\0' && format_text(line, sizeof line, "%s\n", sink.saved_limit))
		file_write_text(printk_limit, line);
}

int log_descriptor(unsigned i)
{
	return i < sink.n_turns ? sink.turns[i] : -1;
}

/* The kernel's rate limit is that of an open file. All are opened now: it takes memory that may not be there later. */
void log_leave_console(void)
{
	if (sink.kmsg_fd >= 0)
		sink.turns[sink.n_turns++] = sink.kmsg_fd;
	for (int fd; sink.n_turns < LOG_DESCRIPTORS && (fd = kmsg_open()) >= 0;)
		sink.turns[sink.n_turns++] = fd;
	sink.console = NULL;
}

static int next_descriptor(void)
{
	return sink.n_turns > 0 ? sink.turns[sink.turn++ % sink.n_turns] : sink.kmsg_fd;
}

/* A failure that gave up at once is told once: the same line directly behind itself is left out. */
static bool is_repeated(const char *line)
{
	static char last[FAIL_TEXT_BYTES + 64];
	if (strcmp(line, last) == 0)
		return true;
	snprintf(last, sizeof last, "%s", line);
	return false;
}

static void log_line(enum log_level level, const char *format, va_list args)
{
	char raw[FAIL_TEXT_BYTES], line[FAIL_TEXT_BYTES + 64];
	int start = snprintf(line, sizeof line, "<%d>iscsiroot: ", 3 * 8 + (int)level); /* facility daemon */
	vsnprintf(raw, sizeof raw, format, args);
	text_escape(raw, line + start, sizeof line - (size_t)start);
	if (is_repeated(line))
		return;
	int fd = next_descriptor();
	bool in_kmsg = fd >= 0 && kmsg_write(fd, line) == 0;
	bool wanted = level <= LOG_LEVEL_WAIT || !sink.quiet;
	bool shown = in_kmsg && (int)level < sink.kernel_shows_below;
	sink.n_lines += wanted || shown;
	if (wanted && !shown && sink.console != NULL) {
		console_write(sink.console, strchr(line, '>') + 1);
		console_write(sink.console, "\n");
	}
}

unsigned log_n_lines(void)
{
	return sink.n_lines;
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_wait(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_WAIT, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_fail(const struct fail *fail)
{
	char text[FAIL_TEXT_BYTES];
	fail_describe(fail, text);
	log_error("%s", text);
}

void log_notes(const struct plan_notes *notes)
{
	for (unsigned i = 0; i < notes->n_notes; i++)
		log_wait("%s", notes->text[i]);
}
