# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots from targets that break the protocol: what the console says, the next attempt, and the boot once the fault is lifted."""

import pytest

from lab.fake import Fake
from lab.story import NAME, TARGET

SECRET, SECRET_IN = "correct-horse-b", "battery-staple-c"
CHAP = (f"chap pi4 {SECRET}", f"mutual store {SECRET_IN}")
BOTH = f"iscsi_username=pi4 iscsi_password={SECRET} iscsi_in_password={SECRET_IN}"
FAILED = f"cannot log in to {NAME} at 10.99.0.1:3260: "
PROTOCOL = "the target's answer breaks the iSCSI protocol"

FAULTS = {
    "silence in the middle": (CHAP, BOTH, "login 3: silence", "E30", "does not answer the login"),
    "drip": ((), "", "login: drip 0.5", "E30", "does not answer the login"),
    "garbage": ((), "", "connect: garbage", "E41", "the target closed the connection during the login .error [0-9]+"),
    "endless text": ((), "", "login: endless 4000", "E3C", PROTOCOL + " .more than 16384 bytes of text in one answer"),
    "reflected proof": (CHAP, BOTH, "login: reflect", "E45", "our own CHAP values back .CHAP_R is our own"),
    "downgrade": (CHAP, BOTH, "login: add AuthMethod=None", "E40", "wants no authentication although a secret is configured"),
}


@pytest.mark.parametrize("shape, words, fault, code, text", FAULTS.values(), ids=list(FAULTS))
def test_fault_and_recovery(lab, shape, words, fault, code, text):
    fake = Fake(lab.net, NAME, [lab.disk()], shape=shape)
    fake.spoil(fault)
    vm = lab.boot(f"{TARGET} {words} ro")
    vm.expect_failure(code, FAILED + ".*" + text)
    vm.expect(r"iscsiroot: 10\.99\.0\.1:3260: [^\n]*, trying again in [^\n]*\[" + f"({code})" + r"\]")
    fake.spoil()
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: logged in to {NAME}, {'mutual CHAP SHA3-256' if shape else 'no authentication'}")
    root = vm.expect_root()
    assert root.targets == [NAME]
    told = [line for line in vm.text.split("\n") if "iscsiroot: " in line]
    assert [line for line in told if SECRET in line or SECRET_IN in line] == []


def test_redirects_in_a_circle(lab):
    """Named whole; once the second portal serves the target, the way over both leads there, and the first stays the disk's."""
    first = Fake(lab.net, NAME, [lab.disk()])
    second = Fake(lab.net, NAME, [lab.disk()], portal="10.99.0.1:3261")
    first.spoil("login: redirect 10.99.0.1:3261")
    second.spoil("login: redirect 10.99.0.1:3260")
    vm = lab.boot(f"{TARGET} ro root=/dev/disk/by-path/ip-10.99.0.1:3260-iscsi-{NAME}-lun-1")
    vm.expect(r"10\.99\.0\.1:3260: redirects us to 10\.99\.0\.1:3261")
    vm.expect_failure("E3B", r"in a circle: 10\.99\.0\.1:3260 -> 10\.99\.0\.1:3261 -> 10\.99\.0\.1:3260")
    second.spoil()
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3261: logged in to {NAME}, no authentication")
    said = [line.split(" ", 1)[1] for line in vm.expect_root()["connection"]]
    assert {"persistent_address 10.99.0.1", "persistent_port 3260", "port 3261"} <= set(said)


def test_lost_with_each_command(lab):
    """
    The search for LUNs ends with the connection, time and again, and the pauses grow; when the target has come to itself it is made
    anew.
    """
    fake = Fake(lab.net, NAME, [lab.disk()])
    fake.spoil("command: close")
    vm = lab.boot(f"{TARGET} ro")
    for seconds in ("0.5", "1.0", "2.0", "4.0", "4.0"):
        pause = vm.expect(rf"10\.99\.0\.1:3260: that was \d+ times in a row right after the login, the next one follows in {seconds} s")
    back = vm.expect(f"the connection to {NAME} broke")
    assert vm.arrival(back) - vm.arrival(pause) > 3.5
    fake.spoil()
    vm.expect("is back after")
    assert vm.expect_root().targets == [NAME]


@pytest.mark.parametrize("fault", ("silence", "withhold"))
def test_a_lun_that_does_not_answer(lab, fault):
    """
    Nothing at all, or nothing to what a disk is first asked: the wait is for the disk, and nobody is sent to map a LUN that is
    there. Silence shows to the kernel, which connects anew; else the reason ends the attempt. Then the boot goes on.
    """
    fake = Fake(lab.net, NAME, [lab.disk()])
    fake.spoil(f"capacity16: {fault}")
    vm = lab.boot(f"{TARGET} ro")
    vm.expect_failure("E65", r"10\.99\.0\.1:3260: the LUN is there and does not answer .* \(1 of 1\)")
    vm.expect(r"iscsiroot: root: the LUN is there and [^\n]*, trying again in \d\.\d s")
    fake.spoil()
    if fault == "withhold":
        vm.expect_failure("E65", r"10\.99\.0\.1:3260: the LUN is there and does not answer .* \(1 of 1\)")
        vm.expect("/ # ")
        vm.send_line("exit")
    assert vm.expect_root().targets == [NAME]
    assert vm.count(r"iscsiroot: waiting for the disks to be read, \d+ s so far\n") > 0
    vm.expect_not("E61")
