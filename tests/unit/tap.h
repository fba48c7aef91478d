/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network card that is nothing but its kernel side: it has a carrier for as long as its descriptor is open.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_tun.h>

/* tapNUMBER; -1 without the right or the driver. */
static inline int make_tap(unsigned number)
{
	struct ifreq request = {.ifr_flags = IFF_TAP};
	snprintf(request.ifr_name, sizeof request.ifr_name, "tap%u", number);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

#endif
