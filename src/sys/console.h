/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: lines out, Ctrl-C in, and a shell on it.
 */
#ifndef SYS_CONSOLE_H
#define SYS_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONSOLE_CTRL_C = 0x03,
	CONSOLE_TTY_BYTES = 262, /* /dev/ and a file's name */
};

struct console {
	int fd;             /* -1: none */
	bool watched;       /* raw mode is on */
	uint8_t saved[128]; /* struct termios before */
};

/* /dev/console, also as descriptors 0, 1, 2. */
int console_open(struct console *c);

/* The device behind /dev/console (/sys/class/tty/console/active). True: it is not the only console. */
bool console_find_tty(char out[static CONSOLE_TTY_BYTES]);

/* What standard output and error do not take is lost from now on: a console that is stuck holds nobody up. */
void console_write_without_waiting(void);

/* Waits at most a second for a console that takes nothing; the rest of the text is then lost. */
void console_write(struct console *c, const char *text);

/*
 * Raw input without echo or signals, so that Ctrl-C arrives as a byte; and back, without what was typed meanwhile: it
 * may be the rest of a secret.
 */
void console_watch(struct console *c);
void console_unwatch(struct console *c);

/* Some of what was typed; 0: no more for now. A hung-up console is no longer watched. */
size_t console_read(struct console *c, uint8_t *out, size_t n_max);

/* Reads all that was typed; true when CONSOLE_CTRL_C was among it. */
bool console_interrupted(struct console *c);

/*
 * An interactive shell with job control on the real tty behind the console (/sys/class/tty/console/active); waits for
 * its end. Ends watching first.
 */
int console_shell(struct console *c, const char *const argv[], const char *const environment[]);

#endif
