# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be wrong with an answer. Each fault is a generator: fault(link, request, answers, *words) gives what is sent instead.

What it gives are Pdu, bytes, or numbers: seconds to wait. It ends the conversation by raising Close or Silence. `link` is
the connection (target.py): link.encode(pdu), link.responder.
"""

import itertools
import struct

from pdu import CONTINUE, NOP_IN, REJECT, SCSI_RESPONSE, Pdu, keys_of, text_of

GARBAGE = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>what?</html>\r\n"


class Close(Exception):
    """The connection ends here."""


class Silence(Exception):
    """Nothing more is said; the connection stays open."""


# --- the way it is sent ---


def silence(link, request, answers):
    """Nothing, for ever."""
    yield b""
    raise Silence


def withhold(link, request, answers):
    """Nothing, and what else is asked is answered."""
    yield b""


def close(link, request, answers):
    """The connection ends instead."""
    yield b""
    raise Close


def cut(link, request, answers, n_bytes):
    """So many bytes, then the end."""
    yield b"".join(map(link.encode, answers))[:int(n_bytes)]
    raise Close


def stall(link, request, answers, n_bytes):
    """So many bytes, then nothing."""
    yield b"".join(map(link.encode, answers))[:int(n_bytes)]
    raise Silence


def drip(link, request, answers, seconds):
    """Byte by byte."""
    for byte in b"".join(map(link.encode, answers)):
        yield bytes([byte])
        yield float(seconds)


def late(link, request, answers, seconds):
    """As it should be, but later."""
    yield float(seconds)
    yield from answers


def garbage(link, request, answers):
    """Another protocol."""
    yield GARBAGE


def repeat(link, request, answers):
    """The same answer without end."""
    block = b"".join(map(link.encode, answers))
    yield from itertools.repeat(block)


def flood(link, request, answers):
    """NOP-Ins that want no answer, without end."""
    yield from itertools.repeat(Pdu(NOP_IN).encode() * 500)


# --- header and lengths ---


def patch(link, request, answers, offset, value):
    """Other bytes in the header, in hexadecimal."""
    for pdu in answers:
        at, new = int(offset), bytes.fromhex(value)
        pdu.header[at:at + len(new)] = new
        yield pdu


def length(link, request, answers, stated):
    """Another DataSegmentLength than there is data."""
    for pdu in answers:
        pdu.length = int(stated)
        yield pdu


def ahs(link, request, answers, n_words):
    """Additional header segments."""
    for pdu in answers:
        pdu.ahs = struct.pack(">HBB", 4 * int(n_words) - 4, 9, 0).ljust(4 * int(n_words), b"\0")
        yield pdu


def digest(link, request, answers, part):
    """A wrong digest, of the header or of the data."""
    for pdu in answers:
        pdu.bad_digest = part
        yield pdu


# --- text ---


def add(link, request, answers, *pairs):
    """More keys, or other values; "\\0" is no part of a word."""
    for pdu in answers:
        pdu.data = text_of({**keys_of(pdu.data), **dict(pair.split("=", 1) for pair in pairs)})
        yield pdu


def drop(link, request, answers, *names):
    """Keys less."""
    for pdu in answers:
        pdu.data = text_of({name: value for name, value in keys_of(pdu.data).items() if name not in names})
        yield pdu


def twice(link, request, answers):
    """The text two times."""
    for pdu in answers:
        pdu.data *= 2
        yield pdu


def data(link, request, answers, content):
    """Other data, in hexadecimal."""
    for pdu in answers:
        pdu.data = bytes.fromhex(content)
        yield pdu


def endless(link, request, answers, n_bytes="100"):
    """A text that is never complete: of the login by the C bit, of SendTargets by C and a Target Transfer Tag."""
    is_login = request.opcode == 3
    for pdu in answers:
        stages = pdu.header[1] & 0x0C
        pdu.header[1] = CONTINUE | (stages if is_login else 0)
        pdu.data = b"X-org.example.fill=" + b"x" * int(n_bytes) + b"\0"
        if not is_login:
            pdu.header[20:24] = b"\0\0\0\7"
        yield pdu


def rounds(link, request, answers):
    """A login that never ends: each answer stays in its stage."""
    for pdu in answers:
        pdu.header[1] &= 0x0C
        yield pdu


# --- login ---


def status(link, request, answers, code):
    """A login status, CCDD."""
    yield link.responder.login_pdu(request, 0, {}, int(code, 16))


def redirect(link, request, answers, address, kind="temporarily"):
    """Somewhere else."""
    yield link.responder.login_pdu(request, 0, {"TargetAddress": address}, 0x0102 if kind == "permanently" else 0x0101)


def reflect(link, request, answers):
    """Our proof sent back as the target's."""
    sent = keys_of(request.data)
    for pdu in answers:
        if "CHAP_R" in sent:
            pdu.data = text_of({"CHAP_N": sent["CHAP_N"], "CHAP_R": sent["CHAP_R"]})
        yield pdu


# --- full feature phase ---


def nop(link, request, answers):
    """A question before the answer."""
    yield link.responder.nop()
    yield from answers


def event(link, request, answers, code):
    """An Asynchronous Message before the answer."""
    yield link.responder.event(int(code))
    yield from answers


def only_event(link, request, answers, code):
    """An Asynchronous Message instead of the answer."""
    yield link.responder.event(int(code))


def reject(link, request, answers, reason):
    """A Reject instead of the answer."""
    yield link.responder.number(Pdu(REJECT, bytes(request.header), byte2=int(reason, 16)))


def window(link, request, answers, seconds=None):
    """From this answer on no command may come; after some seconds a NOP-In says that they may again."""
    for pdu in answers:
        expected = int.from_bytes(pdu.header[28:32], "big")
        struct.pack_into(">I", pdu.header, 32, (expected - 1) % 2**32)
        yield pdu
    link.responder.window = 0
    if seconds is not None:
        yield float(seconds)
        link.responder.window = 32
        yield link.responder.number(Pdu(NOP_IN))


def sense(link, request, answers, key, code):
    """CHECK CONDITION with sense key and additional code, in hexadecimal."""
    yield link.responder.number(link.responder.sense(request, int(key, 16), int(code, 16)))


def scsi(link, request, answers, code, response="00"):
    """A SCSI status without data, and the response byte before it, in hexadecimal."""
    yield link.responder.number(Pdu(SCSI_RESPONSE, byte2=int(response, 16), byte3=int(code, 16), itt=request.itt, tag=0))


def other(link, request, answers, opcode):
    """An answer of another kind, in hexadecimal."""
    yield link.responder.number(Pdu(int(opcode, 16), itt=request.itt))


TABLE = {function.__name__.replace("_", "-"): function for function in (
    silence, withhold, close, cut, stall, drip, late, garbage, repeat, flood, patch, length, ahs, digest, add, drop, twice, data, endless,
    rounds, status, redirect, reflect, nop, event, only_event, reject, window, sense, scsi, other)}
