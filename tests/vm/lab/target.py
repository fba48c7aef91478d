# SPDX-License-Identifier: GPL-2.0-or-later
"""What the three real targets have in common: tgt.py and istgt.py run on this host, lio.py in a machine of its own.

Each remembers what it exports, so that it can be killed and come back the same, and opens its portals last: whoever
connects finds everything in place. The secrets are made up, so they may stand in files and arguments.
"""

import signal
from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A target and what it asks of initiators."""

    name: str
    luns: list             # disk images
    chap: tuple = None     # (user, secret) it demands
    chap_in: tuple = None  # (user, secret) by which it proves itself, mutual CHAP
    digests: bool = False  # it is to use CRC32C for header and data; else what its default is
    allow: str = "ALL"     # the initiator that it lets in


class Target:
    """A server of iSCSI targets; add() says what it exports, start() lets it serve. `process` is None while it does not run."""

    first_lun = 1

    def __init__(self, network, address, address6):
        self.network = network
        self.address = address
        self.address6 = address6
        self.exports = []
        self.process = None

    def add(self, name, luns, **options):
        """Export disk images (see Export), at once when it runs."""
        one = Export(name, luns, **options)
        self.exports.append(one)
        if self.process:
            self.export(one)

    def start(self):
        """Serve. Returns when the portals are open."""
        raise NotImplementedError

    def export(self, one):
        """Add to what is served while it runs."""
        raise NotImplementedError

    def initiators(self):
        """The names of the initiators that are logged in, as the target sees them."""
        raise NotImplementedError

    def log(self):
        """What it has to say when a test failed."""
        raise NotImplementedError

    def word(self, name, ipv6=False):
        """The word of the command line that asks for the first disk of a target here."""
        host = f"[{self.address6}]" if ipv6 else self.address
        return f"iscsi_target=iscsi://{host}/{name}/{self.first_lun}"

    def kill(self):
        """
        End at once. The host's kernel closes the connections of a target on this host, and refuses new ones; a target in
        a machine of its own falls silent, as in a power cut.
        """
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self):
        self.kill()
        self.start()

    def freeze(self):
        """Stop answering. The kernel of this host still takes connections for a target on this host."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
