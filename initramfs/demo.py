# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows iscsiroot at work on a Debian 12 amd64 machine: run `sudo initramfs/demo`.

Installs what is missing with apt-get, builds the release binary, makes a small root disk, offers it with tgtd on
loopback and boots a stock Debian kernel in QEMU from it. On a terminal it ends in a shell on the iSCSI root; on none
the guest powers off by itself and exit status 0 means that the root's init was reached. Touches neither the machine's
kernel, its network setup nor its own tgt service. What it starts ends with it.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
CACHE = os.path.join(BUILD, "demo")
KERNEL = "6.1"

PACKAGES = (
    "gcc", "musl-tools", "linux-libc-dev", "meson", "ninja-build",  # the binary
    "busybox-static", "kmod", "zstd", "e2fsprogs",  # the image and the root disk
    "tgt", "qemu-system-x86",  # the target and the machine
)

TARGET = "iqn.2026-11.org.example:demo"
MARKER = "demo: root reached"
DISK_BYTES = 64 << 20
KVM_SECONDS = 20
TARGET_SECONDS = 10
BOOT_SECONDS = 240

# The root disk's init. Its session attributes are those of the kernel's iSCSI transport class in sysfs.
INIT = """#!/bin/sh
[ -e /proc/mounts ] || mount -t proc proc /proc
[ -e /sys/class ] || mount -t sysfs sysfs /sys
read -r uptime _ </proc/uptime
session=/sys/class/iscsi_session/session1
connection=/sys/class/iscsi_connection/connection1:0
echo
echo "MARKER"
echo "demo: mounted as /: $(grep ' / ' /proc/mounts | tail -n 1)"
echo "demo: session:      $(cat $session/targetname) at $(cat $connection/address):$(cat $connection/port)," \\
	"$(cat $session/state)"
echo "demo: timing:       $uptime s from the kernel's start to the root's init"
echo
case " $(cat /proc/cmdline) " in *" demo=auto "*) poweroff -f ;; esac
echo "This shell is on the iSCSI disk. Leave it to power off; Ctrl-a x ends QEMU at once."
setsid cttyhack sh
poweroff -f
"""


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    check_machine()
    try:
        install()
        build_binary()
        with tempfile.TemporaryDirectory(prefix="iscsiroot-demo-") as work:
            reached = run(work, interactive)
    except subprocess.CalledProcessError as error:
        sys.exit(f"initramfs/demo: {error.cmd[0]} failed with status {error.returncode}, see above")
    except KeyboardInterrupt:
        sys.exit("initramfs/demo: interrupted")
    finally:
        give_back(BUILD)
    if not reached:
        sys.exit("initramfs/demo: the root's init was not reached, the console above tells how far it went")


def check_machine():
    if os.geteuid() != 0:
        sys.exit("initramfs/demo: needs root to install packages and to run tgtd. Run: sudo initramfs/demo")
    if os.uname().machine != "x86_64" or not shutil.which("apt-get"):
        sys.exit("initramfs/demo: is made for Debian 12 on amd64. Elsewhere, follow its steps by hand")
    os.environ["PATH"] += ":/usr/sbin:/sbin"


def say(text):
    print(f"demo: {text}", flush=True)


def install():
    """Install the packages that are missing, and have a fresh package list when a kernel must be fetched."""
    missing = [name for name in PACKAGES if not is_installed(name)]
    if not missing and os.path.exists(kernel_path("vmlinuz")):
        return
    say("reading the package lists (apt-get update)")
    apt_get("update")
    if missing:
        say("installing " + " ".join(missing))
        apt_get("install", "--yes", "--no-install-recommends", *missing)


def is_installed(package):
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, check=False).stdout == b"installed"


def apt_get(*arguments):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.run(["apt-get", "-qq", *arguments], env=environment, stdin=subprocess.DEVNULL, check=True)


def build_binary():
    say("building build/iscsiroot")
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        environment = dict(os.environ, CC="musl-gcc")
        subprocess.run(["meson", "setup", BUILD, ROOT], env=environment, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["meson", "compile", "-C", BUILD], check=True, stdout=subprocess.DEVNULL)


def run(work, interactive):
    """Make image and disk, serve the disk, boot. Whether the root's init was reached."""
    say(f"getting Debian's kernel {KERNEL} (not installed on this machine)")
    subprocess.run([tool("kernel"), KERNEL, CACHE], check=True)
    say("making the initramfs image and the root disk")
    initrd, disk = os.path.join(work, "initramfs"), os.path.join(work, "root.ext4")
    modules = kernel_path("lib/modules")
    version = os.listdir(modules)[0]
    subprocess.run([tool("build"), "--modules", os.path.join(modules, version), initrd], check=True)
    make_disk(disk, os.path.join(work, "root"))
    acceleration = choose_acceleration()
    with target(work, disk) as port:
        return boot(work, initrd, port, acceleration, interactive)


