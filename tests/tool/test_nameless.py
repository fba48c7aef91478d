# SPDX-License-Identifier: GPL-2.0-or-later
"""check of a plan that names a portal and no target: one, none, several; CHAP; other portals; targets that lie."""

import json

import pytest

from pdu import TEXT_RESPONSE, Pdu

PREFIX = "iqn.2026-11.org.example:"
SECRET = "secret-of-joe-1"
JOE = f"iscsi_username=joe iscsi_password={SECRET}"


@pytest.fixture(scope="module")
def one(new_target, disks):
    target = new_target()
    target.add(PREFIX + "one", {1: disks["empty"], 2: disks["plain"]})
    return target


@pytest.fixture(scope="module")
def chap(new_target, disks):
    """The target wants CHAP, its discovery knows of no secret."""
    target = new_target()
    target.add(PREFIX + "chap", {1: disks["plain"]}, chap=("joe", SECRET))
    return target


@pytest.fixture
def fake(fake):
    """fake(TEXT, LINE...): a portal whose answer to SendTargets is its .text"""
    def start(text, *lines):
        def answer(link, request, _):
            return [link.responder.number(Pdu(TEXT_RESPONSE, portal.text, itt=request.itt))]

        portal = fake(*lines)
        portal.text = text
        portal.faults.append(("text", None, answer, []))
        return portal

    return start


def check(program, words):
    done = program("check", "--cmdline", words)
    assert "AddressSanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done


def failure(done, number):
    """The line that holds it; the target's is the only reason."""
    assert done.returncode != 0, done.stdout
    assert f"would not boot: see above [{number}]" in done.stdout
    return next(line for line in done.stdout.splitlines() if line.endswith(f"[{number}]"))


@pytest.mark.parametrize("words, lun, origin", [
    ("iscsi_portal={portal} root=LABEL=plain", "all LUNs", "iscsi_portal="),
    ("iscsi_target=iscsi://{portal} root=LABEL=plain", "all LUNs", "iscsi_target="),
    ("iscsi_target=iscsi://{portal}//2", "LUN 2", "iscsi_target="),
    ("iscsi_target=iscsi:127.0.0.1::{port}:2:", "LUN 2", "iscsi_target="),
])
def test_one(program, one, words, lun, origin):
    done = check(program, words.format(portal=one.v4, port=one.port))
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[1] == f"plan: the only target at {one.v4} {lun} ({origin})"
    assert lines[2] == f"{one.v4}: discovered {PREFIX}one"
    assert lines[3].startswith(f"{one.v4}: logged in, no authentication")
    assert one.sessions() == 0


def test_name_is_known_then(program, one):
    """By-path and the JSON have it."""
    path = f"/dev/disk/by-path/ip-{one.v4}-iscsi-{PREFIX}one-lun-2"
    done = program("check", "--json", "--cmdline", f"iscsi_portal={one.v4} root={path}")
    said = json.loads(done.stdout)
    assert said["would_boot"] and said["targets"][0]["name"] == PREFIX + "one"
    assert said["targets"][0]["portal"] == one.v4


def test_by_name_and_ipv6(program, one):
    assert check(program, f"iscsi_target=iscsi://localhost:{one.port}//2").returncode == 0
    assert check(program, f"iscsi_target=iscsi://{one.v6}//2").returncode == 0


def test_two_portals(program, one, chap):
    done = check(program, f"iscsi_target=iscsi://{one.v4}//1 iscsi_target=iscsi://joe@{chap.v4} iscsi_password={SECRET} "
                          "root=LABEL=plain")
    assert done.returncode == 0, done.stdout
    assert f"{one.v4}: discovered {PREFIX}one\n" in done.stdout
    assert f"{chap.v4}: discovered {PREFIX}chap\n" in done.stdout


def test_none(program, new_target):
    target = new_target()
    target.admin("target", "new", "--tid", "1", "--targetname", PREFIX + "of-others")
    target.admin("target", "bind", "--tid", "1", "--initiator-name", "iqn.2026-11.org.example:other")
    line = failure(check(program, f"iscsi_portal={target.v4}"), "E46")
    assert line == (f"cannot find the target at {target.v4}: the portal shows no target to this initiator. Add the initiator "
                    "name to the access list of the target, or correct the portal. [E46]")


def test_several(program, new_target, disks):
    target = new_target()
    for name in "abc":
        target.add(PREFIX + name, {1: disks["plain"]})
    line = failure(check(program, f"iscsi_portal={target.v4}"), "E47")
    assert line == (f"cannot find the target at {target.v4}: the portal shows more than one target (3: {PREFIX}a, {PREFIX}b, "
                    f"{PREFIX}c). Name the one to boot from: iscsi_target=iscsi://HOST/NAME/LUN. [E47]")


def test_unreachable(program):
    line = failure(check(program, "iscsi_portal=127.0.0.1:1"), "E28")
    assert line.startswith("cannot find the target at 127.0.0.1:1: connection refused.")


