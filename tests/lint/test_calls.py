# SPDX-License-Identifier: GPL-2.0-or-later
"""What the rooms call, by the symbols of their objects: pure rooms and boot/ only what is listed here, none what is banned.

The same compiler run is gcc's static analysis (-fanalyzer). Pure rooms hold no data that changes.
"""

import os

import pytest

import tree

COMPILE = ["gcc", *tree.CFLAGS, "-O1", "-fno-builtin", "-fno-pie", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fanalyzer"]

# Of libc, what works on memory alone.
PURE = {"memchr", "memcmp", "memcpy", "memmove", "memset", "snprintf", "strchr", "strcmp", "strlen", "strncmp", "strrchr",
        "vsnprintf"}
ALLOWED = {
    **{room: PURE for room in tree.PURE_ROOMS},
    "base": PURE | {"strerror"},
    "boot": PURE | {"strcasecmp", "strcspn", "strerror", "strncasecmp", "strtok_r", "strtoul", "strtoull",
                    "getenv"},  # getenv: what udhcpc tells its script
    "tool": PURE | {"fprintf", "printf", "puts", "stderr", "strcspn", "strncasecmp"},
    "main": PURE | {"fprintf", "puts", "stderr", "stdout"},
}
BANNED = {"malloc", "calloc", "realloc", "free", "strdup", "asprintf", "vasprintf", "getline",  # heap
          "strcpy", "strcat", "stpcpy", "sprintf", "vsprintf", "gets", "scanf", "sscanf",  # no bounds
          "atoi", "atol", "atoll",  # no failure
          "system", "popen",  # a shell
          "sleep", "usleep", "nanosleep", "clock_nanosleep"}  # waits are the loop's
CHANGING = "bBcCdDsS"

# Warnings of -fanalyzer that are wrong: (file, option) and why.
ANALYZER_ERRS = {}


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """{source: (object, what the compiler said)}"""
    directory = tmp_path_factory.mktemp("objects")

    def compile_one(path):
        output = os.path.join(directory, path.replace("/", "-") + ".o")
        status, said = tree.run(*COMPILE, "-c", path, "-o", output)
        assert status == 0, said
        return output, said

    paths = tree.sources()
    return dict(zip(paths, tree.for_each(compile_one, paths)))


@pytest.fixture(scope="module")
def symbols(objects):
    """{source: [(type letter of nm, name)]}"""
    def read(path):
        status, listing = tree.run("nm", "--format=posix", objects[path][0])
        assert status == 0, listing
        return [(line.split()[1], line.split()[0]) for line in listing.splitlines()]

    return {path: read(path) for path in objects}


@pytest.fixture(scope="module")
def foreign(symbols):
    """{source: names it takes from outside of the project}"""
    own = {name for listed in symbols.values() for kind, name in listed if kind != "U"}
    return {path: {name for kind, name in listed if kind == "U"} - own for path, listed in symbols.items()}


def test_each_room_calls_only_what_it_may(foreign):
    wrong = [f"{path} ({tree.room(path)}) calls {name}"
             for path, names in foreign.items() if tree.room(path) in ALLOWED
             for name in sorted(names - ALLOWED[tree.room(path)])]
    assert not wrong, "\n".join(wrong)


def test_nobody_calls_what_is_banned(foreign):
    wrong = [f"{path} calls {name}" for path, names in foreign.items() for name in sorted(names & BANNED)]
    assert not wrong, "\n".join(wrong)


def test_pure_rooms_hold_no_changing_data(symbols):
    wrong = [f"{path} has the variable {name}"
             for path, listed in symbols.items() if tree.room(path) in tree.PURE_ROOMS
             for kind, name in listed if kind in CHANGING]
    assert not wrong, "\n".join(wrong)


def test_gcc_analyzer(objects):
    warnings = {(path, line.rpartition("[")[2].rstrip("]")): line
                for path, (_, said) in objects.items() for line in said.splitlines() if " warning: " in line}
    wrong = [line for key, line in warnings.items() if key not in ANALYZER_ERRS]
    assert not wrong, "\n".join(wrong)
    assert not set(ANALYZER_ERRS) - set(warnings), "exceptions that nothing needs any more"
