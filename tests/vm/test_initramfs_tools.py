# SPDX-License-Identifier: GPL-2.0-or-later
"""
Root on iSCSI by Debian's initramfs-tools: mkinitramfs makes the image in a Debian root, a stock kernel boots it, and that root is
the disk. One root has all packages that stand between disk and root. One image has nothing but what a disk needs, one the file
that names the target besides, and one all that the packages bring: multipath, md, LUKS, LVM, and dropbear.
"""

import os
import re
import shutil
import subprocess
import time

import test_firmware as tables
from installed import BACK, IMAGE, IP, KEEPER, LIST, LUKS_UUID, PACKAGES, PASSPHRASE, SESSIONS, check_left, check_up, expect_restart, finish, prepare
from installed import install as install_packages
from lab import distro, image, place
from lab import disk as disks
from lab.story import NAME, OTHER, TARGET
from test_shutdown import IN_TIME, check_clean, check_logout_is_last, end

SECRET, SECRET_IN = "correct-horse-battery", "storestorestore"
IMAGE_WITH_TARGET = (*IMAGE, ("etc/iscsi/iscsi.initramfs", 0o600,
                              f"ISCSI_TARGET_NAME={NAME}\nISCSI_TARGET_IP=10.99.0.1\nISCSI_USERNAME=pi4\nISCSI_PASSWORD={SECRET}\n"))
IMAGE_WITHOUT = (*IMAGE_WITH_TARGET, ("etc/initramfs-tools/conf.d/open-iscsi", 0o644, "NO_ISCSI_IN_INITRAMFS=yes\n"))
MULTIPATH = "defaults {\n\tuser_friendly_names yes\n\tfind_multipaths yes\n}\n"
OTHERS_NETWORK = """#!/bin/sh
[ "$1" != prereqs ] || exit 0
grep -q vmtest=network /proc/cmdline || exit 0
. /scripts/functions
IP=10.99.0.77::10.99.0.1:255.255.255.0:::off configure_networking
"""
# As on a machine that has its root while the image is made.
CHECKS = """#!/bin/sh
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
for program in fsck fsck.ext4 logsave; do copy_exec /sbin/$program; done
"""
IMAGE_ALL = (*LIST, ("etc/multipath.conf", 0o644, MULTIPATH), ("etc/initramfs-tools/scripts/init-premount/00first", 0o755, OTHERS_NETWORK),
             ("etc/initramfs-tools/hooks/checks", 0o755, CHECKS))
