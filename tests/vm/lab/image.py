# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels and initramfs images, made by the project's own initramfs/kernel and initramfs/build and kept in the cache.

An image is named by the content of all that goes into it, so a rebuilt binary gets a new image.
"""

import glob
import os
import struct
import subprocess

from lab import place

KERNELS = ("6.1", "6.12")
DEFAULT = ()
MODULES = ("iscsi_tcp", "sd_mod", "crypto-crc32c", "ext4", "xfs", "btrfs", "virtio_pci", "virtio_net", "af_packet", "iscsi_ibft")


def lean(without=None):
    """Options of initramfs/build for an image with what these machines need, quick to make; without one module if named."""
    return ("--no-default-modules", "--compress=gzip", *(f"--add-module={name}" for name in MODULES if name != without))


STACKED = (*lean(), "--add-module=8021q", "--add-module=bonding")


def kernel(version):
    """The directory of a stock kernel: vmlinuz, lib/modules, boot/config."""
    with place.locked("kernel"):
        subprocess.run([place.tool("kernel"), version, place.CACHE], check=True, timeout=900)
    return os.path.join(place.CACHE, version)


def vmlinux(version):
    """
    The kernel in a stock vmlinuz, which QEMU enters as PVH: unpacking itself is what an emulated machine is longest at.
    Where it lies: Documentation/arch/x86/boot.rst, payload_offset and payload_length; its last four bytes are its size.
    """
    packed = os.path.join(kernel(version), "vmlinuz")

    def make(path):
        with open(packed, "rb") as stream:
            image = stream.read()
        offset, length = struct.unpack_from("<II", image, 0x248)
        begin = (image[0x1f1] + 1) * 512 + offset
        payload = image[begin:begin + length - 4]
        unpack = {b"\xfd7zX": "xz", b"\x28\xb5\x2f\xfd": "zstd"}[payload[:4]]
        with open(path, "wb") as stream:
            subprocess.run([unpack, "-dc"], input=payload, stdout=stream, check=True)

    return place.cached("vmlinux", place.recipe_key(packed), make)


def modules(version):
    return glob.glob(os.path.join(kernel(version), "lib", "modules", "*"))[0]


def build(version, options=lean(), binary=place.BINARY):
    """An image for this kernel: lean() or DEFAULT, what users get. Returns its path."""
    tree = modules(version)
    tools = [path for path in sorted(glob.glob(place.tool("*"))) if os.path.isfile(path)]
    key = place.recipe_key(binary, *tools, tree, *options)
    words = [place.tool("build"), "--modules", tree, "--binary", binary, *options]

    def make(path):
        subprocess.run([*words, path], check=True, timeout=300, stdout=subprocess.DEVNULL)

    return place.cached("images", key, make)
