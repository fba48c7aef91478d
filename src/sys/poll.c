/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll(2).
 */
#include "sys/poll.h"

#include <limits.h>
#include <poll.h>

void poll_wait(struct poll_item *items, unsigned n_items, int64_t timeout_ms)
{
	struct pollfd fds[POLL_ITEMS_MAX];
	for (unsigned i = 0; i < n_items; i++) {
		short events = (short)((items[i].wanted & POLL_READ ? POLLIN : 0) |
				       (items[i].wanted & POLL_WRITE ? POLLOUT : 0));
		fds[i] = (struct pollfd){.fd = items[i].fd, .events = events};
		items[i].ready = 0;
	}
	int timeout = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
	if (poll(fds, n_items, timeout) <= 0)
		return;
	for (unsigned i = 0; i < n_items; i++) {
		if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL))
			items[i].ready = items[i].wanted;
		else
			items[i].ready =
				(fds[i].revents & POLLIN ? POLL_READ : 0) | (fds[i].revents & POLLOUT ? POLL_WRITE : 0);
	}
}
