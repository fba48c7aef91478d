# SPDX-License-Identifier: GPL-2.0-or-later
"""The same boot by the words of other programs, each line as their own documentation has it, and by what DHCP servers say."""

import pytest

from lab.story import NAME, OTHER

USER, SECRET = "pi4", "Sesame-Open-12"
USER_IN, SECRET_IN = "nas", "Sesame-Close-12"
UUID = "5a5a5a5a-0000-4000-8000-000000000001"  # of the first disk of a lab
DEBIAN_LIVE = "iqn.1993-08.org.debian.live:01:525400990002"

LINES = {
    # Raspberry Pi and PXE tutorials for Debian: the variables of iscsi.initramfs on the command line
    "capitals": ("ip=10.99.0.2::10.99.0.1:255.255.255.0:pi:eth0:off ISCSI_INITIATOR=iqn.1993-08.org.debian:01:9ef7d5 "
                 f"ISCSI_TARGET_NAME={NAME} ISCSI_TARGET_IP=10.99.0.1 ISCSI_TARGET_PORT=3260 ISCSI_USERNAME={USER} "
                 f"ISCSI_PASSWORD={SECRET} root=UUID={UUID} rootfstype=ext4 rw rootwait fsck.repair=yes elevator=deadline",
                 "ISCSI_TARGET_NAME=", "iqn.1993-08.org.debian:01:9ef7d5"),
    # README.Debian of open-iscsi
    "debian": ("iscsi_initiator=iqn.1993-08.org.debian:01:9ef7d5 "
               f"iscsi_target_name={NAME} iscsi_target_ip=10.99.0.1 iscsi_target_port=3260 iscsi_target_group=1 "
               f"iscsi_username={USER} iscsi_password={SECRET} root=UUID={UUID} ro", "iscsi_target_name=",
               "iqn.1993-08.org.debian:01:9ef7d5"),
    "debian-root": (f"root=iscsi:{USER}:{SECRET}@10.99.0.1::3260:1:{NAME} root=UUID={UUID} "
                    "iscsi_initiator=iqn.1993-08.org.debian:01:9ef7d5", "root=", "iqn.1993-08.org.debian:01:9ef7d5"),
    # MAAS: a name that is no iSCSI name, a disk by path
    "maas": (f"nomodeset iscsi_target_name={NAME} iscsi_target_ip=10.99.0.1 iscsi_target_port=3260 iscsi_initiator=maas-enlist "
             f"iscsi_username={USER} iscsi_password={SECRET} ip=10.99.0.2:::255.255.255.0:maas-enlist:eth0 ro "
             f"root=/dev/disk/by-path/ip-10.99.0.1:3260-iscsi-{NAME}-lun-1 overlayroot=tmpfs cloud-config-url=http://10.99.0.1/",
             "iscsi_target_name=", "maas-enlist"),
    # dracut.cmdline(7)
    "dracut": (f"root=UUID={UUID} netroot=iscsi:{USER}:{SECRET}@10.99.0.1::3260:1:{NAME} "
               "rd.iscsi.initiator=iqn.2009-06.dracut:me rd.neednet=1 rd.iscsi.waitnet=0 rd.iscsi.testroute=0 "
               "rd.iscsi.param=node.session.timeo.replacement_timeout=6000", "netroot=", "iqn.2009-06.dracut:me"),
    "dracut-words": (f"netroot=iscsi:@10.99.0.1::::{NAME} rd.iscsi.username={USER} rd.iscsi.password={SECRET} "
                     f"iscsi_initiator=iqn.2009-06.dracut:me root=LABEL=root1 rw", "netroot=", "iqn.2009-06.dracut:me"),
    # linuxrc of genkernel
    "genkernel": (f"iscsi_initiatorname=iqn.2009-11.local.gentoo:me iscsi_target={NAME} iscsi_tgpt=1 iscsi_address=10.99.0.1 "
                  f"iscsi_port=3260 iscsi_username={USER} iscsi_password={SECRET} iscsi_debug=1 root=/dev/ram0 real_root=/dev/sda", "iscsi_target=",
                  "iqn.2009-11.local.gentoo:me"),
    # live-boot, which knows no secret
    "live-boot": (f"boot=live iscsi=10.99.0.1,3260;{NAME} iscsi_initiator={DEBIAN_LIVE} iscsi_username={USER} iscsi_password={SECRET}",
                  "iscsi=", DEBIAN_LIVE),
    # init of LibreELEC
    "libreelec": (f"boot=ISCSI=iscsi_initiator=iqn.2017-01.tv.libreelec:me,iscsi_target_name={NAME},iscsi_target_ip=10.99.0.1,"
                  f"iscsi_username={USER},iscsi_password={SECRET},/dev/sda quiet=0", "iscsi_target_name=",
                  "iqn.2017-01.tv.libreelec:me"),
}


@pytest.mark.parametrize("dialect", LINES)
def test_line(lab, dialect):
    line, origin, initiator = LINES[dialect]
    lab.target(NAME, lab.disk(), chap=(USER, SECRET))
    vm = lab.boot(line)
    vm.expect(rf"plan: {NAME} at 10\.99\.0\.1:3260 (all LUNs|LUN 1) \({origin}\), CHAP as {USER}")
    root = vm.expect_root()
    assert root.initiators == [initiator]
    assert not [fact for fact in root["env"] if SECRET in fact]


