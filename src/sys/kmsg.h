/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log.
 */
#ifndef SYS_KMSG_H
#define SYS_KMSG_H

/* /dev/kmsg for writing, or a negative errno. */
int kmsg_open(void);

/* One record: "<PRIORITY>TEXT". 0 or a negative errno; never blocks. */
int kmsg_write(int fd, const char *record);

#endif
