# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: the kinds of boots by name. Kernel, compression and, where the work is the same, modules are the same."""

import os
from dataclasses import dataclass, field

import peer
from lab import image
from machine import HERE, KERNEL, TARGET

LOCAL = ("virtio_pci", "virtio_blk", "ext4")
ISCSI = ("virtio_pci", "virtio_net", "crypto-crc32c", "iscsi_tcp", "sd_mod", "ext4")
HELPERS = ("crypto-sha256", "af_packet")  # what the image of iscsiroot brings along, where the kernel has it as module
MINI = os.path.join(HERE, "mini.sh")
PLACE = f"iscsi_target=iscsi://10.99.0.1/{TARGET}/1"
STATIC = f"{PLACE} ip=10.99.0.2::10.99.0.1:255.255.255.0::eth0:off"
DHCP = f"{PLACE} ip=dhcp"


@dataclass
class Subject:
    """One kind of boot, and the boots made of it."""

    name: str
    initrd: str
    cmdline: str = ""
    local_disk: bool = False
    boots: list = field(default_factory=list)


def floor():
    """The same root on a disk of the machine."""
    return Subject("local disk (the floor)", image.build(KERNEL, only(LOCAL), MINI), local_disk=True)


def iscsistart():
    """busybox and stock iscsistart."""
    files = [f"--add-file={source}:{path}" for source, path in sorted(peer.files().items())]
    return Subject("iscsistart, static", image.build(KERNEL, (*only(ISCSI), *files), MINI))


def ours(name, cmdline, options=None):
    return Subject(name, image.build(KERNEL, options or only(present(ISCSI + HELPERS))), cmdline)


def chosen(quick):
    """The kinds to measure; the floor and iscsistart come first."""
    found = [floor(), iscsistart(), ours("iscsiroot, static", STATIC), ours("iscsiroot, DHCP", DHCP)]
    if not quick:
        found.append(Subject("iscsiroot, DHCP, all drivers", image.build(KERNEL, image.DEFAULT), DHCP))
    return found
