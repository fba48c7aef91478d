# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree of an initramfs image and its form as a cpio archive.

Format: "newc" of the kernel's Documentation/driver-api/early-userspace/buffer-format.rst. The archive is written here
and not by cpio(1) because device nodes need no root then and because the same tree must always give the same bytes:
owner 0:0, time 0, sorted names, inode numbers counted from 1. Does not compress.
"""

import os
import posixpath
import stat
from typing import NamedTuple


class ImageError(Exception):
    """What went wrong, where, why and what to do, in one line for the user."""


class Entry(NamedTuple):
    """One file of the image: its mode with the type, its content (a link's target) and a device's number."""

    mode: int
    data: bytes = b""
    device: tuple = (0, 0)


DIRECTORY = Entry(stat.S_IFDIR | 0o755)


def file(data, permissions=0o644):
    return Entry(stat.S_IFREG | permissions, data)


def link(target):
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def device(permissions, major, minor):
    return Entry(stat.S_IFCHR | permissions, b"", (major, minor))


def empty():
    """A new tree: a dict from absolute path to Entry."""
    return {"/": DIRECTORY}


def add(tree, path, entry):
    """Put an entry at an absolute path and make its parents; what is there is never replaced."""
    parent = posixpath.dirname(path)
    if parent not in tree:
        add(tree, parent, DIRECTORY)
    if not stat.S_ISDIR(tree[parent].mode):
        raise ImageError(f"{path}: cannot be put into the image: {parent} is no directory there. Choose another path")
    if path in tree and not (stat.S_ISDIR(entry.mode) and stat.S_ISDIR(tree[path].mode)):
        raise ImageError(f"{path}: is in the image already. Choose another path")
    tree.setdefault(path, entry)


def add_from_disk(tree, source, path):
    """Copy a file or a whole directory to a path of the tree; links inside a directory stay links."""
    status = os.stat(source)
    if stat.S_ISDIR(status.st_mode):
        add(tree, path, Entry(stat.S_IFDIR | _permissions(status.st_mode | 0o111)))
        for name in os.listdir(source):
            _add_member(tree, os.path.join(source, name), posixpath.join(path, name))
    elif stat.S_ISREG(status.st_mode):
        with open(source, "rb") as stream:
            add(tree, path, file(stream.read(), _permissions(status.st_mode)))
    else:
        raise ImageError(f"{source}: is neither a file nor a directory, so it cannot be added. Leave it out")


def _add_member(tree, source, path):
    if os.path.islink(source):
        add(tree, path, link(os.readlink(source)))
    else:
        add_from_disk(tree, source, path)


def _permissions(mode):
    """0644 or 0755; without the bits of group and others for what not everybody may read."""
    permissions = 0o755 if mode & 0o111 else 0o644
    return permissions if mode & stat.S_IROTH else permissions & 0o700


def pack(tree):
    """The cpio archive of the tree. Sorted names put every directory before what is in it."""
    records = [_record(inode, path[1:] or ".", tree[path]) for inode, path in enumerate(sorted(tree), 1)]
    return b"".join(records + [_record(0, "TRAILER!!!", Entry(0))])


def _record(inode, name, entry):
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    name = os.fsencode(name) + b"\0"
    numbers = (inode, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return _padded(header + name) + _padded(entry.data)


def _padded(data):
    return data + bytes(-len(data) % 4)
