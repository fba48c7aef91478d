/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals by which a program is asked to end, as something to read.
 */
#ifndef SYS_INTERRUPT_H
#define SYS_INTERRUPT_H

/* From now on SIGHUP, SIGINT and SIGTERM end nothing: they make this descriptor readable. */
int interrupt_fd(void);

#endif
