# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages against the code: every failure, every word of the command line; and mandoc's own lint."""

import re

import pytest

import tree

PROGRAM = "man/iscsiroot.8"
WORDS = "man/iscsiroot.cmdline.7"

# The tables of words in src/plan and the names of their sections in the manual, "Words of NAME".
DIALECTS = {"debian": "Debian and Ubuntu", "dracut": "dracut",
            "genkernel": "genkernel", "live": "live-boot", "alt": "ALT", "libreelec": "LibreELEC", "suse": "SUSE",
            "initiatorname": "initiatorname.iscsi"}

# Prints the table of src/base/fail.c but for "no failure", which nobody sees.
PRINT_TABLE = r"""
#include <stdio.h>
#include "base/fail.h"
int main(void)
{
	static const char *const retry[] = {
		[RETRY_NEVER] = "Final.", [RETRY_SLOW] = "Tried again slowly.", [RETRY_SOON] = "Tried again soon."};
	for (enum fail_code code = FAIL_NONE + 1; code < FAIL_CODE_COUNT; code++) {
		const struct fail_entry *entry = fail_lookup(code);
		printf("%s\t%s\t%s\t%s\n", entry->id, entry->cause, retry[entry->retry], entry->remedy);
	}
}
"""

# What mandoc says about the machine it runs on, not about the page.
MACHINE = re.compile(r"referenced manual not found|outdated mandoc\.db")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The rows of the table of failures: (number, cause, how it is retried, remedy)."""
    directory = tmp_path_factory.mktemp("table")
    source, program = directory / "table.c", directory / "table"
    source.write_text(PRINT_TABLE)
    status, said = tree.run("gcc", *tree.CFLAGS, str(source), *tree.c_files("src/base", ".c"), "-o", str(program))
    assert status == 0, said
    return [tuple(line.split("\t")) for line in tree.run(str(program))[1].splitlines()]


def documented_failures():
    """(number, cause, last sentence) of each item in DIAGNOSTICS."""
    for item in re.split(r"^\.It ", tree.read(PROGRAM).split(".Sh DIAGNOSTICS")[1].split("\n.Sh ")[0], flags=re.MULTILINE)[1:]:
        head, _, body = item.partition("\n")
        number, cause = re.fullmatch(r"\[(\w+)\] (.+)", head).groups()
        text = [line for line in body.splitlines() if not line.startswith((".El", ".Ss", ".Bl"))]
        yield number, cause, text[-1]


def test_failures_are_whole(table):
    assert all("(null)" not in row and row[1] and row[3].endswith(".") for row in table), table


def test_failure_numbers_are_unique(table):
    numbers = [row[0] for row in table]
    assert len(numbers) == len(set(numbers)), numbers


def test_failures_are_documented(table):
    documented, known = list(documented_failures()), {row[:3] for row in table}
    assert set(documented) == known, f"not in both: {sorted(set(documented) ^ known)}"
    assert documented == sorted(documented)


def tables_of_words():
    """{dialect: its words} by the tables of src/plan."""
    tables = {}
    for path in tree.c_files("src/plan", ".c"):
        for dialect, rows in re.findall(r"struct word (\w+)_words\[\] = \{\n(.*?)\n\};", tree.read(path), re.DOTALL):
            tables[dialect] = re.findall(r'^\t\{"([\w.]+)",', rows, re.MULTILINE)
            assert len(tables[dialect]) == len(re.findall(r"^\t\{", rows, re.MULTILINE)), path
    return tables


def test_words_are_documented():
    """Native words in WORDS, others below the name of their dialect."""
    documented = {"native": [], **{dialect: [] for dialect in DIALECTS}}
    for section in re.split(r"^\.S[hs] ", tree.read(WORDS), flags=re.MULTILINE):
        title, _, body = section.partition("\n")
        dialect = {f"Words of {name}": key for key, name in DIALECTS.items()}.get(title, "native")
        documented[dialect] += re.findall(r"^\.It Ic ([\w.]+)", body, re.MULTILINE)
    tables = tables_of_words()
    wrong = [f"{dialect}: not in both: {sorted(set(tables.get(dialect, ())) ^ set(words))}"
             for dialect, words in documented.items() if sorted(tables.get(dialect, ())) != sorted(words)]
    assert not wrong, "\n".join(wrong)
    assert set(tables) == set(documented)


@pytest.mark.parametrize("path", [path for path in tree.files() if re.search(r"\.[1-8]$", path)])
def test_mandoc(path):
    _, said = tree.run("mandoc", "-T", "lint", "-W", "style", path)
    wrong = [line for line in said.splitlines() if not MACHINE.search(line)]
    assert not wrong, "\n".join(wrong)
