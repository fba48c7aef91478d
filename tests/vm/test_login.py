# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets that refuse: what the console says, and that the machine goes on as soon as the target is put right."""

import pytest

from lab import image
from lab.story import NAME, OTHER, TARGET

SECRET = "correct horse b"
WRONG = "wrongwrongwrong"


def test_chap_wrong_secret_until_the_target_has_it(lab):
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(f"quiet {TARGET} iscsi_username=pi4 iscsi_password={WRONG}")
    line = vm.expect_failure("E31", "the target refused our CHAP name or secret")
    assert f"cannot log in to {NAME} at 10.99.0.1:3260: " in line and "status 0201" in line
    assert "Check iscsi_username= and iscsi_password=" in line
    lab.tgt.admin(["account", "unbind", "--tid", "1", "--user", "pi4"], ["account", "delete", "--user", "pi4"],
                  ["account", "new", "--user", "pi4", "--password", WRONG], ["account", "bind", "--tid", "1", "--user", "pi4"])
    vm.expect_root()
    assert [text for text in vm.text.split("\n") if WRONG in text and not text.startswith("cmdline: ")] == []


def test_mutual_chap_and_digests(lab):
    """Both sides prove themselves, and the kernel runs the session with the digests that were negotiated."""
    lab.target(NAME, lab.disk(), chap=("pi4", WRONG))
    lab.tgt.admin(["account", "new", "--user", "store", "--password", "storestorestore"],
                  ["account", "bind", "--tid", "1", "--user", "store", "--outgoing"],
                  ["target", "update", "--tid", "1", "--name", "HeaderDigest", "--value", "CRC32C"],
                  ["target", "update", "--tid", "1", "--name", "DataDigest", "--value", "CRC32C"])
    vm = lab.boot(f"{TARGET} iscsi_username=pi4 iscsi_password={WRONG} iscsi_in_username=store "
                  "iscsi_in_password=storestorestore iscsi_digest=crc32c")
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: logged in to {NAME}, mutual CHAP MD5")
    root = vm.expect_root()
    assert [line.split(" ", 1)[1] for line in root["connection"] if "_digest " in line] == ["header_digest 1", "data_digest 1"]


def test_mutual_chap_wrong_answer_of_the_target(lab):
    lab.target(NAME, lab.disk(), chap=("pi4", WRONG))
    lab.tgt.admin(["account", "new", "--user", "store", "--password", "storestorestore"],
                  ["account", "bind", "--tid", "1", "--user", "store", "--outgoing"])
    vm = lab.boot(f"{TARGET} iscsi_username=pi4 iscsi_password={WRONG} iscsi_in_username=store "
                  "iscsi_in_password=anotheranother")
    vm.expect_failure("E4[2-5]", f"cannot log in to {NAME} at 10.99.0.1:3260")


def test_chap_demanded_and_no_secret_known(lab):
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(TARGET)
    vm.expect_failure("E3E", f"cannot log in to {NAME} at 10.99.0.1:3260")


def test_chap_not_wanted_by_the_target(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"{TARGET} iscsi_username=pi4 iscsi_password={WRONG}")
    vm.expect_failure("E40", "the target wants no authentication although a secret is configured")


def test_no_such_target_and_not_allowed(lab):
    """tgtd answers both with the same status: to a stranger a target of others does not exist."""
    lab.target(NAME, lab.disk(), allow="iqn.2026-11.org.example:someone-else")
    vm = lab.boot(f"{TARGET} iscsi_target=iscsi://10.99.0.1/{OTHER}/1")
    told = vm.expect_failure("E33", "the portal has no target of this name") + vm.expect_failure("E33")
    assert f"{NAME} at 10.99.0.1:3260: " in told and f"{OTHER} at 10.99.0.1:3260: " in told


def test_target_takes_the_connection_and_freezes(lab):
    lab.target(NAME, lab.disk())
    lab.tgt.freeze()
    vm = lab.boot(TARGET)
    vm.expect_failure("E30", "the target took the connection but does not answer the login")
    lab.tgt.thaw()
    vm.expect_root()


def test_lun_absent(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"iscsi_target=iscsi://10.99.0.1/{NAME}/5")
    vm.expect_failure("E60", f"10.99.0.1:3260: the target does not show the LUN asked for .LUN 5 of {NAME}")


def test_target_without_a_disk(lab):
    lab.target(NAME)
    vm = lab.boot(f"iscsi_target=iscsi://10.99.0.1/{NAME}")
    vm.expect_failure("E61", "10.99.0.1:3260: the target shows no disk")


@pytest.mark.parametrize("missing, code, text", [
    ("sd_mod", "E62", "the LUN is there but no driver made a disk of it"),
    ("iscsi_tcp", "E50", "the kernel has no iSCSI over TCP"),
    ("ext4", "E73", "the root file system cannot be mounted"),
])
def test_image_lacks_a_module(lab, missing, code, text):
    lab.target(NAME, lab.disk())
    vm = lab.boot(TARGET, initrd=image.build("6.1", image.lean(without=missing)))
    vm.expect_failure(code, text)
    vm.expect("/ # ")


@pytest.mark.parametrize("words, code, text", [
    ("", "E11", "nothing says which target to log in to"),
    (f"iscsi_target={NAME}", "E12", "the target has a name but no portal .*" + NAME),
    (f"iscsi_target=iscsi://pi4:{WRONG}%@10.99.0.1/{NAME}", "E10", "the password is longer than 255 bytes or has a torn % escape"),
], ids=["no target", "no portal", "password in URL"])
def test_command_line_that_cannot_work(lab, words, code, text):
    """A shell at once: no waiting helps. The secret is not repeated."""
    vm = lab.boot("quiet " + words)
    line = vm.expect_failure(code, text)
    assert WRONG not in line
    vm.expect("/ # ")
