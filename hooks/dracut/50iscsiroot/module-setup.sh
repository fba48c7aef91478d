#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # dracut's variables
#
# dracut's module iscsiroot: what goes into the image. Tested with dracut 059. Of dracut-ng it relies on the same: the hooks
# cmdline, initqueue/settled, initqueue/finished and shutdown, wherever $hookdir is; initqueue as a command, with the module of
# that name where there is one; the functions of dracut-lib.sh; and that the first module to install a file wins.
#
# The program brings its own network: it reads ip= and its relatives as a boot of its own does, so none of dracut's modules
# for a network nor a DHCP client need be there. Where they are, what they have set up is taken as it is. The module iscsi is
# replaced: it is omitted, unless somebody asks for it by name. Then both are there and ours is the one that is run: of two
# modules the first to install a file wins, and ours has the names of its handler and of its hook.

iscsiroot=@SBINDIR@/iscsiroot

check() {
	require_binaries "$iscsiroot" busybox || return 1
	require_kernel_modules iscsi_tcp || return 1
	if [[ $hostonly ]] || [[ $mount_needs ]]; then
		(for_each_host_dev_and_slaves block_is_iscsi) || return 255
	fi
	# This module can come, and is looked at before the other one.
	[[ " $dracutmodules $add_dracutmodules $force_add_dracutmodules " == *" iscsi "* ]] || omit_dracutmodules+=" iscsi "
}

depends() {
	echo rootfs-block
	if compgen -G "$dracutbasedir/modules.d/??initqueue" > /dev/null; then
		echo initqueue
	fi
}

installkernel() {
	hostonly='' instmods @MODULES@
	# Of a machine that is on iSCSI those it has; instmods sees to that.
	instmods '=drivers/net/ethernet' '=drivers/net/phy' '=drivers/net/mdio' '=drivers/net/usb' virtio_net vmxnet3 hv_netvsc xen-netfront
}

# The words for the session that a disk, MAJOR:MINOR, is on; those that several disks have in common are lines of their own.
words_of_disk() {
	local path number session connection address
	path=$(cd -P "/sys/dev/block/$1" && pwd)
	[[ $path == */session* ]] || return 1
	number=${path##*/session} number=${number%%/*}
	session=/sys/class/iscsi_session/session$number connection=/sys/class/iscsi_connection/connection$number:0
	address=$(< "$connection/persistent_address")
	ip_params_for_remote_addr "$address" && echo
	[[ $address != *:* ]] || address="[$address]"
	echo "rd.iscsi.initiator=$(< "$session/initiatorname")"
	echo "netroot=iscsi:$address::$(< "$connection/persistent_port")::$(< "$session/targetname")"
}

# What the next boot will have without us: what dracut's configuration puts into the image, and the words of this boot's loader.
words_given() {
	local file
	echo "$kernel_cmdline"
	# shellcheck disable=SC2048 # each item is a list of files
	for file in "$initdir"/etc/cmdline.d/*.conf ${install_items[*]} ${install_optional_items[*]}; do
		[[ $file != */etc/cmdline.d/*.conf ]] || [[ ! -e $file ]] || cat "$file"
	done
	cat /proc/cmdline
}

# What this boot went by and those words do not say: it was in the image, of an earlier dracut, or is the firmware's.
cmdline() {
	[[ $(words_given | "$iscsiroot" plan --role --root / --cmdline - 2> /dev/null) == none ]] || return 0
	if [[ -d /sys/firmware/ibft ]]; then
		echo rd.iscsi.firmware=1
	else
		for_each_host_dev_and_slaves_all words_of_disk | sort -u
	fi
}

# dracut makes an image that is root's alone to read, but one that is there keeps its mode, as that of initramfs-tools.
is_public() {
	[[ -e $outfile ]] && (($(stat -L -c 0%a "$outfile") & 077))
}

# The machine's files, hostonly or not, which it is not by default: without them the target does not know the machine.
install_files() {
	local secrets=/etc/iscsiroot/secrets words=/etc/iscsi/iscsi.initramfs
	inst_multiple -H -o /etc/iscsi/initiatorname.iscsi
	if is_public; then
		[[ ! -e $secrets ]] || dwarn "iscsiroot: $outfile is not root's alone to read, so $secrets is left out: chmod 600 it, and again"
		if grep -qs PASSWORD "$words"; then
			dwarn "iscsiroot: $outfile is not root's alone to read, so $words with its secret is left out: chmod 600 it, and again"
			return
		fi
	else
		inst_multiple -H -o "$secrets"
	fi
	[[ ! -e $words ]] || inst_simple -H "$words" /etc/iscsi.initramfs
}

# udev names the network cards by these. Dracut's modules for a network bring them, where systemd is there, and ip= has such names.
install_names() {
	inst_multiple -o "$systemdnetwork/99-default.link"
	[[ ! $hostonly ]] || inst_multiple -H -o "$systemdnetworkconfdir/*.link"
}

install() {
	local words
	inst_binary "$iscsiroot" /usr/sbin/iscsiroot
	ln_r /usr/sbin/iscsiroot /usr/sbin/iscsiroot-lease
	inst_binary "$(find_binary busybox)" /usr/bin/busybox
	inst_hook cmdline 90 "$moddir/parse-iscsiroot.sh"
	inst_hook shutdown 99 "$moddir/iscsiroot-shutdown.sh"
	inst_script "$moddir/iscsiroot-attach.sh" /usr/sbin/iscsiroot-attach
	if dracut_module_included systemd; then
		inst_script "$moddir/iscsiroot-generator.sh" "$systemdutildir/system-generators/iscsiroot-generator"
		install_names
	fi
	install_files
	if [[ $hostonly_cmdline == yes ]] && words=$(cmdline) && [[ $words ]]; then
		mkdir -p "$initdir/etc/cmdline.d"
		echo "$words" > "$initdir/etc/cmdline.d/50iscsiroot.conf"
	fi
	dracut_need_initqueue
}
