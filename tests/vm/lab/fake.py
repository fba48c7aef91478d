# SPDX-License-Identifier: GPL-2.0-or-later
"""The target of tests/target in the lab's namespace: what goes wrong can be said, and taken back, while it serves."""

import os
import sys

from lab import place
from lab.net import wait_for

PROGRAM = os.path.join(place.REPOSITORY, "tests", "target", "target.py")


class Fake:
    """Exports disks, read-only, as LUN 1 and up of a name. `shape`: more lines of the script."""

    def __init__(self, network, name, disks, portal="10.99.0.1:3260", shape=()):
        self.log = f"fake-{portal}.log"
        self.path = os.path.join(network.directory, f"fake-{portal}.script")
        self.network = network
        self.shape = [f"listen {portal}", f"target {name}", *shape,
                      *(f"lun {number} {one.path}" for number, one in enumerate(disks, 1))]
        self.spoil()
        network.spawn(sys.executable, PROGRAM, self.path, log=self.log)
        wait_for(lambda: "listening" in network.read_log(self.log), "the fake target")

    def spoil(self, *faults):
        """From the next connection on these faults and no others: "login 2: silence"."""
        with open(self.path + ".new", "w", encoding="ascii") as stream:
            stream.write("\n".join([*self.shape, *faults]))
        os.replace(self.path + ".new", self.path)

    def count(self, event):
        """How often its log tells of an event."""
        return sum(line.endswith(" " + event) for line in self.network.read_log(self.log).split("\n"))
