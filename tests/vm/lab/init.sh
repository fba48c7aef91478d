#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the VM tests' root disks. It shows on the console what the initramfs handed over, one fact a line, between
# ROOT-REACHED and ROOT-END; root.py reads it. Then the word vmtest=shell on the command line gives
# a shell, without it the machine goes off. It repairs nothing: what is not mounted is reported as it is.

export PATH=/bin
[ -e /proc/self ] || { echo "ROOT-BROKEN /proc is not mounted"; busybox mount -t proc proc /proc; }

uptime=$(busybox cut -d' ' -f1 /proc/uptime)
busybox awk -v uptime="$uptime" '$2 == "/" && $1 != "rootfs" {
	print "ROOT-REACHED dev=" $1 " fstype=" $3 " options=" $4 " uptime=" uptime
}' /proc/mounts
echo "arguments: $*"
busybox sed 's/^/cmdline: /' /proc/cmdline
busybox sed 's/^/mount: /' /proc/mounts
busybox tr '\0' '\n' </proc/1/environ | busybox sed 's/^/env: /'
(busybox ls -l /proc/1/fd >/run/facts)
busybox sed -n 's/.* \([0-9]*\) -> /fd: \1 /p' /run/facts
busybox ps -o pid,ppid,args >/run/facts
busybox awk 'NR > 1 && $3 !~ /^\[/ && !/busybox ps/ { print "process: " $0 }' /run/facts
cd /sys/class/iscsi_session 2>/dev/null && for session in session*; do
	for fact in targetname initiatorname state tpgt recovery_tmo; do
		echo "session: $session $fact $(busybox cat "$session/$fact")"
	done
done
cd /sys/class/iscsi_connection 2>/dev/null && for connection in connection*; do
	for fact in persistent_address persistent_port address port state header_digest data_digest; do
		echo "connection: $connection $fact $(busybox cat "$connection/$fact")"
	done
done
cd /sys/class/scsi_disk 2>/dev/null && for disk in *; do
	echo "disk: $(busybox ls "$disk/device/block") $disk"
done
busybox ip -o addr | busybox sed 's/^/addr: /'
if echo written 2>/dev/null >/written; then echo "root: writable"; else echo "root: read-only"; fi
echo ROOT-END

case " $(busybox cat /proc/cmdline) " in
*" vmtest=shell "*) exec busybox setsid busybox cttyhack sh ;;
*) exec busybox poweroff -f ;;
esac
