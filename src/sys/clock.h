/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

/* CLOCK_BOOTTIME: since kernel start. */
int64_t clock_now_ms(void);

#endif
