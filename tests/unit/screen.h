/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A console that is a file, for tests of what the user sees: what boot/log.h writes to it is read again by shown().
 */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include <stdio.h>
#include <unistd.h>

#include "boot/log.h"

static struct console console;
static FILE *screen;

/* A fixture of cmocka: the log goes to the file, and nowhere else. */
static inline int open_screen(void **state)
{
	(void)state;
	screen = tmpfile();
	console = (struct console){.fd = screen != NULL ? fileno(screen) : -1};
	log_use(-1, &console, 0);
	return screen == NULL;
}

static inline int close_screen(void **state)
{
	(void)state;
	return fclose(screen);
}

/* What was written since the last call; valid until the next one. */
static inline const char *shown(void)
{
	static char text[8192];
	ssize_t n = pread(console.fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (ftruncate(console.fd, 0) != 0 || lseek(console.fd, 0, SEEK_SET) != 0)
		return "the screen cannot be wiped";
	return text;
}

#endif
