/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only room that makes system calls. Thin, one job per file, no policy, no logging, no heap. Functions that return
 * int or ssize_t follow the kernel: a negative errno on failure. Every descriptor is close-on-exec. One header per
 * file; this one includes them all.
 */
#ifndef SYS_SYS_H
#define SYS_SYS_H

#include "sys/block.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/console.h"
#include "sys/dir.h"
#include "sys/errand.h"
#include "sys/exec.h"
#include "sys/entropy.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/kmsg.h"
#include "sys/lines.h"
#include "sys/local.h"
#include "sys/machine.h"
#include "sys/memory.h"
#include "sys/mount.h"
#include "sys/netlink.h"
#include "sys/ping.h"
#include "sys/poll.h"
#include "sys/process.h"
#include "sys/resolve.h"
#include "sys/shared.h"
#include "sys/switch.h"
#include "sys/tcp.h"
#include "sys/watch.h"

#endif
