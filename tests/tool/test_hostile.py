# SPDX-License-Identifier: GPL-2.0-or-later
"""check and discover: what a target says is believed no further than it must be, and what we send it is no more than needed."""

import json
import struct

import pytest

from conftest import MIB, NAME, free_port
from pdu import DATA_IN, LOGOUT, NO_TAG, TEXT, TEXT_RESPONSE, Pdu

RECORDS = f"TargetName={NAME}\0TargetAddress=10.0.0.1:3260,1\0".encode()
LINE = f"10.0.0.1:3260,1 {NAME}\n"


def instead(target, place, answers):
    """answers(request): the Pdus that are sent instead of what belongs there."""
    target.faults.append((place, None, lambda link, request, _: [link.responder.number(pdu) for pdu in answers(request)], []))


def text(target, content):
    instead(target, "text", lambda request: [Pdu(TEXT_RESPONSE, content, itt=request.itt)])


def discover(program, target):
    return program("discover", target.portal, "--timeout", "5")


def check(program, target, *arguments):
    return program("check", "--json", "--timeout", "5", f"iscsi://{target.portal}/{NAME}", *arguments)


# --- text ---


def test_text_byte_by_byte(program, fake):
    """Each byte in a response of its own, each asked for with the target's tag."""
    target, rest = fake(), list(RECORDS)

    def one(request):
        assert request.tag == (NO_TAG if len(rest) == len(RECORDS) else 7)
        byte, last = bytes([rest.pop(0)]), not rest
        return [Pdu(TEXT_RESPONSE, byte, itt=request.itt, flags=0x80 if last else 0x40, tag=NO_TAG if last else 7)]

    instead(target, "text", one)
    assert discover(program, target).stdout == LINE
    assert [request.data for request in target.requests if request.opcode == TEXT][:2] == [b"SendTargets=All\0", b""]


def test_text_cut_everywhere(program, fake):
    target, lengths = fake(), iter(range(1, len(RECORDS)))
    instead(target, "text", lambda request: [Pdu(TEXT_RESPONSE, RECORDS[:next(lengths)], itt=request.itt)])
    for n in range(1, len(RECORDS)):
        assert discover(program, target).returncode == (0 if RECORDS[n - 1] == 0 else 30)


def test_blanks_and_paths_are_left_out(program, fake):
    target = fake()
    text(target, b"TargetName=../../etc/x\0TargetName=a b\0" + RECORDS)
    done = discover(program, target)
    assert (done.returncode, done.stdout) == (0, LINE)
    assert done.stderr.count("not a name that can be used") == 2


def test_control_characters(program, fake):
    target = fake()
    text(target, b"TargetName=a\x1b[2Jb\0" + RECORDS)
    done = discover(program, target)
    assert "\x1b" not in done.stdout + done.stderr


# --- redirects ---


