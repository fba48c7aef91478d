# SPDX-License-Identifier: GPL-2.0-or-later
"""The end of a machine whose root is on iSCSI: it goes down in time and leaves a clean file system."""

import subprocess
import time

import pytest

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


@pytest.mark.parametrize("company", COMPANY)
def test_target_is_gone_before(lab, company):
    """The order to go down comes when nothing can be read or written."""
    vm, _ = boot_and_write(lab, COMPANY[company])
    vm.shell.run("systemctl --version; sync")
    lab.tgt.kill()
    vm.expect("broke|conn error")
    print(f"{company}: off after {end(vm, 'poweroff', 240):.1f} s")


@pytest.mark.parametrize("company", COMPANY)
def test_target_goes_meanwhile(lab, company):
    """The services have ended, the file systems have not."""
    vm, _ = boot_and_write(lab, COMPANY[company])
    began = time.monotonic()
    vm.shell.start("systemctl poweroff")
    vm.expect("Stopped target .*Multi-User System")
    lab.tgt.kill()
    vm.wait_off(240)
    print(f"{company}: off after {time.monotonic() - began:.1f} s")
