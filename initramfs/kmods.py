# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel modules of a lib/modules/VERSION tree: which ones a list of names needs, and their content.

Follows the files that depmod(8) writes: modules.dep, modules.softdep, modules.alias, modules.builtin and
modules.builtin.modinfo; in names "-" and "_" are the same. Soft dependencies are followed in their "pre:" form only,
aliases where they are spelled out: patterns are for devices. Does not read the binary indexes or modprobe.d.
"""

import gzip
import lzma
import os
import re
import subprocess
from typing import NamedTuple

from image import ImageError

SUFFIX = re.compile(r"\.ko(\.gz|\.xz|\.zst)?$")


class Modules(NamedTuple):
    """What is known of one tree. Keys are folded names; paths are relative to the directory."""

    directory: str
    version: str
    paths: dict  # name -> path of its file, maybe compressed
    depends: dict  # name -> names it needs, in the order of modules.dep
    softdeps: dict  # name -> names it would like to find, which may be aliases
    aliases: dict  # alias -> names
    built_in: frozenset  # names and aliases of what needs no file


def read(directory):
    """Read the tree's indexes."""
    if not os.path.isdir(directory):
        raise ImageError(f"{directory}: no such directory. Name a lib/modules/VERSION tree with --modules")
    root, version = _root_and_version(directory)
    if not os.path.exists(os.path.join(directory, "modules.dep")):
        raise ImageError(f"{directory}: has no modules.dep. Run: depmod -b {root} {version}")
    paths, depends = _read_dep(_lines(directory, "modules.dep"))
    softdeps = _read_softdep(_lines(directory, "modules.softdep"))
    aliases = _read_alias(_lines(directory, "modules.alias"))
    return Modules(directory, version, paths, depends, softdeps, aliases, _read_built_in(directory))


def resolve(modules, name):
    """The modules that provide a name or alias: none when it is built in, None when this kernel does not know it."""
    name = fold(name)
    if name in modules.paths:
        return [name]
    providers = [module for module in modules.aliases.get(name, []) if module in modules.paths]
    return providers or ([] if name in modules.built_in else None)


def closure(modules, names):
    """All modules that these module names need, themselves included, as a set."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += modules.depends[name]
        for wanted in modules.softdeps.get(name, []):
            waiting += resolve(modules, wanted) or []
    return found


def plain_path(modules, name):
    """The path that the module has in an image, where it is stored uncompressed."""
    return SUFFIX.sub(".ko", modules.paths[name])


def content(modules, name):
    """The module's uncompressed bytes."""
    path = os.path.join(modules.directory, modules.paths[name])
    if path.endswith(".zst"):
        return _zstd_content(path)
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(os.path.splitext(path)[1], open)
    try:
        with opener(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        raise ImageError(f"{path}: missing, though modules.dep lists it. Run depmod again") from None
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise ImageError(f"{path}: cannot be decompressed: {error}. Install the kernel again") from None


def reduced_dep(modules, names):
    """modules.dep for these modules alone, with the paths they have in an image."""
    lines = []
    for name in sorted(names, key=lambda name: modules.paths[name]):
        needed = [plain_path(modules, other) for other in modules.depends[name]]
        lines.append(" ".join([plain_path(modules, name) + ":"] + needed))
    return _text(lines)


def reduced_alias(modules, names):
    """The lines of modules.alias that lead to these modules, in their order."""
    lines = _lines(modules.directory, "modules.alias")
    return _text(line for line in lines if line.startswith("alias ") and fold(line.split()[-1]) in names)


def built_in_list(modules):
    """modules.builtin as it is."""
    return _text(_lines(modules.directory, "modules.builtin"))


def fold(name):
    return name.replace("-", "_")


def _text(lines):
    return "".join(line + "\n" for line in lines).encode()


def _content_of(directory, name):
    try:
        with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def _lines(directory, name):
    return _content_of(directory, name).splitlines()


def _root_and_version(directory):
    """The two arguments that depmod takes for a lib/modules/VERSION directory."""
    parent, version = os.path.split(os.path.abspath(directory))
    return os.path.dirname(os.path.dirname(parent)), version


def _name_of(path):
    return fold(SUFFIX.sub("", os.path.basename(path)))


def _read_dep(lines):
    paths, depends = {}, {}
    for line in lines:
        path, _, needed = line.partition(":")
        paths[_name_of(path)] = path
        depends[_name_of(path)] = [_name_of(other) for other in needed.split()]
    return paths, depends


def _read_softdep(lines):
    softdeps = {}
    for line in lines:
        softdep = re.match(r"softdep (\S+) (?:.* )?pre:(.*?)(?:post:|$)", line)
        if softdep:
            softdeps.setdefault(fold(softdep[1]), []).extend(softdep[2].split())
    return softdeps


def _read_alias(lines):
    aliases = {}
    for line in lines:
        words = line.split()
        if words[:1] == ["alias"] and len(words) == 3:
            aliases.setdefault(fold(words[1]), []).append(fold(words[2]))
    return aliases


def _read_built_in(directory):
    names = {_name_of(path) for path in _lines(directory, "modules.builtin")}
    aliases = re.findall(r"\.alias=([^\0]*)\0", _content_of(directory, "modules.builtin.modinfo"))
    return frozenset(names.union(map(fold, aliases)))


def _zstd_content(path):
    done = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise ImageError(f"{path}: cannot be decompressed: {reason}. Install the kernel again")
    return done.stdout