@pytest.mark.parametrize("kind", ["temporarily", "permanently"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_redirect(program, fake, host, kind):
    """By address and by name; the portal first asked for stays the one in the disk's path, with its address."""
    here, there = (f"[::1]:{port}" for port in (free_port(), free_port()))
    first = fake(f"listen {here}", f"listen {here.replace('[::1]', '127.0.0.1')}")
    second = fake(f"listen {there}", f"listen {there.replace('[::1]', '127.0.0.1')}")
    where = there.replace("[::1]", f"[{host}]" if ":" in host else host)
    named = here.replace("[::1]", "localhost")

    def look():
        """Where it got to, and by which of the portals root is found."""
        done = [program("check", "--json", "--cmdline", f"iscsi_target=iscsi://{named}/{NAME} rootfstype=ext4 "
                        f"root=/dev/disk/by-path/ip-{portal}-iscsi-{NAME}-lun-0") for portal in first.portals + second.portals]
        return {json.loads(one.stdout)["targets"][0]["connected_to"] for one in done}, [one.returncode for one in done]

    direct = look()
    first.script += f"\nlogin: redirect {where},1 {kind}"
    assert direct[0] == {named} and sorted(direct[1]) == [0, 70, 70, 70]
    assert look() == ({where}, direct[1])
    done = program("discover", here)
    assert done.returncode == 0 and done.stdout.endswith(f",1 {NAME}\n"), done
    assert "closed WITHOUT LOGOUT" not in "\n".join(second.lines)


def test_redirects_in_a_circle(program, fake):
    a, b, alone = fake(), fake(), fake()
    a.script += f"\nlogin: redirect {b.portal}"
    b.script += f"\nlogin: redirect {a.portal}"
    alone.script += f"\nlogin: redirect {alone.portal}"
    done = program("check", f"iscsi://{a.portal}/{NAME}")
    assert done.returncode == 30 and f"(in a circle: {a.portal} -> {b.portal} -> {a.portal}). " in done.stdout, done
    assert (a.n_links, b.n_links) == (1, 1)
    done = discover(program, alone)
    assert done.returncode == 30 and f"(in a circle: {alone.portal} -> {alone.portal}). " in done.stderr, done


def test_nine_redirects(program, fake):
    """Eight are followed, one more is not."""
    chain = [fake()]
    for _ in range(9):
        chain.append(fake(f"login: redirect {chain[-1].portal}"))
    assert discover(program, chain[8]).returncode == 0
    done = discover(program, chain[9])
    assert done.returncode == 30 and f"(redirected 9 times, last by {chain[1].portal} to {chain[0].portal}). " in done.stderr, done


def test_redirect_to_another_account(program, fake):
    """The manual's word: the same credentials are used there."""
    there = fake("chap joe secret-of-joe-1")
    here = fake(f"login: redirect {there.portal}")
    done = program("check", "--json", "--cmdline", f"iscsi_target=iscsi://{here.portal}/{NAME} iscsi_username=joe "
                   "iscsi_password=secret-of-joe-1")
    assert json.loads(done.stdout)["targets"][0]["authentication"] == "CHAP SHA3-256"


# --- disks ---


def test_names_from_the_target_are_escaped(program, fake):
    target = fake()
    model = b"\0\0\5\2\x1f\0\0\0EVIL\x1b[2J TARGET\xff         0001"
    instead(target, "inquiry", lambda request: [Pdu(DATA_IN, model[:36], 0x81, itt=request.itt)])
    (disk,) = json.loads(check(program, target).stdout)["disks"]
    assert disk["bytes"] == 16 * MIB and disk["readable"] and disk["model"].startswith("EVIL\\x1b[2J")


def test_short_reads(program, fake):
    target = fake()
    instead(target, "read", lambda request: [Pdu(DATA_IN, bytes(512), 0x81, itt=request.itt)])
    done = check(program, target)
    assert done.returncode == 60 and not json.loads(done.stdout)["disks"][0]["readable"]


def test_more_data_than_asked_for(program, fake):
    target = fake()
    instead(target, "read", lambda request: [Pdu(DATA_IN, bytes(262144), 0x81, itt=request.itt)])
    assert json.loads(check(program, target).stdout)["error"]["id"] == "E3C"


def test_unit_attentions_without_end(program, fake):
    target = fake("inquiry: sense 6 29")
    assert json.loads(check(program, target).stdout)["disks"] == []
    assert len(target.requests) < 20


def test_partitions_that_chain_to_themselves(program, fake):
    mbr = bytearray(512)
    mbr[446 + 4], mbr[446 + 8], mbr[446 + 12] = 5, 1, 200
    mbr[510:] = b"\x55\xaa"
    target = fake(disks={0: bytes(mbr) * 2048})
    done = check(program, target)
    assert done.returncode == 70 and json.loads(done.stdout)["error"]["id"] == "E72"
    assert len(target.requests) < 120


def test_disk_too_large_for_ten_bytes(program, fake):
    target = fake("capacity: data ffffffff00000200")
    (disk,) = json.loads(check(program, target).stdout)["disks"]
    assert disk["bytes"] == 16 * MIB
    assert [request.cdb[0] for request in target.requests if request.opcode == 1][2:4] == [0x25, 0x9E]


# --- what we do ---


@pytest.mark.parametrize("disks, root", [({0: bytes(MIB)}, 0), ({0: bytes(MIB), 5: bytes(MIB), 300: bytes(MIB)}, 300)])
def test_what_is_sent(program, fake, disks, root):
    """Reads and nothing else, from an ISID of the random type that no two runs share, and a logout at the end."""
    isids = set()
    for _ in range(2):
        target = fake(disks=disks)
        assert check(program, target).returncode == 70
        commands = [request for request in target.requests if request.opcode == 1]
        assert {request.cdb[0] for request in commands} == {0xA0, 0x12, 0x25, 0x28}
        assert {request.opcode for request in target.requests} == {1, 3, 6}
        assert all(request.flags & 0x20 == 0 for request in commands)
        assert [request.cmd_sn for request in commands] == list(range(1, len(commands) + 1))
        assert max(request.lun for request in commands) == root
        assert target.requests[-1].opcode == LOGOUT and target.requests[-1].flags == 0x80
        isids.add(target.requests[0].isid)
    assert all(isid[0] == 0x80 for isid in isids) and len(isids) == 2


def test_no_command_counts_twice(program, fake):
    """ExpStatSN is that of the last status plus one, data without status left out."""
    target = fake("read: nop")
    check(program, target)
    acknowledged = [request.exp_stat_sn for request in target.requests if request.opcode == 1]
    assert acknowledged == list(range(acknowledged[0], acknowledged[0] + len(acknowledged)))
    assert struct.pack(">I", acknowledged[0]) == b"\0\0\0\2"
