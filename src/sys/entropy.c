/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getrandom(2). It does not wait, and nothing takes its place: what can be guessed is no challenge.
 */
#include "sys/entropy.h"

#include <errno.h>
#include <sys/random.h>

int entropy_read(void *bytes, size_t n_bytes)
{
	ssize_t n = getrandom(bytes, n_bytes, GRND_NONBLOCK);
	if (n < 0)
		return -errno;
	return (size_t)n == n_bytes ? 0 : -EIO;
}
