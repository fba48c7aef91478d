# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory itself: its machines boot, its targets answer, its waits end, its leftovers do not exist.

Boots a shell script instead of iscsiroot, so that it can tell a broken laboratory from a broken product.
"""

import os
import subprocess

import pytest

from lab import disk, image, net, place
from lab.guest import ConsoleError
from lab.story import NAME, Lab

STAND_IN = """#!/bin/sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox modprobe -a virtio_pci virtio_net
busybox ip addr add 10.99.0.2/24 dev eth0
busybox ip link set eth0 up
busybox nc -w 10 10.99.0.1 3260 </dev/null && echo "TARGET ANSWERS"
echo "NO $(busybox uname -r) MORE"
read line
echo "HEARD $line"
busybox cat /sys/class/net/eth0/carrier
read line
busybox poweroff -f
"""


@pytest.fixture(name="stand_in")
def make_stand_in(tmp_path):
    """Builds an image whose /init is the script above."""
    script = tmp_path / "init"
    script.write_text(STAND_IN)
    script.chmod(0o755)
    return lambda kernel: image.build(kernel, binary=str(script))


def test_machine_talks_and_goes_off(lab, stand_in, kernel):
    lab.target(NAME, lab.disk())
    vm = lab.boot("quiet", kernel=kernel, initrd=stand_in(kernel))
    vm.expect("TARGET ANSWERS")
    version = vm.expect(r"NO (\S+) MORE")
    assert version.group(1).startswith(kernel + ".")
    assert 0 < vm.arrival(version) <= vm.seconds()
    vm.set_link(False)
    vm.send_line("hello")
    vm.expect("HEARD hello\n0\n")
    with pytest.raises(ConsoleError) as caught:
        vm.expect("never said", timeout=1)
    assert "no 'never said' within 1 s" in str(caught.value)
    assert "HEARD hello" in str(caught.value), "the message ends with the console"
    vm.send_line("off")
    vm.wait_off()
    with pytest.raises(ConsoleError, match="before the machine went off"):
        vm.expect("never said")


def test_panic_ends_a_wait(lab, tmp_path):
    script = tmp_path / "init"
    script.write_text("#!/bin/sh\nexit 3\n")
    vm = lab.boot("quiet", initrd=image.build("6.1", binary=str(script)))
    with pytest.raises(ConsoleError, match="Attempted to kill init"):
        vm.expect("never said")


def test_target_comes_goes_and_comes_back(lab):
    lab.target(NAME, lab.disk(), lab.disk("ext4", "gpt"), chap=("pi4", "correct horse b"))
    assert lab.net.connects("10.99.0.1") and lab.net.connects("fd99::1")
    assert lab.tgt.show().count("Type: disk") == 2
    lab.tgt.kill()
    assert not lab.net.connects("10.99.0.1")
    lab.tgt.start()
    assert lab.net.connects("10.99.0.1")
    assert "pi4" in lab.tgt.show()
    assert lab.tgt.initiators() == []


def test_lio_loses_power_and_comes_back(lab):
    lab.target(NAME, lab.disk(), on=lab.lio)
    assert lab.net.connects(lab.lio.address) and lab.net.connects(lab.lio.address6)
    before = lab.lio.run("cat /proc/sys/kernel/random/boot_id")
    lab.lio.kill()
    assert not lab.net.connects(lab.lio.address)
    lab.lio.start()
    assert lab.net.connects(lab.lio.address) and lab.lio.initiators() == []
    assert lab.lio.run("cat /proc/sys/kernel/random/boot_id") != before
    with pytest.raises(ConsoleError, match="no-such-command: status 127"):
        lab.lio.run("no-such-command")


def test_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "run_directory", lambda run: str(tmp_path))
    other = Lab(os.getpid(), "leftover")
    other.target(NAME, other.disk())
    other.net.serve_dhcp({"target.example": "10.99.0.1"})
    pids = net.processes(other.net.name)
    assert len(pids) == 3, "tcpdump, tgtd, dnsmasq"
    other.close()
    assert other.net.name not in net.namespaces()
    assert not any(os.path.exists(f"/proc/{pid}/exe") and os.readlink(f"/proc/{pid}/exe").endswith("tgtd") for pid in pids)
    assert (tmp_path / "leftover" / "br0.pcap").stat().st_size >= 24
    other.drop()


@pytest.mark.parametrize("table", [None, "gpt", "mbr"])
@pytest.mark.parametrize("fstype", ["ext4", "xfs", "btrfs"])
def test_disk_says_what_it_is(tmp_path, fstype, table):
    one = disk.make(str(tmp_path), fstype, table, number=7)
    offset = 1 << 20 if table else 0
    assert blkid(one.path, offset) == {"TYPE": fstype, "UUID": one.uuid, "LABEL": one.label}
    if table:
        dump = subprocess.run(["sfdisk", "--dump", one.path], text=True, stdout=subprocess.PIPE, check=True).stdout
        identity = f"label-id: 0x{one.partuuid[:-3]}" if table == "mbr" else f"uuid={one.partuuid.upper()}, name=\"{one.partlabel}\""
        assert identity in dump


def blkid(path, offset):
    words = ["blkid", "--probe", "--offset", str(offset), "--output", "export", path]
    lines = subprocess.run(words, text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return {key: value for key, _, value in (line.partition("=") for line in lines) if key in ("TYPE", "UUID", "LABEL")}
