# SPDX-License-Identifier: GPL-2.0-or-later
"""What can come between a machine and its target, each as a pair of strokes: strike it, and lift it again.

Tables, so that a test can take one by name, or all, or as many as it likes from a seed (storm.py). All are done from the host's
side and need nothing of the machine's disks, but for those of iscsid, who lives on them.
"""

import time
from dataclasses import dataclass
from typing import Callable

from lab.net import wait_for

IN_CHARGE = "iscsiroot: iscsid is there and looks after the sessions from now on"
LIO_GROUPS = "$target/iscsi/iqn.*/tpgt_1"


@dataclass(frozen=True)
class Fault:
    """
    Both take the lab and the machine. lift() returns when all is in place again. is_silent: the machine learns of it by its own
    NOP-Out only, ten seconds later unless it was told another interval. is_inside: lifting it takes the machine's shell.
    Without lift() it is over when it is struck.
    """

    strike: Callable
    lift: Callable = None
    is_silent: bool = False
    is_inside: bool = False


def close_and_reset(lab, _):
    lab.tgt.close_portals()
    lab.net.reset()


def reset_again_and_again(lab, _):
    """Each login that follows is cut off in its turn, at another moment."""
    for tenths in range(1, 7):
        lab.net.reset()
        time.sleep(tenths / 10)


def switch_lio(lab, on):
    """A target that is switched off ends its sessions, and refuses logins."""
    lab.lio.run(f"for group in {LIO_GROUPS}; do echo {on} >$group/enable; done")


def start_iscsid(vm):
    """Returns when it has begun to take over."""
    n_before = vm.count(IN_CHARGE)
    if vm.shell.attempt("pidof iscsid")[1]:
        vm.shell.run("systemctl start iscsid")
        wait_for(lambda: vm.count(IN_CHARGE) > n_before, "take-over by iscsid")


def kill_iscsid(_, vm):
    start_iscsid(vm)
    vm.shell.run("kill -9 $(pidof iscsid)")


def kill_iscsid_meanwhile(lab, vm):
    """While it waits for the target. Only what the shell itself can do is possible then."""
    start_iscsid(vm)
    pids = vm.shell.run("pidof iscsid").strip()
    close_and_reset(lab, vm)
    time.sleep(1)
    vm.shell.run(f"kill -9 {pids}")


FAULTS = {
    "target killed": Fault(lambda lab, vm: lab.tgt.kill(), lambda lab, vm: lab.tgt.start()),
    "target restarted": Fault(lambda lab, vm: lab.tgt.restart()),
    "target frozen": Fault(lambda lab, vm: lab.tgt.freeze(), lambda lab, vm: lab.tgt.thaw(), is_silent=True),
    "connection reset": Fault(lambda lab, vm: lab.net.reset()),
    "port closed": Fault(close_and_reset, lambda lab, vm: lab.tgt.open_portals()),
    "cable out": Fault(lambda lab, vm: vm.set_link(False), lambda lab, vm: vm.set_link(True), is_silent=True),
    "switch dead": Fault(lambda lab, vm: lab.net.cut(), lambda lab, vm: lab.net.mend(), is_silent=True),
    "no route back": Fault(lambda lab, vm: lab.net.silence(vm.address), lambda lab, vm: lab.net.speak(vm.address),
                           is_silent=True),
}

AGAIN = {"reset again and again": Fault(reset_again_and_again)}

LIO_FAULTS = {
    "LIO: power cut": Fault(lambda lab, vm: lab.lio.kill(), lambda lab, vm: lab.lio.start(), is_silent=True),
    "LIO: frozen": Fault(lambda lab, vm: lab.lio.freeze(), lambda lab, vm: lab.lio.thaw(), is_silent=True),
    "LIO: switched off": Fault(lambda lab, vm: switch_lio(lab, 0), lambda lab, vm: switch_lio(lab, 1)),
}

ISCSID_FAULTS = {
    "iscsid killed": Fault(kill_iscsid, lambda lab, vm: start_iscsid(vm), is_inside=True),
    "iscsid killed meanwhile": Fault(kill_iscsid_meanwhile, lambda lab, vm: lab.tgt.open_portals()),
}
