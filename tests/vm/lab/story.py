# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test tells its story with: a network, targets, disks, machines. One Lab per test, made by the fixture `lab`."""

import json
import os
import shutil
import subprocess

from lab import debian, disk, image, place, relay
from lab.guest import EXPECT_SECONDS, FIXED_ADDRESSES, Guest
from lab.istgt import Istgt
from lab.lio import Lio
from lab.net import Network, wait_for
from lab.root import expect_root
from lab.shell import Shell
from lab.tgt import Tgt

NAME = "iqn.2026-11.org.example:root"
OTHER = "iqn.2026-11.org.example:other"
INITIATOR = "iqn.2026-11.org.example:rehearsal"
TARGET = f"iscsi_target=iscsi://10.99.0.1/{NAME}/1"
SEGMENTS = 2
LOG_LINES = 30
DEBIAN_SECONDS = 150
DEBIAN_MIB = 512
DMI_UUID = "51c5150a-0000-4000-8000-0000000000{:02x}"


class Machine(Guest):
    """A guest that may reach a root. `address`: the one it is given; `shell` runs commands on a Debian root."""

    address = None
    shell = None

    def expect_root(self, timeout=EXPECT_SECONDS):
        """Wait for the root's init and return what it reports (root.py)."""
        return expect_root(self, timeout)

    def wait_multi_user(self, timeout=DEBIAN_SECONDS):
        """Wait until the systemd of a Debian root has started all there is and nothing failed."""
        self.shell.wait_ready(timeout)
        self.shell.run("systemctl is-system-running --wait", timeout)

    def expect_failure(self, code, text="", timeout=EXPECT_SECONDS):
        """Wait for the line that explains a failure: a code of src/base/fail.c, and what the line says before it. Returns the line."""
        return self.expect(rf"iscsiroot: (?![^\n]*trying again in)[^\n]*{text}[^\n]*\[({code})\]", timeout).group()