def tool(name):
    return os.path.join(ROOT, "initramfs", name)


def kernel_path(path):
    return os.path.join(CACHE, KERNEL, path)


def make_disk(disk, staging):
    """An ext4 file system with a busybox and the init above, made without mounting it."""
    for name in ("bin", "sbin", "dev", "proc", "sys", "run", "tmp"):
        os.makedirs(os.path.join(staging, name))
    busybox = next(path for path in ("/bin/busybox", "/usr/bin/busybox") if os.path.exists(path))
    shutil.copy(busybox, os.path.join(staging, "bin/busybox"))
    for name in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "busybox":
            os.symlink("busybox", os.path.join(staging, "bin", name))
    with open(os.path.join(staging, "sbin/init"), "w", encoding="ascii") as stream:
        stream.write(INIT.replace("MARKER", MARKER))
        os.fchmod(stream.fileno(), 0o755)
    with open(disk, "wb") as stream:
        stream.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-d", staging, disk], check=True)


def choose_acceleration():
    """KVM when a short boot of the same kernel proves it (without a root it panics and ends QEMU), else TCG."""
    if os.path.exists("/dev/kvm") and proves_itself(["-accel", "kvm", "-cpu", "host"]):
        return ["-accel", "kvm", "-cpu", "host"]
    say("KVM does not prove itself here, QEMU emulates the CPU (slower)")
    return ["-accel", "tcg", "-cpu", "max"]


def proves_itself(acceleration):
    command = qemu(acceleration, "console=ttyS0 panic=-1") + ["-serial", "stdio"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=KVM_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and b"Kernel panic" in done.stdout


def qemu(acceleration, command_line):
    return ["qemu-system-x86_64", *acceleration, "-m", "512", "-display", "none", "-nodefaults", "-no-reboot",
            "-kernel", kernel_path("vmlinuz"), "-append", command_line]


@contextlib.contextmanager
def target(work, disk):
    """A tgtd of our own with the disk as LUN 1; gives its port on loopback."""
    port = free_port()
    os.environ["TGT_IPC_SOCKET"] = os.path.join(work, "tgtd")
    with open(os.path.join(work, "tgtd.log"), "wb") as log:
        process = subprocess.Popen(["tgtd", "-f", "--iscsi", f"portal=127.0.0.1:{port}"],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        say(f"offering {TARGET} on 127.0.0.1:{port}")
        wait_for_target(process, os.path.join(work, "tgtd.log"))
        tgtadm = ["tgtadm", "--lld", "iscsi"]
        for arguments in (
            ["--op", "new", "--mode", "target", "--tid", "1", "--targetname", TARGET],
            ["--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "--backing-store", disk],
            ["--op", "bind", "--mode", "target", "--tid", "1", "--initiator-address", "ALL"],
        ):
            subprocess.run(tgtadm + arguments, check=True)
        yield port
    finally:
        stop(process)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_target(process, log):
    """Until tgtd answers on its control socket."""
    deadline = time.monotonic() + TARGET_SECONDS
    ask = ["tgtadm", "--lld", "iscsi", "--op", "show", "--mode", "sys"]
    while subprocess.run(ask, capture_output=True, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            with open(log, encoding="utf-8", errors="replace") as stream:
                sys.exit(f"initramfs/demo: tgtd did not start:\n{stream.read()}")
        time.sleep(0.1)


def boot(work, initrd, port, acceleration, interactive):
    """Boot with the console on our own stdin and stdout; QEMU's copy of the console tells how it went."""
    command_line = f"console=ttyS0 loglevel=3 ip=dhcp iscsi_target=iscsi://10.0.2.2:{port}/{TARGET}/1"
    if not interactive:
        command_line += " demo=auto panic=1 iscsi_timeout=60"
    console = os.path.join(work, "console")
    command = qemu(acceleration, command_line) + [
        "-initrd", initrd,
        "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
        "-chardev", f"stdio,id=console,mux=on,signal=off,logfile={console}",
        "-serial", "chardev:console", "-mon", "chardev=console",
    ]
    say(f"booting: {command_line}")
    process = subprocess.Popen(command, stdin=None if interactive else subprocess.DEVNULL)
    try:
        process.wait(None if interactive else BOOT_SECONDS)
    except subprocess.TimeoutExpired:
        say(f"the guest is still running after {BOOT_SECONDS} s, ending it")
        return False
    finally:
        stop(process)
    with open(console, "rb") as stream:
        return process.returncode == 0 and MARKER.encode() in stream.read()


def stop(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def give_back(directory):
    """What root made here belongs to whom the source tree belongs to."""
    owner = os.stat(ROOT)
    for parent, directories, files in os.walk(directory):
        for name in [".", *directories, *files]:
            os.lchown(os.path.join(parent, name), owner.st_uid, owner.st_gid)


if __name__ == "__main__":
    main()
