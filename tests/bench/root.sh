#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the benchmark's root disk. Its very first act is to say when it was reached; then it prints the kernel log and,
# with the word bench=memory on the command line, what the keeper holds and how often it wakes, and goes off.

read -r uptime idle </proc/uptime
echo "ROOT-REACHED $uptime $idle"

export PATH=/bin
busybox dmesg

keeper_facts() {
	for process in /proc/[0-9]*; do
		read -r name <"$process/comm"
		[ "$name" = iscsiroot ] || continue
		busybox sed "s/^/$1 /" "$process/status" "$process/smaps_rollup"
	done
}

case " $(busybox cat /proc/cmdline) " in
*" bench=memory "*)
	keeper_facts before
	busybox sleep 10
	keeper_facts after
	;;
esac
echo ROOT-END
exec busybox poweroff -f
