# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers: reads the include lines of src/. An arrow that is not listed here is an error, and so is a system header.

What is really called is looked at in test_calls.py.
"""

import re

import tree

# What the files of a room may include: every room its own headers, and these.
ARROWS = {
    "main": ("boot/", "tool/tool.h", "sys/machine.h", "base/"),
    "tool": ("boot/", "plan/", "iscsi/", "probe/", "sys/", "base/"),
    "boot": ("plan/", "iscsi/", "kernel/", "probe/", "sys/", "base/"),
    "iscsi": ("crypto/", "base/"),
    "plan": ("base/",),
    "kernel": ("base/",),
    "probe": ("base/",),
    "sys": ("base/",),
    "crypto": ("base/",),
    "base": (),
}

PURE_HEADERS = {"errno.h", "inttypes.h", "limits.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "string.h",
                "strings.h"}
ABI_HEADERS = {"linux/if.h", "linux/rtnetlink.h", "sys/socket.h"}  # structs and constants of the kernel's messages
HEADERS = {
    "main": PURE_HEADERS,
    "tool": PURE_HEADERS,
    "boot": PURE_HEADERS | {"stdlib.h", "sys/mount.h"},  # getenv and strtoul; the MS_ constants
    "kernel": PURE_HEADERS | ABI_HEADERS,
    **{room: PURE_HEADERS for room in ("base", "crypto", "plan", "iscsi", "probe")},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes():
    """(path, room, whether it is a system header, header) of each include line."""
    for path in tree.c_files("src", ".c", ".h"):
        for bracket, header in INCLUDE.findall(tree.read(path)):
            yield path, tree.room(path), bracket == "<", header


def test_arrows():
    wrong = [f'{path} includes "{header}"; {room} may include its own headers and {", ".join(ARROWS[room])}'
             for path, room, is_system, header in includes()
             if not is_system and not header.startswith((room + "/", *ARROWS[room]))]
    assert not wrong, "\n".join(wrong)


def test_system_headers():
    wrong = [f"{path} includes <{header}>, which is not for the room {room}"
             for path, room, is_system, header in includes()
             if is_system and room != "sys" and header not in HEADERS[room]]
    assert not wrong, "\n".join(wrong)


def test_every_room_is_known():
    assert {tree.room(path) for path in tree.c_files("src", ".c", ".h")} == set(ARROWS)
