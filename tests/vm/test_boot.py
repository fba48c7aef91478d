# SPDX-License-Identifier: GPL-2.0-or-later
"""From power on to the root's init: what the console tells, what the root finds, what the target sees."""

import pytest

from lab import image
from lab.story import NAME, OTHER, TARGET

DMI_NAME = "iqn.2026-11.org.iscsiroot:51c5150a-0000-4000-8000-000000000000"
MAC_NAME = "iqn.2026-11.org.iscsiroot:mac-525400990002"
SECRET = "correct horse b"
CHAP_WORDS = f'iscsi_username=pi4 "iscsi_password={SECRET}"'


def test_root_is_reached(lab, kernel):
    """The image that users get, no authentication, static address: every fact of a plain boot."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(TARGET + " vmtest=shell", kernel=kernel, initrd=image.build(kernel, image.DEFAULT))
    vm.expect(rf"iscsiroot: plan: {NAME} at 10\.99\.0\.1:3260 LUN 1 \(iscsi_target=\)\n")
    vm.expect(rf"iscsiroot: we are {DMI_NAME} \(DMI\)\n")
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.2/24[^\n]*gateway 10\.99\.0\.1")
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: logged in to {NAME}, no authentication")
    vm.expect(r"iscsiroot: sda: 16 MiB[^\n]*ext4")
    root = vm.expect_root()
    assert (root.device, root.fstype) == ("/dev/sda", "ext4")
    assert root.options.startswith("ro,") and not root.is_writable
    assert root.mounts.items() >= {"/proc": "proc", "/sys": "sysfs", "/dev": "devtmpfs", "/run": "tmpfs"}.items()
    assert root.targets == [NAME] and root.luns == {"sda": 1}
    assert root.initiators == lab.tgt.initiators() == [DMI_NAME]
    assert "session1 state LOGGED_IN" in root["session"] and "session1 recovery_tmo 2000000" in root["session"]
    assert "connection1:0 persistent_address 10.99.0.1" in root["connection"]
    assert {line.split()[0]: line.split()[1] for line in root["fd"]} == {
        "0": "/dev/console", "1": "/dev/console", "2": "/dev/console", "10": "/sbin/init"}
    assert [line for line in root["process"] if "udhcpc" in line or "modprobe" in line] == []
    vm.expect_not("iscsiroot: [^\n]*\\[E..\\]")
    vm.send_line("busybox ls -la /; busybox poweroff -f")
    vm.wait_off()


def test_init_gets_its_arguments_and_environment(lab):
    lab.target(NAME, lab.disk(init="/opt/my init"))
    vm = lab.boot(TARGET + ' rw "init=/opt/my init" rootflags=noatime single EDITOR=vi -- one iscsi_timeout=1')
    root = vm.expect_root()
    assert root.is_writable and "noatime" in root.options.split(",")
    assert root["arguments"] == ["single one iscsi_timeout=1"]
    assert "EDITOR=vi" in root["env"]
    assert [line for line in root["env"] if line.lower().startswith("iscsi")] == []
    vm.wait_off()


def test_two_targets_side_by_side(lab, kernel):
    first, second = lab.disk("ext4"), lab.disk("xfs", "gpt")
    lab.target(NAME, first)
    lab.target(OTHER, second)
    vm = lab.boot(f"{TARGET} iscsi_target=iscsi://10.99.0.1/{OTHER}/1 root=UUID={second.uuid}", kernel=kernel)
    root = vm.expect_root()
    assert root.fstype == "xfs"
    assert root.targets == sorted([NAME, OTHER])
    assert len(root.luns) == 2
    vm.wait_off()


def test_root_awaits_the_second_target(lab):
    """Root is found at once; the target that is slower to answer has its first attempt all the same."""
    lab.target(NAME, lab.disk())
    lab.target(OTHER, lab.disk(), on=lab.istgt)
    lab.istgt.freeze()
    vm = lab.boot(f"{TARGET} {lab.istgt.word(OTHER)}")
    vm.expect(r"waiting for the login at 10\.99\.0\.60:3260, ")
    assert vm.count("is root") == 0
    lab.istgt.thaw()
    assert vm.expect_root().targets == sorted([NAME, OTHER])
    vm.wait_off()


def test_the_time_for_root_is_not_spent_on_the_second_target(lab):
    """The second one is silent for longer than iscsi_timeout=, of which half is for it."""
    lab.target(NAME, lab.disk())
    lab.target(OTHER, lab.disk(), on=lab.istgt)
    lab.istgt.freeze()
    vm = lab.boot(f"{TARGET} {lab.istgt.word(OTHER)} iscsi_timeout=12")
    vm.expect(f"{OTHER} is not logged in, root does without it")
    assert vm.expect_root().targets == [NAME]
    vm.wait_off()


def test_root_does_without_the_second_target(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"{TARGET} {lab.istgt.word(OTHER)}")
    vm.expect(f"{OTHER} is not logged in, root does without it")
    assert vm.expect_root().targets == [NAME]
    vm.wait_off()


def test_two_machines_side_by_side(lab):
    """Two boots at once, each with a target and a name of its own; a target lets in whom it knows."""
    lab.target(NAME, lab.disk(), allow="iqn.2026-11.org.example:first")
    lab.target(OTHER, lab.disk(), allow=MAC_NAME.replace("0002", "0003"))
    one = lab.boot(TARGET + " iscsi_initiator=iqn.2026-11.org.example:first vmtest=shell")
    two = lab.boot(TARGET.replace(NAME, OTHER) + " vmtest=shell", uuid=False)
    assert one.expect_root().targets == [NAME]
    assert two.expect_root().targets == [OTHER]
    assert lab.tgt.initiators() == ["iqn.2026-11.org.example:first", MAC_NAME.replace("0002", "0003")]


@pytest.mark.parametrize("words", [
    f"iscsi_target={NAME} iscsi_portal=10.99.0.1",
    f"iscsi_target=iscsi:10.99.0.1:6:3260:1:{NAME}",
    f"iscsi_target=iscsi:10.99.0.1::::{NAME}",
], ids=["bare name", "RFC 4173", "RFC 4173 short"])
def test_other_spellings_of_the_target(lab, words):
    lab.target(NAME, lab.disk())
    root = lab.boot(words).expect_root()
    assert root.targets == [NAME] and root.device == "/dev/sda"


def test_chap(lab, kernel):
    """One-way CHAP; the secret appears nowhere but where the user wrote it: on the kernel command line."""
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(f"{TARGET} {CHAP_WORDS}", kernel=kernel)
    vm.expect(rf"iscsiroot: [^\n]*{NAME}[^\n]*CHAP as pi4 \(iscsi_username=\)")
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: logged in to {NAME}, CHAP MD5")
    root = vm.expect_root()
    vm.wait_off()
    assert root["env"], "the root told its environment"
    assert [line for line in vm.text.split("\n") if "horse" in line and "ommand line" not in line
            and not line.startswith("cmdline: ")] == []


def test_only_the_lun_asked_for_is_scanned(lab):
    disks = [lab.disk(), lab.disk(), lab.disk()]
    lab.target(NAME, *disks)
    root = lab.boot(f"iscsi_target=iscsi://10.99.0.1/{NAME}/2").expect_root()
    assert root.luns == {"sda": 2}


def test_all_luns_are_scanned_when_none_is_named(lab):
    disks = [lab.disk(), lab.disk("btrfs"), lab.disk()]
    lab.target(NAME, *disks)
    root = lab.boot(f"iscsi_target=iscsi://10.99.0.1/{NAME} root=LABEL={disks[1].label}").expect_root()
    assert sorted(root.luns.values()) == [1, 2, 3]
    assert root.fstype == "btrfs"
