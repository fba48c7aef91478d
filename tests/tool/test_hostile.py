# SPDX-License-Identifier: GPL-2.0-or-later
"""check and discover against targets that lie, flood, fall silent and send away: a failure by name, in time, no crash."""

import itertools
import json
import struct
import time

import pytest

from fake import (ASYNC, DATA_IN, LOGOUT_RESPONSE, NO_TAG, NOP_IN, REJECT, SCSI_RESPONSE, TEXT_RESPONSE, Fake, header, pdu,
                  redirect)

NAME = "iqn.2026-11.org.example:fake"
INQUIRY, CAPACITY, READ10, REPORT_LUNS = 0x12, 0x25, 0x28, 0xA0
TEXT = f"TargetName={NAME}\0TargetAddress=10.0.0.1:3260,1\0".encode()


@pytest.fixture
def fake():
    """fake(ANSWER, LOGIN=None)"""
    fakes = []

    def start(*arguments):
        fakes.append(Fake(*arguments))
        return fakes[-1]

    yield start
    for one in fakes:
        one.close()


def discover(program, fake, seconds=5):
    return program("discover", fake.portal, "--timeout", str(seconds))


def failed(done, number):
    assert done.returncode == 1, done
    assert f"[{number}]" in done.stdout + done.stderr, done
    assert "ERROR: AddressSanitizer" not in done.stderr and "runtime error" not in done.stderr


# --- text ---


def text(request, data, **fields):
    if request.opcode == 6:
        return pdu(LOGOUT_RESPONSE, itt=request.itt)
    return pdu(TEXT_RESPONSE, data, itt=request.itt, **fields)


def test_text_byte_by_byte(program, fake):
    """Each byte in a response of its own, each asked for with the target's tag."""
    rest = list(TEXT)

    def answer(request):
        last = len(rest) == 1
        assert request.opcode == 6 or request.ttt in (NO_TAG, 7)
        data = bytes([rest.pop(0)]) if request.opcode == 4 else b""
        return text(request, data, flags=0x80 if last else 0x40, ttt=NO_TAG if last else 7)

    target = fake(answer)
    assert discover(program, target).stdout == f"10.0.0.1:3260,1 {NAME}\n"
    assert [r.data for r in target.requests[1:3]] == [b"SendTargets=All\0", b""]


def test_text_cut_everywhere(program, fake):
    for n in range(1, len(TEXT)):
        done = discover(program, fake(lambda request, n=n: text(request, TEXT[:n])))
        assert done.returncode == (0 if TEXT[n - 1] == 0 else 1)


def test_text_without_end(program, fake):
    begin = time.monotonic()
    failed(discover(program, fake(lambda request: text(request, b"X=y\0", flags=0, ttt=7)), 2), "E53")
    assert time.monotonic() - begin < 8


def test_control_characters(program, fake):
    done = discover(program, fake(lambda request: text(request, b"TargetName=a\x1b[2Jb\0")))
    failed(done, "E3C")
    assert "\x1b" not in done.stdout + done.stderr


def test_blanks_and_paths_are_left_out(program, fake):
    done = discover(program, fake(lambda request: text(request, b"TargetName=../../etc/x\0TargetName=a b\0" + TEXT)))
    assert (done.returncode, done.stdout) == (0, f"10.0.0.1:3260,1 {NAME}\n")
    assert done.stderr.count("not a name that can be used") == 2


WRONG = {
    "another opcode": lambda r: pdu(SCSI_RESPONSE, itt=r.itt),
    "another task": lambda r: pdu(TEXT_RESPONSE, TEXT, itt=r.itt + 1),
    "rejected": lambda r: pdu(REJECT, r.raw, byte2=4, itt=NO_TAG),
    "continues without a tag": lambda r: pdu(TEXT_RESPONSE, TEXT, itt=r.itt, flags=0x40),
    "too long": lambda r: header(TEXT_RESPONSE, length=262145, itt=r.itt),
    "much too long": lambda r: header(TEXT_RESPONSE, length=0xFFFFFF, itt=r.itt),
    "no text": lambda r: pdu(TEXT_RESPONSE, b"\xff" * 2000, itt=r.itt),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=list(WRONG))
def test_wrong_text(program, fake, answer):
    failed(discover(program, fake(answer)), "E3C")


def test_flood_of_nops(program, fake):
    begin = time.monotonic()
    flood = pdu(NOP_IN, itt=NO_TAG) * 1000
    failed(discover(program, fake(lambda request: itertools.repeat(flood)), 2), "E53")
    assert time.monotonic() - begin < 8


def test_nop_is_answered(program, fake):
    def answer(request):
        if request.opcode == 4:
            return pdu(NOP_IN, itt=NO_TAG, ttt=9) + pdu(ASYNC, itt=NO_TAG, byte36=4) + text(request, TEXT)
        return text(request, b"") if request.opcode == 6 else b""

    target = fake(answer)
    assert discover(program, target).returncode == 0
    assert [(r.itt, r.ttt) for r in target.requests if r.opcode == 0] == [(NO_TAG, 9)]


def test_target_ends_the_session(program, fake):
    failed(discover(program, fake(lambda request: pdu(ASYNC, itt=NO_TAG, byte36=1))), "E53")


def test_redirects(program, fake):
    good = fake(lambda request: text(request, TEXT))
    assert discover(program, fake(lambda request: b"", redirect(good.portal))).returncode == 0
    loop = fake(lambda request: b"")
    loop.login = redirect(loop.portal)
    failed(discover(program, loop), "E3B")
    assert len(loop.requests) == 9
    failed(discover(program, fake(lambda request: b"", redirect("[::1"))), "E3B")


