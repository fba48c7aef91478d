/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console. Its own descriptor is non-blocking; descriptors 0, 1, 2 for children are another open file, which is
 * not. What is written and when to look for Ctrl-C is decided elsewhere.
 */
#include "sys/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/file.h"

enum {
	WRITE_WAIT_MS = 1000,
};

static const char console_path[] = "/dev/console";

/* Opens a terminal as descriptors 0, 1 and 2. */
static int open_standard(const char *path, int flags)
{
	int fd = open(path, O_RDWR | flags);
	if (fd < 0)
		return -errno;
	for (int standard = 0; standard <= 2; standard++)
		dup2(fd, standard);
	if (fd > 2)
		close(fd);
	return 0;
}

int console_open(struct console *c)
{
	*c = (struct console){.fd = -1};
	int result = open_standard(console_path, O_NOCTTY);
	if (result != 0)
		return result;
	c->fd = open(console_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return c->fd < 0 ? -errno : 0;
}

void console_write_without_waiting(void)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
}

void console_write(struct console *c, const char *text)
{
	size_t n_left = strlen(text);
	while (c->fd >= 0 && n_left > 0) {
		ssize_t n = write(c->fd, text, n_left);
		if (n > 0) {
			text += n;
			n_left -= (size_t)n;
			continue;
		}
		struct pollfd room = {.fd = c->fd, .events = POLLOUT};
		if (n == 0 || (errno != EINTR && errno != EAGAIN) || poll(&room, 1, WRITE_WAIT_MS) == 0)
			return;
	}
}

void console_watch(struct console *c)
{
	struct termios mode;
	_Static_assert(sizeof mode <= sizeof c->saved, "struct console holds a struct termios");
	if (c->watched || c->fd < 0 || tcgetattr(c->fd, &mode) != 0)
		return;
	memcpy(c->saved, &mode, sizeof mode);
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	mode.c_iflag &= ~(tcflag_t)IXON;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	c->watched = tcsetattr(c->fd, TCSANOW, &mode) == 0;
}

void console_unwatch(struct console *c)
{
	struct termios mode;
	if (!c->watched)
		return;
	memcpy(&mode, c->saved, sizeof mode);
	tcflush(c->fd, TCIFLUSH); /* TCSAFLUSH would wait for a console that takes nothing */
	tcsetattr(c->fd, TCSANOW, &mode);
	c->watched = false;
}

size_t console_read(struct console *c, uint8_t *out, size_t n_max)
{
	while (c->watched) {
		ssize_t n = read(c->fd, out, n_max);
		if (n > 0)
			return (size_t)n;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n == 0 || errno != EINTR)
			c->watched = false;
	}
	return 0;
}

bool console_interrupted(struct console *c)
{
	uint8_t typed[64];
	bool interrupted = false;
	for (size_t n; (n = console_read(c, typed, sizeof typed)) > 0;)
		interrupted = interrupted || memchr(typed, CONSOLE_CTRL_C, n) != NULL;
	return interrupted;
}

/* The last name in the kernel's list. */
bool console_find_tty(char out[static CONSOLE_TTY_BYTES])
{
	char active[256];
	ssize_t n = file_read_text("/sys/class/tty/console/active", active, sizeof active);
	const char *blank = n > 0 ? strrchr(active, ' ') : NULL;
	const char *name = blank != NULL ? blank + 1 : n > 0 ? active : "";
	snprintf(out, CONSOLE_TTY_BYTES, "/dev/%s", *name != '\0' ? name : "console");
	return blank != NULL;
}

struct shell {
	const char *const *argv;
	const char *const *environment;
};

/* TIOCSCTTY because opening tty0 or console alone gives no controlling terminal. */
static int run_shell(void *argument)
{
	static const char *const empty[] = {NULL};
	const struct shell *shell = argument;
	char tty[CONSOLE_TTY_BYTES];
	setsid();
	console_find_tty(tty);
	if (open_standard(tty, 0) != 0 && open_standard(console_path, 0) != 0)
		return errno;
	ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	execve(shell->argv[0], (char *const *)(uintptr_t)shell->argv,
	       (char *const *)(uintptr_t)(shell->environment != NULL ? shell->environment : empty));
	return errno;
}

int console_shell(struct console *c, const char *const argv[], const char *const environment[])
{
	struct child child;
	struct shell shell = {argv, environment};
	console_unwatch(c);
	int result = child_fork(&child, run_shell, &shell);
	if (result == 0)
		child_wait(&child);
	return result;
}
