# SPDX-License-Identifier: GPL-2.0-or-later
"""iscsiroot check against tgt: every form of root=, CHAP, LUNs, failures; no trace left."""

import hashlib
import json
import subprocess

import pytest

from conftest import MIB, make_image

PREFIX = "iqn.2026-11.org.example:"


@pytest.fixture(scope="module")
def target(new_target, disks):
    target = new_target()
    target.add(PREFIX + "gpt", {1: disks["gpt"]})
    target.add(PREFIX + "mbr", {1: disks["mbr"]})
    target.add(PREFIX + "all", {1: disks["empty"], 2: disks["plain"], 300: disks["gpt"]})
    target.add(PREFIX + "chap", {1: disks["plain"]}, chap=("joe", "secret-of-joe-1"))
    target.add(PREFIX + "none")
    target.add(PREFIX + "digests", {1: disks["plain"]})
    target.change(6, HeaderDigest="CRC32C", DataDigest="CRC32C")
    target.add(PREFIX + "mutual", {1: disks["plain"]}, chap=("jim", "secret-of-jim-1"))
    target.admin("account", "new", "--user", "store", "--password", "secret-of-store")
    target.admin("account", "bind", "--tid", "7", "--user", "store", "--outgoing")
    return target


def url(target, name, lun=""):
    return f"iscsi://{target.v4}/{PREFIX}{name}{lun}"


def uuid_of(path):
    return subprocess.run(["blkid", "-p", "-s", "UUID", "-o", "value", path], text=True, check=True,
                          capture_output=True).stdout.strip()


ROOTS = [
    ("gpt", "/1", "root=LABEL=system", "sda2"),
    ("gpt", "/1", "root=PARTLABEL=root", "sda2"),
    ("gpt", "/1", "root=PARTUUID=0fc63daf-0000-4000-8000-00000000abcd", "sda2"),
    ("gpt", "/1", "root=PARTUUID=0FC63DAF-0000-4000-8000-00000000ABCD", "sda2"),
    ("gpt", "/1", "root=/dev/sda2", "sda2"),
    ("gpt", "/1", "root=/dev/sda1", None),
    ("gpt", "/1", "root=/dev/sda3", None),
    ("gpt", "/1", "root=LABEL=other", None),
    ("gpt", "/1", "", None),
    ("gpt", "", "root=LABEL=system", "sda2"),
    ("mbr", "/1", "root=LABEL=last", "sda6"),
    ("mbr", "/1", "root=PARTUUID=1badcafe-06", "sda6"),
    ("mbr", "/1", "root=PARTUUID=1badcafe-05", None),
    ("mbr", "/1", "root=PARTUUID=1badcafe-05 rootfstype=ext4", "sda5"),
    ("all", "/2", "", "sda"),
    ("all", "/1", "", None),
    ("all", "/300", "root=LABEL=system", "sda2"),
    ("all", "", "root=LABEL=plain", "sdb"),
    ("all", "", "root=LABEL=system", "sdc2"),
]


@pytest.mark.parametrize("name, lun, root, found", ROOTS)
def test_root(program, target, name, lun, root, found):
    done = program("check", "--json", "--cmdline", f"quiet iscsi_target={url(target, name, lun)} {root}")
    said = json.loads(done.stdout)
    assert done.returncode == (0 if found else 70), done.stdout
    assert said["would_boot"] == bool(found)
    assert (said["root"] or {}).get("name") == found
    assert (said["error"] is None) == bool(found)


def test_root_by_uuid_and_path(program, target, disks):
    uuid = uuid_of(disks["plain"])
    path = f"/dev/disk/by-path/ip-{target.v4}-iscsi-{PREFIX}all-lun-2"
    for root in (f"UUID={uuid}", f"UUID={uuid.upper()}", path):
        done = program("check", "--cmdline", f"iscsi_target={url(target, 'all')} root={root}")
        assert done.returncode == 0, done.stdout
        assert "is sdb, ext4" in done.stdout


def test_text(program, target):
    done = program("check", url(target, "all", "/2"))
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith("we are ")
    assert lines[1] == f"plan: {PREFIX}all at {target.v4} LUN 2 (iscsi_target=)"
    assert lines[2] == f"{target.v4}: logged in, no authentication, portal group 1, logical units: 1, disks: 1"
    assert lines[3].startswith('  LUN 2: sda 16 MiB "IET VIRTUAL-DISK" ext4 UUID=')
    assert lines[3].endswith(" LABEL=plain")
    assert lines[4:] == ["would boot: the disk is sda, ext4"]


def test_cmdline_from_file_and_stdin(program, target, room):
    text = f"ip=dhcp iscsi_target={url(target, 'chap')} iscsi_username=joe iscsi_password=secret-of-joe-1 root=LABEL=plain\n"
    path = room / "cmdline"
    path.write_text(text)
    for arguments, stdin in ((("--cmdline", str(path)), ""), (("--cmdline", "-"), text)):
        done = program("check", *arguments, stdin=stdin)
        assert done.returncode == 0, done.stdout
        assert ", CHAP " in done.stdout
        assert "secret-of-joe" not in done.stdout + done.stderr


def test_chap(program, target):
    arguments = ("check", f"iscsi://joe@{target.v4}/{PREFIX}chap/1", "--secret-file", "-")
    assert program(*arguments, stdin="secret-of-joe-1\n").returncode == 0
    done = program(*arguments, stdin="secret-of-joe-2\n")
    assert done.returncode == 30 and "would not boot: see above [E31]" in done.stdout
    assert "secret-of" not in done.stdout + done.stderr
    done = program("check", url(target, "chap"))
    assert done.returncode == 30 and "[E3E]" in done.stdout


