# SPDX-License-Identifier: GPL-2.0-or-later
"""Every case of every golden file: output and exit status, the same in JSON, and no secret in either."""
import json
from pathlib import Path

import pytest

import golden

TOP = Path(__file__).resolve().parent.parent.parent
PROGRAM = TOP / "build-asan" / "iscsiroot"
FILES = sorted(Path(__file__).parent.glob("*.plan"))
CASES = [pytest.param(case, id=f"{path.stem}-{number}") for path in FILES for number, case in enumerate(golden.cases(path), 1)]


@pytest.mark.parametrize("case", CASES)
def test_output(case):
    done = case.run(PROGRAM)
    assert (golden.shown(done.stdout + done.stderr), done.returncode) == (case.output, case.status), case.arguments
    assert golden.SECRET not in done.stdout + done.stderr


def of_text(lines):
    """What is in the output for people, as the JSON has it."""
    unused = [line.split(" ", 2)[2] for line in lines if line.startswith("not used: ")]
    notes = [line[6:] for line in lines if line.startswith("note: ")]
    rows = [line for line in lines if not line.startswith(("not used: ", "note: ", "would "))]
    return rows, unused, notes, lines[-1] == "would boot by this"


@pytest.mark.parametrize("case", CASES)
def test_json_says_the_same(case):
    text, done = case.run(PROGRAM), case.run(PROGRAM, "--json")
    if text.stdout == "":  # the arguments are wrong
        return
    said = json.loads(done.stdout)
    rows = [f"{row['field']:22} {row['value']} ({row['from']})" for row in said["fields"]]
    unused = [f"{row['word']} {row['why']}" for row in said["unused"]]
    assert (rows, unused, said["notes"], said["would_boot"]) == of_text(text.stdout.splitlines())
    assert (said["error"] is None) == said["would_boot"] and text.stderr == done.stderr
    assert golden.SECRET not in done.stdout and done.returncode == text.returncode
