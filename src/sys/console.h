/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: lines out, Ctrl-C in, and a shell on it.
 */
#ifndef SYS_CONSOLE_H
#define SYS_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

struct console {
	int fd;             /* -1: none */
	bool watched;       /* raw mode is on */
	uint8_t saved[128]; /* struct termios before */
};

/* /dev/console, also as descriptors 0, 1, 2. */
int console_open(struct console *c);

/* Waits at most a second for a console that takes nothing; the rest of the text is then lost. */
void console_write(struct console *c, const char *text);

/* Raw input without echo or signals, so that Ctrl-C arrives as a byte; and back. */
void console_watch(struct console *c);
void console_unwatch(struct console *c);

/* Reads what was typed; true when Ctrl-C (0x03) was among it. A hung-up console is no longer watched. */
bool console_interrupted(struct console *c);

/*
 * An interactive shell with job control on the real tty behind the console (/sys/class/tty/console/active); waits for
 * its end. Ends watching first.
 */
int console_shell(struct console *c, const char *const argv[], const char *const environment[]);

#endif
