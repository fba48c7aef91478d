# SPDX-License-Identifier: GPL-2.0-or-later
"""The image as a whole: what is in it, how it is written, and that the same input gives the same bytes."""

import os
import shutil
import stat
import subprocess

import fake
import pytest


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    return fake.make_tree(tmp_path)


def built(tmp_path, tree, *words):
    """Build and read the image; the build must work."""
    result = fake.build(tmp_path, "--modules", tree, *words)
    assert result.status == 0, result.err
    return fake.read(tmp_path / "image")


def test_promised_paths(tmp_path, tree):
    files = built(tmp_path, tree)
    assert files["init"].data == fake.program()
    assert files["init"].mode == stat.S_IFREG | 0o755
    assert files["bin/busybox"].data == fake.program() + b"busybox"
    links = {name: file.data for name, file in files.items() if stat.S_ISLNK(file.mode)}
    assert links == {"bin/sh": b"busybox", "sbin/modprobe": b"../bin/busybox", "sbin/iscsiroot-lease": b"/init"}
    for name in ("proc", "sys", "dev", "run", "tmp", "etc", "sysroot", "bin", "sbin"):
        assert files[name].mode == stat.S_IFDIR | 0o755


def test_device_nodes(tmp_path, tree):
    files = built(tmp_path, tree)
    assert (files["dev/console"].mode, files["dev/console"].device) == (stat.S_IFCHR | 0o600, (5, 1))
    assert (files["dev/null"].mode, files["dev/null"].device) == (stat.S_IFCHR | 0o666, (1, 3))


def test_same_input_gives_same_bytes(tmp_path, tree):
    extra = tmp_path / "extra"
    for name in "abcdefgh":
        fake.write(extra / name, name)
    images = []
    for stamp in (1, 2_000_000_000):
        for parent, directories, names in os.walk(tmp_path):
            for name in directories + names:
                os.utime(os.path.join(parent, name), (stamp, stamp))
        files = built(tmp_path, tree, "--add-file", f"{extra}:/extra")
        images.append((tmp_path / "image").read_bytes())
        assert {file.fixed for file in files.values()} == {(0, 0, 0)}
    assert images[0] == images[1]


def test_cpio_reads_it(tmp_path, tree):
    files = built(tmp_path, tree)
    cpio = ["cpio"] if shutil.which("cpio") else ["busybox", "cpio"]
    listing = subprocess.run([*cpio, "-t"], input=fake.unpack(tmp_path / "image"), capture_output=True, check=True)
    assert listing.stdout.decode().split() == list(files)


def test_parents_come_first(tmp_path, tree):
    seen = {""}
    for name in built(tmp_path, tree):
        assert os.path.dirname(name) in seen
        seen.add(name)


def test_report_line(tmp_path, tree):
    result = fake.build(tmp_path, "--modules", tree)
    size = os.path.getsize(tmp_path / "image")
    assert result.out == f"{tmp_path}/image: {size} bytes, 9 modules, gzip, kernel {fake.VERSION}\n"


def test_only_the_owner_may_read_it(tmp_path, tree):
    fake.write(tmp_path / "image", "old")
    os.chmod(tmp_path / "image", 0o644)
    built(tmp_path, tree)
    assert stat.S_IMODE(os.stat(tmp_path / "image").st_mode) == 0o600


def test_failure_leaves_nothing_behind(tmp_path, tree):
    (tmp_path / "image").mkdir()
    before = sorted(os.listdir(tmp_path)) + ["busybox", "iscsiroot"]
    result = fake.build(tmp_path, "--modules", tree)
    assert result.status == 1 and "image: Is a directory" in result.err
    assert sorted(os.listdir(tmp_path)) == sorted(before)


def test_added_file_keeps_who_may_read_and_run_it(tmp_path, tree):
    wanted = {0o644: 0o644, 0o666: 0o644, 0o555: 0o755, 0o600: 0o600, 0o640: 0o600, 0o750: 0o700}
    words = []
    for mode in wanted:
        os.chmod(fake.write(tmp_path / f"{mode:o}", f"{mode:o}"), mode)
        words += ["--add-file", f"{tmp_path}/{mode:o}:/etc/added/{mode:o}"]
    files = built(tmp_path, tree, *words)
    for mode, expected in wanted.items():
        assert files[f"etc/added/{mode:o}"].mode == stat.S_IFREG | expected
        assert files[f"etc/added/{mode:o}"].data == f"{mode:o}".encode()


def test_added_directory_tree(tmp_path, tree):
    fake.write(tmp_path / "source/deep/file", "text")
    (tmp_path / "source/link").symlink_to("deep/file")
    (tmp_path / "source/private").mkdir(mode=0o700)
    files = built(tmp_path, tree, "--add-file", f"{tmp_path}/source:/")
    assert files["deep/file"].data == b"text"
    assert (files["link"].mode, files["link"].data) == (stat.S_IFLNK | 0o777, b"deep/file")
    assert files["private"].mode == stat.S_IFDIR | 0o700


@pytest.mark.parametrize("path", ["/init", "/bin/sh", "/proc", "/lib/modules", "/init/below", "/sbin/modprobe/below"])
def test_added_file_replaces_nothing(tmp_path, tree, path):
    source = fake.write(tmp_path / "file", "text")
    result = fake.build(tmp_path, "--modules", tree, "--add-file", f"{source}:{path}")
    assert result.status == 1 and result.err.startswith(f"initramfs/build: {path}: ")
    assert not (tmp_path / "image").exists()


def test_same_path_twice(tmp_path, tree):
    source = fake.write(tmp_path / "file", "text")
    twice = ["--add-file", f"{source}:/etc/x"] * 2
    assert "/etc/x: is in the image already" in fake.build(tmp_path, "--modules", tree, *twice).err


def test_added_file_missing(tmp_path, tree):
    result = fake.build(tmp_path, "--modules", tree, "--add-file", "/nowhere/file:/etc/x")
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("initramfs/build: /nowhere/file: No such file or directory.")


@pytest.mark.parametrize("words", [
    ["--add-file", "no-colon"], ["--add-file", "a:relative"], ["--add-file", "a:/x/../y"], ["--compress", "lzma"],
    ["--nonsense"],
])
def test_usage_errors(tmp_path, words):
    assert fake.build(tmp_path, *words).status == 2


@pytest.mark.parametrize("option, remedy", [("--binary", "CC=musl-gcc"), ("--busybox", "busybox-static")])
def test_dynamic_program_is_refused(tmp_path, tree, option, remedy):
    dynamic = fake.write(tmp_path / "dynamic", fake.program(interpreter=True))
    result = fake.build(tmp_path, "--modules", tree, option, dynamic)
    assert result.status == 1 and f"{dynamic}: is linked dynamically" in result.err and remedy in result.err


def test_this_machines_own_programs_are_told_apart(tmp_path, tree):
    assert fake.build(tmp_path, "--modules", tree, "--busybox", shutil.which("busybox")).status == 0
    assert fake.build(tmp_path, "--modules", tree, "--busybox", shutil.which("ls")).status == 1


def test_binary_missing(tmp_path, tree):
    result = fake.build(tmp_path, "--modules", tree, "--binary", "/nowhere/iscsiroot")
    assert result.status == 1 and "/nowhere/iscsiroot: no such binary. Build it" in result.err


def test_script_as_binary(tmp_path, tree):
    script = fake.write(tmp_path / "script", "#!/bin/sh\n")
    assert built(tmp_path, tree, "--binary", script)["init"].data == b"#!/bin/sh\n"