# --- disks ---

CAPACITY_DATA = struct.pack(">II", 0x7FFF, 512)
MODEL = b"\0\0\5\2\x1f\0\0\0EVIL\x1b[2J TARGET\xff         0001"


def disk(request, **changed):
    """A blank disk of 16 MiB at LUN 0; changed: {command: answer(request)} for what it does otherwise."""
    changes = {int(key[1:], 16): value for key, value in changed.items()}
    if request.opcode == 6:
        return pdu(LOGOUT_RESPONSE, itt=request.itt)
    if request.opcode != 1:
        return b""
    command = request.cdb[0]
    if command in changes:
        return changes[command](request)
    n_expected = int.from_bytes(request.raw[20:24], "big")
    data = {INQUIRY: MODEL, CAPACITY: CAPACITY_DATA, REPORT_LUNS: b"\0\0\0\x08" + bytes(12)}.get(command, bytes(n_expected))
    return pdu(DATA_IN, data[:n_expected], itt=request.itt, flags=0x81)


def check(program, fake, **changed):
    target = fake(lambda request: disk(request, **changed))
    return program("check", "--json", "--timeout", "5", f"iscsi://{target.portal}/{NAME}")


def sense(request, key, code=0x29):
    return pdu(SCSI_RESPONSE, b"\0\x12\x70\0" + bytes([key]) + bytes(7) + bytes([code]) + bytes(7), byte3=2, itt=request.itt)


def test_blank_disk(program, fake):
    done = check(program, fake)
    failed(done, "E72")
    (found,) = json.loads(done.stdout)["disks"]
    assert found["bytes"] == 16 << 20 and found["readable"]
    assert found["model"].startswith("EVIL\\x1b[2J")


def test_unit_attention_passes(program, fake):
    left = [2]

    def attention(request):
        left[0] -= 1
        return sense(request, 6) if left[0] >= 0 else disk(request)

    failed(check(program, fake, x12=attention), "E72")
    assert json.loads(check(program, fake, x12=lambda r: sense(r, 6)).stdout)["disks"] == []


UNREADABLE = {
    "capacity refused": {"x25": lambda r: sense(r, 5)},
    "no blocks": {"x25": lambda r: pdu(DATA_IN, bytes(8), itt=r.itt, flags=0x81)},
    "odd blocks": {"x25": lambda r: pdu(DATA_IN, struct.pack(">II", 9, 513), itt=r.itt, flags=0x81)},
    "medium error": {"x28": lambda r: sense(r, 3, 0x11)},
    "short read": {"x28": lambda r: pdu(DATA_IN, bytes(512), itt=r.itt, flags=0x81)},
    "busy": {"x28": lambda r: pdu(SCSI_RESPONSE, byte3=8, itt=r.itt)},
    "target failure": {"x28": lambda r: pdu(SCSI_RESPONSE, byte2=1, itt=r.itt)},
}


@pytest.mark.parametrize("changed", UNREADABLE.values(), ids=list(UNREADABLE))
def test_unreadable(program, fake, changed):
    done = check(program, fake, **changed)
    failed(done, "E63")
    assert not json.loads(done.stdout)["disks"][0]["readable"]


BROKEN = {
    "more than asked for": lambda r: pdu(DATA_IN, bytes(262144), itt=r.itt, flags=0x81),
    "at another place": lambda r: pdu(DATA_IN, bytes(512), itt=r.itt, offset=512),
    "far away": lambda r: pdu(DATA_IN, bytes(512), itt=r.itt, offset=0xFFFFFE00),
    "of another task": lambda r: pdu(DATA_IN, bytes(512), itt=r.itt + 7, flags=0x81),
    "a text": lambda r: pdu(TEXT_RESPONSE, itt=r.itt),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=list(BROKEN))
def test_broken_data(program, fake, answer):
    failed(check(program, fake, x28=answer), "E3C")


def test_partitions_that_chain_to_themselves(program, fake):
    mbr = bytearray(512)
    mbr[446 + 4], mbr[446 + 8], mbr[446 + 12] = 5, 1, 200
    mbr[510:] = b"\x55\xaa"

    def read(request):
        return pdu(DATA_IN, bytes(mbr) * (int.from_bytes(request.raw[20:24], "big") // 512), itt=request.itt, flags=0x81)

    target = fake(lambda request: disk(request, x28=read))
    failed(program("check", "--timeout", "5", f"iscsi://{target.portal}/{NAME}"), "E72")
    assert len(target.requests) < 120


def test_silence_at_every_command(program, fake):
    for command in ("xa0", "x12", "x25", "x28"):
        target = fake(lambda request, command=command: disk(request, **{command: lambda r: b""}))
        begin = time.monotonic()
        failed(program("check", "--timeout", "1", f"iscsi://{target.portal}/{NAME}"), "E53")
        assert time.monotonic() - begin < 6


def test_what_is_sent(program, fake):
    """Reads and nothing else, from an ISID of the random type that no two runs share, and a logout at the end."""
    isids = set()
    for _ in range(2):
        target = fake(disk)
        failed(program("check", f"iscsi://{target.portal}/{NAME}"), "E72")
        assert {r.cdb[0] for r in target.requests if r.opcode == 1} == {REPORT_LUNS, INQUIRY, CAPACITY, READ10}
        assert {r.opcode for r in target.requests} == {1, 3, 6}
        assert all(r.raw[1] & 0x20 == 0 for r in target.requests if r.opcode == 1)
        assert target.requests[-1].opcode == 6 and target.requests[-1].raw[1] == 0x80
        isids.add(target.requests[0].raw[8:14])
    assert all(isid[0] == 0x80 for isid in isids) and len(isids) == 2
