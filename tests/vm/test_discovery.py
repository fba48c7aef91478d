# SPDX-License-Identifier: GPL-2.0-or-later
"""A portal and no name of a target: the only one there is found, also late, also two side by side; others are told."""

from lab.story import NAME, OTHER

PORTAL = "iscsi_portal=10.99.0.1"
SECRET = "correct horse b"
CHAP_WORDS = f'iscsi_username=pi4 "iscsi_password={SECRET}"'
SLOW_SECONDS = 60
CTRL_C = "\x03"


def test_only_target(lab, kernel):
    """Its name is known from then on: root is named by it."""
    lab.target(NAME, lab.disk(), lab.disk())
    vm = lab.boot(f"{PORTAL} root=/dev/disk/by-path/ip-10.99.0.1:3260-iscsi-{NAME}-lun-2", kernel=kernel)
    vm.expect(r"iscsiroot: plan: the only target at 10\.99\.0\.1:3260 all LUNs \(iscsi_portal=\)\n")
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: discovered {NAME}\n")
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: logged in to {NAME}, no authentication")
    root = vm.expect_root()
    assert root.targets == [NAME] and root.luns[root.device.removeprefix("/dev/")] == 2
    assert len([line for line in root["process"] if "iscsiroot" in line]) == 1
    vm.expect_not("iscsiroot: [^\n]*\\[E..\\]")


def test_by_name_with_lun_and_chap(lab):
    """Discovery here knows of no secret; the login does."""
    lab.net.serve_dhcp({"target.example": "10.99.0.1"})
    lab.target(NAME, lab.disk(), lab.disk(), chap=("pi4", SECRET))
    vm = lab.boot(f"ip=dhcp iscsi_target=iscsi://target.example//2 {CHAP_WORDS}")
    vm.expect(rf"iscsiroot: target\.example:3260: discovered {NAME}\n")
    vm.expect(rf"iscsiroot: target\.example:3260: logged in to {NAME}, CHAP MD5")
    assert vm.expect_root().luns == {"sda": 2}


def test_two_portals_side_by_side(lab):
    first, second = lab.disk(), lab.disk("xfs")
    lab.target(NAME, first, allow="10.99.0.2")
    lab.target(OTHER, second, allow="10.98.0.2")
    vm = lab.boot("ip=10.99.0.2:::24::eth0:off ip=10.98.0.2:::24::eth1:off iscsi_target=iscsi://10.99.0.1 "
                  f"iscsi_target=iscsi://10.98.0.1/ root=UUID={second.uuid}", n_cards=2)
    root = vm.expect_root()
    assert root.fstype == "xfs" and root.targets == sorted([NAME, OTHER])
    assert f"10.99.0.1:3260: discovered {NAME}\n" in vm.text and f"10.98.0.1:3260: discovered {OTHER}\n" in vm.text


def test_portal_8_seconds_late(lab):
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(PORTAL)
    vm.expect_failure("E28", r"cannot find the target at 10\.99\.0\.1:3260: connection refused")
    vm.run_for(8)
    lab.tgt.start()
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: discovered {NAME}\n", timeout=SLOW_SECONDS)
    vm.expect(r"iscsiroot: 10\.99\.0\.1:3260: back after \d+ s")
    vm.expect_root()


def test_portal_freezes(lab):
    """Process 1 never waits: it hears Ctrl-C while the portal is asked, and what asks then ends with it."""
    lab.target(NAME, lab.disk())
    lab.tgt.freeze()
    vm = lab.boot(PORTAL)
    vm.expect(r"iscsiroot: waiting for the list of targets of 10\.99\.0\.1:3260, \d+ s so far, 25 s at most")
    vm.send(CTRL_C)
    vm.expect("/ # ", timeout=12)
    vm.send_line("for p in /proc/[0-9]*; do readlink $p/exe; done | grep -c ^/init")
    vm.expect("\n1\n")
    vm.send_line("exit")
    vm.expect_failure("E30", r"cannot find the target at 10\.99\.0\.1:3260", timeout=SLOW_SECONDS)
    lab.tgt.thaw()
    vm.expect_root()


def test_several_until_one_is_left(lab):
    lab.target(NAME, lab.disk())
    lab.target(OTHER, lab.disk())
    vm = lab.boot(PORTAL)
    told = vm.expect_failure("E47", "the portal shows more than one target")
    assert f"(2: {NAME}, {OTHER}). Name the one to boot from: iscsi_target=iscsi://HOST/NAME/LUN." in told
    lab.tgt.admin(["target", "delete", "--tid", "2", "--force"])
    assert vm.expect_root(timeout=SLOW_SECONDS).targets == [NAME]


def test_none_gives_up_in_time(lab):
    lab.target(NAME, lab.disk(), allow="iqn.2026-11.org.example:someone-else")
    vm = lab.boot(PORTAL + " iscsi_timeout=15")
    vm.expect_failure("E46", r"cannot find the target at 10\.99\.0\.1:3260: the portal shows no target to this initiator")
    vm.expect("iscsi_timeout=15: time is up")
    vm.expect_failure("E46")
    vm.expect("/ # ")


def test_target_is_replaced_before_it_let_us_in(lab):
    """What was discovered is gone: the portal is asked again."""
    disk = lab.disk()
    lab.target(OTHER, disk, chap=("pi4", "another secret"))
    vm = lab.boot(f"{PORTAL} {CHAP_WORDS}")
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: discovered {OTHER}\n")
    vm.expect_failure("E31", f"cannot log in to {OTHER} at 10.99.0.1:3260")
    lab.tgt.admin(["target", "delete", "--tid", "1", "--force"], ["account", "delete", "--user", "pi4"])
    lab.target(NAME, disk, chap=("pi4", SECRET))
    vm.expect_failure("E33", f"cannot log in to {OTHER}", timeout=SLOW_SECONDS)
    vm.expect(rf"iscsiroot: 10\.99\.0\.1:3260: discovered {NAME}\n", timeout=SLOW_SECONDS)
    assert vm.expect_root().targets == [NAME]
