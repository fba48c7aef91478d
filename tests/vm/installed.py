# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the tests have in common whose initramfs is a distribution's: the disk they boot from, that it may be the top of a stack, and how
it is when it is up and when it has ended.
"""

import os
import subprocess
import time

from lab import disk as disks
from lab import distro, place
from lab.story import NAME, TARGET
from test_shutdown import IN_TIME, check_clean, end

IP = "ip=10.99.0.2::10.99.0.1:255.255.255.0:::off"
KEEPER = "pgrep -f '^@iscsiroot keeper'"
SESSIONS = "ls /sys/class/iscsi_session | wc -l"
BACK = "is back after"

# Debian's initramfs-tools and all packages that stand between disk and root; an image with nothing but what a disk needs.
PACKAGES = ("initramfs-tools", "open-iscsi", "lvm2", "mdadm", "cryptsetup-initramfs", "dropbear-initramfs", "multipath-tools-boot")
DRIVERS = "virtio_pci virtio_net virtio_blk ext4 dm_mod dm_crypt dm_multipath raid1 xts aes_generic aesni_intel sha256_generic"
ALONE = """#!/bin/sh
[ "$1" = prereqs ] || rm -f "$DESTDIR/sbin/multipath" "$DESTDIR/sbin/dropbear" "$DESTDIR/scripts/init-premount/dropbear"
"""
LIST = (("etc/initramfs-tools/modules", 0o644, DRIVERS.replace(" ", "\n") + "\n"),
        ("etc/initramfs-tools/conf.d/vmtest", 0o644, "MODULES=list\nRESUME=none\n"))
IMAGE = (*LIST, ("etc/initramfs-tools/hooks/alone", 0o755, ALONE))


def install(lab, packages, **options):
    """A disk with the root (see distro.disk_of), not exported yet."""
    lab.n_disks += 1
    return distro.disk_of(lab.directory, packages, lab.n_disks, **options)


def check_up(vm, n_sessions=1, n_keepers=1):
    """
    Multi-user, nothing failed, the sessions are looked after by one keeper for each time that some came, and no client for DHCP is
    left of the initramfs.
    """
    assert vm.shell.run("systemctl is-system-running") == "running\n"
    assert vm.shell.run(SESSIONS) == f"{n_sessions}\n"
    assert vm.shell.run(f"{KEEPER} | wc -l") == f"{n_keepers}\n"
    assert vm.shell.attempt("pgrep -x dhclient; pgrep -x udhcpc") == ("", 1)


def check_left(vm):
    """The keeper needs nothing of the initramfs, and the network services of the root are told to leave the address alone."""
    keeper = vm.shell.run(KEEPER).strip()
    assert vm.shell.run(f"readlink /proc/{keeper}/exe /proc/{keeper}/cwd; tr -d '\\0' </proc/{keeper}/environ") == "/memfd:iscsiroot (deleted)\n/\n"
    assert vm.shell.run(f"grep -c 'service\\|slice' /proc/{keeper}/cgroup || :") == "0\n"
    card = vm.shell.run("cat /run/initramfs/open-iscsi.interface").strip()
    assert vm.shell.run(f"grep Keep /run/systemd/network/10-iscsiroot-{card}.network") == "KeepConfiguration=yes\n"


def finish(vm, *disks, verb="poweroff"):
    """What is written is there, a shutdown in time, and clean file systems."""
    vm.shell.run("dd if=/dev/urandom of=/root/written bs=64k count=64")
    end(vm, verb, IN_TIME)
    for disk in disks:
        check_clean(disk)


def expect_restart(lab, vm, when, timeout=300):
    """What the console shows begins; the target is away for three seconds just then."""
    vm.expect(when, timeout)
    lab.tgt.kill()
    time.sleep(3)
    lab.tgt.start()


# --- what lies between the targets' disks and root ---

LUKS_UUID = "5a5a5a5a-0000-4000-8000-0000000000ee"
PASSPHRASE = "open sesame"
OPEN = f"printf '%s' '{PASSPHRASE}' | cryptsetup"
BLANK_MIB = 768
MAKE = ("mdadm --create /dev/md0 --quiet --run --metadata=1.2 --level=1 --assume-clean --raid-devices=2 {0} {1}",
        f"{OPEN} luksFormat -q --uuid {LUKS_UUID} --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/md0 -; {OPEN} open /dev/md0 crypt -",
        "pvcreate -qq /dev/mapper/crypt; vgcreate -qq vg /dev/mapper/crypt; lvcreate -qq -y -l 100%FREE -n root vg",
        "e2image -ra {source} /dev/vg/root; vgchange -an vg; cryptsetup close crypt; mdadm --stop /dev/md0")


def prepare(lab):
    """A test's own copies of two disks that a machine has made, once, into an md, with LUKS on it, LVM on that and a root on top."""
    archive = place.cached("stack", distro.recipe(PACKAGES, repr((BLANK_MIB, MAKE)), False), lambda path: make_stack(lab, path))
    subprocess.run(["tar", "--extract", f"--file={archive}", f"--directory={lab.directory}"], check=True)
    return stack_disks(lab)


def stack_disks(lab):
    return [disks.describe(os.path.join(lab.directory, f"stack{number}.img"), None, None, number) for number in (1, 2)]


def make_stack(lab, archive):
    """By a machine of the lab; nothing runs afterwards."""
    runs, source, blank = install(lab, PACKAGES), install(lab, PACKAGES), stack_disks(lab)
    for one in blank:
        disks.set_size(one.path, BLANK_MIB)
    lab.target(NAME, runs, source, *blank)
    vm = lab.start_debian(f"{TARGET[:-2]} root=UUID={runs.uuid} nompath", ip=IP, initrd=distro.initramfs(PACKAGES, "6.1", IMAGE))
    vm.wait_multi_user()
    path = "/dev/disk/by-path/ip-10.99.0.1:3260-iscsi-" + NAME + "-lun-{}"
    for command in MAKE:
        vm.shell.run(command.format(path.format(3), path.format(4), source=path.format(2)), 180)
    end(vm, "poweroff", IN_TIME)
    lab.tgt.kill()
    lab.tgt.exports.clear()
    subprocess.run(["tar", "--create", "--sparse", f"--file={archive}", f"--directory={lab.directory}",
                    *(os.path.basename(one.path) for one in blank)], check=True)
