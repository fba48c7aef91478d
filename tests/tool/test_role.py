# SPDX-License-Identifier: GPL-2.0-or-later
"""What `iscsiroot plan --role` says to the scripts of an initramfs of somebody else, and attach --boot goes by."""

import os
import subprocess

import pytest

TARGET = "iscsi:10.0.0.1::::iqn.2026-11.org.example:root"
ROLES = {
    # nothing said of iSCSI: words that cannot be used here are nobody's business
    "root=UUID=1 ro": "none",
    "root=nfs:10.0.0.1:/x netroot=nfs:10.0.0.1:/x ip=foo:bar:baz": "none",
    "root=live:CDLABEL=x ip=::::::nonsense": "none",
    "root=LABEL=iscsidisk ip=foo:bar:baz": "none",
    "root=UUID=1 systemd.mask=iscsid.service rd.luks.name=1=iscsi ip=foo:bar:baz": "none",
    "boot=live disk=iscsi ip=foo:bar:baz": "none",
    # said, but no target asked for
    "root=LABEL=x rd.iscsi.firmware=0": "none",
    "root=LABEL=x iscsi_initiator=iqn.2026-11.org.example:me": "none",
    # root is somewhere on the disks
    f"root=UUID=1 netroot={TARGET}": "disks",
    f"root=/dev/mapper/vg-root netroot={TARGET} netroot={TARGET}": "disks",
    "root=LABEL=x rd.iscsi.firmware=1": "disks",
    "root=LABEL=x iscsi_auto": "disks",
    "root=zfs:x iscsi_target=iscsi://10.0.0.1/iqn.x:y": "disks",
    f"root={TARGET} root=LABEL=x": "disks",
    "root=UUID=1 ISCSI_PORTAL=10.0.0.1": "disks",
    "boot=ISCSI=iscsi_target_name=iqn.x:y,iscsi_target_ip=10.0.0.1,/dev/sda1 root=/dev/ram0": "disks",
    # the disk is root
    f"root={TARGET}": "root",
    f"netroot={TARGET}": "root",
    f"root=LABEL=x root={TARGET}": "root",
    "root=dhcp": "root",
    "root=/dev/root netroot=dhcp ip=dhcp": "root",
    "netroot=iscsi rd.iscsi.firmware=1": "root",
    "iscsi_target=iscsi://10.0.0.1/iqn.x:y": "root",
}


def attach(program, cmdline, *options, **variables):
    """attach --boot as root, without a network: exit status, output and messages."""
    done = subprocess.run(["unshare", "--net", program.path, "attach", "--boot", "--root", "/nowhere", "--cmdline", cmdline, "--timeout", "1", *options],
                          text=True, capture_output=True, check=False, env={**os.environ, **variables})
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("cmdline", ROLES)
def test_role(program, cmdline):
    done = program("plan", "--role", "--root", "/nowhere", "--cmdline", cmdline)
    assert (done.returncode, done.stdout, done.stderr) == (0, ROLES[cmdline] + "\n", "")


@pytest.mark.parametrize("cmdline, paths, role", (
    ("root=dhcp", ("nfs:10.0.0.1:/srv",), "none"), ("netroot=dhcp root=UUID=1", ("nbd:10.0.0.1:root",), "none"), ("root=dhcp", (), "root"), ("root=dhcp", ("",), "root"),
    ("root=dhcp", (TARGET, "nfs:10.0.0.1:/srv"), "root"), ("root=dhcp", ("nfs:10.0.0.1:/srv", TARGET), "root"), ("root=UUID=1", ("nfs:10.0.0.1:/srv",), "none"),
    ("root=dhcp rd.iscsi.initiator=iqn.x:me", ("nfs:10.0.0.1:/srv",), "root"), (f"root=UUID=1 netroot={TARGET}", ("nfs:10.0.0.1:/srv",), "disks")))
def test_the_lease_of_another(program, tmp_path, cmdline, paths, role):
    """Where DHCP alone is to say what root is, and has said another kind, to dracut's module network: it is left to others."""
    for number, path in enumerate(paths):
        (tmp_path / f"dhclient.eth{number}.dhcpopts").write_text(f"new_ip_address='10.0.0.2'\nnew_root_path='{path}'\n", encoding="utf-8")
    words = ("--cmdline", cmdline, "--lease", tmp_path)
    done = subprocess.run([program.path, "plan", "--role", "--root", "/nowhere", *words], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, role + "\n", "")
    if role == "none":
        assert attach(program, *words[1:]) == (0, "", "")


@pytest.mark.parametrize("netroot", [TARGET, "iscsi"])
def test_handler_of_netroot(program, netroot):
    """dracut's module network calls it by its name; the work is done by attach."""
    done = program("eth0", netroot, "/sysroot")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert program("eth0", netroot).returncode == 2


TABLE = {"acpi_header/signature": "iBFT", "initiator/index": "0", "initiator/flags": "3", "initiator/initiator-name": "iqn.2026-11.org.example:fw",
         "ethernet0/index": "0", "ethernet0/flags": "3", "ethernet0/ip-addr": "10.0.0.9", "ethernet0/subnet-mask": "255.255.255.0", "ethernet0/mac": "52:54:00:00:00:01",
         "target0/index": "0", "target0/flags": "3", "target0/ip-addr": "10.0.0.2", "target0/port": "3260", "target0/lun": "01000000",
         "target0/chap-type": "0", "target0/nic-assoc": "0", "target0/target-name": "iqn.2026-11.org.example:fw-root"}
