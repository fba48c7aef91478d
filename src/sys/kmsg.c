/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/kmsg: each write is one record. It ends in a newline: without one the kernel keeps the record open for more,
 * and neither the console nor a reader sees it before the next record is made.
 */
#include "sys/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int kmsg_write(int fd, const char *record)
{
	static char newline[] = "\n";
	const struct iovec parts[] = {{(void *)(uintptr_t)record, strlen(record)}, {newline, 1}};
	return writev(fd, parts, 2) < 0 ? -errno : 0;
}