def test_chap(program, chap):
    """Also where the discovery knows of no secret, as with most targets by default."""
    done = check(program, f"iscsi_portal={chap.v4} {JOE}")
    assert done.returncode == 0, done.stdout
    assert "logged in, CHAP " in done.stdout
    failure(check(program, f"iscsi_portal={chap.v4} {JOE}-wrong"), "E31")


def test_chap_of_discovery(program, new_target, disks):
    target = new_target()
    target.add(PREFIX + "chap", {1: disks["plain"]}, chap=("joe", SECRET))
    target.admin("account", "bind", "--user", "joe")
    assert check(program, f"iscsi_portal={target.v4} {JOE}").returncode == 0
    failure(check(program, f"iscsi_portal={target.v4} {JOE}-wrong"), "E31")
    failure(check(program, f"iscsi_portal={target.v4}"), "E3E")


def records(name, *portals):
    return "".join(f"{key}\0" for key in (f"TargetName={name}", *(f"TargetAddress={portal},1" for portal in portals))).encode()


def test_target_at_another_portal(program, one, fake):
    portal = fake(records(PREFIX + "one", one.v4)).portal
    done = check(program, f"iscsi_target=iscsi://{portal}//2")
    assert done.returncode == 0, done.stdout
    assert f"{portal}: discovered {PREFIX}one at {one.v4}\n" in done.stdout
    assert f"{one.v4}: logged in" in done.stdout


@pytest.mark.parametrize("before", [(), ("127.0.0.1:1", "192.0.2.1:3260"), ("0.0.0.0:3260",)])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_asked_portal_is_preferred(program, fake, before, host):
    """Wherever it stands in the list, and by whichever name it was asked for."""
    portal = fake(b"")
    portal.text = records(PREFIX + "one", *before, portal.portal)
    asked = f"{host}:{portal.portal.split(':')[1]}"
    done = check(program, f"iscsi_target=iscsi://{asked}//2")
    assert f"{asked}: discovered {PREFIX}one\n" in done.stdout, done.stdout


@pytest.mark.parametrize("local", ["0.0.0.0:3260", "127.0.0.9:1", "169.254.1.1:3260", "[::]:3260", "[::1]:1", "[fe80::1]:3260"])
def test_addresses_of_another_place_are_passed_over(program, fake, local):
    portal = fake(records(PREFIX + "one", local)).portal.split(":")[1]
    done = check(program, f"iscsi_target=iscsi://localhost:{portal}//2")
    assert f"localhost:{portal}: discovered {PREFIX}one\n" in done.stdout, done.stdout


@pytest.mark.parametrize("group", [1, 7])
def test_portal_group_is_the_announced_one(program, one, fake, group):
    """RFC 7143 section 13.9: tgt's portals are in group 1."""
    text = records(PREFIX + "one", one.v4).replace(f"{one.v4},1".encode(), f"{one.v4},{group}".encode())
    assert f",{group}\0".encode() in text
    done = check(program, f"iscsi_target=iscsi://{fake(text).portal}//2")
    if group == 1:
        assert done.returncode == 0, done.stdout
    else:
        assert "TargetPortalGroupTag=1: the portal was announced in group 7" in failure(done, "E3C")


def test_redirected_discovery(program, one, fake):
    """A target without an address is where the answer came from."""
    portal = fake(b"", f"login: redirect {one.v4}").portal
    done = check(program, f"iscsi_target=iscsi://{portal}//2")
    assert done.returncode == 0, done.stdout
    assert f"{portal}: discovered {PREFIX}one at {one.v4}\n" in done.stdout


def test_same_target_twice_is_one(program, one, fake):
    text = records(PREFIX + "one", one.v4)
    assert check(program, f"iscsi_target=iscsi://{fake(text + text).portal}//2").returncode == 0


def test_each_name_counts_once(program, fake):
    """In whatever order the records come."""
    text = b"".join(records(PREFIX + name) for name in ("one", "one-more", "two", "one-more", "one", "two"))
    line = failure(check(program, f"iscsi_portal={fake(text).portal}"), "E47")
    assert f"(3: {PREFIX}one, {PREFIX}one-more, {PREFIX}two)." in line


def test_long_list_is_bounded(program, fake):
    text = b"".join(records(f"iqn.2026-11.org.example:{number:03}" + "x" * 150) for number in range(400))
    line = failure(check(program, f"iscsi_portal={fake(text).portal}"), "E47")
    assert "(at least 3: iqn.2026-11.org.example:000" in line and ", ...)." in line
    assert len(line) < 900


def test_name_that_cannot_be_used(program, fake):
    done = check(program, f"iscsi_portal={fake(b'TargetName=a b' + bytes(1)).portal}")
    assert "not a name that can be used" in failure(done, "E46")


def test_garbage(program, fake):
    done = check(program, f"iscsi_portal={fake(b'TargetName=a' + bytes([27]) + b'[2Jb' + bytes(1)).portal}")
    failure(done, "E3C")
    assert "\x1b" not in done.stdout + done.stderr
