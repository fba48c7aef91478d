# SPDX-License-Identifier: GPL-2.0-or-later
"""Root on iSCSI by Debian's dracut 059: it makes the image in a Debian root, a stock kernel boots it, and that root is the disk."""

import gzip
import os
import tempfile

import pytest

import test_firmware as tables
from installed import BACK, IP, KEEPER, LUKS_UUID, PASSPHRASE, SESSIONS, check_left, check_up, expect_restart, finish, prepare
from installed import install as install_packages
from lab import disk as disks
from lab import distro, dracut, image
from lab.story import NAME, OTHER
from test_shutdown import check_clean, check_logout_is_last

NETROOT = f"netroot=iscsi:10.99.0.1::3260:1:{NAME}"
NETROOT_OTHER = f"netroot=iscsi:10.99.0.1::3260:1:{OTHER}"
ROOT_PATH = f"--dhcp-option-force=17,iscsi:10.99.0.1:::1:{NAME}"
BAKED = (("etc/dracut.conf.d/words.conf", 0o644, f"kernel_cmdline='{NETROOT} {IP}'\n"),)
WITHOUT_OURS = (("etc/dracut.conf.d/without.conf", 0o644, "omit_dracutmodules+=' iscsiroot '\n"),)
SECRET, SECRET_IN = "correct-horse-battery", "store-store-store"
REFUSED = r"iscsiroot: [^\n]*\[E3[0-9]\]"
SHELL = r"or press Control-D to continue|dracut:[^\n#]*#"
CONTINUE = "\x04"
RESTARTS = "reboot: Restarting system"
SWITCHED = "Hostname set to <debian>"
MULTI_USER_SECONDS = 300  # dracut's initramfs with systemd alone takes a minute on such a machine
SECONDS = 45  # for what takes a few on a machine that is emulated and shared
LATE_SECONDS = 60


def install(lab, **options):
    return install_packages(lab, dracut.PACKAGES, **options)


def start(lab, words, kind="systemd", kernel="6.1", ip=IP, files=(), packages=dracut.PACKAGES, **options):
    return lab.start_debian(words, kernel=kernel, ip=ip, initrd=dracut.image(kind, kernel, files, packages), **options)


def boot(lab, words, kind="systemd", **options):
    vm = start(lab, words, kind, **options)
    vm.wait_multi_user(MULTI_USER_SECONDS)
    return vm


def test_static_address(lab):
    """
    Host-only; target and address are words that are baked into the image, root alone is the boot loader's. The target is restarted
    behind the switch to root. The machine goes down through dracut's shutdown: root is unmounted, then the target is told; a
    restart of it meanwhile does not matter.
    """
    disk = install(lab)
    put_image(disk)
    lab.target(NAME, disk)
    vm = start(lab, f"root=UUID={disk.uuid}", "hostonly", ip="", files=BAKED)
    expect_restart(lab, vm, SWITCHED)
    vm.wait_multi_user(MULTI_USER_SECONDS)
    check_up(vm)
    assert vm.count(BACK) > 0
    check_left(vm)
    assert vm.shell.run("findmnt -no SOURCE,FSTYPE /") == "/dev/sda ext4\n"
    vm.shell.start("touch /root/last; systemctl poweroff")
    expect_restart(lab, vm, "Stopped target .*Multi-User System")
    vm.expect(f"session 1 to {NAME}: ended", 2 * SECONDS)
    vm.wait_off(SECONDS)
    check_clean(disk)
    check_logout_is_last(lab)


def put_image(disk):
    """Where a package has it and dracut looks at a shutdown. The smallest one, and as it tries first: to unpack it takes long here."""
    with tempfile.NamedTemporaryFile() as archive:
        archive.write(gzip.compress(distro.archive(dracut.image("without systemd")), 1))
        archive.flush()
        name = f"initrd.img-{os.path.basename(image.modules('6.1'))}"
        disks.quietly("debugfs", "-w", "-f", "-", disk.path, text=f"cd boot\nwrite {archive.name} {name}\n")


