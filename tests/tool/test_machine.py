# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs for the machine's own sessions where there are none: arguments, rights, exit statuses. With sessions: tests/vm/test_verbs.py."""

import json
import re
from pathlib import Path

import pytest

USAGE = {
    "status": (["now"], ["--timeout", "3"]),
    "attach": (["--json"], ["--all"], ["iscsi://a/iqn.x:y", "--cmdline", "a=b"], ["--timeout", "0"], ["--bogus"]),
    "detach": ([], ["1", "--all"], ["--disks", "1"], ["--json", "1"], ["1", "2"], ["--timeout"]),
    "check": (["--disks"], ["--all"], ["--boot"]),
    "discover": (["--disks", "127.0.0.1"], ["--ibft", "/x", "127.0.0.1"]),
    "plan": (["--timeout", "3"], ["--jso"]),
}


@pytest.mark.parametrize("verb", USAGE)
def test_usage(program, verb):
    for arguments in USAGE[verb]:
        done = program(verb, *arguments)
        assert done.returncode == 2 and done.stderr.startswith("iscsiroot: ") and done.stdout == "", done


@pytest.mark.parametrize("verb", USAGE)
def test_help(program, verb):
    """On the standard output; each option is in the manual."""
    done = program(verb, "--help")
    assert done.returncode == 0 and done.stdout.startswith(f"usage: iscsiroot {verb} ") and done.stderr == "", done
    manual = (Path(__file__).parents[2] / "man" / "iscsiroot.8").read_text().replace("\\-", "-")
    for option in re.findall(r"--([a-z-]+)", done.stdout):
        assert re.search(rf"Fl -{option}\b", manual), option


def test_no_session(program):
    done = program("status")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "iscsiroot: this machine has no iSCSI session\n")
    done = program("status", "--json")
    assert done.returncode == 1 and json.loads(done.stdout) == [] and done.stderr == ""


@pytest.mark.parametrize("arguments", (["attach", "iscsi://127.0.0.1/iqn.x:y"], ["detach", "--all"]))
def test_root_only(program, arguments):
    done = program(*arguments)
    assert (done.returncode, done.stdout) == (10, "")
    assert done.stderr == "iscsiroot: only root may do this. Run it as root. [E18]\n"
