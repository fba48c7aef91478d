# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian packages, built once, and Debian roots to install them into."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "vm"))
from lab import distro  # noqa: E402


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """{name: file}, by the documented command."""
    directory = tmp_path_factory.mktemp("packages")
    subprocess.run(["tar", "--extract", f"--file={distro.debs()}", f"--directory={directory}"], check=True)
    return {path.name.split("_")[0]: path for path in directory.glob("*.deb")}


@pytest.fixture(scope="session")
def older(packages, tmp_path_factory):
    """{name: file} of an earlier version: of each package the same, with files of another content, and beside each one that is gone now."""
    directory = tmp_path_factory.mktemp("older")
    return {name: make_older(path, directory / name) for name, path in packages.items()}


def make_older(deb, tree):
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
    control = tree / "DEBIAN" / "control"
    version = re.search("^Version: (.*)$", control.read_text(encoding="utf-8"), re.MULTILINE).group(1)
    control.write_text(control.read_text(encoding="utf-8").replace(version, f"{version}~earlier"), encoding="utf-8")
    for path in [path for path in (tree / "usr").rglob("*") if path.is_file() and not path.is_symlink()]:
        path.write_bytes(path.read_bytes() + b"\n")
        path.with_name(f"{path.name}-gone").write_bytes(b"")
    old = tree.with_suffix(".deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, old], check=True, stdout=subprocess.PIPE)
    return old


@pytest.fixture(scope="session")
def open_iscsi(tmp_path_factory):
    """Debian's package, by itself."""
    directory = tmp_path_factory.mktemp("open-iscsi")
    subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", "open-iscsi"], cwd=directory, check=True)
    (path,) = directory.glob("*.deb")
    return path


@pytest.fixture
def root(tmp_path):
    """root(PACKAGE...) makes a Debian root with these packages."""
    def make(*names):
        distro.make_root(names, str(tmp_path / "root"))
        return Root(tmp_path / "root")

    return make


class Root:
    """A Debian root as a directory."""

    def __init__(self, path):
        self.path = path

    def run(self, *words):
        return distro.generate(str(self.path), *words)

    def install(self, *debs):
        """dpkg --install; what it said."""
        for deb in debs:
            distro.put(str(self.path), deb.name, 0o644, str(deb))
        said = self.run("dpkg", "--install", *(f"/{deb.name}" for deb in debs))
        for deb in debs:
            (self.path / deb.name).unlink()
        return said

    def files(self):
        """{path: content} but for dpkg's own records, logs and caches; of links where they lead."""
        found = {}
        for path in self.path.rglob("*"):
            name = str(path.relative_to(self.path))
            if name.startswith(("var/lib/dpkg/", "var/log/", "var/cache/", "var/lib/apt/", "dev/", "proc/", "sys/")):
                continue
            if path.is_symlink():
                found[name] = path.readlink()
            else:
                found[name] = path.read_bytes() if path.is_file() else None
        return found