class Lab:
    """Everything of one test, in one namespace and one directory. capture: keep what passes the network."""

    def __init__(self, run, number, capture=True):
        self.directory = os.path.join(place.run_directory(run), str(number))
        os.makedirs(self.directory)
        self.net = Network(f"{place.RUN_PREFIX}{run}-{number}", self.directory, SEGMENTS)
        if capture:
            self.net.start_capture()
        self.tgt = Tgt(self.net)
        self.istgt = Istgt(self.net)
        self.lio = Lio(self.net)
        self.machines = []
        self.n_disks = 0

    def disk(self, fstype="ext4", table=None, **options):
        """A new root disk (see disk.make)."""
        self.n_disks += 1
        return disk.make(self.directory, fstype, table, number=self.n_disks, **options)

    def debian(self, with_program=False):
        """A new disk with a Debian root (see debian.py); with_program: and iscsiroot in /usr/local/sbin."""
        self.n_disks += 1
        one = debian.make(self.directory, number=self.n_disks)
        if with_program:
            commands = f"cd usr/local/sbin\nwrite {place.BINARY} iscsiroot\nset_inode_field iscsiroot mode 0100755\n"
            disk.quietly("debugfs", "-w", "-f", "-", one.path, text=commands)
        return one

    def target(self, name, *disks, on=None, start=True, **options):
        """
        Export disks as a target of self.tgt, as LUN 1 and up at 10.99.0.1, fd99::1 and 10.98.0.1, or of another target `on`.
        Options: chap, chap_in, digest, allow (see target.Export).
        """
        on = on or self.tgt
        on.add(name, [one.path for one in disks], **options)
        if start and not on.process:
            on.start()

    def check(self, cmdline, *options):
        """What iscsiroot check finds out, run on this host in the lab's network, as an object."""
        words = self.net.command(place.BINARY, "check", "--json", "--initiator", INITIATOR, "--cmdline", cmdline, *options)
        return json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=False, timeout=EXPECT_SECONDS).stdout)

    def offer_hash(self, target, number):
        """An address at which `target` gets this number alone where iscsiroot's CHAP_A lists all that it can."""
        address = f"10.99.0.{70 + number}"
        self.net.configure(f"addr add {address}/24 dev br0")
        self.net.spawn("/usr/bin/python3", relay.__file__, address, target.address, "CHAP_A=8,7,6,5",
                       f"CHAP_A={','.join([str(number)] * 4)}", log="relay.log")
        wait_for(lambda: self.net.connects(address), "relay")
        return address

    def discover(self, *words):
        """The lines of iscsiroot discover, sorted."""
        return sorted(self.net.run(place.BINARY, "discover", "--initiator", INITIATOR, *words).splitlines())

    def boot(self, cmdline, kernel="6.1", initrd=None, ip=None, n_cards=1, uuid=True, **options):
        """
        Start a machine. Its address is 10.99.0.2 (the second machine's .3 ...) unless `ip` or the command line gives an
        ip= word; ip="" gives none. initrd: not the usual image. uuid: whether the firmware knows the machine's UUID.
        """
        number = len(self.machines)
        if ip is None and " ip=" not in " " + cmdline:
            ip = static_ip(number)
        options["options"] = [*options.get("options", ()), *(["-uuid", DMI_UUID.format(number)] if uuid else ())]
        words = ["console=ttyS0", FIXED_ADDRESSES, ip, cmdline]
        machine = Machine(self.net, f"vm{number}", image.vmlinux(kernel),
                          initrd or image.build(kernel), " ".join(word for word in words if word),
                          self.add_cards(number, n_cards), **options)
        machine.address = guest_address(number)
        self.machines.append(machine)
        return machine

    def boot_ipxe(self, *script, cmdline="", kernel="6.1"):
        """
        Start a machine that has nothing but iPXE in its network card: this script, and behind it the kernel with
        `cmdline`, come from a DHCP and TFTP server on segment 0.
        """
        directory = os.path.join(self.directory, "tftp")
        os.mkdir(directory)
        shutil.copyfile(os.path.join(image.kernel(kernel), "vmlinuz"), os.path.join(directory, "vmlinuz"))
        shutil.copyfile(image.build(kernel), os.path.join(directory, "initrd.img"))
        with open(os.path.join(directory, "boot.ipxe"), "w", encoding="ascii") as stream:
            stream.write("\n".join(["#!ipxe", *script, f"kernel vmlinuz initrd=initrd.img console=ttyS0 {cmdline}", "initrd initrd.img",
                                    "boot", ""]))
        self.net.serve_dhcp(None, "--enable-tftp", f"--tftp-root={directory}", "--dhcp-match=set:ipxe,175",
                            "--dhcp-boot=tag:ipxe,boot.ipxe")
        number = len(self.machines)
        machine = Machine(self.net, f"vm{number}", None, None, cmdline, self.add_cards(number, 1))
        self.machines.append(machine)
        return machine

    def boot_debian(self, cmdline, **options):
        """Start a machine whose root is a debian(). Returns when systemd has started all there is and nothing failed."""
        machine = self.start_debian(cmdline, **options)
        machine.wait_multi_user()
        return machine

    def start_debian(self, cmdline, **options):
        """The same without waiting."""
        path = os.path.join(self.directory, f"shell{len(self.machines)}")
        more = ["-serial", f"unix:{path},server=on,wait=off", *options.pop("options", ())]
        machine = self.boot(f"{cmdline} rw", memory_mib=DEBIAN_MIB, options=more, **options)
        machine.shell = Shell(path)
        return machine

    def add_cards(self, number, n_cards):
        """One network card per segment: eth0 on segment 0, eth1 on segment 1."""
        cards = []
        for segment in range(n_cards):
            tap = f"vm{number}n{segment}"
            self.net.add_tap(tap, segment)
            cards.append((tap, f"52:54:00:99:{segment:02x}:{number + 2:02x}"))
        return cards

    def targets(self):
        return self.tgt, self.istgt, self.lio

    def report(self):
        """What a failed test shows: how machines were booted, the end of each console not shown yet, the target's log."""
        parts = [(f"{machine.name}, booted with", machine.cmdline) for machine in self.machines]
        parts += [(f"console of {machine.name}", machine.tail()) for machine in self.machines if not machine.is_shown]
        parts += [(f"log of {type(target).__name__}", "\n".join(target.log().split("\n")[-LOG_LINES:]))
                  for target in self.targets() if target.process]
        return parts

    def close(self):
        """End everything that runs; the directory stays."""
        for machine in self.machines:
            machine.kill()
            if machine.shell:
                machine.shell.close()
        for target in self.targets():
            if target.process:
                target.kill()
        self.net.remove()

    def drop_disks(self):
        for name in os.listdir(self.directory):
            if name.endswith(".img"):
                os.unlink(os.path.join(self.directory, name))

    def drop(self):
        shutil.rmtree(self.directory)


def guest_address(number):
    return f"10.99.0.{number + 2}"


def static_ip(number=0):
    return f"ip={guest_address(number)}::10.99.0.1:255.255.255.0::eth0:off"
