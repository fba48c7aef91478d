#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # dracut's variables
#
# dracut's hook cmdline (sourced): asks the program what the command line wants of it, that of the kernel with the words in front
# that are baked into the image. "root": a target's disk is root, to be found at /dev/root. "disks": root= names something on
# them, which others find. A command line that cannot be used ends here.

(umask 077 && getcmdline > /tmp/iscsiroot.cmdline)
if ! iscsiroot_role=$(iscsiroot plan --role --root / --cmdline /tmp/iscsiroot.cmdline 2>&1); then
	die "$iscsiroot_role"
fi

if [ "$iscsiroot_role" = root ]; then
	root=block:/dev/root
	rootok=1
	wait_for_dev -n /dev/root
fi

if [ "$iscsiroot_role" != none ]; then
	echo '[ -e /tmp/iscsiroot-attached ]' > "$hookdir/initqueue/finished/iscsiroot.sh"
	# It fails where there is to be no shell and the machine cannot be ended from there: dracut's own end is next, then.
	# shellcheck disable=SC2016 # the queue's variable
	/sbin/initqueue --settled --unique --name iscsiroot /sbin/iscsiroot-attach "$iscsiroot_role" '"$main_loop" || exit 1'
fi
