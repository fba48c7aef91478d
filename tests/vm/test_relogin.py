# SPDX-License-Identifier: GPL-2.0-or-later
"""A session comes back to another world: other parameters, another portal, no address meanwhile, errors in the middle of the
login, a target that asks for it. NOPs are quick here; every test reads root from its disk before it is content."""

import pytest

from lab.fake import Fake
from lab.net import wait_for
from lab.story import NAME, TARGET

QUICK = "iscsi_noop_out_interval=1 iscsi_noop_out_timeout=4 vmtest=shell"
READ = "busybox dd if=/dev/sda of=/dev/null bs=64k count=16 iflag=direct 2>&1 | busybox tail -n 1"
LOST = r"iscsiroot: \S+:3260: the connection to [^\n]* broke \(([^\n]*)\), its disks wait"
BACK = r"iscsiroot: (\S+):3260: [^\n]* is back after [0-9.]+ s, its disks go on"


def boot(lab, words=TARGET, **options):
    vm = lab.boot(f"{words} {QUICK}", **options)
    vm.expect_root()
    return vm


def expect_back(vm, seconds=20):
    """The session is there and root can be read. Returns the portal it is at."""
    address = vm.expect(BACK, seconds).group(1)
    vm.send_line(READ)
    vm.expect(r"16\+0 records out", 10)
    return address


def ask(vm, directory, *files):
    """What the kernel's session or connection says of itself."""
    vm.send_line(f"cd /sys/class/{directory}/*; echo FA''CTS $(busybox cat {' '.join(files)}); cd /")
    return vm.expect("FACTS ([^\n]*)\n").group(1).split()


def test_other_parameters(lab):
    """What is agreed on the second time is what the kernel uses from then on, digests among it."""
    lab.target(NAME, lab.disk())
    vm = boot(lab, f"{TARGET} iscsi_digest=prefer-none rw")
    names = ("first_burst_len", "max_burst_len", "immediate_data", "initial_r2t")
    assert ask(vm, "iscsi_session", *names) != ["8192", "16384", "0", "1"]
    assert ask(vm, "iscsi_connection", "header_digest", "data_digest") == ["0", "0"]
    keys = {"FirstBurstLength": 8192, "MaxBurstLength": 16384, "ImmediateData": "No", "InitialR2T": "Yes", "HeaderDigest": "CRC32C",
            "DataDigest": "CRC32C"}
    lab.tgt.admin(*(["target", "update", "--tid", "1", "--name", key, "--value", str(value)] for key, value in keys.items()))
    lab.net.reset()
    expect_back(vm)
    assert ask(vm, "iscsi_session", *names) == ["8192", "16384", "0", "1"]
    assert ask(vm, "iscsi_connection", "header_digest", "data_digest") == ["1", "1"]
    vm.send_line("busybox dd if=/dev/urandom of=/new bs=64k count=20; a=$(busybox md5sum </new); busybox sync; "
                 "echo 3 >/proc/sys/vm/drop_caches; [ \"$(busybox md5sum </new)\" = \"$a\" ] && echo SA''ME")
    vm.expect("SAME\n", 30)
    vm.expect_not("detected conn error \\(101")


def test_redirected(lab):
    """tgt sends the session to LIO, which has the same disk; when LIO is gone the portal first asked for is asked again."""
    disk = lab.disk()
    lab.target(NAME, disk)
    lab.target(NAME, disk, on=lab.lio)
    vm = boot(lab)
    lab.tgt.redirect(1, lab.lio.address, 3260, "Temporary")
    lab.net.reset()
    vm.expect(rf"10\.99\.0\.1:3260: redirects us to {lab.lio.address}:3260")
    assert expect_back(vm) == lab.lio.address
    assert ask(vm, "iscsi_connection", "address", "persistent_address") == [lab.lio.address, lab.tgt.address]
    lab.lio.kill()
    vm.expect(LOST)
    vm.expect(rf"(?s)redirects us to .*cannot log in to {NAME} at {lab.lio.address}:3260")
    lab.tgt.restart()  # it has forgotten that it redirects
    assert expect_back(vm) == lab.tgt.address
    assert ask(vm, "iscsi_connection", "address", "persistent_address") == [lab.tgt.address] * 2


def test_address_is_gone_and_comes_back(lab):
    lab.target(NAME, lab.disk())
    vm = boot(lab)
    vm.send_line("busybox ip addr del 10.99.0.2/24 dev eth0; (busybox sleep 12; busybox ip addr add 10.99.0.2/24 dev eth0) &")
    vm.expect(LOST)
    vm.expect(r"cannot log in to [^\n]*: there is no route to the portal")
    assert expect_back(vm) == lab.tgt.address


SECOND_ERRORS = ["connect: close", "connect: silence", "login 1: close", "login 1: silence", "login 1: garbage", "login 1: cut 20",
                 "login 1: stall 60", "login 1: status 0301", "login 1: status 0203", "login 1: status 0201",
                 "login 1: redirect 10.99.0.77:3260"]


def test_errors_while_coming_back(lab):
    """Whatever goes wrong with the next logins, none is the last one. (The kernel takes ten lines of the log in five seconds.)"""
    fake = Fake(lab.net, NAME, [lab.disk()])
    vm = boot(lab)
    for error in SECOND_ERRORS:
        n_before = fake.count("connect")
        fake.spoil(error)
        lab.net.reset()
        vm.expect(LOST)
        wait_for(lambda: fake.count("connect") >= n_before + 2, f"{error}: two more attempts")
        fake.spoil()
        assert expect_back(vm) == "10.99.0.1"
        vm.run_for(4)


def test_a_read_breaks_the_connection(lab):
    """Four connections in a row end at the same read; after six the kernel fails it."""
    fake = Fake(lab.net, NAME, [lab.disk()])
    vm = boot(lab)
    fake.spoil("read: close")
    lab.net.reset()
    vm.expect(BACK)
    n_before = fake.count("read")
    vm.send_line(READ)
    wait_for(lambda: fake.count("read") >= n_before + 4, "four attempts")
    fake.spoil()
    vm.expect(r"16\+0 records out", 20)


@pytest.mark.parametrize("number, said", [(1, "logged out, as the target asked"), (2, "the target drops the connection"),
                                          (3, "the target drops the connection"), (4, "logged out, as the target asked")])
def test_asynchronous_messages(lab, number, said):
    """RFC 7143 section 11.9.1: the target asks for a logout, drops the connection or all, or wants to negotiate anew."""
    fake = Fake(lab.net, NAME, [lab.disk()])
    vm = boot(lab)
    fake.spoil(f"nop 2: event {number}")
    lab.net.reset()
    vm.expect(LOST)
    expect_back(vm)
    fake.spoil()
    assert vm.expect(LOST).group(1) == said
    assert expect_back(vm) == "10.99.0.1"
    n_before = vm.count(LOST)
    vm.run_for(4)
    assert vm.count(LOST) == n_before
    assert (fake.count("closed after logout") == 1) == (number in (1, 4))
