# SPDX-License-Identifier: GPL-2.0-or-later
"""Small made-up inputs for the image builder, a way to run it, and a reader of what it wrote.

The ELF files have just the headers that matter here (System V ABI), the reader follows newc on its own: none of it
shares a line with initramfs/.
"""

import gzip
import os
import struct
import subprocess
import sys
from typing import NamedTuple

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILDER = os.path.join(TOP, "initramfs", "build")
VERSION = "6.1.0-fake"

# A tree like a stock kernel's: path of each module, and the modules it needs.
MODULES = {
    "drivers/scsi/iscsi_tcp": ["libiscsi"],
    "drivers/scsi/libiscsi": [],
    "drivers/scsi/sd_mod": ["scsi-common"],
    "drivers/scsi/scsi-common": [],
    "fs/ext4/ext4": ["libcrc32c"],
    "lib/libcrc32c": [],
    "crypto/crc32c_generic": [],
    "crypto/crc32c-intel": [],
    "net/tg3": [],
    "net/unwanted": [],
}
SOFTDEP = "# comment\nsoftdep libcrc32c pre: crc32c post: unwanted\nsoftdep ext4 pre: not-there\n"
ALIAS = (
    "# comment\n"
    "alias crypto-crc32c crc32c_generic\nalias crc32c crc32c_generic\n"
    "alias crypto-crc32c crc32c_intel\nalias crc32c crc32c_intel\n"
    "alias pci:v000014E4d*sv*sd*bc*sc*i* tg3\nalias pci:v00001234d*sv*sd*bc*sc*i* unwanted\n"
)


def program(interpreter=False):
    """A 64-bit ELF program, static or with the segment that names a dynamic loader."""
    segments = struct.pack("<II6Q", 1, 5, *[0] * 6)
    if interpreter:
        segments += struct.pack("<II6Q", 3, 4, *[0] * 6)
    return _elf_header(64, 0, len(segments) // 56, 0) + segments


def module(**modinfo):
    """A 64-bit ELF object whose .modinfo says these tag=value pairs; a list gives one for each value."""
    pairs = [(tag, value) for tag, values in modinfo.items() for value in ([values] if isinstance(values, str) else values)]
    info = b"".join(f"{tag}={value}\0".encode() for tag, value in pairs)
    names = b"\0.modinfo\0.shstrtab\0"
    table = 64 + len(info) + len(names)
    sections = _section(0, 0, 0) + _section(1, 64, len(info)) + _section(10, 64 + len(info), len(names))
    return _elf_header(0, table, 0, 3) + info + names + sections


def _elf_header(segments, sections, n_segments, n_sections):
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    sizes = (64, 56, n_segments, 64, n_sections, max(n_sections - 1, 0))
    return ident + struct.pack("<HHIQQQI6H", 2, 62, 1, 0, segments, sections, 0, *sizes)


def _section(name, offset, size):
    return struct.pack("<IIQQQQIIQQ", name, 1, 0, 0, offset, size, 0, 0, 1, 0)


def content(name):
    """What the module of this name holds."""
    firmware = ["fake/one.bin", "fake/two.bin"] if name == "tg3" else []
    return module(license="GPL", firmware=firmware, name=name)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data if isinstance(data, bytes) else data.encode())
    return str(path)


def make_tree(root, modules=None, suffix=".ko", pack=bytes, builtin=""):
    """A lib/modules/VERSION tree below root; pack makes a module file's bytes of the module's."""
    modules = MODULES if modules is None else modules
    directory = os.path.join(root, "lib/modules", VERSION)
    paths = {os.path.basename(path): f"kernel/{path}{suffix}" for path in modules}
    dep = [f"{paths[os.path.basename(path)]}: {' '.join(paths[n] for n in needed)}\n" for path, needed in modules.items()]
    for name, path in paths.items():
        write(os.path.join(directory, path), pack(content(name)))
    write(os.path.join(directory, "modules.dep"), "".join(dep))
    write(os.path.join(directory, "modules.softdep"), SOFTDEP)
    write(os.path.join(directory, "modules.alias"), ALIAS)
    write(os.path.join(directory, "modules.builtin"), builtin)
    return directory


class Result(NamedTuple):
    status: int
    out: str
    err: str


def build(tmp, *words, **environment):
    """Run the builder with a made-up binary and busybox; the output is tmp/image."""
    binary = write(os.path.join(tmp, "iscsiroot"), program())
    busybox = write(os.path.join(tmp, "busybox"), program() + b"busybox")
    command = [sys.executable, BUILDER, "--binary", binary, "--busybox", busybox, "--firmware", os.path.join(tmp, "firmware")]
    done = subprocess.run([*command, *words, os.path.join(tmp, "image")], capture_output=True, text=True, check=False,
                          timeout=60, env=dict(os.environ, **environment))
    return Result(done.returncode, done.stdout, done.stderr)


class File(NamedTuple):
    mode: int
    data: bytes
    device: tuple
    fixed: tuple  # uid, gid, mtime


def read(path):
    """The files of an image, from name to File."""
    archive, position, files = unpack(path), 0, {}
    while True:
        numbers = [int(archive[position + 6 + 8 * i:position + 14 + 8 * i], 16) for i in range(13)]
        assert archive[position:position + 6] == b"070701"
        _, mode, uid, gid, _, mtime, size, _, _, major, minor, name_size, _ = numbers
        name = archive[position + 110:position + 110 + name_size - 1].decode()
        start = (position + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return files
        assert name not in files
        files[name] = File(mode, archive[start:start + size], (major, minor), (uid, gid, mtime))
        position = (start + size + 3) // 4 * 4


def unpack(path):
    """The cpio archive in an image."""
    with open(path, "rb") as stream:
        data = stream.read()
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    assert data[:4] == b"\x28\xb5\x2f\xfd"
    return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout


def module_names(files):
    """Names of the modules in an image, without directory and suffix."""
    return {os.path.basename(name)[:-3] for name in files if name.endswith(".ko")}
