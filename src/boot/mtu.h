/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether big frames get through to a portal. A switch whose MTU is smaller than ours drops them without a word: the
 * login, which is small, goes well, and the first read of a disk never ends. So the portal is sent two echo requests
 * that must not be fragmented, one as long as the longest frame of its TCP connection and one as Ethernet has always
 * carried. Where a router says that a frame is too long the kernel knows it from there. Decides nothing, changes
 * nothing.
 */
#ifndef BOOT_MTU_H
#define BOOT_MTU_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/loop.h"
#include "sys/sys.h"

enum {
	MTU_ETHERNET = 1500, /* RFC 894, RFC 2464: what every network card carries */
	MTU_LEAST = 1280,    /* RFC 8200 section 5: what every path carries, tunnels, too */
	MTU_WAIT_MS = 1000,
};

enum mtu_verdict {
	MTU_NOT_YET,
	MTU_GOOD,
	MTU_LOST,    /* the small ones are answered, the big ones are not */
	MTU_UNKNOWN, /* none is answered */
};

struct mtu_probe {
	int fd; /* negative: not under way */
	unsigned family;
	uint32_t n_bytes; /* of the longer packet, with its IP header */
	bool small_answered, big_answered;
	int64_t send_ms, deadline_ms; /* the next ones are sent, and it ends */
};

/* False: it cannot be found out. n_bytes: of the longest packet. */
bool mtu_start(struct mtu_probe *p, const struct tcp_address *to, uint32_t n_bytes, int64_t now_ms);

/* At every turn while it is under way. */
enum mtu_verdict mtu_step(struct mtu_probe *p, int64_t now_ms);
void mtu_want(const struct mtu_probe *p, struct loop *loop);
void mtu_stop(struct mtu_probe *p);

#endif
