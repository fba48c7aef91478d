#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of the images we are compared with: what is left when everything but the work goes away. With /sbin/iscsistart in the
# image root is the iSCSI disk, without it the local one. Nothing is checked: what fails leaves the machine without a root.

export PATH=/bin:/sbin
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev

if [ -e /sbin/iscsistart ]; then
	root=/dev/sda
	modprobe -a virtio_pci virtio_net sd_mod crc32c_generic iscsi_tcp ext4
	busybox ip link set eth0 up
	busybox ip addr add 10.99.0.2/24 dev eth0
	iscsistart -i iqn.2026-11.org.example:mini -t iqn.2026-11.org.example:root -g 1 -a 10.99.0.1 -p 3260
else
	root=/dev/vda
	modprobe -a virtio_pci virtio_blk ext4
fi
until [ -e "$root" ]; do
	busybox usleep 5000
done
busybox mount -t ext4 -o ro "$root" /sysroot
busybox mount --move /dev /sysroot/dev
busybox mount --move /sys /sysroot/sys
busybox mount --move /proc /sysroot/proc
exec busybox switch_root /sysroot /sbin/init
