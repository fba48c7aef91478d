# SPDX-License-Identifier: GPL-2.0-or-later
"""A real iSCSI target, tgtd, in the lab's namespace, with a control socket of its own.

It remembers what it exports, so that it can be killed and come back the same. Portals are opened last: whoever connects
finds everything in place. The secrets here are made up, so tgtadm may show them to ps(1).
"""

import os
import re
import signal
import socket
import subprocess

from lab.net import host_address, host_address6, wait_for

CONTROL_PORT = "1"
CLOSED = "portal=127.0.0.1:3259"


class Target:
    """One tgtd; add() says what it exports, start() lets it serve."""

    def __init__(self, network):
        self.network = network
        self.socket = os.path.join(network.directory, "tgtd")
        self.environment = dict(os.environ, TGT_IPC_SOCKET=self.socket)
        self.portals = [f"{host_address()}:3260", f"[{host_address6()}]:3260", f"{host_address(1)}:3260"]
        self.exports = []
        self.process = None

    def add(self, name, luns, chap=None, allow="ALL"):
        """Export disk images as LUN 1 and up. chap: (user, secret) it demands; allow: the initiator name or address it takes."""
        tid = str(len(self.exports) + 1)
        commands = [["target", "new", "--tid", tid, "--targetname", name]]
        for number, path in enumerate(luns, 1):
            commands += [["logicalunit", "new", "--tid", tid, "--lun", str(number), "--backing-store", path]]
        if chap:
            commands += [["account", "new", "--user", chap[0], "--password", chap[1]],
                         ["account", "bind", "--tid", tid, "--user", chap[0]]]
        kind = "--initiator-name" if ":" in allow else "--initiator-address"
        commands += [["target", "bind", "--tid", tid, kind, allow]]
        self.exports.append(commands)
        if self.process:
            self.admin(*commands)

    def add_unit(self, name, number, path):
        """Another logical unit for a target that serves, from now on and after restarts. Replaces the one of that number."""
        commands = next(commands for commands in self.exports if name in commands[0])
        tid = commands[0][3]
        unit = ["logicalunit", "new", "--tid", tid, "--lun", str(number), "--backing-store", path]
        if unit in commands:
            self.admin(["logicalunit", "delete", "--tid", tid, "--lun", str(number)])
        else:
            commands.append(unit)
        self.admin(unit)

    def start(self):
        """Serve. Returns when the portals are open."""
        self.process = self.network.spawn("tgtd", "-f", "-C", CONTROL_PORT, "--iscsi", CLOSED, log="tgtd.log",
                                          env=self.environment)
        wait_for(self.answers, "tgtd")
        for commands in self.exports:
            self.admin(*commands)
        self.open_portals()

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f"{self.socket}.{CONTROL_PORT}") == 0

    def kill(self):
        """End at once. The host's kernel closes the connections; what connects is refused."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self):
        self.kill()
        self.start()

    def close_portals(self):
        """Take no new connections: they are refused. Those that are open go on."""
        self.admin(*(["portal", "delete", "--param", f"portal={portal}"] for portal in self.portals))

    def open_portals(self):
        self.admin(*(["portal", "new", "--param", f"portal={portal}"] for portal in self.portals))

    def freeze(self):
        """Stop answering while the host's kernel still takes connections."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def initiators(self):
        """The names of the initiators that are logged in, as the target saw them."""
        return re.findall(r"Initiator: (\S+)", self.show())

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