def test_the_lease_names_the_target(lab):
    """root=dhcp, without systemd: no other word says anything, and the disk is root."""
    disk = install(lab)
    lab.target(NAME, disk)
    lab.net.serve_dhcp(None, ROOT_PATH)
    vm = boot(lab, "root=dhcp", "without systemd", ip="ip=dhcp")
    check_up(vm)
    assert vm.shell.run("findmnt -no SOURCE /") == "/dev/sda\n"
    assert "PROTO='dhcp'" in vm.shell.run("cat /run/net-*.conf")
    finish(vm, disk)


def test_the_target_is_root_and_does_not_take_the_secret(lab):
    """
    root=iscsi:... with mutual CHAP, by dracut's words: the reason and a shell at once. When it is put right behind it the machine
    boots, and a restart while the services start does not matter.
    """
    disk = install(lab)
    lab.target(NAME, disk, chap=("pi4", "another-secret"), chap_in=("nas", SECRET_IN))
    vm = start(lab, f"root=iscsi:10.99.0.1:::1:{NAME} rd.iscsi.initiator=iqn.2026-11.org.example:me rd.iscsi.username=pi4 "
               f"rd.iscsi.password={SECRET} rd.iscsi.in.username=nas rd.iscsi.in.password={SECRET_IN}")
    told = vm.expect(REFUSED, MULTI_USER_SECONDS)
    shell = vm.expect(SHELL, SECONDS)
    assert vm.arrival(shell) - vm.arrival(told) < SECONDS
    lab.tgt.kill()
    lab.tgt.exports.clear()
    lab.target(NAME, disk, chap=("pi4", SECRET), chap_in=("nas", SECRET_IN))
    vm.send(CONTINUE)
    vm.expect(SWITCHED, MULTI_USER_SECONDS)
    expect_restart(lab, vm, "Reached target .*Basic System")
    vm.wait_multi_user(MULTI_USER_SECONDS)
    check_up(vm)
    assert vm.count(BACK) > 0
    assert lab.tgt.initiators() == ["iqn.2026-11.org.example:me"]
    finish(vm, disk)


@pytest.mark.parametrize("kind, end", (("systemd", RESTARTS), ("without systemd", f"{RESTARTS}|Attempted to kill init")))
def test_no_shell(lab, kind, end):
    """rd.shell=0: the machine ends as the words say, dracut's or the kernel's; the latter where the initramfs has no program to restart by."""
    lab.target(NAME, lab.disk(), chap=("pi4", SECRET))
    vm = start(lab, f"{NETROOT} root=LABEL=any rd.iscsi.username=pi4 rd.iscsi.password=not-the-secret rd.shell=0 rd.emergency=reboot panic=1", kind)
    vm.expect(REFUSED, MULTI_USER_SECONDS)
    vm.expect(end, SECONDS)
    vm.wait_off(SECONDS)
    vm.expect_not(SHELL)


def test_two_targets_and_root_on_the_late_one(lab):
    """
    The one that is there, with /usr, ends the wait for a session; the other, which root is on and that is a minute late, is tried
    again. Both are mounted in the initramfs.
    """
    usr = install(lab, part="usr")
    disk = install(lab, part="rest", fstab=f"UUID={usr.uuid} /usr ext4 defaults 0 2\n")
    lab.target(NAME, usr)
    vm = start(lab, f"{NETROOT} {NETROOT_OTHER} root=UUID={disk.uuid}")
    vm.expect(f"{OTHER} is not logged in, left out", MULTI_USER_SECONDS)
    vm.run_for(LATE_SECONDS)
    lab.target(OTHER, disk)
    vm.wait_multi_user(MULTI_USER_SECONDS)
    check_up(vm, 2, 2)
    assert vm.shell.run("findmnt -no UUID /; findmnt -no UUID /usr") == f"{disk.uuid}\n{usr.uuid}\n"
    finish(vm, disk, usr)


