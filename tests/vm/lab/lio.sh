#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the machine that is the LIO target (lio.py): loads the kernel's target and then does what is written to its first
# serial line, a line of shell at a time, LIO-DONE and the status after each. Everything is configured through configfs, as
# the kernel's Documentation/target says. The kernel's messages go to the second serial line.

busybox mkdir -p /proc /sys /run
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs dev /dev
busybox --install -s /bin
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad # for the card that appears now
modprobe -a virtio_pci virtio_net virtio_blk configfs crypto-crc32c target_core_iblock iscsi_target_mod
mount -t configfs configfs /sys/kernel/config

target=/sys/kernel/config/target

# Takes the addresses $1 and $2, with their prefix lengths.
up() {
	ip link set lo up && ip link set eth0 up && ip addr add "$1" dev eth0 && ip -6 addr add "$2" dev eth0
}

# Makes a store of the disk /dev/$1.
store() {
	mkdir -p "$target/core/iblock_0/$1" && echo "udev_path=/dev/$1" >"$target/core/iblock_0/$1/control" &&
		echo "$1" >"$target/core/iblock_0/$1/wwn/vpd_unit_serial" && echo 1 >"$target/core/iblock_0/$1/enable"
}

# Makes the target $1 with the disks $2 and following as LUN 1 and up; nobody is let in yet, and there is no portal.
target() {
	group=$target/iscsi/$1/tpgt_1
	shift
	mkdir -p "$group" || return
	lun=0
	for disk; do
		lun=$((lun + 1))
		store "$disk" && mkdir "$group/lun/lun_$lun" && ln -s "$target/core/iblock_0/$disk" "$group/lun/lun_$lun/$disk" ||
			return
	done
}

# Lets everybody write, or the initiator $1 alone.
allow() {
	if [ "$1" = ALL ]; then
		account=$group/auth
		echo 0 >"$group/attrib/demo_mode_write_protect" && echo 1 >"$group/attrib/generate_node_acls"
		return
	fi
	account=$group/acls/$1/auth
	mkdir "$group/acls/$1" || return
	for lun in "$group"/lun/lun_*; do
		mkdir "$group/acls/$1/${lun##*/}" && ln -s "$lun" "$group/acls/$1/${lun##*/}/disk" || return
	done
}

# Demands CHAP of those that allow() named: user $1, secret $2; with $3 and $4 the target proves itself by these. No word: none.
chap() {
	echo $(($# > 0)) >"$group/attrib/authentication"
	for fact in userid password userid_mutual password_mutual; do
		printf %s "${1:-NULL}" >"$account/$fact" || return
		shift $(($# > 0))
	done
}

# Sets a key of the negotiation.
param() {
	echo "$2" >"$group/param/$1"
}

# Who is logged in, one name a line.
initiators() {
	cat "$target"/iscsi/*/tpgt_1/dynamic_sessions
	for acl in "$target"/iscsi/*/tpgt_1/acls/*; do
		[ ! -e "$acl" ] || ! grep -q LOGGED_IN "$acl/info" || echo "${acl##*/}"
	done
}

# Opens the portals $2 and following for the target $1.
serve() {
	group=$target/iscsi/$1/tpgt_1
	shift
	echo 1 >"$group/enable" || return
	for portal; do
		mkdir "$group/np/$portal" || return
	done
}

exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty -echo -onlcr
echo LIO-READY
while IFS= read -r line; do
	eval "$line"
	echo "LIO-DONE $?"
done
