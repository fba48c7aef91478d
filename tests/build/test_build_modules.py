# SPDX-License-Identifier: GPL-2.0-or-later
"""Which kernel modules, firmware and indexes an image holds. Most trees are made up; the last test takes real kernels
when the VM tests have fetched them already."""

import glob
import gzip
import lzma
import os
import shutil
import subprocess

import fake
import pytest

CACHE = os.environ.get("ISCSIROOT_CACHE") or os.path.join(fake.TOP, "build", "cache")
DIRECTORY = f"lib/modules/{fake.VERSION}/"
CRC32C = {"crc32c_generic", "crc32c-intel"}


def built(tmp_path, tree, *words):
    """Build and read the image; the build must work."""
    result = fake.build(tmp_path, "--modules", tree, *words)
    assert result.status == 0, result.err
    return fake.read(tmp_path / "image")


def without(*names):
    return {path: needed for path, needed in fake.MODULES.items() if os.path.basename(path) not in names}


def test_default_modules_and_what_they_need(tmp_path):
    files = built(tmp_path, fake.make_tree(tmp_path))
    assert fake.module_names(files) == {os.path.basename(path) for path in fake.MODULES} - {"unwanted"}
    assert files[DIRECTORY + "kernel/fs/ext4/ext4.ko"].data == fake.content("ext4")


def test_soft_dependency_by_alias(tmp_path):
    files = built(tmp_path, fake.make_tree(tmp_path), "--no-default-modules", "--add-module", "libcrc32c")
    assert fake.module_names(files) == {"libcrc32c"} | CRC32C


def test_added_modules_alone(tmp_path):
    files = built(tmp_path, fake.make_tree(tmp_path), "--no-default-modules", "--add-module", "iscsi-tcp")
    assert fake.module_names(files) == {"iscsi_tcp", "libiscsi"}


def test_added_by_alias(tmp_path):
    files = built(tmp_path, fake.make_tree(tmp_path), "--no-default-modules", "--add-module", "crypto-crc32c")
    assert fake.module_names(files) == CRC32C


def test_indexes_know_only_what_is_there(tmp_path):
    files = built(tmp_path, fake.make_tree(tmp_path, suffix=".ko.xz", pack=lzma.compress, builtin="kernel/fs/x.ko\n"))
    dep = dict(line.split(":") for line in files[DIRECTORY + "modules.dep"].data.decode().splitlines())
    assert {DIRECTORY + path for path in dep} == {name for name in files if name.endswith(".ko")}
    assert dep["kernel/drivers/scsi/sd_mod.ko"].split() == ["kernel/drivers/scsi/scsi-common.ko"]
    aliases = files[DIRECTORY + "modules.alias"].data.decode()
    assert "alias pci:v000014E4d*sv*sd*bc*sc*i* tg3\n" in aliases and "unwanted" not in aliases
    assert "alias crypto-crc32c crc32c_intel\n" in aliases
    assert files[DIRECTORY + "modules.builtin"].data == b"kernel/fs/x.ko\n"


def test_start_list(tmp_path):
    tree = fake.make_tree(tmp_path)
    start = built(tmp_path, tree)["etc/iscsiroot/modules"].data.decode().split()
    assert start == ["crc32c_generic", "crc32c_intel", "iscsi_tcp", "sd_mod"]
    lean = built(tmp_path, tree, "--no-default-modules", "--add-module", "sd_mod")
    assert lean["etc/iscsiroot/modules"].data == b"sd_mod\n"


@pytest.mark.parametrize("name", ["iscsi_tcp", "sd_mod", "ext4"])
def test_missing_required_module_is_named(tmp_path, name):
    tree = fake.make_tree(tmp_path, without(name))
    result = fake.build(tmp_path, "--modules", tree)
    assert result.status == 1 and f"{tree}: has no module {name}, nor is it built in." in result.err
    assert not (tmp_path / "image").exists()


def test_missing_added_module_is_named(tmp_path):
    result = fake.build(tmp_path, "--modules", fake.make_tree(tmp_path), "--add-module", "frobnicate")
    assert result.status == 1 and "has no module frobnicate" in result.err


