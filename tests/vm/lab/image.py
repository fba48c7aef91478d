# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels and initramfs images, made by the project's own initramfs/kernel and initramfs/build and kept in the cache.

An image is named by the content of all that goes into it, so a rebuilt binary gets a new image.
"""

import glob
import os
import subprocess

from lab import place

KERNELS = ("6.1", "6.12")
DEFAULT = ()
MODULES = ("iscsi_tcp", "sd_mod", "crypto-crc32c", "ext4", "xfs", "btrfs", "virtio_pci", "virtio_net", "af_packet")


def lean(without=None):
    """Options of initramfs/build for an image with what these machines need, quick to make; without one module if named."""
    return ("--no-default-modules", "--compress=gzip", *(f"--add-module={name}" for name in MODULES if name != without))


def kernel(version):
    """The directory of a stock kernel: vmlinuz, lib/modules, boot/config."""
    with place.locked("kernel"):
        subprocess.run([place.tool("kernel"), version, place.CACHE], check=True, timeout=900)
    return os.path.join(place.CACHE, version)


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
