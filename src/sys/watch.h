/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that become readable when somebody makes a file or sends a signal: waiting for either costs nothing.
 */
#ifndef SYS_WATCH_H
#define SYS_WATCH_H

#include <stdbool.h>

/* Readable when a name was made in the directory, or went; or a negative errno. */
int watch_directory(const char *path);

/* Forgets what it has to tell. */
void watch_drain(int fd);

/* Readable when this process was sent SIGTERM, which does nothing else from then on; or a negative errno. */
int watch_termination(void);

/* Forgets what it has to tell. Whether process 1 was among the senders, as it is when it tells all processes to end. */
bool watch_termination_by_init(int fd);

#endif
