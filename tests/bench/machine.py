# SPDX-License-Identifier: GPL-2.0-or-later
"""One measured boot: a guest whose clock counts instructions, on a tap in a network with a target and a DHCP server.

QEMU runs the guest with `-icount shift=0,sleep=on`: a nanosecond an instruction, idle time in real time. So seconds of this guest
do not depend on what else this host does, but for the answers of the target. Only wait limits are in host seconds.
"""

import os
import re
import shutil
from typing import NamedTuple

from lab import disk, image, place
from lab.guest import Guest
from lab.net import Network
from lab.target import Target

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = "iqn.2026-11.org.example:root"
KERNEL = "6.1"
CLOCK = ["-icount", "shift=0,sleep=on"]
LINE = re.compile(r"^\[ *(\d+\.\d+)\] (.*)$", re.MULTILINE)
CARD = ("bench0", "52:54:00:99:00:02")
BOOT_SECONDS = 300


class Boot(NamedTuple):
    """What a boot told: when the root's init ran, the kernel log as (seconds, text), and all of the console."""

    seconds: float
    log: list
    console: str

    def when(self, pattern):
        """The second of the first line of the kernel log that matches; None when there is none."""
        return next((seconds for seconds, text in self.log if re.search(pattern, text)), None)


class Bench:
    """The network, the target and the root disk of one run."""

    def __init__(self):
        self.directory = place.run_directory(os.getpid())
        os.makedirs(self.directory)
        self.net = Network(f"{place.RUN_PREFIX}{os.getpid()}-bench", self.directory, 2)
        self.net.add_tap(CARD[0], 0)
        self.net.serve_dhcp()
        self.disk = make_root(self.directory)
        self.target = Target(self.net)
        self.target.add(TARGET, [self.disk])

    def boot(self, initrd, cmdline, local_disk=False):
        """Boot once, with a target that knows nothing of the boot before."""
        self.target.start()
        options = [*CLOCK, *(local_disk_options(self.disk) if local_disk else ())]
        guest = Guest(self.net, "bench", os.path.join(image.kernel(KERNEL), "vmlinuz"), initrd,
                      "console=ttyS0 panic=-1 " + cmdline, [CARD], memory_mib=512, options=options)
        try:
            seconds = float(guest.expect(r"ROOT-REACHED (\S+)\n", BOOT_SECONDS).group(1))
            start = guest.position
            end = guest.expect("ROOT-END", BOOT_SECONDS).start()
            guest.wait_off(BOOT_SECONDS)
        finally:
            guest.kill()
            self.target.kill()
        log = [(float(at), text) for at, text in LINE.findall(guest.text[start:end])]
        return Boot(seconds, log, guest.text)

    def close(self):
        self.net.remove()
        shutil.rmtree(self.directory)


def make_root(directory):
    """The root disk: 16 MiB ext4 with busybox and root.sh as init. Returns its path."""
    path, tree = os.path.join(directory, "root.img"), os.path.join(directory, "root")
    disk.populate(tree, "/sbin/init")
    shutil.copy(os.path.join(HERE, "root.sh"), os.path.join(tree, "sbin/init"))
    disk.set_size(path, disk.SIZE_MIB["ext4"])
    disk.make_ext4(path, tree, disk.describe(path, "ext4", None, 1))
    shutil.rmtree(tree)
    return path


def local_disk_options(path):
    return ["-drive", f"id=root,if=none,format=raw,readonly=on,file={path}", "-device", "virtio-blk-pci,drive=root"]
