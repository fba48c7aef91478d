# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reached root reports on the console (init.sh prints it), as an object."""

import re

BEGIN = r"ROOT-REACHED dev=(\S+) fstype=(\S+) options=(\S+) uptime=(\S+)\n"
FACT = re.compile(r"^(arguments|cmdline|mount|env|fd|process|session|connection|disk|addr|root): ?(.*)$", re.MULTILINE)


class Root:
    """The facts: what / is, and lists of lines by kind."""

    def __init__(self, begin, text):
        self.device, self.fstype, self.options, uptime = begin.groups()
        self.uptime = float(uptime)
        self.facts = {}
        for kind, line in FACT.findall(text):
            self.facts.setdefault(kind, []).append(line)

    def __getitem__(self, kind):
        """The lines of one kind, e.g. root["mount"]."""
        return self.facts.get(kind, [])

    @property
    def is_writable(self):
        return self["root"] == ["writable"]

    @property
    def mounts(self):
        """File system type by mount point."""
        return {line.split()[1]: line.split()[2] for line in self["mount"]}

    @property
    def targets(self):
        """The names of the targets that a session exists for."""
        return sorted(line.split()[2] for line in self["session"] if line.split()[1] == "targetname")

    @property
    def initiators(self):
        """The initiator names of the sessions."""
        return sorted({line.split()[2] for line in self["session"] if line.split()[1] == "initiatorname"})

    @property
    def luns(self):
        """The LUN of each disk, by its kernel name."""
        return {name: int(address.split(":")[3]) for name, address in (line.split() for line in self["disk"])}


def expect_root(guest, timeout):
    """Wait until a root was reached and has told all."""
    begin = guest.expect(BEGIN, timeout)
    end = guest.expect(r"ROOT-END", timeout)
    return Root(begin, guest.text[begin.end():end.start()])
