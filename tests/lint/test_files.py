# SPDX-License-Identifier: GPL-2.0-or-later
"""All files: licence line, nothing unfinished, nothing of one machine. Python compiles and shell passes shellcheck."""

import ast
import re
import shutil

import pytest

import tree

SPDX = "SPDX-License-Identifier: GPL-2.0-or-later"
HEAD_LINES = 5
NO_SPDX = re.compile(r"LICENSE$|.*/corpus/")

UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b")
FOREIGN = re.compile(r"/wor[k]/|/tmp/la[b]\b|/hom[e]/\w|\b(py[p]i\.org|np[m]js|crate[s]\.io|deb\.debia[n]\.org|golan[g]\.org)")


def texts():
    """(path, text) of all files that are text."""
    for path in tree.files():
        text = tree.read(path)
        if text is not None:
            yield path, text


def test_licence_line():
    wrong = [path for path, text in texts()
             if not NO_SPDX.match(path) and SPDX not in "\n".join(text.split("\n")[:HEAD_LINES])]
    assert not wrong, f"without {SPDX} in the first {HEAD_LINES} lines: {wrong}"


@pytest.mark.parametrize("pattern", [UNFINISHED, FOREIGN], ids=["unfinished", "of one machine"])
def test_words(pattern):
    wrong = [f"{path}:{number}: {line.strip()}" for path, text in texts() if path != "LICENSE"
             for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    assert not wrong, "\n".join(wrong)


def test_lines_end_well():
    wrong = [f"{path}:{number}" for path, text in texts() if path != "LICENSE" and not NO_SPDX.match(path)
             for number, line in enumerate(text.split("\n"), 1) if line != line.rstrip()]
    assert not wrong, f"blanks at the end of lines: {wrong}"


@pytest.mark.parametrize("path", tree.scripts("python", ".py"))
def test_python_compiles(path):
    ast.parse(tree.read(path), path)


@pytest.mark.skipif(not shutil.which("pyflakes3"), reason="pyflakes3 is not installed")
def test_pyflakes():
    status, said = tree.run("pyflakes3", *tree.scripts("python", ".py"))
    assert status == 0, said


@pytest.mark.parametrize("path", tree.scripts("sh", ".sh"))
def test_shellcheck(path):
    status, said = tree.run("shellcheck", path)
    assert status == 0, said
