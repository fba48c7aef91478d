# SPDX-License-Identifier: GPL-2.0-or-later
"""PDUs as a target sees them, RFC 7143 section 11: built and read by hand, with nothing of the program's code.

A Pdu may lie: change its header after it is made, or state another length.
"""

import struct

NO_TAG = 0xFFFFFFFF
(NOP_OUT, COMMAND, TASK, LOGIN, TEXT, DATA_OUT, LOGOUT) = range(7)
(NOP_IN, SCSI_RESPONSE, TASK_RESPONSE, LOGIN_RESPONSE, TEXT_RESPONSE, DATA_IN, LOGOUT_RESPONSE) = range(0x20, 0x27)
ASYNC, REJECT = 0x32, 0x3F
FINAL, CONTINUE, STATUS, UNDERFLOW = 0x80, 0x40, 0x01, 0x02


def crc_table():
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        yield number


CRC_TABLE = list(crc_table())


def crc32c(data):
    crc = NO_TAG
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return struct.pack("<I", crc ^ NO_TAG)


def padded(data):
    return data + bytes(-len(data) % 4)


class Pdu:
    """What is sent. Counters are put in by the connection that sends it."""

    def __init__(self, opcode, data=b"", flags=FINAL, byte2=0, byte3=0, lun=bytes(8), itt=NO_TAG, tag=NO_TAG, word36=0, offset=0,
                 residual=0):
        self.header = bytearray(struct.pack(">BBBBI8sIIIIIIII", opcode, flags, byte2, byte3, 0, lun, itt, tag, 0, 0, 0, word36,
                                            offset, residual))
        self.data, self.ahs = data, b""
        self.length = None  # stated instead of the true one
        self.bad_digest = ""  # "header" or "data"

    @property
    def opcode(self):
        return self.header[0]

    @property
    def has_status(self):
        """Whether StatSN counts it."""
        if self.opcode == DATA_IN:
            return bool(self.header[1] & STATUS)
        return self.opcode != NOP_IN or self.header[16:20] != b"\xff" * 4

    def encode(self, header_digest=False, data_digest=False):
        length = len(self.data) if self.length is None else self.length
        self.header[4:8] = bytes([self.header[4] or len(self.ahs) // 4]) + length.to_bytes(3, "big")
        head, data = bytes(self.header) + self.ahs, padded(self.data)
        if header_digest:
            head += self.digest("header", head)
        return head + data + (self.digest("data", data) if data_digest and data else b"")

    def digest(self, part, data):
        right = crc32c(data)
        return bytes(byte ^ 0xFF for byte in right) if self.bad_digest == part else right


PLACES = {NOP_OUT: "nop", COMMAND: "command", TASK: "task", LOGIN: "login", TEXT: "text", DATA_OUT: "data", LOGOUT: "logout"}
COMMANDS = {0x12: "inquiry", 0x25: "capacity", 0x28: "read", 0x88: "read", 0x9E: "capacity16", 0xA0: "report-luns"}


class Request:
    """What was received."""

    def __init__(self, header, data):
        self.header, self.data = header, data
        self.opcode, self.flags = header[0] & 0x3F, header[1]
        self.itt, self.tag = struct.unpack(">II", header[16:24])
        self.cmd_sn, self.exp_stat_sn = struct.unpack(">II", header[24:32])
        self.is_immediate = bool(header[0] & 0x40)
        self.cdb = header[32:48]
        self.isid = header[8:14]

    @property
    def lun(self):
        return (self.header[8] & 0x3F) << 8 | self.header[9]

    @property
    def places(self):
        """The names by which a fault finds it."""
        names = [PLACES.get(self.opcode, "unknown")]
        if self.opcode == COMMAND and self.cdb[0] in COMMANDS:
            names.append(COMMANDS[self.cdb[0]])
        return names


def keys_of(text):
    """{name: value} of key=value text."""
    return dict(pair.split("=", 1) for pair in text.decode("ascii").split("\0") if pair)


def text_of(keys):
    return "".join(f"{name}={value}\0" for name, value in keys.items()).encode("ascii")
