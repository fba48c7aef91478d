/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets between processes of one machine, unix(7), with one message a packet. Only root can connect.
 */
#ifndef SYS_LOCAL_H
#define SYS_LOCAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A socket under this path, in the place of an old one. */
int local_listen(const char *path);

/* Who connects; -EAGAIN: nobody. A peer that is not root is sent away, -EPERM. */
int local_accept(int listen_fd);

int local_connect(const char *path);
void local_close(int fd);

/* One packet, at once or not at all: -EAGAIN when there is none yet, 0 when the other side is gone. */
ssize_t local_send(int fd, const void *bytes, size_t n_bytes);
ssize_t local_receive(int fd, void *bytes, size_t n_max);

#endif
