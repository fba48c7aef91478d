/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Name resolution: getaddrinfo(3) as an errand, so that neither its waits nor its heap are ours.
 */
#ifndef SYS_RESOLVE_H
#define SYS_RESOLVE_H

#include <stdint.h>

#include "sys/errand.h"
#include "sys/tcp.h"

int resolve_start(struct errand *e, const char *host, uint16_t port);

/*
 * Once readable: 0 with the first address, or a negative errno (-ENOENT: no such name, -EAGAIN: no name server
 * answered). Ends the child.
 */
int resolve_finish(struct errand *e, struct tcp_address *out);

#endif
