# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian 12 root disk with systemd, open-iscsi, fio and kexec, made from packages, for tests of what lives beside us on the real root.

Made once into the cache by mmdebstrap; a test works on a copy. It is as the packages leave it, but for: fixed identities,
an fstab with root, a shell for the tests on the second serial port (shell.py), no timers, no getty. No network manager: the
network is the one that the initramfs left. No kernel modules: the initramfs has loaded what is needed. No scripts that load
a kernel at a reboot: the tests do that.
"""

import os
import shutil
import subprocess

from lab import disk, place

PACKAGES = ("systemd-sysv", "udev", "kmod", "procps", "iproute2", "e2fsprogs", "open-iscsi", "fio", "kexec-tools")
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
BOOTSTRAP = ("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=tar", f"--include={','.join(PACKAGES)}",
             "--dpkgopt=force-unsafe-io", *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED), "bookworm")
SIZE_MIB = 640
MASKED = ("getty@tty1.service", "getty-static.service", "serial-getty@ttyS0.service", "apt-daily.timer", "apt-daily-upgrade.timer", "fstrim.timer",
          "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "systemd-update-utmp.service",
          "systemd-update-utmp-runlevel.service", "kexec.service", "kexec-load.service")
INITIATOR = "iqn.2026-11.org.example:debian"
SHELL_UNIT = """[Unit]
Description=Runs a line of shell at a time for the tests

[Service]
ExecStart=/usr/local/sbin/vmtest-shell
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1

[Install]
WantedBy=multi-user.target
"""
SHELL = r"""#!/bin/sh
# Each line that arrives is run; behind what it printed come the byte 0x1e and its exit status.
stty raw -echo
printf '\036ready\n'
while IFS= read -r line; do
	sh -c "$line" </dev/null 2>&1
	printf '\036%s\n' $?
done
"""
FILES = {
    "etc/machine-id": "51c5150a51c5150a51c5150a51c5150a\n",
    "etc/hostname": "debian\n",
    "etc/hosts": "127.0.0.1 localhost debian\n",
    "etc/iscsi/initiatorname.iscsi": f"InitiatorName={INITIATOR}\n",
    "etc/systemd/system/vmtest-shell.service": SHELL_UNIT,
    "usr/local/sbin/vmtest-shell": SHELL,
}
SCRIPTS = ("usr/local/sbin/vmtest-shell",)


def make(directory, number=1):
    """A test's own copy of the disk, as disk.make() gives one."""
    one = disk.describe(os.path.join(directory, f"disk{number}.img"), "ext4", None, number)
    key = place.recipe_key(__file__, disk.__file__, repr(number))
    source = place.cached("debian", key, lambda path: build(path, one))
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", source, one.path], check=True)
    return one


def put(one, source, path):
    """Put a file of this host into a disk that nobody uses yet."""
    disk.quietly("debugfs", "-w", "-R", f"write {source} {path}", one.path)


def build(path, one):
    archive = place.cached("packages", place.recipe_key(*BOOTSTRAP), bootstrap)
    tree = path + ".tree"
    shutil.rmtree(tree, ignore_errors=True)
    os.mkdir(tree)
    try:
        disk.quietly("tar", "--extract", f"--file={archive}", f"--directory={tree}", "--numeric-owner", "--exclude=./dev/*")
        adapt(tree, one)
        disk.set_size(path, SIZE_MIB)
        disk.make_ext4(path, tree, one)
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def bootstrap(path):
    """The packages, installed, as a tar archive."""
    disk.quietly(*BOOTSTRAP, path)


def adapt(tree, one):
    for name, text in {**FILES, "etc/fstab": f"UUID={one.uuid} / ext4 defaults,errors=remount-ro 0 1\n"}.items():
        path = os.path.join(tree, name)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(path, 0o755 if name in SCRIPTS else 0o644)
    disk.quietly("systemctl", f"--root={tree}", "--quiet", "mask", *MASKED)
    disk.quietly("systemctl", f"--root={tree}", "--quiet", "enable", "vmtest-shell.service")
