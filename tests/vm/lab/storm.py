# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults on a schedule from a seed over verified I/O: a Debian root on tgt and a second disk on LIO, both written and read again
without end while one thing after the other breaks.

The same seed gives the same faults in the same order. Recovery is the time from the moment at which a fault has been lifted,
so that the target's port answers, until both disks have been read; where another fault comes at once, from that one on.
Recovery times are printed and bounded generously: a machine that is emulated beside others is no stop-watch.
"""

import random
import time
from dataclasses import dataclass
from statistics import median

from lab.fault import AGAIN, FAULTS, IN_CHARGE, ISCSID_FAULTS, LIO_FAULTS
from lab.load import FAR, Load
from lab.story import DEBIAN_SECONDS, NAME, OTHER

ALONE = "systemd.mask=iscsid.socket systemd.mask=iscsid.service systemd.mask=open-iscsi.service"
DISKS = f"iscsi_target=iscsi://10.99.0.1/{NAME}/1 iscsi_target=iscsi://10.99.0.50/{OTHER}/1 root=LABEL=root1"
TAKEN_BACK = "iscsiroot: iscsid is gone, its sessions are looked after here again"
KEEPER, ISCSID = "keeper", "iscsid"
RECOVERY_SECONDS = 40
DOWN_SECONDS = ((0.1, 1), (1, 4), (4, 9))
SILENT_DOWN_SECONDS = ((0.1, 3), (3, 9), (9, 16))
PAUSE_SECONDS = (0.2, 1.5)
SECOND_CHANCE = 0.25
SECOND_SECONDS = (0, 0.8)
ROW = "{:40}{:>8}{:>7}{:>8}{:>8}{:>8}"


@dataclass(frozen=True)
class Blow:
    """A fault that was struck: for how long, who had to make it good, and how long that took."""

    name: str
    down: float
    master: str
    recovery: float


class Storm:
    """`words`: more of the command line. `company`: with iscsid as Debian installs it, else masked."""

    def __init__(self, lab, seed, words="", company=True, **options):
        self.lab = lab
        self.random = random.Random(seed)
        lab.target(NAME, lab.debian())
        scratch = lab.disk(fstype=None)
        lab.target(OTHER, scratch, on=lab.lio)
        self.vm = lab.boot_debian(f"{DISKS} {words} {'' if company else ALONE}", **options)
        self.faults = {**FAULTS, **AGAIN, **LIO_FAULTS, **(ISCSID_FAULTS if company else {})}
        if company:
            self.vm.expect(IN_CHARGE, DEBIAN_SECONDS)
        self.disks = [find_disk(self.vm, name) for name in (NAME, OTHER)]
        one, other = (f"dd if=/dev/{disk} of=/dev/null bs=4k count=1 iflag=direct status=none" for disk in self.disks)
        self.read = f"{one} & p=$!; {other} && wait $p"
        self.loads = [Load(self.vm), Load(self.vm, f"/dev/{self.disks[1]}", FAR)]
        self.deck = []
        self.blows = []

    def master(self):
        """Who makes good what breaks now."""
        return ISCSID if self.vm.text.rfind(IN_CHARGE) > self.vm.text.rfind(TAKEN_BACK) else KEEPER

    def draw(self):
        """The next fault's name: all of them in some order, then all of them in another."""
        if not self.deck:
            self.deck = list(self.faults)
            self.random.shuffle(self.deck)
        return self.deck.pop()

    def blow(self):
        """One fault of the schedule. Prints what came of it."""
        name = self.draw()
        spans = SILENT_DOWN_SECONDS if self.faults[name].is_silent else DOWN_SECONDS
        down = self.random.uniform(*self.random.choice(spans))
        second = self.random.uniform(*SECOND_SECONDS) if self.random.random() < SECOND_CHANCE else None
        pause = self.random.uniform(*PAUSE_SECONDS)
        one = self.suffer(name, down, second)
        self.blows.append(one)
        print(f"{len(self.blows):4} {self.vm.seconds():7.1f} {one.name}: {one.down:.1f} s, {one.master}, I/O again after "
              f"{one.recovery:.2f} s", flush=True)
        time.sleep(pause)

    def suffer(self, name, down, second=None):
        """Strike, wait, lift, and wait for both disks. `second`: so many seconds later the connections to tgt are reset, too."""
        fault, shell = self.faults[name], self.vm.shell
        fault.strike(self.lab, self.vm)
        began = time.monotonic()
        shell.start(self.read)
        if fault.is_inside:
            self.finish_read()
        if fault.lift:
            self.vm.run_for(down)
            fault.lift(self.lab, self.vm)
            began = time.monotonic()
        if fault.is_inside:
            shell.start(self.read)
        if second is not None:
            time.sleep(second)
            self.lab.net.reset()
            began = time.monotonic()
            self.finish_read()
            shell.start(self.read)
        self.finish_read()
        name += "" if second is None else ", then reset"
        return Blow(name, down if fault.lift else 0, self.master(), time.monotonic() - began)

    def finish_read(self):
        said, status = self.vm.shell.finish(self.read, RECOVERY_SECONDS)
        assert status == 0, said

    def run(self, n_faults=None, seconds=None):
        """So many faults, or as many as fit into the time; then everything must be well."""
        began = time.monotonic()
        while len(self.blows) < n_faults if n_faults else time.monotonic() - began < seconds:
            self.blow()
        self.finish()

    def finish(self):
        """Nothing is stuck, nothing lost, nothing wrong."""
        time.sleep(5)
        self.vm.shell.run(self.read, RECOVERY_SECONDS)
        results = [load.finish() for load in self.loads]
        print(table(self.blows))
        print(", ".join(f"{disk}: {one.n_ios} I/Os without error, the slowest {one.slowest:.1f} s"
                        for disk, one in zip(("tgt", "LIO"), results)))
        self.vm.shell.run("sync; touch /root/alive && sync /root/alive")
        for sign in ("I/O error", "Remounting filesystem read-only", "EXT4-fs error", "blocked for more than"):
            self.vm.expect_not(sign)


def find_disk(vm, target):
    """The kernel's name of a target's disk."""
    return vm.shell.run(f"for s in /sys/class/iscsi_session/*; do [ $(cat $s/targetname) != {target} ] || "
                        "ls $s/device/target*/*/block; done").strip()


def table(blows):
    """Seconds until I/O went on, by fault and by who was in charge."""
    lines = [ROW.format("fault", "", "times", "median", "worst", "down")]
    for name, master in sorted({(one.name, one.master) for one in blows}):
        these = [one for one in blows if (one.name, one.master) == (name, master)]
        times = [one.recovery for one in these]
        lines.append(ROW.format(name, master, len(these), f"{median(times):.2f}", f"{max(times):.2f}",
                                f"{max(one.down for one in these):.1f}"))
    return "\n".join(lines)
