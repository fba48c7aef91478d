# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine in QEMU, its serial console and its power switch. Emulation only (TCG): no test depends on KVM.

The console is read all the time; expect() walks forward through it. Every wait has a deadline in seconds of this host.
"""

import codecs
import json
import os
import re
import socket
import subprocess
import threading
import time

from lab.net import wait_for

EXPECT_SECONDS = 90
GATHER_SECONDS = 0.02
TAIL_LINES = 40
PANIC = re.compile(r"Kernel panic - not syncing.*\n")
# Without "rep stosb" for clearing pages and "rep movsb" for copying them: emulated they go byte by byte, which costs a fifth of a
# boot, and minutes where a page has held code.
CPU = "max,-erms,-fsrm"
# A word for the kernel: programs and libraries stand at the same addresses in every process. Emulated, the code of a page is kept
# anew for each address that it ran at: two and a half times as much of it, a quarter of a long boot, and tens of seconds in which
# the machine stands still while such a page is cleared. Machines that iPXE starts do without the word.
FIXED_ADDRESSES = "norandmaps"
QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", CPU, "-smp", "1", "-nodefaults", "-no-user-config", "-display",
        "none", "-no-reboot", "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]


class ConsoleError(AssertionError):
    """What a test waited for did not come; the message ends with the last lines of the console."""


class Guest:
    """
    A running machine. `cards` are (tap, hardware address) of its network cards; without a kernel it boots from the first of
    them, by iPXE under a legacy BIOS.
    """

    def __init__(self, network, name, kernel, initrd, cmdline, cards, memory_mib=384, options=()):
        self.name = name
        self.cmdline = cmdline
        self.console_path = os.path.join(network.directory, f"{name}.console")
        self.monitor_path = os.path.join(network.directory, f"{name}.qmp")
        self.text = ""
        self.position = 0
        self.arrivals = []
        self.is_shown = False
        self.changed = threading.Condition()
        self.started = time.monotonic()
        start = ["-kernel", kernel, "-initrd", initrd, "-append", cmdline] if kernel else ["-boot", "n", "-machine", "graphics=off"]
        words = [*QEMU, "-m", str(memory_mib), *start, "-qmp", f"unix:{self.monitor_path},server=on,wait=off",
                 *card_options(cards, ",romfile=" if kernel else ""), *options]
        self.process = subprocess.Popen(network.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.read_console, daemon=True)
        self.reader.start()

    def read_console(self):
        """The reader thread: console bytes to text, and to a file with the second at which each piece arrived."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        with open(self.console_path, "w", encoding="utf-8") as log:
            while chunk := os.read(self.process.stdout.fileno(), 65536):
                time.sleep(GATHER_SECONDS)
                new = decoder.decode(chunk).replace("\r", "")
                with self.changed:
                    self.write_log(log, new)
                    self.arrivals.append((len(self.text), self.seconds()))
                    self.text += new
                    self.changed.notify_all()
        self.process.wait()
        with self.changed:
            self.changed.notify_all()

    def write_log(self, log, new):
        stamp = f"\n{self.seconds():8.3f} "
        if not self.text:
            log.write(stamp[1:])
        log.write(new.replace("\n", stamp))
        log.flush()

    def seconds(self):
        """How long this machine has been running."""
        return time.monotonic() - self.started

    def expect(self, pattern, timeout=EXPECT_SECONDS):
        """Wait until a regular expression matches the console behind the last match; from there the next one looks on."""
        regex = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self.changed:
            while not (match := regex.search(self.text, self.position)):
                self.refuse_hopeless_wait(pattern, deadline, timeout)
                self.changed.wait(max(0, deadline - time.monotonic()))
        self.position = match.end()
        return match

    def refuse_hopeless_wait(self, pattern, deadline, timeout):
        if time.monotonic() >= deadline:
            self.fail(f"no {pattern!r} within {timeout} s")
        if self.process.poll() is not None and not self.reader.is_alive():
            self.fail(f"no {pattern!r} before the machine went off")
        if panic := PANIC.search(self.text, self.position):
            self.fail(f"no {pattern!r} before {panic.group()!r}")

    def expect_not(self, pattern):
        """What the console has shown so far must not match."""
        if match := re.search(pattern, self.text):
            self.fail(f"console shows {match.group()!r}")

    def count(self, pattern):
        """How often a regular expression matches what the console has shown so far."""
        return len(re.findall(pattern, self.text))

    def arrival(self, match):
        """The second at which the end of a match arrived."""
        return max(seconds for offset, seconds in self.arrivals if offset < match.end())

    def send(self, text):
        """Type on the console."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def send_line(self, text):
        self.send(text + "\n")

    def run_for(self, seconds):
        """Let the machine run; it must still be running afterwards."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        self.fail(f"the machine went off within {seconds} s")

    def wait_off(self, timeout=EXPECT_SECONDS):
        """Wait until the machine has powered off or, as it is not allowed to, rebooted."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.fail(f"the machine is still on after {timeout} s")
        self.reader.join(10)

    def set_link(self, is_up, card=0):
        """Pull the cable of a network card, or plug it in."""
        self.monitor("set_link", name=f"card{card}", up=is_up)

    def monitor(self, command, **arguments):
        """One command of QEMU's machine protocol (QMP)."""
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(10)
            wait_for(lambda: channel.connect_ex(self.monitor_path) == 0, "QEMU's monitor")
            stream = channel.makefile("rw", encoding="utf-8")
            stream.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                reply = json.loads(stream.readline())
                while "event" in reply:
                    reply = json.loads(stream.readline())
        if "error" in reply:
            raise RuntimeError(f"QEMU refused {command}: {reply['error']['desc']}")

    def fail(self, what):
        self.is_shown = True
        raise ConsoleError(f"{self.name}: {what}\n{self.tail()}")

    def tail(self, n_lines=TAIL_LINES):
        """The last lines of the console."""
        return "\n".join(self.text.split("\n")[-n_lines:])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(10)
        self.process.stdin.close()
        self.process.stdout.close()


def card_options(cards, rom):
    words = []
    for number, (tap, address) in enumerate(cards):
        words += ["-netdev", f"tap,id=net{number},ifname={tap},script=no,downscript=no",
                  "-device", f"virtio-net-pci,id=card{number},netdev=net{number},mac={address}{rom}"]
    return words
