# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/RFC7143.md against the tree: the functions and tests that it names are there, each conversation has a row."""

import fnmatch
import os
import re

import tree

MAP = "tests/RFC7143.md"
NAME = re.compile(r"`([^`]+)`")


def rows():
    """(section, demand, names that do it, names that show it) of each row."""
    for line in tree.read(MAP).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "section":
            yield cells[0], cells[1], NAME.findall(cells[2]), NAME.findall(cells[3])


def defined():
    """Functions, tables, constants and struct types of src/, by how they stand where C defines or declares them."""
    text = "\n".join(tree.read(path) for path in tree.c_files("src", ".c", ".h"))
    forms = (r"^\w[^\n;=]*?\b(\w+)\(", r"\b(\w+)\[\w*\] = \{$", r"^\t([A-Z]\w+)(?:,| =)", r"\bstruct (\w+) \{$",
             r"^\} (\w+)\[\] = \{$")
    return {name for form in forms for name in re.findall(form, text, re.MULTILINE)}


def running():
    """Tests that run: cmocka's lists, and Python's functions."""
    c = "\n".join(tree.read(path) for path in tree.c_files("tests/unit", ".c"))
    python = "\n".join(tree.read(path) for path in tree.files() if path.startswith("tests/") and path.endswith(".py"))
    return set(re.findall(r"cmocka_unit_test\w*\((\w+)", c)) | set(re.findall(r"^def (test_\w+)", python, re.MULTILINE))


def talks():
    return {os.path.basename(path) for path in tree.files() if path.startswith("tests/talk/")}


def test_every_row_is_shown():
    assert len(list(rows())) > 50
    wrong = [demand for _, demand, _, shown in rows() if not shown]
    assert not wrong, wrong


def test_functions_are_there():
    known = defined()
    wrong = [name for _, _, done, _ in rows() for name in done if name not in known]
    assert not wrong, wrong


def test_tests_are_there():
    known, conversations = running(), talks()
    wrong = [name for _, _, _, shown in rows() for name in shown
             if not (fnmatch.filter(conversations, name) if name.endswith(".talk") else name in known)]
    assert not wrong, wrong


def test_every_conversation_has_a_row():
    patterns = [name for _, _, _, shown in rows() for name in shown if name.endswith(".talk")]
    wrong = [talk for talk in sorted(talks()) if not any(fnmatch.fnmatch(talk, pattern) for pattern in patterns)]
    assert not wrong, wrong


def test_every_conversation_is_played():
    listed = set(re.findall(r"'talk/([\w.-]+)'", tree.read("tests/meson.build")))
    assert listed == talks()
