/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user sees: one line an event, prefix "iscsiroot: ", to the kernel log with its priority, and to the console
 * exactly once: by the kernel when its log level shows the line, else by us. `quiet` leaves errors and waits.
 */
#ifndef BOOT_LOG_H
#define BOOT_LOG_H

#include <stdbool.h>

#include "base/fail.h"
#include "plan/plan.h"
#include "sys/sys.h"

enum {
	LOG_DESCRIPTORS = 4,
};

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WAIT = 4, /* waits, and notes the user should see */
	LOG_LEVEL_INFO = 6,
};

/* Opens /dev/kmsg, lifts its rate limit, learns the kernel's console level. `console` stays the caller's. */
void log_open(struct console *console);
/* The same with all given: a descriptor (-1: none), a console (NULL: none), below which priority the kernel shows. */
void log_use(int kmsg_fd, struct console *console, int shows_below);
void log_set_quiet(bool quiet);
/* Gives the kernel its rate limit back; what follows goes to kmsg as the kernel likes. */
void log_restore_limit(void);
/*
 * From now on to the kernel log only; for a process that outlives the console. Of one open file the kernel takes 10
 * records in 5 s and drops the rest without a word: eight sessions that break together need more.
 */
void log_leave_console(void);
/* The descriptors that this has opened, by number below LOG_DESCRIPTORS; negative: it is not open. */
int log_descriptor(unsigned i);

/* How many lines there have been on the console. */
unsigned log_n_lines(void);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_wait(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_fail(const struct fail *fail);
void log_notes(const struct plan_notes *notes);

#endif