FIRMWARE_ASKED = {"root=UUID=1 iscsi_auto": "disks", "netroot=iscsi rd.iscsi.firmware=1": "root", "iscsi_auto": "root"}


@pytest.fixture
def firmware(room):
    """A machine whose firmware has left a table, of a disk that may be for data."""
    for name, text in TABLE.items():
        path = room / "firmware" / "sys" / "firmware" / "ibft" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return room / "firmware"


@pytest.mark.parametrize("cmdline", [*ROLES, *FIRMWARE_ASKED, "ip=foo:bar:baz"])
def test_a_table_does_not_ask_by_itself(program, firmware, cmdline):
    done = program("plan", "--role", "--root", firmware, "--cmdline", cmdline)
    assert (done.returncode, done.stdout, done.stderr) == (0, {**ROLES, **FIRMWARE_ASKED}.get(cmdline, "none") + "\n", "")


def test_a_word_that_cannot_be_used(program):
    done = program("plan", "--role", "--root", "/nowhere", "--cmdline", f"root={TARGET} ip=foo:bar:baz")
    assert (done.returncode, done.stdout) == (10, "")
    assert done.stderr.startswith("iscsiroot: ") and done.stderr.endswith("[E10]\n")


@pytest.fixture
def image(room):
    """The root of an image that asks for a target by open-iscsi's file, and the command line does not."""
    (room / "image" / "etc").mkdir(parents=True, exist_ok=True)
    (room / "image" / "etc" / "iscsi.initramfs").write_text("ISCSI_TARGET_NAME=iqn.2026-11.org.example:root\nISCSI_TARGET_IP=10.0.0.1\n")
    return room / "image"


@pytest.mark.parametrize("cmdline, role", {"root=UUID=1 ip=10.0.0.9::10.0.0.1:255.255.255.0:h:eth0:off": "disks", "ip=dhcp": "root"}.items())
def test_a_file_asks(program, image, cmdline, role):
    done = program("plan", "--role", "--root", image, "--cmdline", cmdline)
    assert (done.returncode, done.stdout, done.stderr) == (0, role + "\n", "")


def test_a_file_of_the_machine_is_of_its_own_target(program, room):
    """No other target is shown the secret of root, nor expected to prove itself."""
    path = room / "machine" / "etc" / "iscsi" / "iscsi.initramfs"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("ISCSI_TARGET_NAME=iqn.2026-11.org.example:root\nISCSI_TARGET_IP=10.0.0.1\nISCSI_USERNAME=pi4\nISCSI_PASSWORD=correct-horse-battery\n")
    own = program("plan", "--root", room / "machine", "--cmdline", "root=UUID=1 ip=dhcp iscsi_initiator=iqn.2026-11.org.example:me")
    assert own.returncode == 0 and "pi4" in own.stdout
    other = program("plan", "--root", room / "machine", "--initiator", "iqn.2026-11.org.example:me", "iscsi://10.0.0.9/iqn.2026-11.org.example:data/0")
    assert other.returncode == 0 and "pi4" not in other.stdout and "iqn.2026-11.org.example:root" not in other.stdout


def test_a_file_asks_and_a_word_cannot_be_used(program, image):
    """So the other words are read, though none of them speaks of iSCSI."""
    done = program("plan", "--role", "--root", image, "--cmdline", "root=UUID=1 ip=foo:bar:baz")
    assert (done.returncode, done.stdout) == (10, "")
    assert "ip=foo:bar:baz" in done.stderr


@pytest.mark.parametrize("cmdline", [cmdline for cmdline in ROLES if ROLES[cmdline] == "none"])
def test_attach_has_nothing_to_do(program, cmdline):
    assert attach(program, cmdline) == (0, "", "")


@pytest.mark.parametrize("word", ["iscsi_auto", "rd.iscsi.firmware", "iscsi_noibft iscsi_auto"])
def test_attach_finds_no_firmware(program, word):
    """A machine with its root elsewhere goes on; it is told why, for the case that root is not there then."""
    code, out, err = attach(program, f"root=UUID=1 ip=10.0.0.9::10.0.0.1:255.255.255.0:h:eth0:off {word}")
    assert (code, out) == (0, "")
    assert err == f"iscsiroot: {word.split()[-1]} is given, and there is no iBFT with a target: going on without\n"


@pytest.mark.parametrize("words", ["netroot=iscsi rd.iscsi.firmware", "root=UUID=1 iscsi_auto iscsi_portal=10.0.0.1"])
def test_attach_has_more_to_do(program, words):
    """Where root is what the firmware names, or a target is named besides, it fails here at the latest for want of a kernel's iSCSI."""
    assert attach(program, words)[0] != 0


def test_attach_takes_the_network_of_initramfs_conf(program):
    """IP= and DEVICE= are in the environment of the scripts of initramfs-tools; ip= goes before them."""
    code, _, err = attach(program, f"root={TARGET}", IP="foo:bar:baz", DEVICE="eth0")
    assert code == 10 and "ip=foo:bar:baz" in err
    code, _, err = attach(program, f"root={TARGET}", IP="", DEVICE="a-name-too-long-for-a-card")
    assert code == 10 and "ip=a-name-too-long-for-a-card:dhcp" in err
    assert attach(program, f"root={TARGET} ip=dhcp", IP="foo:bar:baz")[0] != 10
    assert attach(program, f"root={TARGET}", IP="two words")[0] != 10
    assert attach(program, "root=UUID=1", IP="foo:bar:baz") == (0, "", "")


def test_attach_brings_up_the_network_alone_for_a_boot_only(program):
    assert attach(program, "root=UUID=1", "--network") == (0, "", "")
    assert program("attach", "--network").returncode == 2
