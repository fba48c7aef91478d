# SPDX-License-Identifier: GPL-2.0-or-later
"""The well-behaved side of the target: login with CHAP both ways, SendTargets, the commands that read. No writing.

Answers are lists of Pdu; what is wrong with them is put in later (faults.py).
"""

import hashlib
import os
import struct

from pdu import (ASYNC, COMMAND, CONTINUE, DATA_IN, FINAL, LOGIN, LOGIN_RESPONSE, LOGOUT, LOGOUT_RESPONSE, NO_TAG, NOP_IN, NOP_OUT,
                 REJECT, SCSI_RESPONSE, STATUS, TASK, TASK_RESPONSE, TEXT, TEXT_RESPONSE, UNDERFLOW, Pdu, keys_of, text_of)

WINDOW = 32
BLOCK = 512
SEGMENT_MAX = 65536
HASHES = {"5": "md5", "6": "sha1", "7": "sha256", "8": "sha3_256"}
DECLARED = ("InitiatorName", "InitiatorAlias", "TargetName", "SessionType")
SECURITY, OPERATIONAL, FULL_FEATURE = 0, 1, 3


class Refusal(Exception):
    """A login status of class and detail."""


def binary(text):
    assert text[:2] in ("0x", "0X"), text
    return bytes.fromhex(text[2:])


def chap_response(algorithm, identifier, secret, challenge):
    return hashlib.new(HASHES[algorithm], bytes([identifier]) + secret.encode() + challenge).digest()


