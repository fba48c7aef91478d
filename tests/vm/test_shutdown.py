# SPDX-License-Identifier: GPL-2.0-or-later
"""The end of a machine whose root is on iSCSI: it goes down in time and leaves a clean file system."""

import subprocess
import time

import pytest

from lab.guest import ConsoleError
from lab.story import NAME, TARGET

ALONE = "systemd.mask=iscsid.socket systemd.mask=iscsid.service systemd.mask=open-iscsi.service"
COMPANY = {"alone": ALONE, "with open-iscsi": ""}
IN_TIME = 45


def check_clean(disk):
    """What e2fsck says of the disk, asked to change nothing; the journal must have been emptied."""
    done = subprocess.run(["e2fsck", "-fn", disk.path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    features = subprocess.run(["dumpe2fs", "-h", disk.path], text=True, capture_output=True, check=True).stdout
    assert "needs_recovery" not in features


def boot_and_write(lab, words):
    disk = lab.debian()
    lab.target(NAME, disk)
    vm = lab.boot_debian(f"{TARGET} {words}")
    vm.shell.run("dd if=/dev/urandom of=/root/written bs=64k count=64; touch /root/last")
    return vm, disk


def end(vm, verb, timeout):
    """Give the order; return the seconds until the machine is off."""
    began = time.monotonic()
    vm.shell.start(f"systemctl {verb}")
    vm.wait_off(timeout)
    return time.monotonic() - began


@pytest.mark.parametrize("company", COMPANY)
@pytest.mark.parametrize("verb", ("poweroff", "reboot"))
def test_goes_down(lab, verb, company):
    vm, disk = boot_and_write(lab, COMPANY[company])
    print(f"{verb}, {company}: off after {end(vm, verb, IN_TIME):.1f} s")
    check_clean(disk)


HANGS = pytest.mark.xfail(
    strict=True, raises=ConsoleError,
    reason="I/O to root waits for a day, so journald, fsync of the random seed and unmounting do; systemd gives up after 30 min")


@HANGS
def test_target_is_gone_before(lab):
    """
    The order to go down comes when nothing can be read or written. It is a signal to init: systemctl would wait for its own
    pages. SIGRTMIN+4 is poweroff.target (systemd(1)), sent by the shell itself.
    """
    vm, _ = boot_and_write(lab, ALONE)
    lab.tgt.kill()
    vm.expect("its disks wait until it is back")
    vm.shell.start("kill -38 1")
    vm.wait_off(IN_TIME)


@HANGS
def test_target_goes_meanwhile(lab):
    """The first services have ended, the file systems are still there."""
    vm, _ = boot_and_write(lab, ALONE)
    vm.shell.start("systemctl poweroff")
    vm.expect("Stopped target .*Multi-User System")
    lab.tgt.kill()
    vm.wait_off(IN_TIME)


def test_target_comes_back_meanwhile(lab):
    """Going down waits for it, and then leaves a clean file system."""
    vm, disk = boot_and_write(lab, ALONE)
    vm.shell.start("systemctl poweroff")
    vm.expect("Stopped target .*Multi-User System")
    lab.tgt.kill()
    vm.run_for(8)
    lab.tgt.start()
    vm.wait_off(IN_TIME)
    check_clean(disk)


def test_plain_init(lab):
    """busybox: root read-only, off. What was written before is there."""
    disk = lab.disk()
    lab.target(NAME, disk)
    vm = lab.boot(f"{TARGET} vmtest=shell rw")
    vm.expect_root()
    vm.send_line("echo kept >/kept; busybox mount -o remount,ro / && busybox poweroff -f")
    vm.wait_off(IN_TIME)
    check_clean(disk)
    assert subprocess.run(["debugfs", "-R", "cat /kept", disk.path], text=True, capture_output=True, check=True).stdout == "kept\n"
