# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: kinds of boots. All have the same kernel, the same compression and the modules that their work needs.

The image of iscsiroot has one more than that of iscsistart, an accelerated sha256, because loading it first is part of what
is measured: the kernel hashes every signed module.
"""

import os
from dataclasses import dataclass, field

import peer
from lab import image
from machine import HERE, KERNEL, TARGET

LOCAL = ("virtio_pci", "virtio_blk", "ext4")
ISCSI = ("virtio_pci", "virtio_net", "af_packet", "crypto-crc32c", "iscsi_tcp", "sd_mod", "ext4")
OURS = (*ISCSI, "crypto-sha256")
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


def chosen(quick):
    """The kinds to measure, the floor first, iscsistart second, then ours."""
    lean = image.build(KERNEL, only(OURS))
    found = [
        Subject("local disk", image.build(KERNEL, only(LOCAL), MINI), local_disk=True),
        Subject("iscsistart, static", image.build(KERNEL, (*only(ISCSI), *peer_files()), MINI)),
        Subject("iscsiroot, static", lean, STATIC),
        Subject("iscsiroot, DHCP", lean, DHCP),
    ]
    if not quick:
        found.append(Subject("iscsiroot, DHCP, default image", image.build(KERNEL, image.DEFAULT), DHCP))
    return found


def only(modules):
    return ("--no-default-modules", *(f"--add-module={name}" for name in modules))


def peer_files():
    return [f"--add-file={source}:{path}" for source, path in sorted(peer.files().items())]
