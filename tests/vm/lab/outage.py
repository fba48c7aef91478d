# SPDX-License-Identifier: GPL-2.0-or-later
"""Long outages: machines with both kernels, each with its root on tgt and a second disk on LIO, lose both targets, tgt killed and
LIO without power, and get them back after so many seconds.

Recovery is the time from the moment at which a target serves again until a read that has waited all the while is done.
"""

import re
import time
from dataclasses import dataclass

from lab.image import KERNELS
from lab.net import wait_for

TGT, LIO = "tgt", "LIO"
LIO_START_SECONDS = 8
RECOVERY_SECONDS = 60
READ = "(busybox dd if=/dev/{disk} of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null && echo REA''D-{number}-{disk}) &"
ROW = "{:8}{:8}{:>10}{:>10}"


@dataclass(frozen=True)
class Recovery:
    """What one machine's disk at one target has gone through."""

    kernel: str
    target: str
    down: float
    seconds: float


class Outages:
    """Machines that have booted; strike() as often as one likes."""

    def __init__(self, lab):
        self.lab = lab
        self.n_struck = 0
        roots = [lab.disk() for _ in KERNELS]
        for number, root in enumerate(roots):
            lab.target(tgt_name(number), root, start=False)
            lab.target(lio_name(number), lab.disk(fstype=None), on=lab.lio, start=False)
        lab.tgt.start()
        lab.lio.start()
        self.disks = {}
        for number, kernel in enumerate(KERNELS):
            self.boot(number, kernel, roots[number].label)

    def boot(self, number, kernel, label):
        words = f"{self.lab.tgt.word(tgt_name(number))} {self.lab.lio.word(lio_name(number))} root=LABEL={label}"
        vm = self.lab.boot(f"{words} vmtest=shell rw", kernel=kernel)
        vm.expect_root()
        root = re.search(r"iscsiroot: (sd[ab]): [^\n]* is root", vm.text).group(1)
        self.disks[vm, kernel] = {TGT: root, LIO: "sdb" if root == "sda" else "sda"}

    def strike(self, seconds):
        """One outage. Prints and returns the recoveries."""
        self.n_struck += 1
        began = time.monotonic()
        self.lab.tgt.kill()
        self.lab.lio.kill()
        for (vm, _), disks in self.disks.items():
            for disk in disks.values():
                vm.send_line(READ.format(disk=disk, number=self.n_struck))
        lifted = self.lift(began + seconds)
        found = [self.wait_recovery(vm, kernel, target, disk, began, lifted[target])
                 for (vm, kernel), disks in self.disks.items() for target, disk in disks.items()]
        print(table(found), flush=True)
        return found

    def lift(self, when):
        """Bring the targets back at a time, or soon after. When each has served again."""
        time.sleep(max(0, when - LIO_START_SECONDS - time.monotonic()))
        self.lab.lio.start()
        lifted = {LIO: time.monotonic()}
        time.sleep(max(0, when - time.monotonic()))
        self.lab.tgt.start()
        return {**lifted, TGT: time.monotonic()}

    def wait_recovery(self, vm, kernel, target, disk, began, lifted):
        done = re.compile(f"READ-{self.n_struck}-{disk}\n")
        wait_for(lambda: done.search(vm.text), f"{kernel}, {target}: I/O", RECOVERY_SECONDS)
        return Recovery(kernel, target, lifted - began, max(0, vm.started + vm.arrival(done.search(vm.text)) - lifted))


def tgt_name(number):
    return f"iqn.2026-11.org.example:root{number}"


def lio_name(number):
    return f"iqn.2026-11.org.example:other{number}"


def table(recoveries):
    rows = [ROW.format("kernel", "target", "down", "recovery")]
    return "\n".join(rows + [ROW.format(one.kernel, one.target, f"{one.down:.1f}", f"{one.seconds:.2f}") for one in recoveries])
