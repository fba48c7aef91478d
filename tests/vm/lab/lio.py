# SPDX-License-Identifier: GPL-2.0-or-later
"""LIO, the kernel's own target, in a machine of its own on the lab's network. lio.sh is the machine's init.

Disks are virtio drives, given to the machine when it starts, so exports cannot be added while it runs; what is exported can be
changed with run(), a line of shell with the functions of lio.sh. Killed, it is a machine without power: nothing says goodbye.
"""

import os
import shlex

from lab import image
from lab.guest import ConsoleError, Guest
from lab.target import Target

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lio.sh")
MODULES = ("virtio_pci", "virtio_net", "virtio_blk", "configfs", "target_core_iblock", "iscsi_target_mod", "crypto-crc32c")
OPTIONS = ("--no-default-modules", "--compress=gzip", *(f"--add-module={name}" for name in MODULES))
MEMORY_MIB = 256
CARD = ("lio", "52:54:00:99:00:50")
RUN_SECONDS = 30


class Lio(Target):
    """
    One machine at 10.99.0.50 and fd99::50. kernel: which one it runs. 6.1 has SHA3-256 as a module, which is not in the image,
    6.12 has it built in.
    """

    def __init__(self, network):
        super().__init__(network, "10.99.0.50", "fd99::50")
        self.kernel = "6.1"
        self.machine = None

    def start(self):
        """Boot. Returns when the portals are open."""
        if CARD[0] not in self.network.taps:
            self.network.add_tap(CARD[0], 0)
        self.machine = Guest(self.network, "lio", image.vmlinux(self.kernel),
                             image.build(self.kernel, OPTIONS, binary=SCRIPT), "console=ttyS1 quiet", [CARD], MEMORY_MIB,
                             ["-serial", f"file:{self.network.directory}/lio-kernel.log", *self.drives()])
        self.process = self.machine.process
        self.machine.expect("LIO-READY\n")
        self.run(f"up {self.address}/24 {self.address6}/64")
        self.configure()

    def drives(self):
        """One drive for each disk, in the order of the exports: vda, vdb ..."""
        return [word for one in self.exports for path in one.luns
                for word in ("-drive", f"file={path},format=raw,if=virtio,cache=writeback")]

    def configure(self):
        disks = (f"vd{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
        for one in self.exports:
            self.call("target", one.name, *(next(disks) for _ in one.luns))
            self.call("allow", one.allow)
            self.call("chap", *(one.chap or ()), *(one.chap_in or ()))
            for key in ("HeaderDigest", "DataDigest") if one.digests else ():
                self.call("param", key, "CRC32C")
        for one in self.exports:
            self.call("serve", one.name, f"{self.address}:3260", f"[{self.address6}]:3260")

    def call(self, *words):
        """Run one command of the machine's, its words as they are."""
        return self.run(" ".join(map(shlex.quote, words)))

    def run(self, line):
        """Run a line of shell in the machine, and return what it printed."""
        begin = self.machine.position
        self.machine.send_line(line)
        done = self.machine.expect(r"LIO-DONE (\d+)\n", RUN_SECONDS)
        said = self.machine.text[begin:done.start()]
        if done.group(1) != "0":
            raise ConsoleError(f"{line}: status {done.group(1)}: {said}")
        return said

    def initiators(self):
        return self.run("initiators").replace("\0", "\n").split()

    def kill(self):
        """Cut the power."""
        self.machine.kill()
        self.process = None

    def log(self):
        return f"{self.machine.tail()}\n{self.network.read_log('lio-kernel.log')}"
