# SPDX-License-Identifier: GPL-2.0-or-later
"""What can come between a machine and its target, each as a pair of strokes: strike it, and lift it again.

A table, so that a test can take one by name, or all, or as many as it likes from a seed. All are done from the host's side and
need nothing of the machine's disks.
"""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Fault:
    """Both take the lab and the machine. is_silent: the machine learns of it by its own NOP-Out only, ten seconds later."""

    strike: Callable
    lift: Callable
    is_silent: bool = False


def close_and_reset(lab, _):
    lab.tgt.close_portals()
    lab.net.reset()


FAULTS = {
    "target killed": Fault(lambda lab, vm: lab.tgt.kill(), lambda lab, vm: lab.tgt.start()),
    "target restarted": Fault(lambda lab, vm: lab.tgt.restart(), lambda lab, vm: None),
    "target frozen": Fault(lambda lab, vm: lab.tgt.freeze(), lambda lab, vm: lab.tgt.thaw(), is_silent=True),
    "connection reset": Fault(lambda lab, vm: lab.net.reset(), lambda lab, vm: None),
    "port closed": Fault(close_and_reset, lambda lab, vm: lab.tgt.open_portals()),
    "cable out": Fault(lambda lab, vm: vm.set_link(False), lambda lab, vm: vm.set_link(True), is_silent=True),
    "switch dead": Fault(lambda lab, vm: lab.net.cut(), lambda lab, vm: lab.net.mend(), is_silent=True),
    "no route back": Fault(lambda lab, vm: lab.net.silence(vm.address), lambda lab, vm: lab.net.speak(vm.address),
                           is_silent=True),
}
