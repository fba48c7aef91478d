# SPDX-License-Identifier: GPL-2.0-or-later
"""Which disk is the root: each form of root=, on whole disks and partitions, and what is said when it names nothing usable."""

import pytest

from lab.story import NAME, OTHER, TARGET

PATH = f"/dev/disk/by-path/ip-10.99.0.1:3260-iscsi-{NAME}-lun-1"
FORMS = [
    ("6.1", "xfs", None, "", "/dev/sda"),
    ("6.12", "ext4", None, "root=/dev/sda", "/dev/sda"),
    ("6.12", "btrfs", "gpt", "root=/dev/sda1", "/dev/sda1"),
    ("6.1", "btrfs", None, "root=UUID={disk.uuid}", "/dev/sda"),
    ("6.1", "ext4", "mbr", "root=UUID={disk.uuid}", "/dev/sda1"),
    ("6.12", "xfs", None, "root=LABEL={disk.label}", "/dev/sda"),
    ("6.1", "ext4", "gpt", "root=LABEL={disk.label}", "/dev/sda1"),
    ("6.12", "xfs", "gpt", "root=PARTUUID={disk.partuuid}", "/dev/sda1"),
    ("6.1", "btrfs", "mbr", "root=PARTUUID={disk.partuuid}", "/dev/sda1"),
    ("6.1", "ext4", "gpt", "root=PARTLABEL={disk.partlabel}", "/dev/sda1"),
    ("6.1", "ext4", None, f"root={PATH}", "/dev/sda"),
    ("6.12", "xfs", "mbr", f"root={PATH}-part1", "/dev/sda1"),
]


@pytest.mark.parametrize("version, fstype, table, words, device", FORMS)
def test_form(lab, version, fstype, table, words, device):
    disk = lab.disk(fstype, table)
    lab.target(NAME, disk)
    root = lab.boot(f"{TARGET} {words.format(disk=disk)}", kernel=version).expect_root()
    assert (root.device, root.fstype) == (device, fstype)


def test_names_nothing(lab):
    disk = lab.disk("ext4", "gpt")
    lab.target(NAME, disk)
    vm = lab.boot(f"{TARGET} root=LABEL=elsewhere")
    line = vm.expect_failure("E70", "root=LABEL=elsewhere; there is: ")
    assert f"sda1 16 MiB ext4 UUID={disk.uuid}" in line


def test_fits_two_disks(lab):
    """Two targets with copies of one disk."""
    disk = lab.disk()
    lab.target(NAME, disk)
    lab.target(OTHER, disk)
    vm = lab.boot(f"{TARGET} {TARGET.replace(NAME, OTHER)} root=UUID={disk.uuid}")
    vm.expect_failure("E71", rf"UUID={disk.uuid} fits sd[ab] and sd[ab]")


def test_no_file_system(lab):
    lab.target(NAME, lab.disk(fstype=None))
    vm = lab.boot(TARGET)
    vm.expect_failure("E72", "there is no file system to mount .sda; there is: sda 16 MiB unknown content")


def test_partitions_but_no_root_word(lab):
    lab.target(NAME, lab.disk("ext4", "gpt"))
    vm = lab.boot(TARGET)
    vm.expect_failure("E72", "sda 18 MiB partition table, sda1 16 MiB ext4")


@pytest.mark.parametrize("words, init, text", [
    ("", None, "none of /sbin/init, /etc/init, /bin/init"),
    ("init=/opt/init", "/sbin/init", "init=/opt/init: No such file"),
], ids=["none", "wrong"])
def test_init_missing(lab, words, init, text):
    lab.target(NAME, lab.disk(init=init))
    vm = lab.boot(f"{TARGET} {words}")
    vm.expect_failure("E74", text)
    vm.expect("/ # ")
    vm.send_line("busybox cat /proc/mounts; echo MOUNTS-END")
    vm.expect("MOUNTS-END\n")
    vm.expect_not("/sysroot")


def test_wrong_file_system_type(lab):
    lab.target(NAME, lab.disk("ext4"))
    vm = lab.boot(f"{TARGET} rootfstype=xfs")
    vm.expect_failure("E73", "/dev/sda as xfs: Invalid argument")
