#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the benchmark's root disk. Its very first act is to say when it was reached; then it prints the kernel log and,
# with the word bench=memory on the command line, what the keeper holds before and after it had nothing to do for a while.

read -r uptime _ </proc/uptime
echo "ROOT-REACHED $uptime"

export PATH=/bin
busybox dmesg

show_keeper() {
	for process in /proc/[0-9]*; do
		read -r name <"$process/comm"
		[ "$name" = iscsiroot ] || continue
		busybox sed "s/^/keeper $1: /" "$process/status" "$process/smaps_rollup"
	done
}

case " $(busybox cat /proc/cmdline) " in
*" bench=memory "*)
	show_keeper before
	busybox sleep 20
	echo "keeper slept 20"
	show_keeper after
	;;
esac
echo ROOT-END
exec busybox poweroff -f