def error_of(program, *arguments):
    """The number of the failure, which the exit status goes with."""
    done = program("check", "--json", *arguments)
    error = json.loads(done.stdout)["error"]["id"]
    assert done.returncode == 10 * int(error[1]), done
    return error


def test_causes(program, target):
    cases = {
        "E10": ["--cmdline", "iscsi_target=nonsense"],
        "E11": ["--cmdline", "root=/dev/sda"],
        "E14": ["--cmdline", f"iscsi_target={url(target, 'chap')} iscsi_username=joe"],
        "E25": [f"iscsi://host.invalid/{PREFIX}gpt", "--timeout=5"],
        "E28": [f"iscsi://127.0.0.1:1/{PREFIX}gpt"],
        "E33": [url(target, "nobody")],
        "E3E": [url(target, "chap")],
        "E60": [url(target, "all", "/7")],
        "E61": [url(target, "none")],
        "E70": ["--cmdline", f"iscsi_target={url(target, 'gpt')} root=LABEL=other"],
        "E72": [url(target, "all", "/1")],
    }
    assert {error: error_of(program, *arguments) for error, arguments in cases.items()} == {error: error for error in cases}


def test_json(program, target):
    """Every field that the manual names, and no other."""
    said = json.loads(program("check", "--json", "--cmdline", f"iscsi_target={url(target, 'gpt')} root=LABEL=system").stdout)
    assert set(said) == {"would_boot", "initiator", "targets", "disks", "left_out", "root", "error"}
    assert set(said["initiator"]) == {"name", "from"}
    (seen,) = said["targets"]
    assert seen == {"name": PREFIX + "gpt", "portal": target.v4, "from": "iscsi_target=", "logged_in": True, "tpgt": 1,
                    "connected_to": target.v4, "authentication": "no authentication", "header_digest": False,
                    "data_digest": False, "logical_units": 2, "error": None}
    assert said["root"] in said["disks"]
    assert set(said["root"]) == {"name", "target", "lun", "part", "bytes", "readable", "model", "table", "type", "uuid", "label",
                                 "partuuid", "partlabel"}


def test_more_partitions_than_a_boot_looks_at(program, new_target, room):
    """The ones left out are told, and are no reason to call root= wrong without a word of them."""
    image = make_image(room / "crowd.img", 160 * MIB, "label: gpt\n" + "size=1MiB\n" * 70)
    target = new_target()
    target.add(PREFIX + "crowd", {1: image})
    done = program("check", "--cmdline", f"iscsi_target={url(target, 'crowd')} root=LABEL=other")
    assert "more than 256 LUNs or 64 disks and partitions: root was looked for on these only\n" in done.stdout
    assert json.loads(program("check", "--json", url(target, "crowd")).stdout)["left_out"] == 7


def test_labels_are_utf8_in_json(program, new_target, room):
    image = make_image(room / "size.img", 16 * MIB, file_systems=[("Größe", 0, 16)])
    target = new_target()
    target.add(PREFIX + "size", {1: image})
    assert json.loads(program("check", "--json", url(target, "size")).stdout)["disks"][0]["label"] == "Größe"


def test_ipv6(program, target):
    assert program("check", f"iscsi://{target.v6}/{PREFIX}all/2").returncode == 0


def test_two_targets_one_missing(program, target):
    """Root is on the second: the first one's failure is told and stops nothing."""
    words = f"iscsi_target={url(target, 'nobody')} iscsi_target={url(target, 'all')} root=LABEL=plain"
    done = program("check", "--cmdline", words)
    assert done.returncode == 0, done.stdout
    assert "[E33]" in done.stdout


def test_same_file_system_twice(program, target):
    words = f"iscsi_target={url(target, 'gpt')} iscsi_target={url(target, 'all')} root=LABEL=system"
    assert error_of(program, "--cmdline", words) == "E71"


def test_no_trace(program, target, disks):
    """However it ends, tgtd knows of no connection afterwards, and nothing on the disks has changed."""
    def digests():
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in disks.values()]

    before = digests()
    for name, lun, status in (("all", "/2", 0), ("all", "/7", 60), ("all", "/1", 70), ("chap", "/1", 30), ("none", "", 60),
                              ("nobody", "", 30), ("digests", "/1", 0)):
        assert program("check", url(target, name, lun)).returncode == status
        assert target.sessions() == 0 and not any(target.connections(tid) for tid in range(1, 8))
    assert digests() == before


# --- against another implementation ---


@pytest.mark.parametrize("words, said", [
    ("crc32c", ", header and data digest"), ("prefer-crc32c", ", header and data digest"), ("prefer-none", ", header and data digest"),
])
def test_digests(program, target, words, said):
    """tgtd prefers both."""
    done = program("check", "--cmdline", f"iscsi_target={url(target, 'digests')} root=LABEL=plain iscsi_digest={words}")
    assert done.returncode == 0 and f"logged in, no authentication{said}, portal group" in done.stdout, done


def test_mutual_chap(program, target):
    words = f"iscsi_target={url(target, 'mutual', '/1')} iscsi_username=jim iscsi_password=secret-of-jim-1 "
    done = program("check", "--cmdline", "-", stdin=words + "iscsi_in_username=store iscsi_in_password=secret-of-store")
    assert done.returncode == 0 and "logged in, mutual CHAP MD5, " in done.stdout, done
    done = program("check", "--cmdline", "-", stdin=words + "iscsi_in_password=secret-of-other")
    assert done.returncode == 40 and "[E42]" in done.stdout and "secret-of" not in done.stdout + done.stderr, done


@pytest.mark.parametrize("arguments", [("a", "b"), ("a", "--cmdline", "b=c"), ("--nothing",), ("--cmdline",)])
def test_usage(program, arguments):
    done = program("check", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("iscsiroot: ") and done.stdout == ""
