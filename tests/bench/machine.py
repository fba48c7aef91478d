# SPDX-License-Identifier: GPL-2.0-or-later
"""One measured boot: a guest whose clock counts instructions, in a network with a target and a DHCP server.

QEMU runs it with `-icount shift=0,sleep=on`: an instruction is a nanosecond, idle time is real time. So the seconds of the
guest do not depend on what else this host does, but for the time the target takes to answer.
"""

import os
import re
import shutil
from typing import NamedTuple

from lab import disk, distro, image, place
from lab.guest import Guest
from lab.net import Network
from lab.tgt import Tgt

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = "iqn.2026-11.org.example:root"
KERNEL = "6.1"
MEMORY_MIB = 512
CLOCK = ["-icount", "shift=0,sleep=on"]
CARD = ("bench0", "52:54:00:99:00:02")
BOOT_SECONDS = 300
REACHED = r"ROOT-REACHED (\S+)\n"
LOG_LINE = re.compile(r"^\[ *(\d+\.\d+)\] (.*)$", re.MULTILINE)


class Boot(NamedTuple):
    """What a boot told: the second at which the root's init ran, and what the root printed, the kernel log first."""

    seconds: float
    report: str

    def find(self, pattern):
        """The first match of a regular expression in what the root printed."""
        return re.search(pattern, self.report)

    def when(self, pattern):
        """The second of the first line of the kernel log that matches."""
        return next(float(at) for at, text in LOG_LINE.findall(self.report) if re.search(pattern, text))


class Bench:
    """The network, the target and the root disk of one run."""

    def __init__(self):
        self.directory = place.run_directory(os.getpid())
        os.makedirs(self.directory)
        self.net = Network(f"{place.RUN_PREFIX}{os.getpid()}-bench", self.directory, 2)
        self.net.add_tap(CARD[0], 0)
        self.net.serve_dhcp()
        self.disk = make_root(self.directory)
        self.target = Tgt(self.net)
        self.target.add(TARGET, [self.disk])

    def boot(self, initrd, cmdline, local_disk=False):
        """Boot once, with a target that has not seen the boot before. The machine has a network card or a local disk."""
        cards, options = ([], local_disk_options(self.disk)) if local_disk else ([CARD], [])
        self.target.start()
        guest = Guest(self.net, "bench", os.path.join(image.kernel(KERNEL), "vmlinuz"), initrd,
                      f"console=ttyS0 panic=-1 {cmdline}", cards, memory_mib=MEMORY_MIB, options=[*CLOCK, *options])
        try:
            seconds = float(guest.expect(REACHED, BOOT_SECONDS).group(1))
            start = guest.position
            end = guest.expect("ROOT-END", BOOT_SECONDS).start()
        finally:
            guest.kill()
            self.target.kill()
        return Boot(seconds, guest.text[start:end])

    def close(self):
        """Leave nothing behind."""
        self.net.remove()
        shutil.rmtree(self.directory)


def make_root(directory):
    """The root disk: 16 MiB ext4 with busybox and, as its init, root.sh; systemd switches to no root without an os-release. Returns its path."""
    path, tree = os.path.join(directory, "root.img"), os.path.join(directory, "root")
    disk.populate(tree, "/sbin/init")
    distro.put(tree, "etc/os-release", 0o644, "ID=bench\n")
    shutil.copy(os.path.join(HERE, "root.sh"), os.path.join(tree, "sbin", "init"))
    disk.set_size(path, disk.SIZE_MIB["ext4"])
    disk.make_ext4(path, tree, disk.describe(path, "ext4", None, 1))
    return path


def local_disk_options(path):
    """Writable, or dracut's check of the file system ends in its shell; what is written is dropped."""
    return ["-drive", f"id=root,if=none,format=raw,snapshot=on,file={path}", "-device", "virtio-blk-pci,drive=root"]
