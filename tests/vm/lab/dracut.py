# SPDX-License-Identifier: GPL-2.0-or-later
"""Images that Debian's dracut makes inside a Debian root, and that root as a disk: each made once into the cache.

PACKAGES has the stock client, open-iscsi and dracut's network, beside ours, as on a machine that comes from it. The images have
the drivers of these machines alone, for time; but for those that show what the module chooses.
"""

import os
import shutil

from lab import disk, distro, place

PACKAGES = ("dracut", "dracut-network", "open-iscsi")
DRIVERS = "virtio_pci virtio_net ext4 iscsi_tcp iscsi_ibft sd_mod crc32c_generic af_packet"
STACK_PACKAGES = (*PACKAGES, "lvm2", "mdadm", "cryptsetup-bin")
STACK_DRIVERS = "dm_mod dm_crypt raid1 xts aes_generic aesni_intel sha256_generic"
UNUSED = "nvdimm qemu qemu-net lunmask overlay-root virtiofs bluetooth multipath nfs cifs resume terminfo"
STACK = "crypt lvm dm mdraid"
NETWORK = "network network-legacy network-manager ifcfg"
SYSTEMD = "systemd systemd-initrd dracut-systemd systemd-udevd"
OPTIONS = {
    "systemd": ("--omit", f"{UNUSED} {NETWORK} {STACK}"),
    "hostonly": ("--hostonly", "--add", "iscsiroot", "--omit", f"{UNUSED} {NETWORK} {STACK}"),
    "stack": ("--omit", f"{UNUSED} {NETWORK}", "--add", STACK, "--add-drivers", STACK_DRIVERS),
    "without systemd": ("--omit", f"{UNUSED} {NETWORK} {SYSTEMD} {STACK}"),
    "beside iscsi": ("--omit", f"{UNUSED} {STACK}", "--add", "network-legacy iscsi"),
    "all for iscsi": ("--omit", f"{UNUSED} {STACK}", "--add", "network-legacy"),
}


def image(kind="systemd", kernel="6.1", files=(), packages=PACKAGES):
    """The image of a kind, or with all drivers, for a kernel, made in a root with these packages, and these files beside it. Returns its path."""
    choice = ("--drivers", DRIVERS, *OPTIONS[kind]) if kind != "all drivers" else ()
    options = ("--force", "--compress", "zstd -3", *(("--no-hostonly",) if kind != "hostonly" else ()), *choice)

    def make(path):
        with distro.root(path, packages, files, disk.describe("", "ext4", None, 1)) as tree, distro.kernel(tree, kernel) as release:
            distro.install_product(tree)
            distro.generate(tree, "dracut", *options, "--kver", release, "/boot/initrd.img")
            shutil.move(os.path.join(tree, "boot", "initrd.img"), path)

    return place.cached("generated", distro.recipe(packages, repr((kernel, options, files)), True), make)
