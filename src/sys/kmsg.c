/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/kmsg: each write is one record.
 */
#include "sys/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int kmsg_write(int fd, const char *record)
{
	return write(fd, record, strlen(record)) < 0 ? -errno : 0;
}
