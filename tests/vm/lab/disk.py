# SPDX-License-Identifier: GPL-2.0-or-later
"""Root disk images: a small busybox system in ext4, xfs or btrfs, on the whole disk or in partition 1 of a GPT or MBR.

Made without mounting anything. Every identity is fixed by file system, table and `number`, which tells disks apart.
A disk is made once into the cache; a test works on a copy.
"""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass

from lab import place

HERE = os.path.dirname(os.path.abspath(__file__))
BUSYBOX = shutil.which("busybox")
SIZE_MIB = {"ext4": 16, "xfs": 320, "btrfs": 128}
EMPTY_MIB = 16
DIRECTORIES = ("bin", "dev", "etc", "opt", "proc", "root", "run", "sbin", "sys", "tmp")


@dataclass(frozen=True)
class Disk:
    """An image and the names by which root= may call it. Empty when it has none of that kind."""

    path: str
    uuid: str
    label: str
    partuuid: str
    partlabel: str


def make(directory, fstype="ext4", table=None, number=1, init="/sbin/init"):
    """A test's own copy of a disk. fstype None: nothing but zeros. init: where its init is, None: no program at all."""
    disk = describe(os.path.join(directory, f"disk{number}.img"), fstype, table, number)
    key = place.recipe_key(__file__, os.path.join(HERE, "init.sh"), BUSYBOX, repr((fstype, table, number, init)))
    source = place.cached("disks", key, lambda path: build(path, disk, fstype, table, init))
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", source, disk.path], check=True)
    return disk


def describe(path, fstype, table, number):
    partuuid = {"gpt": f"5c5c5c5c-0000-4000-8000-{number:012x}", "mbr": f"5c5c{number:04x}-01"}.get(table, "")
    return Disk(path=path, partuuid=partuuid, partlabel=f"part{number}" if table == "gpt" else "",
                uuid=f"5a5a5a5a-0000-4000-8000-{number:012x}" if fstype else "", label=f"root{number}" if fstype else "")


def build(path, disk, fstype, table, init):
    if fstype is None:
        set_size(path, EMPTY_MIB)
        return
    tree = path + ".tree"
    shutil.rmtree(tree, ignore_errors=True)
    try:
        populate(tree, init)
        set_size(path, SIZE_MIB[fstype])
        MAKERS[fstype](path, tree, disk)
    finally:
        shutil.rmtree(tree)
    if table:
        wrap(path, table, disk, SIZE_MIB[fstype])


def set_size(path, mib):
    with open(path, "wb") as stream:
        stream.truncate(mib << 20)


def populate(tree, init):
    for name in DIRECTORIES:
        os.makedirs(os.path.join(tree, name))
    if init:
        shutil.copy(BUSYBOX, os.path.join(tree, "bin", "busybox"))
        os.symlink("busybox", os.path.join(tree, "bin", "sh"))
        shutil.copy(os.path.join(HERE, "init.sh"), tree + init)
        os.chmod(tree + init, 0o755)


def make_ext4(path, tree, disk):
    quietly("mkfs.ext4", "-q", "-d", tree, "-U", disk.uuid, "-L", disk.label, path)


def make_btrfs(path, tree, disk):
    quietly("mkfs.btrfs", "-q", "--rootdir", tree, "-U", disk.uuid, "-L", disk.label, path)


def make_xfs(path, tree, disk):
    prototype = path + ".proto"
    with open(prototype, "w", encoding="ascii") as stream:
        stream.write("/\n0 0\n" + "\n".join(xfs_entry("", tree)) + "\n")
    quietly("mkfs.xfs", "-q", "-p", prototype, "-m", f"uuid={disk.uuid}", "-L", disk.label, path)
    os.unlink(prototype)


def xfs_entry(name, path):
    """The lines of a file or tree in the prototype file of mkfs.xfs(8)."""
    mode = f"{stat.S_IMODE(os.lstat(path).st_mode):03o} 0 0"
    if os.path.islink(path):
        return [f"{name} l--777 0 0 {os.readlink(path)}"]
    if os.path.isfile(path):
        return [f"{name} ---{mode} {path}"]
    inside = [line for entry in sorted(os.listdir(path)) for line in xfs_entry(entry, os.path.join(path, entry))]
    return [f"{name} d--{mode}".lstrip(), *inside, "$"]


MAKERS = {"ext4": make_ext4, "xfs": make_xfs, "btrfs": make_btrfs}


def wrap(path, table, disk, mib):
    """Put the file system in partition 1 of a disk, 1 MiB from either end."""
    inner = path + ".inner"
    os.rename(path, inner)
    set_size(path, mib + 2)
    identity = f", uuid={disk.partuuid}, name={disk.partlabel}" if table == "gpt" else ""
    label = f"label: {'dos' if table == 'mbr' else 'gpt'}\n"
    label += f"label-id: 0x{disk.partuuid[:8]}\n" if table == "mbr" else ""
    quietly("sfdisk", "-q", path, text=f"{label}start=2048, size={mib}MiB, type=linux{identity}\n")
    quietly("dd", f"if={inner}", f"of={path}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none")
    os.unlink(inner)


def quietly(*words, text=None):
    """Run a program whose output matters only when it fails."""
    done = subprocess.run(words, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}")
