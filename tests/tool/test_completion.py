# SPDX-License-Identifier: GPL-2.0-or-later
"""The completion for bash against what the program says of itself: its verbs, and the options in the usage of each."""

import re
import subprocess

import pytest
from conftest import TOP

FILE = TOP / "hooks" / "bash" / "iscsiroot"
COMPLETE = """. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iscsiroot; printf '%s\\n' "${COMPREPLY[@]}" """
VERBS = ("attach", "check", "detach", "discover", "plan", "status")


def complete(*words):
    done = subprocess.run(["bash", "-c", COMPLETE, FILE, "iscsiroot", *words], stdout=subprocess.PIPE, text=True, check=True)
    return sorted(done.stdout.split())


def test_verbs(program):
    said = program("--help").stdout
    assert complete("") == sorted(re.findall(r"^  ([a-z-]+) ", said, re.MULTILINE))
    assert complete("de") == ["detach"]


@pytest.mark.parametrize("verb", VERBS)
def test_options(program, verb):
    usage = program(verb, "--help").stdout
    assert f"usage: iscsiroot {verb}" in usage
    assert complete(verb, "-") == sorted(set(re.findall(r"--[a-z-]+", usage)))


def test_values(tmp_path):
    (tmp_path / "secret").touch()
    assert complete("check", "--secret-file", f"{tmp_path}/") == [f"{tmp_path}/secret"]
    assert complete("check", "--timeout", "") == []
