/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each request is sent several times, since one may be lost for another reason.
 */
#include "boot/mtu.h"

#include <errno.h>

#include "kernel/icmp.h"

enum {
	AGAIN_MS = 250,
	BIG_MAX = 9216, /* what switches call jumbo; a longer MTU is tried with this */
	REPLY_BYTES = 128,
	ID_BASE = 0x6973,
	SMALL = 1, /* the numbers of the requests */
	BIG = 2,
};

bool mtu_start(struct mtu_probe *p, const struct tcp_address *to, uint32_t n_bytes, int64_t now_ms)
{
	*p = (struct mtu_probe){
		.fd = ping_open(to),
		.family = to->storage.ss_family == AF_INET6 ? 6 : 4,
		.n_bytes = n_bytes < BIG_MAX ? n_bytes : BIG_MAX,
		.send_ms = now_ms,
		.deadline_ms = now_ms + MTU_WAIT_MS,
	};
	return p->fd >= 0;
}

void mtu_stop(struct mtu_probe *p)
{
	if (p->fd >= 0)
		tcp_close(p->fd);
	p->fd = -1;
}

/* Probes of several sessions may have one portal. */
static uint16_t id_of(const struct mtu_probe *p)
{
	return (uint16_t)(ID_BASE + p->fd);
}

/* What is known to be too long for the path does not get lost without a word. */
static void send_request(struct mtu_probe *p, uint16_t number, uint32_t n_bytes)
{
	uint8_t room[BIG_MAX];
	struct writer w = writer_over(room, sizeof room);
	icmp_put_echo(&w, p->family, id_of(p), number, n_bytes - (p->family == 6 ? 40 : 20));
	if (tcp_send(p->fd, w.bytes, w.n_bytes) == -EMSGSIZE)
		p->big_answered = true;
}

/* A router that says "too long" has told the kernel, too: nothing gets lost without a word. */
static void take_replies(struct mtu_probe *p)
{
	uint8_t bytes[REPLY_BYTES];
	uint16_t number;
	ssize_t n;
	while ((n = tcp_receive(p->fd, bytes, sizeof bytes)) > 0 || n == -EMSGSIZE) {
		bool is_reply = n > 0 && icmp_read_reply(p->family, bytes, (size_t)n, id_of(p), &number);
		p->small_answered = p->small_answered || (is_reply && number == SMALL);
		p->big_answered = p->big_answered || n < 0 || (is_reply && number == BIG);
	}
}

enum mtu_verdict mtu_step(struct mtu_probe *p, int64_t now_ms)
{
	take_replies(p);
	if (p->big_answered)
		return MTU_GOOD;
	if (now_ms >= p->deadline_ms)
		return p->small_answered ? MTU_LOST : MTU_UNKNOWN;
	if (now_ms >= p->send_ms) {
		send_request(p, SMALL, MTU_ETHERNET);
		send_request(p, BIG, p->n_bytes);
		p->send_ms = now_ms + AGAIN_MS;
	}
	return MTU_NOT_YET;
}

void mtu_want(const struct mtu_probe *p, struct loop *loop)
{
	loop_want(loop, p->fd, POLL_READ);
	loop_wake_at(loop, p->send_ms < p->deadline_ms ? p->send_ms : p->deadline_ms);
}
