# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that runs out of memory while its target is away: what writes pages to the swap waits for the session, and the session
is brought back by a process that needs no page which is not there."""

import re
import subprocess

import pytest

from lab.story import NAME

MEMORY_MIB = 160
SWAP_MIB = 192
LOST = r"iscsiroot: 10\.99\.0\.1:3260: the connection to [^\n]* broke"
BACK = r"iscsiroot: 10\.99\.0\.1:3260: [^\n]* is back after ([0-9.]+) s, its disks go on"
KILLED = r"Out of memory: Killed process \d+ \((\w+)\)"
READ = "busybox dd if=/dev/sda of=/dev/null bs=64k count=16 iflag=direct 2>&1 | busybox tail -n 1"
TURNS = 3
HOGS = 3
FLUSHER = 0x80000  # PF_MEMALLOC_NOIO in the kernel's include/linux/sched.h, what PR_SET_IO_FLUSHER sets


def boot(lab, with_swap):
    """A small machine with root and, if wanted, its swap space on two disks of the same target, which the kernel names as they come."""
    swap = lab.disk(fstype=None)
    subprocess.run(["truncate", "-s", f"{SWAP_MIB}M", swap.path], check=True)
    lab.target(NAME, lab.disk(), swap)
    vm = lab.boot(f"iscsi_target=iscsi://10.99.0.1/{NAME} root=LABEL=root2 vmtest=shell rw", memory_mib=MEMORY_MIB)
    root = vm.expect_root()
    if with_swap:
        (other,) = {"sda", "sdb"} - {root.device.removeprefix("/dev/")}
        vm.send_line(f"busybox mkswap /dev/{other} && busybox swapon /dev/{other} && echo SWAP''PING")
        vm.expect("SWAPPING")
    return vm


def fill_memory(vm):
    """Programs that want more and more memory, each followed by the next, until there is a file."""
    vm.send_line(f"for n in $(busybox seq {HOGS}); do (until [ -e /run/enough ]; do busybox tail /dev/zero; done) & done")


def keeper(vm):
    """Its process id, and what the kernel knows of it."""
    vm.send_line("p=$(busybox pidof iscsiroot); busybox cat /proc/$p/status /proc/$p/smaps_rollup; echo KEEPER-EN''D")
    text = vm.expect(r"(?s)Name:\tiscsiroot\n.*?KEEPER-END").group()
    return {name: int(value) for name, value in re.findall(r"(\w+):\s+(\d+)(?: kB)?\n", text)}


def is_flusher(vm):
    """Whether the keeper's memory is found without a disk, and without the OOM killer (proc(5), field 9 of stat)."""
    vm.send_line("echo FLAGS=$(busybox cut -d ' ' -f 9 /proc/$p/stat)")
    return int(vm.expect(r"\nFLAGS=(\d+)\n").group(1)) & FLUSHER != 0


@pytest.mark.parametrize("with_swap", [True, False], ids=["swap on the target", "no swap"])
def test_out_of_memory(lab, with_swap):
    vm = boot(lab, with_swap)
    before = keeper(vm)
    fill_memory(vm)
    vm.expect(KILLED)
    for _ in range(TURNS):
        lab.tgt.kill()
        vm.expect(LOST)
        vm.run_for(6)
        lab.tgt.start()
        print("back after", vm.expect(BACK, 30).group(1))
        vm.expect(KILLED)
    vm.send_line(">/run/enough")
    vm.send_line(READ)
    vm.expect(r"16\+0 records out", 60)
    after = keeper(vm)
    for name in ("Rss", "Private_Dirty", "Private_Clean", "VmLck"):
        print(f"{name}: {before[name]} kB, then {after[name]} kB")
    assert after["Pid"] == before["Pid"] and after["VmSwap"] == 0
    assert is_flusher(vm) == with_swap
    assert "iscsiroot" not in re.findall(KILLED, vm.text)


def test_no_wakeups(lab):
    """While all is well, and the kernel sends its NOPs."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"iscsi_target=iscsi://10.99.0.1/{NAME}/1 vmtest=shell rw")
    vm.expect_root()
    vm.run_for(5)
    before = keeper(vm)
    vm.run_for(60)
    assert keeper(vm)["voluntary_ctxt_switches"] == before["voluntary_ctxt_switches"]
