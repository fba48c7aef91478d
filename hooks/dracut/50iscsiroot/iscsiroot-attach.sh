#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A job of dracut's initqueue, run when udev has named the network cards, and every half a second from then on, with the role
# and the number of that turn: logs in, and makes the disk that is root /dev/root, for udev to know it by. When no
# session is up there is a shell, and another attempt behind it, or what rd.shell= and rd.emergency= say. When one is, the others
# are tried again every ten seconds for as long as dracut waits for a disk.

# shellcheck source=/dev/null
type emergency_shell > /dev/null 2>&1 || . /lib/dracut-lib.sh

# With dracut's module network in the image, too, the root path is in a lease that it has asked for, and left there.
attach() {
	iscsiroot attach --boot --cmdline /tmp/iscsiroot.cmdline --lease /tmp "$@"
}

role=$1 turn=$2
if [ -e /tmp/iscsiroot-attached ]; then
	[ "$role" = disks ] && [ $((turn % 20)) = 19 ] && attach --timeout 5
	exit 0
fi

until disk=$(attach); do
	emergency_shell "iscsiroot: the disks are not there, the lines above say why; exit tries again."
done

if [ "$disk" ]; then
	mkdir -p /etc/udev/rules.d
	echo "KERNEL==\"${disk#/dev/}\", SYMLINK+=\"root\"" > /etc/udev/rules.d/99-iscsiroot.rules
	udevadm control --reload
	udevadm trigger --action=change "$disk"
fi
# Without systemd here /run is mounted noexec, and dracut's own shutdown cannot be run from there.
[ -z "$DRACUT_SYSTEMD" ] || need_shutdown
: > /tmp/iscsiroot-attached
