# SPDX-License-Identifier: GPL-2.0-or-later
"""What firmware has left: tables in ACPI, whole and torn, and the real chain from iPXE to the root."""

import os
import sys

from lab.story import NAME, OTHER

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "golden"))
import ibft  # noqa: E402

MAC = "52:54:00:99:00:02"
USER, SECRET = "pi4", "Sesame-Open-12"
USER_IN, SECRET_IN = "nas", "Sesame-Close-12"
CHAP = (USER.encode(), SECRET.encode())
CHAP_IN = (USER_IN.encode(), SECRET_IN.encode())
INITIATOR = "iqn.2010-04.org.ipxe:me"
STATIC = ibft.nic(MAC, "10.99.0.77", 24, 1, "10.99.0.1")


def boot(lab, table, cmdline):
    """A machine whose ACPI has this table. QEMU puts length and checksum of the whole right."""
    path = os.path.join(lab.directory, "ibft")
    with open(path, "wb") as stream:
        stream.write(table)
    return lab.boot(cmdline, ip="", options=["-acpitable", f"file={path}"])


def test_no_word_at_all(lab):
    """The table has target, LUN, secret, initiator and the card with its address."""
    lab.target(NAME, lab.disk(), chap=(USER, SECRET))
    vm = boot(lab, ibft.table(INITIATOR.encode(), [STATIC], [ibft.target("10.99.0.1", NAME.encode(), 3260, 1, chap=CHAP)]), "")
    vm.expect(rf"plan: {NAME} at 10\.99\.0\.1:3260 LUN 1 \(iBFT\), CHAP as {USER} \(iBFT\)")
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.77/24")
    root = vm.expect_root()
    assert root.initiators == [INITIATOR] and not vm.count("Sesame")


def test_two_targets_two_cards_and_mutual_chap(lab):
    """rd.iscsi.firmware=1: both targets, the chosen one is root; one card by DHCP, the other with its own address."""
    lab.target(OTHER, lab.disk(), lab.disk(), chap=(USER, SECRET), chap_in=(USER_IN, SECRET_IN))
    lab.target(NAME, lab.disk(), chap=(USER, SECRET), chap_in=(USER_IN, SECRET_IN))
    lab.net.serve_dhcp()
    nics = [ibft.nic(MAC, "10.99.0.120", 24, 3, dhcp="10.99.0.1"),
            ibft.nic("52:54:00:99:01:02", "10.98.0.7", 24, 1, flags=1)]
    targets = [ibft.target("10.98.0.1", OTHER.encode(), 3260, 2, chap=(*CHAP, *CHAP_IN), flags=1, card=1),
               ibft.target("10.99.0.1", NAME.encode(), 3260, 1, chap=(*CHAP, *CHAP_IN))]
    path = os.path.join(lab.directory, "ibft")
    with open(path, "wb") as stream:
        stream.write(ibft.table(INITIATOR.encode(), nics, targets))
    vm = lab.boot("rd.iscsi.firmware=1 rd.iscsi.ibft=1", ip="", n_cards=2, options=["-acpitable", f"file={path}"])
    vm.expect(rf"plan: {NAME} at 10\.99\.0\.1:3260 LUN 1 \(iBFT\), mutual CHAP as {USER} \(iBFT\)")
    vm.expect(rf"plan: {OTHER} at 10\.98\.0\.1:3260 LUN 2 \(iBFT\), mutual CHAP as {USER} \(iBFT\)")
    root = vm.expect_root()
    assert root.targets == sorted([NAME, OTHER]) and not vm.count("Sesame")
    assert vm.count(r"eth0: up, 10\.99\.0\.1\d\d/24 by DHCP") == 1 and vm.count(r"eth1: up, 10\.98\.0\.7/24 static") == 1


def test_torn_tables(lab):
    """What is torn is told, ends in a shell, and is told again when tried again."""
    whole = ibft.table(INITIATOR.encode(), [STATIC], [ibft.target("10.99.0.1", NAME.encode())])
    torn = ibft.changed(whole, ibft.HEADER + 8 + 4, b"\xff\x7f")  # where the first target is
    vm = boot(lab, torn, "rd.iscsi.firmware=1 ip=10.99.0.2:::255.255.255.0::eth0:off")
    for n_told in (1, 2):
        vm.expect("iBFT is not used, or not all of it: its block of a target is torn")
        vm.expect_failure("E11", r"rd\.iscsi\.firmware= is given, and there is no iBFT with a target")
        vm.expect("/ # ")
        assert vm.count("its block of a target is torn") == n_told
        vm.send_line("exit")


def test_ipxe_to_root(lab):
    """
    The ROM of the network card gets address and script by DHCP, hooks the disk, with CHAP, and loads kernel and image by
    TFTP. Its table lies in low memory, where only iscsi_ibft finds it. No word of the command line is for us.
    """
    lab.target(NAME, lab.disk(), chap=(USER, SECRET))
    vm = lab.boot_ipxe(f"set initiator-iqn {INITIATOR}", f"set username {USER}", f"set password {SECRET}",
                       f"sanhook --drive 0x80 iscsi:10.99.0.1::3260:1:{NAME}")
    vm.expect(rf"plan: {NAME} at 10\.99\.0\.1:3260 LUN 1 \(iBFT in sysfs\), CHAP as {USER} \(iBFT in sysfs\)", timeout=300)
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.1\d\d/24 by DHCP")
    root = vm.expect_root()
    assert root.initiators == [INITIATOR] and root.targets == [NAME]
