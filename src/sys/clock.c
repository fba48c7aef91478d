/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one clock of this program: CLOCK_BOOTTIME, which also runs while the machine sleeps.
 */
#include "sys/clock.h"

#include <time.h>

int64_t clock_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
