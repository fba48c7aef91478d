# SPDX-License-Identifier: GPL-2.0-or-later
"""zstd or gzip: what the kernel's configuration says and what this machine has; and the kernel fetcher's quiet cases."""

import os
import shutil
import subprocess

import fake
import pytest

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5"


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    return fake.make_tree(tmp_path)


def magic(tmp_path, tree, *words, **environment):
    """The first two bytes of the image, which must be the method that the builder reports."""
    result = fake.build(tmp_path, "--modules", tree, *words, **environment)
    assert result.status == 0, result.err
    start = (tmp_path / "image").read_bytes()[:2]
    assert {GZIP: ", gzip, ", ZSTD: ", zstd, "}[start] in result.out
    return start


def write_config(tmp_path, text):
    fake.write(tmp_path / f"boot/config-{fake.VERSION}", text)


def test_kernel_that_reads_zstd(tmp_path, tree):
    write_config(tmp_path, "CONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\n")
    assert magic(tmp_path, tree) == ZSTD


def test_kernel_that_does_not(tmp_path, tree):
    write_config(tmp_path, "CONFIG_RD_GZIP=y\n# CONFIG_RD_ZSTD is not set\n")
    assert magic(tmp_path, tree) == GZIP


def test_kernel_without_configuration(tmp_path, tree):
    assert magic(tmp_path, tree) == GZIP


def test_machine_without_zstd(tmp_path, tree):
    write_config(tmp_path, "CONFIG_RD_ZSTD=y\n")
    assert magic(tmp_path, tree, PATH="/nowhere") == GZIP
    result = fake.build(tmp_path, "--modules", tree, "--compress", "zstd", PATH="/nowhere")
    assert result.status == 1 and "Install the package zstd" in result.err


@pytest.mark.parametrize("method, start", [("zstd", ZSTD), ("gzip", GZIP)])
def test_method_by_name(tmp_path, tree, method, start):
    write_config(tmp_path, "CONFIG_RD_ZSTD=y\n")
    assert magic(tmp_path, tree, "--compress", method) == start


def test_both_hold_the_same(tmp_path, tree):
    archives = []
    for method in ("zstd", "gzip"):
        magic(tmp_path, tree, "--compress", method)
        archives.append(fake.unpack(tmp_path / "image"))
    assert archives[0] == archives[1]


def test_gzip_header_has_no_name_and_no_time(tmp_path, tree):
    magic(tmp_path, tree, "--compress", "gzip")
    assert (tmp_path / "image").read_bytes()[2:8] == b"\x08\x00" + bytes(4)


def kernel(*words):
    return subprocess.run([os.path.join(fake.TOP, "initramfs", "kernel"), *words], capture_output=True, check=False)


@pytest.mark.parametrize("words", [[], ["6.1"], ["5.10", "/nowhere"], ["6.1", "/nowhere", "more"]])
def test_kernel_usage(words):
    done = kernel(*words)
    assert done.returncode == 2 and done.stderr.startswith(b"usage: initramfs/kernel 6.1|6.12 CACHE_DIR")


@pytest.mark.skipif(not shutil.which("dpkg"), reason="a Debian tool")
def test_kernel_that_is_there_is_kept(tmp_path):
    fake.write(tmp_path / "6.12/vmlinuz", "kept")
    done = kernel("6.12", str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "6.12/vmlinuz").read_bytes() == b"kept"
