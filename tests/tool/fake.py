# SPDX-License-Identifier: GPL-2.0-or-later
"""A target that lies: it takes any login without authentication, then answers as a test says. One connection at a time.

PDUs are built by hand from RFC 7143 section 11, with nothing of the program's code.
"""

import contextlib
import socket
import struct
import threading

NO_TAG = 0xFFFFFFFF
MAX_CMD_SN = 1 << 20
DATA_IN, SCSI_RESPONSE, TEXT_RESPONSE, LOGOUT_RESPONSE, NOP_IN, ASYNC, REJECT = 0x25, 0x21, 0x24, 0x26, 0x20, 0x32, 0x3F


def header(opcode, flags=0x80, byte2=0, byte3=0, length=0, itt=0, ttt=NO_TAG, stat_sn=1, max_cmd_sn=MAX_CMD_SN, offset=0, byte36=0):
    return (struct.pack(">BBBBI", opcode, flags, byte2, byte3, length) + bytes(8)
            + struct.pack(">IIIII", itt, ttt, stat_sn, 1, max_cmd_sn) + bytes([byte36, 0, 0, 0]) + struct.pack(">II", offset, 0))


def pdu(opcode, data=b"", **fields):
    return header(opcode, length=len(data), **fields) + data + bytes(-len(data) % 4)


class Request:
    def __init__(self, raw, data):
        self.raw, self.data, self.opcode = raw, data, raw[0] & 0x3F
        self.itt, self.ttt = struct.unpack(">II", raw[16:24])
        self.cdb = raw[32:48]


class Fake:
    """answer(request) gives the bytes to send for each request after the login; login(request), if given, those of it."""

    def __init__(self, answer, login=None):
        self.answer, self.login = answer, login or self.accept
        self.server = socket.create_server(("127.0.0.1", 0))
        self.portal = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.requests = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                with connection, contextlib.suppress(OSError):
                    self.converse(connection)

    def converse(self, connection):
        stream = connection.makefile("rb")
        while len(raw := stream.read(48)) == 48:
            length = int.from_bytes(raw[5:8], "big")
            request = Request(raw, stream.read(length + -length % 4)[:length])
            self.requests.append(request)
            sent = (self.login if request.opcode == 3 else self.answer)(request)
            for part in [sent] if isinstance(sent, bytes) else sent:
                connection.sendall(part)

    @staticmethod
    def accept(request):
        keys = b"TargetPortalGroupTag=1\0"
        return (struct.pack(">BBBBI", 0x23, 0x87, 0, 0, len(keys)) + request.raw[8:14] + b"\0\1" + request.raw[16:20] + bytes(4)
                + struct.pack(">III", 0, 1, MAX_CMD_SN) + bytes(12) + keys + bytes(-len(keys) % 4))

    def close(self):
        self.server.close()


def redirect(portal):
    """A login answer that sends away."""
    keys = b"TargetAddress=" + portal.encode() + b"\0"

    def login(request):
        return (struct.pack(">BBBBI", 0x23, 0, 0, 0, len(keys)) + request.raw[8:14] + b"\0\0" + request.raw[16:20] + bytes(4)
                + struct.pack(">III", 0, 1, MAX_CMD_SN) + b"\1\1" + bytes(10) + keys + bytes(-len(keys) % 4))

    return login
