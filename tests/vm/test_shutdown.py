# SPDX-License-Identifier: GPL-2.0-or-later
"""The end of a machine whose root is on iSCSI: it goes down in time and leaves a clean file system."""

import subprocess
import time

import pytest

from lab import debian, image
from lab.net import wait_for
from lab.story import DEBIAN_SECONDS, NAME, OTHER, TARGET

ALONE = "systemd.mask=iscsid.socket systemd.mask=iscsid.service systemd.mask=open-iscsi.service"
COMPANY = {"alone": ALONE, "with open-iscsi": ""}
IN_TIME = 45


def check_clean(disk):
    """What e2fsck says of the disk, asked to change nothing; the journal must have been emptied."""
    done = subprocess.run(["e2fsck", "-fn", disk.path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    features = subprocess.run(["dumpe2fs", "-h", disk.path], text=True, capture_output=True, check=True).stdout
    assert "needs_recovery" not in features


# Of what the target is sent: by a PDU's first byte, whether immediate or not; a Logout Request (RFC 7143 section 11.14) by more of
# it, since what is written may begin like it; and the end of a connection.
PDU = "tcp[((tcp[12] & 0xf0) >> 2)"
SCSI_COMMAND = f"{PDU}] & 0xbf = 0x01"
LOGOUT_REQUEST = f"{PDU}] & 0xbf = 0x06 and {PDU} + 1] = 0x80 and {PDU} + 4 : 4] = 0"
END = "tcp[tcpflags] & (tcp-fin | tcp-rst) != 0"


def last_sent(lab, what):
    """When the target was sent such a packet for the last time; empty: never."""
    said = lab.net.run("tcpdump", "-r", f"{lab.directory}/br0.pcap", "-n", "-q", "-tt", f"tcp dst port 3260 and {what}")
    return max((line.split()[0] for line in said.splitlines()), default="")


def check_logout_is_last(lab):
    """A logout, and no SCSI command (section 11.3) behind it. The capture comes a second late, but in order."""
    wait_for(lambda: "" < last_sent(lab, LOGOUT_REQUEST) < last_sent(lab, END), "a logout and the end of its connection")
    assert last_sent(lab, SCSI_COMMAND) < last_sent(lab, LOGOUT_REQUEST)


def boot_and_write(lab, words, **options):
    disk = lab.debian()
    lab.target(NAME, disk)
    vm = lab.boot_debian(f"{TARGET} {words}", **options)
    vm.shell.run("dd if=/dev/urandom of=/root/written bs=64k count=64; touch /root/last")
    return vm, disk


def end(vm, verb, timeout):
    """Give the order; return the seconds until the machine is off."""
    began = time.monotonic()
    vm.shell.start(f"systemctl {verb}")
    vm.wait_off(timeout)
    return time.monotonic() - began


@pytest.mark.parametrize("verb, company", (("poweroff", "with open-iscsi"), ("reboot", "alone")))
def test_goes_down(lab, verb, company):
    vm, disk = boot_and_write(lab, COMPANY[company])
    assert vm.shell.attempt("ls /run/initramfs/shutdown")[1] != 0
    print(f"{verb}, {company}: off after {end(vm, verb, IN_TIME):.1f} s")
    vm.expect(f"session 1 to {NAME}: ended")
    check_logout_is_last(lab)
    check_clean(disk)


QUICK = "iscsi_shutdown_timeout=10"
WAITS = r"iscsiroot: the machine goes down \(([a-z -]+)\) while 10\.99\.0\.1:3260 is away: waiting for it for 10 s"
GIVEN_UP = "its disks are given up so that the machine can go down"
BOUND = 10 + 15 + 3 + 45  # waiting, the rest, remounting; and what a loaded machine needs
SIGNALS = {"poweroff": 38, "reboot": 39}  # SIGRTMIN+4 and +5, the orders as signals to systemd(1)


def expect_off(vm, order, began):
    """The keeper has said why and for how long it waits, gives up, and the machine is off in time."""
    assert vm.expect(WAITS, BOUND).group(1) == order
    vm.expect(GIVEN_UP, BOUND)
    given_up = time.monotonic()
    vm.wait_off(BOUND)
    print(f"{order}: disks given up after {given_up - began:.1f} s, off after {time.monotonic() - began:.1f} s")


def test_nothing_of_it_shows(lab):
    """Our units neither fail nor complain, and what they make is made when the machine goes down only. The keeper does not wake up."""
    vm, _ = boot_and_write(lab, ALONE)
    assert vm.shell.run("systemctl is-system-running") == "running\n"
    assert vm.shell.run("journalctl -b | grep -E 'system.control|iscsiroot-down' || true") == ""
    assert vm.shell.run("ls /run/iscsiroot/down; ls -d /run/systemd/system.control") == "/run/systemd/system.control\n"
    wakeups = "sed -n 's/^voluntary_ctxt_switches:.//p' /proc/$(pgrep -f '^@iscsiroot')/status"
    before = vm.shell.run(wakeups)
    vm.run_for(10)
    assert vm.shell.run(wakeups) == before
    end(vm, "poweroff", IN_TIME)
    vm.expect_not(GIVEN_UP)


def test_a_shutdown_that_is_called_off(lab):
    """The word of it goes with the order, and an outage after that is an outage."""
    vm, _ = boot_and_write(lab, f"{ALONE} {QUICK}")
    vm.shell.run("systemctl start iscsiroot-down@poweroff.socket; until ! test -e /run/iscsiroot/down/poweroff; do sleep 0.2; done")
    lab.tgt.kill()
    vm.expect("its disks wait until it is back")
    vm.run_for(20)
    lab.tgt.start()
    vm.expect("its disks go on", 10)
    vm.expect_not(GIVEN_UP)
    end(vm, "poweroff", IN_TIME)


@pytest.mark.parametrize("verb, version", (("poweroff", "6.1"), ("reboot", "6.12")))
def test_target_is_gone_before(lab, verb, version):
    """
    The order to go down comes when nothing can be read or written. It is a signal to init: systemctl would wait for its own
    pages.
    """
    vm, _ = boot_and_write(lab, f"{ALONE} {QUICK}", kernel=version)
    lab.tgt.kill()
    vm.expect("its disks wait until it is back")
    began = time.monotonic()
    vm.shell.start(f"kill -{SIGNALS[verb]} 1")
    expect_off(vm, verb, began)


@pytest.mark.parametrize("company", COMPANY)
def test_target_goes_meanwhile(lab, company):
    """The first services have ended, the file systems are still there. With open-iscsi it is iscsid whose session is lost."""
    vm, _ = boot_and_write(lab, f"{COMPANY[company]} {QUICK}")
    vm.shell.start("systemctl poweroff")
    vm.expect("Stopped target .*Multi-User System")
    began = time.monotonic()
    lab.tgt.kill()
    expect_off(vm, "poweroff", began)


def test_target_comes_back_meanwhile(lab):
    """Going down waits for it, and then leaves a clean file system."""
    vm, disk = boot_and_write(lab, ALONE)
    vm.shell.start("systemctl poweroff")
    vm.expect("Stopped target .*Multi-User System")
    lab.tgt.kill()
    vm.run_for(8)
    lab.tgt.start()
    vm.wait_off(IN_TIME)
    vm.expect_not(GIVEN_UP)
    check_clean(disk)


def plain(lab, words="", n_targets=1, **options):
    """A machine whose init is a shell, with what it wrote not written yet."""
    disks = [lab.disk() for _ in range(n_targets)]
    for name, disk in zip((NAME, OTHER), disks):
        lab.target(name, disk)
    more = f"iscsi_target=iscsi://10.98.0.1/{OTHER}/1 root=/dev/sda" if n_targets > 1 else ""
    vm = lab.boot(f"{TARGET} {more} {QUICK} vmtest=shell rw {words}", **options)
    vm.expect_root()
    vm.send_line("busybox mkdir /run/bin; for name in busybox poweroff reboot; do busybox cp /bin/busybox /run/bin/$name; done;"
                 " busybox sync; echo REA''DY")
    vm.expect("READY")
    return vm, disks


@pytest.mark.parametrize("command, order", (("poweroff -f", "poweroff"), ("reboot -f", "reboot"), ("busybox poweroff -n -f", "by the kernel")))
def test_plain_init_without_target(lab, command, order):
    """The program waits inside sync(2) or the kernel inside reboot(2); the program itself is not on root's disk."""
    vm, _ = plain(lab)
    lab.tgt.kill()
    vm.expect("its disks wait until it is back")
    began = time.monotonic()
    vm.send_line(f"echo lost >/lost; /run/bin/{command}")
    expect_off(vm, order, began)


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


def kexec(vm, command):
    """Go to the same kernel again, by a command; returns when root is there again."""
    vm.shell.run("kexec --load /vmlinuz --initrd=/initrd --reuse-cmdline")
    vm.shell.start(f"{command}; sleep 1000")
    vm.shell.wait_ready(DEBIAN_SECONDS)


def test_kexec(lab):
    """
    In order, with a logout, and at once behind a sync(2). (tgt keeps that kernel's session then: nobody has closed its connection.)
    """
    disk = lab.debian()
    debian.put(disk, f"{image.kernel('6.12')}/vmlinuz", "/vmlinuz")
    debian.put(disk, image.build("6.12"), "/initrd")
    lab.target(NAME, disk)
    vm = lab.boot_debian(f"{TARGET} {ALONE}", kernel="6.12")
    for number, command in enumerate(("systemctl kexec", "sync; kexec --exec"), 2):
        kexec(vm, f"touch /root/before{number}; {command}")
        vm.shell.run(f"test -e /root/before{number}")
        assert vm.count("root mounted read-write after") == number
        assert vm.count(f"session 1 to {NAME}: ended") == 1
    end(vm, "poweroff", IN_TIME)
    check_clean(disk)
