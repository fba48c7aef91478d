/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Name resolution: getaddrinfo(3) in a child of its own, so that neither its waits nor its heap are ours.
 */
#ifndef SYS_RESOLVE_H
#define SYS_RESOLVE_H

#include <stdint.h>
#include <sys/types.h>

#include "sys/tcp.h"

struct resolver {
	pid_t pid; /* 0: idle */
	int fd;    /* readable when the answer is there; -1: idle */
};

int resolve_start(struct resolver *r, const char *host, uint16_t port);

/*
 * Once readable: 0 with the first address, or a negative errno (-ENOENT: no such name, -EAGAIN: no name server
 * answered). Ends the child.
 */
int resolve_finish(struct resolver *r, struct tcp_address *out);

void resolve_cancel(struct resolver *r);

#endif
