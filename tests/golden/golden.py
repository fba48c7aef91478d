# SPDX-License-Identifier: GPL-2.0-or-later
"""Golden files of `iscsiroot plan`: command lines and files of a machine, and what is made of them.

A file NAME.plan holds, line by line:

    # TEXT      a comment
    @ PATH      a file of the machine (below --root), for all cases that follow; its lines stand below, behind "| ";
                its mode is 0600, and 0644 when its name is "public"
    @x PATH     the same, with hexadecimal digits for bytes
    @ -         no files any more
    $ ARGUMENTS a case: the arguments of `iscsiroot plan`, in the quotes of sh(1)
    = NUMBER    its exit status, when that is not 0
    ANYTHING    its output, without the rows of defaults

`tests/golden/golden.py BINARY FILE...` writes the output into the files anew; read the difference before you commit it.
A secret in a golden file has "Sesame" in it, and no output may.
"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SECRET = "Sesame"
DEFAULT = " (default)"


class Case:
    """One command line."""

    def __init__(self, arguments, tree, line):
        self.arguments, self.tree, self.line = arguments, dict(tree), line
        self.status, self.output = 0, []

    def make_root(self, directory):
        """The machine's files."""
        for path, content in self.tree.items():
            place = Path(directory) / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            os.chmod(place, 0o644 if place.name == "public" else 0o600)

    def run(self, program, *more):
        """The completed process."""
        directory = tempfile.mkdtemp(prefix="iscsiroot-golden-")
        try:
            self.make_root(directory)
            arguments = [word.replace("ROOT/", directory + "/") for word in shlex.split(self.arguments)]
            return subprocess.run([program, "plan", "--root", directory, *more, *arguments], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=20, errors="replace")
        finally:
            shutil.rmtree(directory)


def shown(text):
    """The output as golden files hold it."""
    return [line for line in text.splitlines() if not line.endswith(DEFAULT)]


def read(path):
    """[line or Case]: a file as its comments, files and cases."""
    parts, tree, case, content = [], {}, None, None
    for line in Path(path).read_text().splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "$":
            case = Case(rest, {name: finish() for name, finish in tree.items()}, len(parts))
            parts.append(case)
            continue
        if mark in ("@", "@x", "|", "#") or not line:
            if rest == "-" and mark == "@":
                tree = {}
            elif mark in ("@", "@x"):
                content = []
                tree[rest] = (lambda lines=content: ("\n".join(lines) + "\n").encode()) if mark == "@" else (
                    lambda lines=content: bytes.fromhex("".join(lines)))
            elif mark == "|":
                content.append(rest)
            case = None
            parts.append(line)
        elif mark == "=":
            case.status = int(rest)
        else:
            case.output.append(line)
    return parts


def cases(path):
    """The cases of a file."""
    return [part for part in read(path) if isinstance(part, Case)]


def rewrite(program, path):
    """Puts the output of now into a file."""
    lines = []
    for part in read(path):
        if isinstance(part, str):
            lines.append(part)
            continue
        done = part.run(program)
        lines.append(f"$ {part.arguments}".rstrip())
        if done.returncode:
            lines.append(f"= {done.returncode}")
        lines += shown(done.stdout + done.stderr)
    Path(path).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    for name in sys.argv[2:]:
        rewrite(sys.argv[1], name)