class Responder:
    """One connection's conversation. `shape` says what the target is (script.py)."""

    def __init__(self, shape, portal):
        self.shape, self.portal = shape, portal
        self.stat_sn, self.exp_cmd_sn, self.window = 1, None, WINDOW
        self.text = b""
        self.is_known = False  # names have been looked at
        self.is_proven = not shape.chap
        self.is_discovery = False
        self.chap = {}  # of the login under way: A, I, C
        self.segment_max = 8192
        self.digests = {"HeaderDigest": False, "DataDigest": False}
        self.is_full_feature = False
        self.has_logged_out = False

    def number(self, pdu):
        """Puts in the counters."""
        struct.pack_into(">III", pdu.header, 24, self.stat_sn, self.exp_cmd_sn or 1, ((self.exp_cmd_sn or 1) + self.window - 1) % 2**32)
        self.stat_sn += pdu.has_status
        return pdu

    def answer(self, request):
        if not request.is_immediate and self.is_full_feature:
            self.exp_cmd_sn = (request.cmd_sn + 1) % 2**32
        answers = {LOGIN: self.login, TEXT: self.send_targets, NOP_OUT: self.pong, COMMAND: self.command, TASK: self.task,
                   LOGOUT: self.logout}.get(request.opcode, self.reject)(request)
        return [self.number(pdu) for pdu in answers]

    # --- login ---

    def login(self, request):
        self.exp_cmd_sn = request.cmd_sn
        try:
            flags, keys = self.log_in(request)
        except Refusal as refusal:
            return [self.login_pdu(request, 0, {}, refusal.args[0])]
        return [self.login_pdu(request, flags, keys)]

    def login_pdu(self, request, flags, keys, status=0):
        tsih = b"\0\1" if flags & 0x83 == 0x83 else request.header[14:16]
        return Pdu(LOGIN_RESPONSE, text_of(keys), flags, lun=request.isid + tsih, itt=request.itt, tag=0, word36=status << 16)

    def log_in(self, request):
        stage, wanted = request.flags >> 2 & 3, request.flags & 3
        self.text += request.data
        if request.flags & CONTINUE:
            return stage << 2, {}
        asked, self.text = keys_of(self.text), b""
        keys = {} if self.is_known else self.look_at_names(asked)
        if stage == SECURITY:
            keys.update(self.authenticate(asked))
        elif not self.is_proven:
            raise Refusal(0x0201)
        else:
            keys.update(self.negotiate(asked))
        if not request.flags & FINAL or not self.is_proven:
            return stage << 2, keys
        return FINAL | stage << 2 | wanted, keys

    def look_at_names(self, asked):
        self.is_known = True
        self.is_discovery = asked.get("SessionType") == "Discovery"
        if self.is_discovery:
            return {}
        if asked.get("TargetName") not in self.shape.names:
            raise Refusal(0x0203)
        return {"TargetPortalGroupTag": 1}

    def authenticate(self, asked):
        if "AuthMethod" in asked:
            method = "CHAP" if self.shape.chap else "None"
            if method not in asked["AuthMethod"].split(","):
                raise Refusal(0x0201)
            return {"AuthMethod": method}
        if "CHAP_A" in asked:
            both = [one for one in asked["CHAP_A"].split(",") if one in self.shape.algorithms]
            if not both:
                raise Refusal(0x0201)
            self.chap = {"A": both[0], "I": os.urandom(1)[0], "C": os.urandom(16)}
            return {"CHAP_A": both[0], "CHAP_I": self.chap["I"], "CHAP_C": "0x" + self.chap["C"].hex()}
        return self.prove(asked) if "CHAP_R" in asked else {}

    def prove(self, asked):
        secret = self.shape.chap.get(asked["CHAP_N"])
        expected = secret and chap_response(self.chap["A"], self.chap["I"], secret, self.chap["C"])
        if expected != binary(asked["CHAP_R"]):
            raise Refusal(0x0201)
        self.is_proven = True
        if "CHAP_C" not in asked:
            return {}
        if not self.shape.mutual:
            raise Refusal(0x0201)
        name, secret = self.shape.mutual
        response = chap_response(self.chap["A"], int(asked["CHAP_I"]), secret, binary(asked["CHAP_C"]))
        return {"CHAP_N": name, "CHAP_R": "0x" + response.hex()}

    def negotiate(self, asked):
        own = {"ErrorRecoveryLevel": 0, "MaxConnections": 1, "DefaultTime2Retain": 0, "MaxRecvDataSegmentLength": 262144,
               "InitialR2T": "Yes", "DataPDUInOrder": "Yes", "DataSequenceInOrder": "Yes", "ImmediateData": "No"}
        keys = {}
        for name, value in asked.items():
            if name == "MaxRecvDataSegmentLength":
                self.segment_max = int(value)
            if name in self.digests:
                keys[name] = self.agree_on_digest(name, value.split(","))
            elif name in own:
                keys[name] = own[name]
            elif name.startswith("X-"):
                keys[name] = "NotUnderstood"
            elif name not in DECLARED:
                keys[name] = value.split(",", 1)[0]
        return keys

    def agree_on_digest(self, name, offered):
        both = [one for one in offered if one in self.shape.digests]
        if not both:
            raise Refusal(0x0200)
        self.digests[name] = both[0] == "CRC32C"
        return both[0]

    # --- full feature phase ---

    def send_targets(self, request):
        records = "".join(f"TargetName={name}\0TargetAddress={self.portal},1\0" for name in self.shape.names)
        return [Pdu(TEXT_RESPONSE, records.encode(), itt=request.itt)]

    def pong(self, request):
        return [] if request.itt == NO_TAG else [Pdu(NOP_IN, request.data, lun=request.header[8:16], itt=request.itt)]

    def task(self, request):
        return [Pdu(TASK_RESPONSE, itt=request.itt, tag=0)]

    def logout(self, request):
        self.has_logged_out = True
        return [Pdu(LOGOUT_RESPONSE, itt=request.itt, tag=0)]

    def reject(self, request, reason=5):
        return [Pdu(REJECT, bytes(request.header), byte2=reason)]

    def nop(self):
        """A NOP-In that wants an answer."""
        return self.number(Pdu(NOP_IN, tag=0x1234))

    def event(self, code):
        """An Asynchronous Message."""
        return self.number(Pdu(ASYNC, word36=code << 24))

    # --- disks ---

    def command(self, request):
        disk = self.shape.luns.get(request.lun)
        code = request.cdb[0]
        if code == 0xA0:
            return self.data_in(request, self.report_luns())
        if code == 0x12:
            return self.data_in(request, self.inquiry(disk, request.cdb))
        if disk is None:
            return [self.sense(request, 5, 0x25)]
        commands = {0x00: lambda cdb: b"", 0x1B: lambda cdb: b"", 0x35: lambda cdb: b"", 0x03: lambda cdb: bytes([0x70]) + bytes(17),
                    0x1A: lambda cdb: bytes([3, 0, 0x80, 0]), 0x5A: lambda cdb: bytes([0, 6, 0, 0x80, 0, 0, 0, 0]),  # WP: read-only
                    0x25: disk.capacity10, 0x9E: disk.capacity16, 0x28: disk.read10, 0x88: disk.read16}
        if code not in commands:
            return [self.sense(request, 5, 0x20)]
        return self.data_in(request, commands[code](request.cdb))

    def report_luns(self):
        luns = sorted(self.shape.luns)
        return struct.pack(">II", 8 * len(luns), 0) + b"".join(struct.pack(">H6x", lun) for lun in luns)

    @staticmethod
    def inquiry(disk, cdb):
        kind = b"\x7f" if disk is None else b"\0"
        if not cdb[1] & 1:
            return kind + bytes([0, 5, 2, 31, 0, 0, 2]) + b"TEST    " + b"FAKE DISK       " + b"1   "
        pages = {0x00: bytes([0x00, 0x80]), 0x80: b"0001"}
        page = pages.get(cdb[2], b"")
        return kind + struct.pack(">BH", cdb[2], len(page)) + page

    def data_in(self, request, data):
        expected = int.from_bytes(request.header[20:24], "big")
        data = data[:expected]
        if not data:
            return [Pdu(SCSI_RESPONSE, flags=FINAL | (UNDERFLOW if expected else 0), itt=request.itt, tag=0, residual=expected)]
        size = min(self.segment_max, SEGMENT_MAX)
        pieces = [data[at:at + size] for at in range(0, len(data), size)]
        pdus = [Pdu(DATA_IN, piece, 0, lun=request.header[8:16], itt=request.itt, word36=n, offset=n * size)
                for n, piece in enumerate(pieces)]
        missing = expected - len(data)
        pdus[-1].header[1] = FINAL | STATUS | (UNDERFLOW if missing else 0)
        struct.pack_into(">I", pdus[-1].header, 44, missing)
        return pdus

    @staticmethod
    def sense(request, key, code):
        data = b"\0\x12\x70\0" + bytes([key]) + bytes(7) + bytes([code]) + bytes(7)
        return Pdu(SCSI_RESPONSE, data[:20], byte3=2, itt=request.itt, tag=0)


class Disk:
    """Bytes that can be read in blocks: a file's, or given."""

    def __init__(self, content):
        self.content = content if isinstance(content, (bytes, bytearray)) else None
        self.path = None if self.content is not None else content
        size = len(self.content) if self.path is None else os.path.getsize(self.path)
        self.n_blocks = size // BLOCK

    def read(self, block, n_blocks):
        if self.path is None:
            return bytes(self.content[block * BLOCK:(block + n_blocks) * BLOCK])
        with open(self.path, "rb") as stream:
            stream.seek(block * BLOCK)
            return stream.read(n_blocks * BLOCK)

    def read10(self, cdb):
        return self.read(int.from_bytes(cdb[2:6], "big"), int.from_bytes(cdb[7:9], "big"))

    def read16(self, cdb):
        return self.read(int.from_bytes(cdb[2:10], "big"), int.from_bytes(cdb[10:14], "big"))

    def capacity10(self, _):
        return struct.pack(">II", min(self.n_blocks - 1, 0xFFFFFFFF), BLOCK)

    def capacity16(self, _):
        return struct.pack(">QI", self.n_blocks - 1, BLOCK) + bytes(20)
