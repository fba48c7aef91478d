#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# With systemd in the initramfs (systemd.generator(7)): mounts /dev/root where a target's disk is root. systemd's own
# generator leaves root=iscsi:... and root=dhcp to others, and does it by itself for root=/dev/root.

# shellcheck source=/dev/null
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh

[ "$(getcmdline | iscsiroot plan --role --root / --cmdline - 2> /dev/null)" = root ] || exit 0
[ "$(getarg root=)" = /dev/root ] && exit 0

mode=ro
getargbool 0 rw && mode=rw
flags=$(getarg rootflags=)
type=$(getarg rootfstype=)

mkdir -p "$1/initrd-root-fs.target.requires" "$1/initrd-root-device.target.d" "$1/dev-root.device.d"
cat > "$1/sysroot.mount" << EOF
[Unit]
Before=initrd-root-fs.target
Requires=systemd-fsck@dev-root.service
After=systemd-fsck@dev-root.service
[Mount]
Where=/sysroot
What=/dev/root
Type=${type:-auto}
Options=$mode${flags:+,$flags}
EOF
ln -s ../sysroot.mount "$1/initrd-root-fs.target.requires/sysroot.mount"
printf '[Unit]\nRequires=dev-root.device\nAfter=dev-root.device\n' > "$1/initrd-root-device.target.d/50-iscsiroot.conf"
printf '[Unit]\nJobTimeoutSec=0\nJobRunningTimeoutSec=0\n' > "$1/dev-root.device.d/timeout.conf"