IMAGE_MOST = (("etc/initramfs-tools/conf.d/vmtest", 0o644, "MODULES=most\nRESUME=none\n"),)
SSH = [word for option in ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=60") for word in ("-o", option)]
PANIC = r"iscsiroot: no (?:root|iSCSI) disk[^\n]*, the line above says why"
LATE_SECONDS = 60
SWITCHED = r"systemd\[1\]: "
STARTS = "Reached target .*Basic System"
ENDS = "Stopped target .*Multi-User System"


def install(lab, **options):
    return install_packages(lab, PACKAGES, **options)


def start(lab, words, files=IMAGE, kernel="6.1", ip=IP, **options):
    """Start a machine with the image that mkinitramfs made; without multipath in it, the root does without it, too."""
    words += " nompath" if IMAGE[-1] in files else ""
    return lab.start_debian(words, kernel=kernel, ip=ip, initrd=distro.initramfs(PACKAGES, kernel, files), **options)


def boot(lab, words, **options):
    vm = start(lab, words, **options)
    vm.wait_multi_user()
    return vm


def test_target_and_secret_from_the_file_in_the_image(lab):
    """
    /etc/iscsi/iscsi.initramfs, and no word of iSCSI in the command line. The target comes a minute late, and restarts while the
    machine goes down.
    """
    disk = install(lab)
    lab.target(NAME, disk, chap=("pi4", SECRET), start=False)
    vm = start(lab, f"root=UUID={disk.uuid}", files=IMAGE_WITH_TARGET)
    vm.expect(r"up, 10\.99\.0\.2/24 static")
    time.sleep(LATE_SECONDS)
    lab.tgt.start()
    vm.wait_multi_user()
    check_up(vm)
    check_left(vm)
    vm.expect_not(SECRET)
    vm.shell.start("touch /root/last; systemctl reboot")
    expect_restart(lab, vm, ENDS)
    vm.wait_off(IN_TIME)
    check_clean(disk)


def test_what_is_in_an_image():
    """Beside one without it, that of NO_ISCSI_IN_INITRAMFS, and with the flag for root on iSCSI in both."""
    path = distro.initramfs(PACKAGES, "6.1", IMAGE_WITH_TARGET)
    assert os.stat(path).st_mode & 0o077 == 0
    without = distro.contents(distro.initramfs(PACKAGES, "6.1", IMAGE_WITHOUT))
    added = set(distro.contents(path)) - set(without)
    modules = {os.path.basename(name)[:-3] for name in added if name.endswith(".ko")}
    files = {name for name in added if not name.startswith(("usr/lib/modules/", "root-"))}  # dropbear's home has a random name
    assert files == {"usr/sbin/iscsiroot", "usr/sbin/iscsiroot-lease", "etc/initiatorname.iscsi", "etc/iscsi.initramfs"}
    assert {"iscsi_tcp", "iscsi_ibft", "sd_mod", "8021q", "bonding"} <= modules
    assert not [name for name in modules if name.startswith(("ib_", "rdma", "cxgb"))]
    assert not [name for name in without if "iscsiroot" in name and not name.startswith("scripts/")]


def test_order_of_the_scripts():
    """With those of all packages, the network comes first, and the disks before what is built on them."""
    path = distro.initramfs(PACKAGES, "6.1", image_with_all())
    assert order(path, "init-premount") == ["00first", "00iscsiroot", "dropbear"]
    top, block = order(path, "local-top"), order(path, "local-block")
    assert top.index("iscsi") < top.index("multipath") < top.index("cryptroot")
    assert block[0] == "00iscsiroot" and {"cryptroot", "mdadm"} < set(block)


def test_modules_most():
    """The drivers of network cards are those that initramfs-tools takes; some bring parts of RDMA along, but nobody's iSCSI is over it."""
    names = distro.contents(distro.initramfs(PACKAGES, "6.1", IMAGE_MOST))
    for driver in ("virtio_net", "e1000e", "tg3", "bnxt_en", "r8169", "realtek", "iscsi_tcp", "8021q"):
        assert [name for name in names if name.endswith(f"/{driver}.ko")], driver
    assert not [name for name in names if "/ib_iser.ko" in name or "iscsistart" in name or "libopeniscsiusr" in name]


def order(path, stage):
    """The scripts of a stage in the order in which an image runs them."""
    return re.findall(rf"^/scripts/{stage}/(\S+) ", distro.text_in(path, f"scripts/{stage}/ORDER"), re.MULTILINE)


def test_dhcp_root_path(lab):
    """The lease names the target, and the target is the root."""
    disk = install(lab)
    lab.target(NAME, disk)
    lab.net.serve_dhcp(None, f"--dhcp-option-force=17,iscsi:10.99.0.1:::1:{NAME}")
    vm = boot(lab, "root=dhcp", ip="ip=dhcp")
    check_up(vm)
    assert vm.shell.run("findmnt -no SOURCE /") == "/dev/sda\n"
    assert "PROTO='dhcp'" in vm.shell.run("cat /run/net-*.conf")
    vm.expect_not("IP-Config")
    finish(vm, disk)
    vm.expect(f"session 1 to {NAME}: ended")
    check_logout_is_last(lab)


def test_debian_words(lab):
    """The words of open-iscsi with mutual CHAP, and root=iscsi:..., whose LUN is in the path. The target restarts while the machine starts."""
    disk = install(lab)
    lab.target(NAME, disk, chap=("pi4", SECRET), chap_in=("store", SECRET_IN))
    vm = start(lab, f"iscsi_initiator=iqn.2026-11.org.example:me iscsi_username=pi4 iscsi_password={SECRET} iscsi_in_username=store "
               f"iscsi_in_password={SECRET_IN} root=iscsi:10.99.0.1:6:3260:1:{NAME}")
    expect_restart(lab, vm, STARTS)
    vm.wait_multi_user()
    check_up(vm)
    assert vm.count(BACK) > 0
    assert lab.tgt.initiators() == ["iqn.2026-11.org.example:me"]
    assert vm.count(rf"logged in to {NAME}, mutual CHAP") == 2  # and once after the restart
    finish(vm, disk)


def test_two_targets_with_open_iscsi(lab):
    """
    Root on the second target, /usr on the first, and a portal that is dead; the target restarts behind the switch to root. On
    the root open-iscsi's iscsid takes both sessions over.
    """
    usr = install(lab, part="usr", company=True)
    disk = install(lab, part="rest", company=True, fstab=f"UUID={usr.uuid} /usr ext4 defaults 0 2\n")
    lab.target(NAME, usr)
    lab.target(OTHER, disk)
    vm = start(lab, f"{TARGET} iscsi_target=iscsi://10.99.0.1:3261/{NAME}/1 iscsi_target=iscsi://10.99.0.1/{OTHER}/1 root=UUID={disk.uuid}")
    expect_restart(lab, vm, SWITCHED)
    vm.wait_multi_user()
    vm.expect("iscsid is there and looks after the sessions from now on", 60)
    assert vm.count(rf"10\.99\.0\.1:3260: [^\n]*{BACK}") > 0
    assert vm.shell.run("findmnt -no UUID /; findmnt -no UUID /usr") == f"{disk.uuid}\n{usr.uuid}\n"
    assert vm.shell.run(SESSIONS) == "2\n"
    assert vm.shell.run(f"{KEEPER} | wc -l") == "1\n"
    finish(vm, disk, usr)


def test_wrong_secret(lab):
    """A shell with the reason in seconds; left, the next attempt says it again; put right, the one after it boots."""
    disk = install(lab)
    lab.target(NAME, disk, chap=("pi4", SECRET))
    vm = start(lab, f"{TARGET} iscsi_username=pi4 iscsi_password=wrongwrongwrong root=UUID={disk.uuid}")
    up = vm.expect(r"up, 10\.99\.0\.2/24 static")
    vm.expect(r"\[E31\]")
    shell = vm.expect(PANIC, 60)
    assert vm.arrival(shell) - vm.arrival(up) < 30
    vm.expect(r"\(initramfs\) ")
    vm.send_line("exit")
    vm.expect(r"\[E31\]")
    vm.expect(PANIC, 60)
    vm.expect(r"\(initramfs\) ")
    lab.tgt.accept("1", "pi4", "wrongwrongwrong")
    vm.send_line("exit")
    vm.wait_multi_user()
    check_up(vm)
    finish(vm, disk)


def test_firmware(lab):
    """iscsi_auto: target, secret, initiator and address are those of the firmware's table."""
    disk = install(lab)
    lab.target(NAME, disk, chap=(tables.USER, tables.SECRET))
    path = os.path.join(lab.directory, "ibft")
    with open(path, "wb") as stream:
        stream.write(tables.ibft.table(tables.INITIATOR.encode(), [tables.STATIC], [tables.ibft.target("10.99.0.1", NAME.encode(), 3260, 1, chap=tables.CHAP)]))
    vm = boot(lab, f"iscsi_auto root=UUID={disk.uuid}", ip="", options=["-acpitable", f"file={path}"])
    check_up(vm)
    assert "IPV4ADDR='10.99.0.77'" in vm.shell.run("cat /run/net-*.conf")
    assert lab.tgt.initiators() == [tables.INITIATOR]
    vm.expect_not("Sesame")


def test_modules_dep(lab):
    """Made on the running machine, whose disk shows no network card: the next boot has the driver all the same."""
    disk = install(lab, with_product=True)
    lab.target(NAME, disk)
    drive = modules_disk(lab, "6.12")
    vm = boot(lab, f"{TARGET} root=UUID={disk.uuid}", kernel="6.12", options=["-drive", f"file={drive},if=virtio,format=raw"])
    vm.shell.run("mkdir -p /lib/modules; mount -o ro /dev/vda /lib/modules; (echo MODULES=dep; echo RESUME=none) >/etc/initramfs-tools/conf.d/dep")
    vm.shell.run("cp /lib/modules/config-* /boot/; mkinitramfs -o /root/dep.img", 600)
    end(vm, "poweroff", IN_TIME)
    made = os.path.join(lab.directory, "dep")
    subprocess.run(["debugfs", "-R", f"dump /root/dep.img {made}", disk.path], check=True, capture_output=True)
    names = distro.contents(made)
    assert [name for name in names if "/virtio_net.ko" in name] and not [name for name in names if "/e1000.ko" in name]
    again = lab.boot_debian(f"{TARGET} root=UUID={disk.uuid}", kernel="6.12", ip=IP, initrd=made)
    check_up(again)


def modules_disk(lab, kernel):
    """A disk with what is in /lib/modules of a kernel, and its configuration."""
    path = os.path.join(lab.directory, "modules.img")
    tree = os.path.join(lab.directory, "modules")
    release = os.path.basename(image.modules(kernel))
    shutil.copytree(image.modules(kernel), os.path.join(tree, release))
    shutil.copy(os.path.join(image.kernel(kernel), "boot", f"config-{release}"), tree)
    subprocess.run(["mkfs.ext4", "-q", "-d", tree, path, "400M"], check=True)
    shutil.rmtree(tree)
    return path


# --- what lies between the targets' disks and root ---

STACK = f"{TARGET} iscsi_target=iscsi://10.99.0.1/{OTHER}/1 cryptopts=target=crypt,source=UUID={LUKS_UUID},luks root=/dev/mapper/vg-root"


def boot_stack(lab, words, **options):
    """All that the packages bring is in the image. Returns when the passphrase is asked for, and dropbear listens."""
    vm = start(lab, words, files=image_with_all(), **options)
    vm.expect(r"up, 10\.99\.0\.\d+/24 ", 180)
    vm.expect("Starting dropbear", 60)
    vm.expect(r"Please unlock disk crypt", 180)
    return vm


def check_stack(vm, n_targets):
    vm.wait_multi_user()
    check_up(vm, n_targets)
    assert vm.shell.run("findmnt -no SOURCE /") == "/dev/mapper/vg-root\n"
    assert f"[2/{n_targets}]" in vm.shell.run("cat /proc/mdstat")


def test_root_on_lvm_on_luks_on_md_over_two_targets(lab):
    """
    Unlocked over the network, whose address dropbear takes from us: there is one DHCP client. What the end has left is looked at by
    the next boot, before it mounts root, and nothing is repaired.
    """
    first, second = prepare(lab)
    lab.target(NAME, first)
    lab.target(OTHER, second)
    lab.net.serve_dhcp()
    vm = boot_stack(lab, STACK, ip="ip=dhcp")
    (address,) = re.findall(r"10\.99\.0\.\d+", lab.net.read_log("leases"))
    unlock(lab, address)
    check_stack(vm, 2)
    vm.expect_not("IP-Config")
    assert vm.shell.run("ip -4 -o addr show scope global | wc -l") == "1\n"
    finish(vm)
    vm = boot_stack(lab, f"{STACK} fsck.mode=force fsck.repair=no", ip="ip=dhcp")
    vm.send_line(PASSPHRASE)
    vm.expect(r"(?s)Pass 1: .*Pass 5: .*\d+/\d+ files \(.*\d+/\d+ blocks\n", 180)
    vm.expect_not(r"skipping journal recovery|still has errors|\? no\n")


def test_md_without_one_of_its_targets(lab):
    """
    No shell may come, as it would end in a restart. Unlocked at the console. The address is that of a program that was there
    before us, and no DHCP server would give one.
    """
    first, _ = prepare(lab)
    lab.target(NAME, first)
    vm = boot_stack(lab, f"{STACK} panic=5 vmtest=network", ip="ip=dhcp")
    vm.send_line(PASSPHRASE)
    check_stack(vm, 1)
    assert "10.99.0.77/24" in vm.shell.run("ip -4 -o addr show scope global")
    assert "UPTIME=" in vm.shell.run("cat /run/net-*.conf")  # as ipconfig left it
    end(vm, "poweroff", IN_TIME)


def unlock(lab, address):
    """By dropbear in the initramfs."""
    words = lab.net.command("ssh", "-v", "-F", "/dev/null", "-i", ssh_key(), *SSH, f"root@{address}", "cryptroot-unlock")
    done = subprocess.run(words, input=PASSPHRASE, text=True, capture_output=True, timeout=180, check=False)
    assert "remote software version dropbear" in done.stderr and "crypt set up successfully" in done.stderr, done


def ssh_key():
    """The path of a key, made once; its public half is beside it in the image."""
    return place.cached("keys", "ed25519", lambda path: disks.quietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path))


