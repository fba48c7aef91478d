# SPDX-License-Identifier: GPL-2.0-or-later
"""C files: their format (.clang-format), clang-tidy (.clang-tidy), the length of their lines."""

import re

import tree

COLUMNS = 120

# Warnings of clang-tidy that are wrong or accepted: (file, check) and why.
TIDY_ERRS = {
    ("src/sys/child.c", "clang-analyzer-security.insecureAPI.vfork"): "vfork is the point: the parent sees why execve failed",
    ("src/sys/child.c", "clang-analyzer-unix.Vfork"): "the child only sets up its own kernel state and executes",
    ("src/sys/mount.c", "readability-duplicate-include"): "sys/mount.h is ours, <sys/mount.h> is libc's",
    ("src/boot/wire.c", "readability-non-const-parameter"): "what is read goes there, through a struct",
    ("src/sys/switch.c", "misc-no-recursion"): "as deep as the initramfs, bounded by DEPTH_MAX",
}
WARNING = re.compile(r"^\S*?((?:src|tests)/\S+?):\d+:\d+: (?:warning|error): .*\[([\w.-]+)[^]]*\]$", re.MULTILINE)


def test_format():
    def compare(path):
        status, said = tree.run("clang-format-14", "--dry-run", "-Werror", path)
        return f"{path}: {said.count(' error: ')} places, run clang-format-14 -i {path}" if status else None

    paths = tree.c_files("src", ".c", ".h") + tree.c_files("tests", ".c", ".h")
    wrong = [text for text in tree.for_each(compare, paths) if text]
    assert not wrong, "\n".join(wrong)


def test_columns():
    wrong = [f"{path}:{number}: {len(line.expandtabs(8))} columns"
             for path in tree.c_files("src", ".c", ".h") + tree.c_files("tests", ".c", ".h")
             for number, line in enumerate(tree.read(path).splitlines(), 1) if len(line.expandtabs(8)) > COLUMNS]
    assert not wrong, "\n".join(wrong)


def test_tidy():
    def look(path):
        status, said = tree.run("clang-tidy-14", "--quiet", path, "--", *tree.CFLAGS)
        found = {match.groups(): match.group() for match in WARNING.finditer(said)}
        assert status == 0 or found, said
        return found

    warnings = {}
    for found in tree.for_each(look, tree.sources()):
        warnings.update(found)
    wrong = [text for key, text in warnings.items() if key not in TIDY_ERRS]
    assert not wrong, "\n".join(wrong)
    assert not set(TIDY_ERRS) - set(warnings), "exceptions that nothing needs any more"