def test_built_in_is_as_good(tmp_path):
    tree = fake.make_tree(tmp_path, without("sd_mod", *CRC32C), builtin="kernel/drivers/scsi/sd_mod.ko\n")
    result = fake.build(tmp_path, "--modules", tree, "--add-module", "crypto-crc32c")
    assert result.status == 1 and "has no module crypto-crc32c" in result.err
    fake.write(f"{tree}/modules.builtin.modinfo", "crc32c.license=GPL\0crc32c.alias=crypto-crc32c\0")
    files = built(tmp_path, tree, "--add-module", "sd-mod", "--add-module", "crypto-crc32c")
    assert "sd_mod" not in fake.module_names(files)
    assert files["etc/iscsiroot/modules"].data == b"iscsi_tcp\n"


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize("suffix, pack", [(".ko.xz", lzma.compress), (".ko.gz", gzip.compress), (".ko.zst", zstd)])
def test_compressed_source_is_stored_plain(tmp_path, suffix, pack):
    files = built(tmp_path, fake.make_tree(tmp_path, suffix=suffix, pack=pack))
    assert files[DIRECTORY + "kernel/crypto/crc32c-intel.ko"].data == fake.content("crc32c-intel")
    assert not [name for name in files if name.endswith(suffix[3:])]


@pytest.mark.parametrize("suffix", [".ko.xz", ".ko.gz", ".ko.zst"])
def test_damaged_module_is_named(tmp_path, suffix):
    tree = fake.make_tree(tmp_path, suffix=suffix, pack=lambda data: b"damaged" + data)
    result = fake.build(tmp_path, "--modules", tree)
    assert result.status == 1 and f"{suffix}: cannot be decompressed: " in result.err


def test_listed_module_without_file(tmp_path):
    tree = fake.make_tree(tmp_path)
    os.unlink(f"{tree}/kernel/drivers/scsi/libiscsi.ko")
    result = fake.build(tmp_path, "--modules", tree)
    assert result.status == 1 and "libiscsi.ko: missing, though modules.dep lists it" in result.err


def test_no_modules_dep(tmp_path):
    tree = fake.make_tree(tmp_path)
    os.unlink(f"{tree}/modules.dep")
    result = fake.build(tmp_path, "--modules", tree)
    assert result.status == 1 and f"has no modules.dep. Run: depmod -b {tmp_path} {fake.VERSION}" in result.err


def test_no_such_tree(tmp_path):
    result = fake.build(tmp_path, "--modules", f"{tmp_path}/none")
    assert result.status == 1 and f"{tmp_path}/none: no such directory." in result.err


def test_firmware_is_included(tmp_path):
    fake.write(tmp_path / "firmware/fake/one.bin", "one")
    fake.write(tmp_path / "firmware/fake/two.bin.xz", "two")
    result = fake.build(tmp_path, "--modules", fake.make_tree(tmp_path))
    files = fake.read(tmp_path / "image")
    assert files["lib/firmware/fake/one.bin"].data == b"one"
    assert files["lib/firmware/fake/two.bin.xz"].data == b"two"
    assert (result.status, result.err) == (0, "")


def test_missing_firmware_is_told_in_one_line(tmp_path):
    tree = fake.make_tree(tmp_path)
    result = fake.build(tmp_path, "--modules", tree)
    assert (result.status, result.err.count("\n")) == (0, 1) and result.err.endswith(" need: tg3\n")
    result = fake.build(tmp_path, "--modules", tree, "--add-module", "tg3")
    asked = "tg3 asks for firmware fake/one.bin fake/two.bin, not found in"
    assert result.err == f"initramfs/build: {asked} {tmp_path}/firmware\n"


@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_stock_kernel_is_complete(tmp_path, version):
    trees = glob.glob(os.path.join(CACHE, version, "lib/modules/*"))
    if not trees:
        pytest.skip(f"no kernel in {CACHE}: run initramfs/kernel {version} {CACHE}")
    files = built(tmp_path, trees[0], "--compress", "gzip")
    directory = f"lib/modules/{os.path.basename(trees[0])}/"
    dep = dict(line.split(":") for line in files[directory + "modules.dep"].data.decode().splitlines())
    assert {directory + path for path in dep} == {name for name in files if name.endswith(".ko")}
    assert set(" ".join(dep.values()).split()) <= set(dep)
    assert {"iscsi_tcp", "ext4", "xfs", "btrfs", "virtio_net", "blake2b_generic", "r8169", "realtek", "libcrc32c"} <= \
        fake.module_names(files)
    if shutil.which("modinfo"):
        assert_modinfo_agrees(tmp_path, files, directory + "kernel/fs/ext4/ext4.ko")


def assert_modinfo_agrees(tmp_path, files, name):
    """The module is one that kmod can read."""
    path = fake.write(tmp_path / "module.ko", files[name].data)
    assert subprocess.run(["modinfo", "-F", "name", path], capture_output=True, check=True).stdout == b"ext4\n"