def image_with_all():
    public = subprocess.run(["ssh-keygen", "-y", "-f", ssh_key()], stdout=subprocess.PIPE, text=True, check=True).stdout
    return (*IMAGE_ALL, ("etc/dropbear/initramfs/authorized_keys", 0o600, public))


def test_root_on_multipath(lab):
    """Two portals of one target, two cards; one of them goes, and comes back."""
    disk = install(lab)
    path = os.path.join(lab.directory, "multipath.conf")
    with open(path, "w", encoding="ascii") as stream:
        stream.write(MULTIPATH)
    disks.quietly("debugfs", "-w", "-f", "-", disk.path, text=f"cd etc\nwrite {path} multipath.conf\n")
    lab.target(NAME, disk)
    vm = start(lab, f"{TARGET} iscsi_target=iscsi://10.98.0.1/{NAME}/1 root=/dev/mapper/mpatha net.ifnames=0", files=image_with_all(), n_cards=2,
               ip="ip=10.99.0.2:::255.255.255.0::eth0:off ip=10.98.0.2:::255.255.255.0::eth1:off")
    vm.wait_multi_user(300)
    check_up(vm, 2)
    assert vm.shell.run("findmnt -no SOURCE /") == "/dev/mapper/mpatha\n"
    assert vm.shell.run("multipathd show paths format %d%t | grep -c active") == "2\n"
    lab.net.cut(1)
    vm.shell.run("dd if=/dev/urandom of=/root/written bs=64k count=64 conv=fsync", 120)
    lab.net.mend(1)
    finish(vm, disk)