def test_firmware(lab):
    """rd.iscsi.firmware=1: target, secret, initiator and address are those of the firmware's table."""
    disk = install(lab)
    lab.target(NAME, disk, chap=(tables.USER, tables.SECRET))
    path = os.path.join(lab.directory, "ibft")
    with open(path, "wb") as stream:
        stream.write(tables.ibft.table(tables.INITIATOR.encode(), [tables.STATIC],
                                       [tables.ibft.target("10.99.0.1", NAME.encode(), 3260, 1, chap=tables.CHAP)]))
    vm = boot(lab, f"rd.iscsi.firmware=1 root=UUID={disk.uuid}", "without systemd", ip="", options=["-acpitable", f"file={path}"])
    check_up(vm)
    assert "IPV4ADDR='10.99.0.77'" in vm.shell.run("cat /run/net-*.conf")
    assert lab.tgt.initiators() == [tables.INITIATOR]
    vm.expect_not("Sesame")
    finish(vm, disk)


def test_beside_the_stock_modules(lab):
    """iscsi and network are in the image, too: network brings the address, ours takes that and its lease, and nothing logs in twice."""
    disk = install(lab)
    lab.target(NAME, disk)
    lab.net.serve_dhcp(None, ROOT_PATH)
    vm = boot(lab, "root=dhcp rd.neednet=1", "beside iscsi", kernel="6.12", ip="ip=dhcp")
    assert vm.shell.run(SESSIONS) == "1\n"
    assert vm.shell.run(f"{KEEPER} | wc -l") == "1\n"
    finish(vm, disk)


def start_stack(lab, words=""):
    """Returns when the passphrase is typed in."""
    vm = start(lab, f"{NETROOT} {NETROOT_OTHER} rd.auto rd.luks.uuid={LUKS_UUID} rd.lvm.lv=vg/root root=/dev/vg/root nompath {words}", "stack",
               packages=dracut.STACK_PACKAGES)
    vm.expect("[Pp]lease enter passphrase for disk", MULTI_USER_SECONDS)
    vm.send_line(PASSPHRASE)
    return vm


def test_root_on_lvm_on_luks_on_md_over_two_targets(lab):
    """
    With the passphrase on the console, and a restart of both while the services start. What the end has left is looked at by the
    next boot, before it mounts root.
    """
    first, second = prepare(lab)
    lab.target(NAME, first)
    lab.target(OTHER, second)
    vm = start_stack(lab)
    vm.expect(SWITCHED, MULTI_USER_SECONDS)
    expect_restart(lab, vm, "Reached target .*Basic System")
    vm.wait_multi_user(MULTI_USER_SECONDS)
    check_up(vm, 2)
    assert vm.count(BACK) > 0
    assert vm.shell.run("findmnt -no SOURCE /") == "/dev/mapper/vg-root\n"
    assert "[2/2]" in vm.shell.run("cat /proc/mdstat")
    finish(vm)
    vm = start_stack(lab, "rd.break=pre-mount")
    vm.expect(SHELL, MULTI_USER_SECONDS)
    vm.send_line("")
    vm.expect("# ", SECONDS)
    vm.send_line("e2fsck -fn /dev/vg/root; echo st''atus $?")
    assert vm.expect(r"(?s)Pass 5.*status (\d+)", MULTI_USER_SECONDS).group(1) == "0"
    vm.expect_not("skipping journal recovery")


def test_image():
    """Of dracut alone, none of its packages for a network: the module is there, with the drivers of cards and what is above them."""
    names = distro.contents(dracut.image("all drivers", packages=("dracut",)))
    assert "usr/sbin/iscsiroot" in names
    for driver in ("iscsi_tcp", "virtio_net", "e1000e", "realtek", "mdio-i2c", "r8152", "8021q", "bonding"):
        assert [name for name in names if name.endswith(f"/{driver}.ko")], driver


def test_the_stock_module_is_left_out():
    """iscsi is not beside ours, though all it needs is there; where ours is not to come it is."""
    names = distro.contents(dracut.image("all for iscsi"))
    assert "usr/sbin/iscsid" not in names and "usr/sbin/iscsiroot-attach" in names
    names = distro.contents(dracut.image("all for iscsi", files=WITHOUT_OURS))
    assert "usr/sbin/iscsid" in names and "usr/sbin/iscsiroot-attach" not in names
