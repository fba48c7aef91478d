#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # dracut's variables
#
# dracut's hook shutdown (sourced): root is unmounted; when the other hooks have taken apart what was built on the disks, or
# nobody can, it logs out. dracut calls its hooks again until each has succeeded, and those that have are gone.

set -- "$hookdir"/shutdown/*.sh
[ $# = 1 ] || [ "$final" ] || return 1
iscsiroot detach --all
return 0
