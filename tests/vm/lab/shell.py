# SPDX-License-Identifier: GPL-2.0-or-later
"""A shell on a guest's second serial port, away from the console and the kernel's messages (debian.py has its other end)."""

import codecs
import re
import select
import socket
import time

from lab.net import wait_for

END = re.compile("\x1e(ready|[0-9]+)\n")
SECONDS = 60


class ShellError(AssertionError):
    """A command failed or did not end in time; the message ends with what it printed."""


class Shell:
    """Runs one line of shell after the other. `path` is the socket of QEMU behind the port."""

    def __init__(self, path):
        self.channel = socket.socket(socket.AF_UNIX)
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.text = ""
        wait_for(lambda: self.channel.connect_ex(path) == 0, "QEMU's serial port")

    def wait_ready(self, timeout):
        """Wait until the guest's end is there."""
        self.read_end("the guest's shell", time.monotonic() + timeout)

    def run(self, command, timeout=SECONDS):
        """Run a line and return what it printed. It has to succeed."""
        text, status = self.attempt(command, timeout)
        if status:
            raise ShellError(f"{command}: exit status {status}\n{text}")
        return text

    def attempt(self, command, timeout=SECONDS):
        """Run a line and return what it printed and its exit status."""
        self.start(command)
        return self.finish(command, timeout)

    def start(self, command):
        """Type a line; finish() has to follow before the next one."""
        self.channel.sendall(command.encode() + b"\n")

    def finish(self, command, timeout=SECONDS):
        """Wait for the end of a line that was started."""
        text, status = self.read_end(command, time.monotonic() + timeout)
        return text, int(status)

    def read_end(self, what, deadline):
        while not (end := END.search(self.text)):
            self.read_some(what, deadline)
        printed, self.text = self.text[:end.start()], self.text[end.end():]
        return printed.replace("\r", ""), end.group(1)

    def read_some(self, what, deadline):
        ready, _, _ = select.select([self.channel], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise ShellError(f"{what}: not done in time\n{self.text}")
        chunk = self.channel.recv(65536)
        if not chunk:
            raise ShellError(f"{what}: not done before the machine went off\n{self.text}")
        self.text += self.decoder.decode(chunk)

    def close(self):
        self.channel.close()
