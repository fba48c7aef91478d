# SPDX-License-Identifier: GPL-2.0-or-later
"""Line and branch coverage of src/iscsi and src/crypto by the unit tests and conversations, out of gcov's JSON.

Prints a row for each file and then each line that was not run and each branch that was not taken. A file passes when it
is not below its floor; tests/RFC7143.md says why the rest is not covered. Knows nothing of how tests are built and run.
"""
import json
import subprocess
from collections import defaultdict

ROOMS = ("src/iscsi/", "src/crypto/")

# Percent of lines and of branches. fail_set() is always false: what "... || fail_set()" would do otherwise is no branch
# that can be taken.
FLOOR = (100, 100)
FLOORS = {"src/iscsi/discovery.c": (100, 98), "src/iscsi/framer.c": (100, 97), "src/iscsi/keys.c": (100, 98),
          "src/iscsi/login.c": (100, 98), "src/iscsi/redirect.c": (100, 96)}


def counts(build, top):
    """{file: {line: (times run, [times taken of each branch])}} of the rooms."""
    found = defaultdict(dict)
    for data in sorted((build / "tests" / "librooms.a.p").glob("*.gcda")):
        done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", data], cwd=build,
                              capture_output=True, check=True)
        for line in done.stdout.splitlines():
            for file in json.loads(line)["files"]:
                path = (build / file["file"]).resolve()
                if path.is_relative_to(top) and str(path.relative_to(top)).startswith(ROOMS):
                    add(found[str(path.relative_to(top))], file["lines"])
    return found


def add(lines, measured):
    """A file may have been measured in several objects."""
    for line in measured:
        branches = [branch["count"] for branch in line["branches"]]
        times, before = lines.get(line["line_number"], (0, [0] * len(branches)))
        lines[line["line_number"]] = (times + line["count"], [sum(pair) for pair in zip(before, branches)])


def percent(numbers):
    return 100 * sum(n > 0 for n in numbers) / len(numbers) if numbers else 100


def gaps(lines):
    """What was not run or taken, as text; a line that was not run needs no word on its branches."""
    for number, (times, branches) in sorted(lines.items()):
        missed = sum(n == 0 for n in branches)
        if times == 0 or missed:
            yield f"{number}: " + ("not run" if times == 0 else f"{missed} of {len(branches)} branches not taken")


def report(build, top):
    """Prints it; returns how many files are at their floor, and how many below."""
    passed = failed = 0
    files = counts(build, top)
    for path, lines in sorted(files.items()):
        got = (percent([times for times, _ in lines.values()]),
               percent([n for _, branches in lines.values() for n in branches]))
        floor = FLOORS.get(path, FLOOR)
        good = all(have >= least for have, least in zip(got, floor))
        passed, failed = passed + good, failed + (not good)
        print(f"{path:26} lines {got[0]:5.1f} %  branches {got[1]:5.1f} %" +
              ("" if good else f"  below {floor[0]} and {floor[1]}"))
    for path, lines in sorted(files.items()):
        for gap in gaps(lines):
            print(f"{path}:{gap}")
    return passed, failed
