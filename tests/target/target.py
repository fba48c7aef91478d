#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A target that does what a script says. As a program: target.py SCRIPT; it reads the script anew for each connection.

The script says what the target is, and what goes wrong where; all else is as it should be (responder.py):

    listen 127.0.0.1:3260                 where; any number of lines
    target iqn.2026-11.org.example:root   a name; any number of lines
    lun 1 disk.img                        what it holds, read-only
    chap joe SECRET                       who may log in; nobody named: everybody
    mutual store SECRET                   how the target proves itself
    algorithms 7 5                        the numbers of CHAP it takes
    digests CRC32C                        what it agrees to; None if not given
    login 2: silence                      PLACE [N]: FAULT [WORD ...], faults.py has the faults

A place is connect, a kind of request (login, text, nop, task, logout, command), or a command (inquiry, capacity, capacity16,
read, report-luns). N counts such requests of a connection; without it each one is meant. Blank lines and # are passed over.
"""

import contextlib
import socket
import sys
import threading
import time

import faults
from pdu import LOGIN_RESPONSE, Pdu, Request
from responder import Disk, Responder


class Shape:
    """What a script says."""

    def __init__(self, text=""):
        self.portals, self.names, self.luns, self.chap, self.mutual = [], [], {}, {}, None
        self.algorithms, self.digests, self.faults = ["8", "7", "6", "5"], ["None"], []
        for line in text.splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                self.take(line.strip())

    def take(self, line):
        place, colon, fault = line.partition(": ")
        if colon:
            name, *words = fault.split()
            place, _, number = place.partition(" ")
            self.faults.append((place, int(number) if number else None, faults.TABLE[name], words))
            return
        word, *values = line.split(" ", 2)
        {"listen": lambda: self.portals.append(values[0]), "target": lambda: self.names.append(values[0]),
         "lun": lambda: self.luns.update({int(values[0]): Disk(values[1])}), "chap": lambda: self.chap.update([values]),
         "mutual": lambda: setattr(self, "mutual", values), "algorithms": lambda: setattr(self, "algorithms", line.split()[1:]),
         "digests": lambda: setattr(self, "digests", line.split()[1:])}[word]()


class Link:
    """One connection."""

    def __init__(self, target, number, connection, portal):
        self.target, self.number, self.connection = target, number, connection
        self.shape = target.shape()
        self.responder = Responder(self.shape, portal)
        self.stream = connection.makefile("rb")
        self.counts = {}

    def serve(self):
        self.target.note(self, "connect")
        try:
            self.send(self.spoil(None, ["connect"], []))
            while request := self.receive():
                self.target.requests.append(request)
                self.target.note(self, request.places[-1])
                self.send(self.spoil(request, request.places, self.responder.answer(request)))
                if self.responder.has_logged_out:
                    break
        except faults.Silence:
            self.listen_on()
        except (faults.Close, OSError):
            pass
        self.target.note(self, self.end())

    def end(self):
        if not self.responder.is_full_feature:
            return "closed"
        return "closed after logout" if self.responder.has_logged_out else "closed WITHOUT LOGOUT"

    def listen_on(self):
        """Silent, but awake: whether there is a logout is seen."""
        with contextlib.suppress(OSError):
            while request := self.receive():
                self.target.requests.append(request)
                self.target.note(self, request.places[-1] + " in vain")
                self.responder.answer(request)

    def receive(self):
        header = self.stream.read(48)
        if len(header) < 48:
            return None
        with_digests = self.has_digests()
        self.stream.read(4 * header[4])
        self.check("header", header, with_digests["HeaderDigest"])
        length = int.from_bytes(header[5:8], "big")
        body = self.stream.read(length + -length % 4)
        self.check("data", body, with_digests["DataDigest"] and length > 0)
        return Request(header, body[:length])

    def check(self, part, content, has_digest):
        if has_digest and self.stream.read(4) != Pdu(0).digest(part, content):
            self.target.note(self, f"WRONG DIGEST of {part}")

    def has_digests(self):
        return {name: on and self.responder.is_full_feature for name, on in self.responder.digests.items()}

    def spoil(self, request, places, answers):
        """What the script makes of the answers."""
        for place in places:
            self.counts[place] = self.counts.get(place, 0) + 1
        for place, number, fault, words in self.shape.faults + self.target.faults:
            if place in places and number in (None, self.counts[place]):
                answers = fault(self, request, answers, *words)
        return answers

    def encode(self, pdu):
        if isinstance(pdu, bytes):
            return pdu
        on = self.has_digests()
        return pdu.encode(on["HeaderDigest"], on["DataDigest"])

    def send(self, pieces):
        head = b""
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
                continue
            content = self.encode(piece)
            self.connection.sendall(content)
            head = (head + content[:48])[:48]
            if len(head) == 48 and head[0] == LOGIN_RESPONSE and head[1] & 0x83 == 0x83 and head[36] == 0:
                self.responder.is_full_feature = True


class Target:
    """Listens where the script says, or on a free port of loopback. `faults` are those written in Python, as in Shape.faults."""

    def __init__(self, script, disks=None):
        self.script, self.disks = script, disks or {}
        self.faults, self.requests, self.lines = [], [], []
        self.lock = threading.Lock()
        self.servers = [listen(portal) for portal in self.shape().portals or ["127.0.0.1:0"]]
        self.portals = [portal_of(server) for server in self.servers]
        self.portal = self.portals[0]
        self.n_links = 0
        for server in self.servers:
            threading.Thread(target=self.accept, args=(server,), daemon=True).start()

    def shape(self):
        """Read anew, so that a fault can be lifted while the target serves."""
        shape = Shape(self.script() if callable(self.script) else self.script)
        shape.luns.update({lun: Disk(content) for lun, content in self.disks.items()})
        return shape

    def accept(self, server):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.serve, args=(connection, portal_of(server)), daemon=True).start()

    def serve(self, connection, portal):
        with self.lock:
            self.n_links += 1
            number = self.n_links
        with connection:
            Link(self, number, connection, portal).serve()

    def note(self, link, text):
        """The log: "NUMBER EVENT", the connection's number first."""
        with self.lock:
            self.lines.append(f"{link.number} {text}")
            if callable(self.script):
                print(self.lines[-1], flush=True)

    def close(self):
        for server in self.servers:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()


def listen(portal):
    host, _, port = portal.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family)


def portal_of(server):
    host, port = server.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def main(path):
    def script():
        with open(path, encoding="ascii") as stream:
            return stream.read()

    target = Target(script)
    print("listening on", *target.portals, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
