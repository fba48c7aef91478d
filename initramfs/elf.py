# SPDX-License-Identifier: GPL-2.0-or-later
"""What the image builder asks of ELF files: whether a program is static, and what a kernel module says in .modinfo.

Follows the System V ABI, chapters 4 (object files) and 5 (program loading), both sizes and byte orders. Does not
validate: the machine that runs these files trusts them, too.
"""

import struct

PT_INTERP = 3
CLASS, BYTE_ORDER = 4, 5

# Per class: where e_phoff and what follows it is, its form, and the form of a section header from sh_name to sh_size.
LAYOUTS = {1: (28, "II6x5H", "I12xII"), 2: (32, "QQ6x5H", "I20xQQ")}


def is_elf(data):
    return data[:4] == b"\x7fELF"


def is_static(data):
    """Whether this program runs without a dynamic loader."""
    order, (offset, _, entry_size, count, *_), _ = _header(data)
    types = (struct.unpack_from(order + "I", data, offset + i * entry_size)[0] for i in range(count))
    return PT_INTERP not in types


def modinfo(data, tag):
    """The values of all tag=value strings in a kernel module's .modinfo section, in the file's order."""
    prefix = tag.encode() + b"="
    strings = _section(data, b".modinfo").split(b"\0")
    return [string[len(prefix):].decode() for string in strings if string.startswith(prefix)]


def _header(data):
    order = {1: "<", 2: ">"}[data[BYTE_ORDER]]
    offset, tables, section = LAYOUTS[data[CLASS]]
    return order, struct.unpack_from(order + tables, data, offset), order + section


def _section(data, name):
    _, (_, table, _, _, entry_size, count, names_index), form = _header(data)
    headers = [struct.unpack_from(form, data, table + i * entry_size) for i in range(count)]
    names = headers[names_index][1]
    for name_offset, offset, size in headers:
        start = names + name_offset
        if data[start:start + len(name) + 1] == name + b"\0":
            return data[offset:offset + size]
    return b""
