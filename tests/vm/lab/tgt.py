# SPDX-License-Identifier: GPL-2.0-or-later
"""tgtd, in the lab's namespace, with a control socket of its own."""

import os
import re
import socket
import subprocess

from lab.net import host_address, host_address6, wait_for
from lab.target import Target

CONTROL_PORT = "1"
CLOSED = "portal=127.0.0.1:3259"


class Tgt(Target):
    """One tgtd at 10.99.0.1, fd99::1 and, on segment 1, 10.98.0.1."""

    def __init__(self, network):
        super().__init__(network, host_address(), host_address6())
        self.socket = os.path.join(network.directory, "tgtd")
        self.environment = dict(os.environ, TGT_IPC_SOCKET=self.socket)
        self.accounts = set()
        self.portals = [f"{self.address}:3260", f"[{self.address6}]:3260", f"{host_address(1)}:3260"]

    def start(self):
        self.process = self.network.spawn("tgtd", "-f", "-C", CONTROL_PORT, "--iscsi", CLOSED, log="tgtd.log",
                                          env=self.environment)
        wait_for(self.answers, "tgtd")
        self.accounts.clear()
        for one in self.exports:
            self.export(one)
        self.open_portals()

    def close_portals(self):
        """Take no new connections: they are refused. Those that are open go on."""
        self.admin(*(["portal", "delete", "--param", f"portal={portal}"] for portal in self.portals))

    def open_portals(self):
        self.admin(*(["portal", "new", "--param", f"portal={portal}"] for portal in self.portals))

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f"{self.socket}.{CONTROL_PORT}") == 0

    def export(self, one):
        tid = str(self.exports.index(one) + 1)
        self.admin(*target_commands(tid, one), *self.account_commands(tid, one))

    def account_commands(self, tid, one):
        """Accounts belong to tgtd, not to a target: each is made once."""
        for account, option in ((one.chap, []), (one.chap_in, ["--outgoing"])):
            if account and account not in self.accounts:
                yield "account", "new", "--user", account[0], "--password", account[1]
                self.accounts.add(account)
            if account:
                yield "account", "bind", "--tid", tid, "--user", account[0], *option

    def accept(self, tid, user, secret):
        """From now on a target takes this secret of a user, and no other one."""
        self.admin(["account", "unbind", "--tid", tid, "--user", user], ["account", "delete", "--user", user],
                   ["account", "new", "--user", user, "--password", secret], ["account", "bind", "--tid", tid, "--user", user])

    def resize_unit(self, name, number, path):
        """Make an image the logical unit of a target that serves, as it is now: a new one, or one of another size."""
        one = next(one for one in self.exports if one.name == name)
        unit = ["--tid", str(self.exports.index(one) + 1), "--lun", str(number)]
        if number <= len(one.luns):
            self.admin(["logicalunit", "delete", *unit])
        else:
            one.luns.append(path)
        self.admin(["logicalunit", "new", *unit, "--backing-store", path])

    def redirect(self, tid, address, port, reason):
        """Send who logs in to target number `tid` elsewhere. reason: "Temporary" or "Permanent"."""
        self.admin(*(update(str(tid), f"Redirect{name}", str(value))
                     for name, value in (("Address", address), ("Port", port), ("Reason", reason))))

    def initiators(self):
        return re.findall(r"Initiator: (\S+)", self.show())

    def log(self):
        return self.network.read_log("tgtd.log")

    def show(self):
        return self.admin(["target", "show"])

    def admin(self, *commands):
        """Run commands of tgtadm, each given as mode, operation and options."""
        said = ""
        for mode, operation, *options in commands:
            words = ["tgtadm", "-C", CONTROL_PORT, "--lld", "iscsi", "--mode", mode, "--op", operation, *options]
            said += subprocess.run(words, env=self.environment, check=True, text=True, stdout=subprocess.PIPE,
                                   timeout=20).stdout
        return said


def target_commands(tid, one):
    """What tgtadm has to do for an export."""
    yield "target", "new", "--tid", tid, "--targetname", one.name
    for number, path in enumerate(one.luns, 1):
        yield "logicalunit", "new", "--tid", tid, "--lun", str(number), "--backing-store", path
    for key in ("HeaderDigest", "DataDigest") if one.digests else ():
        yield update(tid, key, "CRC32C")
    kind = "--initiator-name" if ":" in one.allow else "--initiator-address"
    yield "target", "bind", "--tid", tid, kind, one.allow


def update(tid, name, value):
    return ["target", "update", "--tid", tid, "--name", name, "--value", value]
