# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets on loopback, tgtd and the one of tests/target; disks for them; and the program, run as a user without rights."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "target"))
from target import Target as Fake  # noqa: E402

NAME = "iqn.2026-11.org.example:fake"
BINARIES = {"asan": TOP / "build-asan" / "iscsiroot", "static": TOP / "build" / "iscsiroot"}
NOBODY = 65534
MIB = 1 << 20


def free_port():
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::", 0))
        return probe.getsockname()[1]


def wait_until(ready, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not come up"
        time.sleep(0.05)


class Target:
    """One tgtd with portals on 127.0.0.1 and ::1. The secrets are made up, so tgtadm may show them to ps(1)."""

    control = "1"

    def __init__(self, directory):
        self.socket = f"{directory}/tgtd"
        self.environment = dict(os.environ, TGT_IPC_SOCKET=self.socket)
        self.port = free_port()
        self.v4, self.v6 = f"127.0.0.1:{self.port}", f"[::1]:{self.port}"
        self.n_targets = 0
        with open(f"{directory}/tgtd.log", "wb") as log:
            self.process = subprocess.Popen(["tgtd", "-f", "-C", self.control, "--iscsi", f"portal={self.v4},portal={self.v6}"],
                                            env=self.environment, stdout=log, stderr=log)
        wait_until(self.answers, "tgtd")

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f"{self.socket}.{self.control}") == 0

    def admin(self, mode, operation, *options):
        return subprocess.run(["tgtadm", "-C", self.control, "--lld", "iscsi", "--mode", mode, "--op", operation, *options],
                              env=self.environment, check=True, text=True, stdout=subprocess.PIPE, timeout=20).stdout

    def add(self, name, luns=None, chap=None):
        """Export {LUN: image}."""
        self.n_targets += 1
        tid = str(self.n_targets)
        self.admin("target", "new", "--tid", tid, "--targetname", name)
        for number, path in (luns or {}).items():
            self.admin("logicalunit", "new", "--tid", tid, "--lun", str(number), "--backing-store", str(path))
        if chap:
            self.admin("account", "new", "--user", chap[0], "--password", chap[1])
            self.admin("account", "bind", "--tid", tid, "--user", chap[0])
        self.admin("target", "bind", "--tid", tid, "--initiator-address", "ALL")

    def demand_discovery_chap(self, user, secret):
        self.admin("account", "new", "--user", user, "--password", secret)
        self.admin("account", "bind", "--user", user)

    def change(self, tid, **parameters):
        for name, value in parameters.items():
            self.admin("target", "update", "--tid", str(tid), "--name", name, "--value", value)

    def connections(self, tid):
        """What tgtd knows of connections to a target: empty when there are none."""
        return self.admin("conn", "show", "--tid", str(tid)).strip()

    def sessions(self):
        return self.admin("target", "show").count("I_T nexus: ")

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def room():
    """A directory that everybody may read."""
    directory = tempfile.mkdtemp(prefix="iscsiroot-tool-")
    os.chmod(directory, 0o755)
    yield Path(directory)
    shutil.rmtree(directory)


@pytest.fixture(params=BINARIES)
def program(request, room):
    """program(ARGUMENT...) as nobody: the completed process."""
    path = room / request.param
    if not path.exists():
        shutil.copy(BINARIES[request.param], path)

    def run(*arguments, stdin="", seconds=60):
        return subprocess.run([path, *arguments], input=stdin, text=True, capture_output=True, timeout=seconds, cwd="/",
                              user=NOBODY, group=NOBODY, extra_groups=[])

    run.path = path
    return run


@pytest.fixture(scope="session")
def new_target(room):
    """new_target() starts one more."""
    targets = []

    def start():
        directory = room / f"target{len(targets)}"
        directory.mkdir()
        targets.append(Target(directory))
        return targets[-1]

    yield start
    for target in targets:
        target.stop()


@pytest.fixture
def fake():
    """fake(LINE..., disks=None): a target that does what the lines say (tests/target), with a blank disk as LUN 0."""
    fakes = []

    def start(*lines, disks=None):
        fakes.append(Fake("\n".join([f"target {NAME}", *lines]), {0: bytes(16 * MIB)} if disks is None else disks))
        return fakes[-1]

    yield start
    for one in fakes:
        one.close()


def make_image(path, size, table="", file_systems=()):
    """A sparse image with what sfdisk makes of `table`, and ext4 with (label, first MiB, MiBs)."""
    with open(path, "wb") as stream:
        stream.truncate(size)
    if table:
        subprocess.run(["sfdisk", "--quiet", path], input=table, text=True, check=True)
    for label, first, mibs in file_systems:
        subprocess.run(["mkfs.ext4", "-q", "-F", "-L", label, "-E", f"offset={first * MIB}", path, f"{mibs}M"], check=True,
                       stderr=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="session")
def disks(room):
    """gpt: boot and system; mbr: a primary and two logical partitions; plain: ext4 without a table; empty."""
    return {
        "gpt": make_image(room / "gpt.img", 64 * MIB, "label: gpt\nsize=8MiB, name=boot\nsize=32MiB, name=root, "
                          "uuid=0FC63DAF-0000-4000-8000-00000000ABCD\n", [("system", 9, 32)]),
        "mbr": make_image(room / "mbr.img", 64 * MIB, "label: dos\nlabel-id: 0x1badcafe\nstart=1MiB, size=8MiB, type=83\n"
                          "start=9MiB, size=54MiB, type=5\nstart=10MiB, size=16MiB, type=83\nstart=30MiB, size=16MiB, type=83\n",
                          [("last", 30, 16)]),
        "plain": make_image(room / "plain.img", 16 * MIB, file_systems=[("plain", 0, 16)]),
        "empty": make_image(room / "empty.img", 4 * MIB),
    }
