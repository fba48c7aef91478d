# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: name, image and command line of each kind of boot. All images have the same kernel and compression."""

import os
from dataclasses import dataclass, field

import peer
from lab import image
from machine import HERE, KERNEL, TARGET

LOCAL_MODULES = ("virtio_pci", "virtio_blk", "ext4")
ISCSI_MODULES = ("virtio_pci", "virtio_net", "sd_mod", "iscsi_tcp", "crypto-crc32c", "ext4")
DHCP_MODULES = (*ISCSI_MODULES, "af_packet")
MINI = os.path.join(HERE, "mini.sh")
WHERE = f"iscsi_target=iscsi://10.99.0.1/{TARGET}/1 "
STATIC = WHERE + "ip=10.99.0.2::10.99.0.1:255.255.255.0::eth0:off"
DHCP = WHERE + "ip=dhcp"


@dataclass
class Subject:
    """One kind of boot and the boots made of it."""

    name: str
    initrd: str
    cmdline: str = ""
    local_disk: bool = False
    boots: list = field(default_factory=list)


def choose(quick):
    ours = image.build(KERNEL, only(ISCSI_MODULES))
    found = [
        Subject("local disk", image.build(KERNEL, only(LOCAL_MODULES), MINI), local_disk=True),
        Subject("iscsistart, static", iscsistart_image()),
        Subject("iscsiroot, static", ours, STATIC),
        Subject("iscsiroot, DHCP", image.build(KERNEL, only(DHCP_MODULES)), DHCP),
    ]
    if not quick:
        found.append(Subject("iscsiroot, DHCP, all drivers", image.build(KERNEL, image.DEFAULT), DHCP))
    return found


def only(modules):
    return ("--no-default-modules", *(f"--add-module={name}" for name in modules))


def iscsistart_image():
    files = [f"--add-file={source}:{path}" for source, path in sorted(peer.files().items())]
    return image.build(KERNEL, (*only(ISCSI_MODULES), *files), MINI)
