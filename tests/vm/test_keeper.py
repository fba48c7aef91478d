# SPDX-License-Identifier: GPL-2.0-or-later
"""The resident keeper: a root that survives its target. Every test reads from the disk itself before and after."""

import time

import pytest

from lab.story import NAME, TARGET

READ = "busybox dd if=/dev/sda of=/dev/null bs=64k count=16 iflag=direct 2>&1 | busybox tail -n 1"
LOST = r"iscsiroot: 10\.99\.0\.1:3260: the connection to [^\n]* broke \(([^\n]*)\), its disks wait until it is back"
BACK = r"iscsiroot: 10\.99\.0\.1:3260: [^\n]* is back after ([0-9.]+) s, its disks go on"


def booted(lab, words="", **options):
    """A machine whose root has been reached, with a shell on it that shows the kernel's log."""
    lab.target(NAME, lab.disk(), **options)
    vm = lab.boot(f"{TARGET} vmtest=shell rw {words}")
    vm.expect_root()
    return vm


def read_disk(vm, timeout=30):
    vm.send_line(READ)
    vm.expect(r"16\+0 records out", timeout)


def test_it_is_hard_to_kill_and_small(lab):
    """What systemd, the OOM killer and an orderly shutdown look at; nothing of the real root is in its hands."""
    vm = booted(lab)
    vm.send_line("p=$(busybox pidof iscsiroot); cd /proc/$p; echo adj=$(busybox cat oom_score_adj) "
                 "title=$(busybox tr '\\0' ' ' <cmdline)")
    vm.expect(r"adj=-1000 title=@iscsiroot keeper")
    vm.send_line("busybox ls -l fd | busybox sed 's/.* //'; busybox kill $p; busybox kill -HUP $p; busybox kill -INT $p;"
                 " echo 'THE''RE'; busybox kill -0 $p && echo 'STILL-THE''RE'")
    files = set(vm.expect(r"(?s)\n0\n(/dev/null\n.*?)THERE\n").group(1).split())
    assert {name for name in files if "socket" not in name} == {"/dev/null", "/dev/kmsg", "/proc", "/sys"}
    vm.expect("STILL-THERE")
    vm.send_line("busybox grep -E '^(Rss|Private_Dirty|Swap|Locked)' smaps_rollup")
    resident = int(vm.expect(r"Rss: *([0-9]+) kB").group(1))
    assert resident < 400
    assert vm.expect(r"Swap: *([0-9]+) kB").group(1) == "0"


def test_target_restarted(lab):
    """Killed and started again, three times in a row."""
    vm = booted(lab)
    for _ in range(3):
        read_disk(vm)
        lab.tgt.kill()
        vm.expect(LOST)
        time.sleep(2)
        lab.tgt.start()
        began = time.monotonic()
        vm.expect(BACK)
        assert time.monotonic() - began < 3
    read_disk(vm)
    vm.send_line("busybox cat /sys/class/iscsi_session/session*/state; echo; busybox ls -d /sys/block/sd*")
    vm.expect("LOGGED_IN\n[^#]*/sys/block/sda\n")
    vm.send_line("busybox poweroff -f")
    vm.wait_off()
