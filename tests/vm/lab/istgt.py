# SPDX-License-Identifier: GPL-2.0-or-later
"""istgt, in the lab's namespace, at an address of its own; its configuration files are written when it starts.

What it cannot do: it has no disk without a LUN 0, so its disks begin there, and it knows no hash for CHAP but MD5.
Exports added while it runs, which would need its control port, are not supported here.
"""

import os
import re
from collections import Counter

from lab.net import wait_for
from lab.target import Target

GLOBAL = """[Global]
  NodeBase "iqn.2026-11.org.example"
  PidFile {directory}/istgt.pid
  AuthFile {directory}/istgt.auth
  MediaDirectory {directory}
  DiscoveryAuthMethod None
  Timeout 30
  NopInInterval 20
  MaxSessions 16
  MaxConnections 4
[UnitControl]
  AuthMethod None
  Portal UC1 127.0.0.1:3261
  Netmask 127.0.0.1
[PortalGroup1]
  Portal DA1 {address}:3260
  Portal DA2 [{address6}]:3260
"""

UNIT = """[InitiatorGroup{number}]
  InitiatorName "{one.allow}"
  Netmask ALL
[LogicalUnit{number}]
  TargetName {one.name}
  Mapping PortalGroup1 InitiatorGroup{number}
  AuthMethod {method}
  AuthGroup AuthGroup{number}
  UseDigest {digest}
  UnitType Disk
{luns}"""

LUN = "  LUN{number} Storage {path} Auto\n"


class Istgt(Target):
    """One istgt at 10.99.0.60 and fd99::60."""

    first_lun = 0

    def __init__(self, network):
        super().__init__(network, "10.99.0.60", "fd99::60")
        network.configure(f"addr add {self.address}/24 dev br0", f"addr add {self.address6}/64 dev br0 nodad")

    def start(self):
        portals = GLOBAL.format(directory=self.network.directory, address=self.address, address6=self.address6)
        self.write("istgt.conf", portals, unit)
        self.write("istgt.auth", "", accounts)
        self.process = self.network.spawn("istgt", "-D", "-c", self.path("istgt.conf"), log="istgt.log")
        wait_for(lambda: self.network.connects(self.address), "istgt")

    def path(self, name):
        return os.path.join(self.network.directory, name)

    def write(self, name, head, section):
        """One of the two files: what comes first, and a section for each export."""
        with open(self.path(name), "w", encoding="ascii", opener=private) as stream:
            stream.write(head + "".join(section(number, one) for number, one in enumerate(self.exports, 1)))

    def initiators(self):
        """By its log: who has come and not gone."""
        found = re.findall(r"^(Login|Logout) from (\S+)", self.log(), re.MULTILINE)
        there = Counter(name for event, name in found if event == "Login")
        there.subtract(name for event, name in found if event == "Logout")
        return list(there.elements())

    def log(self):
        return self.network.read_log("istgt.log")


def private(path, flags):
    """istgt takes secrets from a file of its own only."""
    return os.open(path, flags, 0o600)


def unit(number, one):
    method = "CHAP Mutual" if one.chap_in else "CHAP" if one.chap else "None"
    digest = "Header Data" if one.digests else "Auto"
    luns = "".join(LUN.format(number=lun, path=path) for lun, path in enumerate(one.luns))
    return UNIT.format(number=number, one=one, method=method, digest=digest, luns=luns)


def accounts(number, one):
    words = " ".join(f'"{word}"' for pair in (one.chap, one.chap_in) if pair for word in pair)
    return f"[AuthGroup{number}]\n" + (f"  Auth {words}\n" if words else "")