def test_dracut_two_targets_of_which_one_is_dead(lab):
    """netroot= twice: root is reached by the one that is there."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"netroot=iscsi:10.99.0.1::3260:1:{NAME} netroot=iscsi:10.99.0.9::3260:1:{OTHER} root=UUID={UUID}")
    vm.expect(rf"plan: {OTHER} at 10\.99\.0\.9:3260 LUN 1 \(netroot=\)")
    assert vm.expect_root().targets == [NAME]


def test_dhcp_root_path(lab):
    """The DHCP server names target and initiator; nothing else is given."""
    lab.target(NAME, lab.disk(), chap=(USER, SECRET))
    lab.net.serve_dhcp(None, f"--dhcp-option=17,iscsi:10.99.0.1:::1:{NAME}", "--dhcp-option=203,iqn.2010-04.org.ipxe:pi")
    vm = lab.boot(f"ip=dhcp root=dhcp iscsi_username={USER} iscsi_password={SECRET}")
    vm.expect(rf"plan: {NAME} at 10\.99\.0\.1:3260 LUN 1 \(rootpath= in the lease\), CHAP as {USER}")
    assert vm.expect_root().initiators == ["iqn.2010-04.org.ipxe:pi"]


def test_dhcp_names_the_initiator_alone(lab):
    """The target is known; the name is taken of the lease that is there before anybody logs in."""
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp(None, "--dhcp-option=17,/srv/nfs", "--dhcp-option=203,iqn.2010-04.org.ipxe:pi")
    vm = lab.boot(f"ip=dhcp iscsi_target=iscsi://10.99.0.1/{NAME}/1")
    vm.expect(r"eth0: up, \S+ by DHCP")
    vm.expect(r"we are iqn\.2010-04\.org\.ipxe:pi \(opt203= in the lease\)")
    assert vm.expect_root().initiators == ["iqn.2010-04.org.ipxe:pi"]
    vm.expect_not("rootpath")


def test_a_dhcp_server_that_lies_and_then_does_not(lab):
    """
    A root path and an initiator's name with terminal escapes are shown without these and used for nothing. After the
    shell the lease is a new one: what was wrong is told no second time, and the target is there once.
    """
    lab.target(NAME, lab.disk())
    server = lab.net.serve_dhcp(None, "--dhcp-option=17,\x1b[2J/srv/nfs", "--dhcp-option=203,iqn.2026-11.org.example:a\x1b[2Jb")
    vm = lab.boot("ip=dhcp netroot=dhcp")
    vm.expect(r"DHCP: rootpath=\\x1b\[2J/srv/nfs: it is not iscsi:HOST:PROTO:PORT:LUN:NAME")
    vm.expect(r"DHCP: opt203=\S*: the iSCSI name has a blank or a control character")
    vm.expect_failure("E11", r"netroot= is given, and there is no DHCP lease with a root path")
    vm.expect_not("\x1b\\[2J")
    vm.expect("/ # ")
    server.kill()
    server.wait()
    lab.net.serve_dhcp(None, f"--dhcp-option=17,iscsi:10.99.0.1:::1:{NAME}")
    vm.send_line("exit")
    vm.expect(rf"plan: {NAME} at 10\.99\.0\.1:3260 LUN 1 \(rootpath= in the lease\)")
    assert vm.expect_root().targets == [NAME]
    assert vm.count("DHCP: rootpath=") == 1 and vm.count(rf"plan: {NAME}") == 1


def test_a_dhcp_server_that_names_a_target_that_is_not_there(lab):
    """It is tried again and again, and each time the reason is told; a time limit ends it."""
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp(None, f"--dhcp-option=17,iscsi:10.99.0.1:::1:{OTHER}")
    vm = lab.boot("root=dhcp iscsi_timeout=12 panic=1", ip="")
    vm.expect_failure("E33", f"cannot log in to {OTHER} at 10.99.0.1:3260: the portal has no target of this name")
    vm.expect("the portal has no target of this name, trying again in")
    vm.expect("iscsi_timeout=12: time is up")
    vm.expect_failure("E33", f"cannot log in to {OTHER} at 10.99.0.1:3260: the portal has no target of this name")
    vm.wait_off()


def test_a_root_path_that_is_too_long(lab):
    """Nothing else names a target, either."""
    lab.net.serve_dhcp(None, f"--dhcp-option=17,iscsi:10.99.0.1:::1:iqn.2026-11.org.example:{'x' * 205}")
    vm = lab.boot("panic=1", ip="")
    vm.expect(r"DHCP: rootpath=[^\n]*: the iSCSI name is longer than 223 bytes")
    vm.expect_failure("E11", "nothing says which target to log in to")
    vm.wait_off()


def test_a_useless_lease_while_another_card_waits_for_its_own(lab):
    """What is wrong with the first is told once, however long the second takes."""
    lab.net.serve_dhcp(None, "--dhcp-option=17,/srv/nfs")
    vm = lab.boot("ip=:::::eth0:dhcp ip=:::::eth1:dhcp iscsi_timeout=18 panic=1", n_cards=2)
    vm.expect(r"DHCP: rootpath=/srv/nfs: it is not iscsi:HOST:PROTO:PORT:LUN:NAME")
    vm.expect_failure("E22", "eth1")
    vm.wait_off()
    assert vm.count("DHCP: rootpath=") == 1
