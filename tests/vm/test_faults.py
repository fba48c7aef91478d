# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fault that the laboratory knows, one after the other, on one machine: its root is there again each time."""

import time

from lab.fault import FAULTS
from lab.story import NAME, TARGET

READ = "busybox dd if=/dev/sda of=/dev/null bs=64k count=16 iflag=direct 2>&1 | busybox tail -n 1"
LOST = r"iscsiroot: 10\.99\.0\.1:3260: the connection to [^\n]* broke"
BACK = r"iscsiroot: 10\.99\.0\.1:3260: [^\n]* is back after ([0-9.]+) s, its disks go on"
LOUD_SECONDS = 3
SILENT_SECONDS = 20


def suffer(lab, vm, name):
    """Strike, wait until the machine knows, lift; return the seconds from then until it can read its disk."""
    fault = FAULTS[name]
    fault.strike(lab, vm)
    vm.send_line(READ)
    vm.expect(LOST, SILENT_SECONDS if fault.is_silent else LOUD_SECONDS)
    if fault.lift:
        fault.lift(lab, vm)
    began = time.monotonic()
    vm.expect(BACK, 15)
    vm.expect(r"16\+0 records out", 10)
    return time.monotonic() - began


def test_each(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"{TARGET} vmtest=shell rw")
    vm.expect_root()
    for name in FAULTS:
        seconds = suffer(lab, vm, name)
        print(f"{name}: {seconds:.2f} s")
        assert seconds < 6, name
