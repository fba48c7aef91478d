# SPDX-License-Identifier: GPL-2.0-or-later
"""iscsiroot discover against tgt: forms of output, CHAP, many targets, failures."""

import json
import socket
import threading
import time

import pytest

PREFIX = "iqn.2026-11.org.example:"
MANY = 300


@pytest.fixture(scope="module")
def target(new_target):
    target = new_target()
    target.add(PREFIX + "a")
    target.add(PREFIX + "b")
    return target


def test_lines(program, target):
    done = program("discover", target.v4)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{target.v4},1 {PREFIX}a\n{target.v4},1 {PREFIX}b\n"
    assert target.sessions() == 0


def test_ipv6_in_brackets(program, target):
    assert program("discover", target.v6).stdout == f"{target.v6},1 {PREFIX}a\n{target.v6},1 {PREFIX}b\n"


def test_name_of_a_portal(program, target):
    assert program("discover", f"localhost:{target.port}").stdout.endswith(f" {PREFIX}b\n")


def test_json(program, target):
    assert json.loads(program("discover", "--json", target.v4).stdout) == [
        {"name": PREFIX + name, "portal": target.v4, "tpgt": 1} for name in "ab"]


def test_many_targets(program, new_target):
    target = new_target()
    names = [f"{PREFIX}a-name-that-is-long-enough-for-many-responses.{number}" for number in range(MANY)]
    for name in names:
        target.add(name)
    done = program("discover", target.v4)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == names


def test_chap(program, new_target, room):
    target = new_target()
    target.add(PREFIX + "hidden")
    target.demand_discovery_chap("finder", "secret-of-finder")
    done = program("discover", target.v4)
    assert (done.returncode, done.stdout) == (30, "")
    assert "[E3E]" in done.stderr
    done = program("discover", target.v4, "--username", "finder", "--secret-file", "-", stdin="secret-of-finder\n")
    assert (done.returncode, done.stdout) == (0, f"{target.v4},1 {PREFIX}hidden\n"), done.stderr
    done = program("discover", target.v4, "--username=finder", "--secret-file=-", stdin="secret-of-nobody\n")
    assert done.returncode == 30 and "[E31]" in done.stderr and "nobody" not in done.stderr
    secret = room / "secret"
    secret.write_text("secret-of-finder")
    assert program("discover", target.v4, "--username", "finder", "--secret-file", str(secret)).returncode == 0


def test_refused(program):
    done = program("discover", "127.0.0.1:1")
    assert done.returncode == 20
    assert done.stderr.startswith("iscsiroot: cannot ask 127.0.0.1:1 for its targets: connection refused.")


def test_nothing_found_is_no_list(program):
    done = program("discover", "--json", "127.0.0.1:1")
    assert (done.returncode, done.stdout) == (20, "")


@pytest.mark.parametrize("portal", ("joe%secret-of-joe@127.0.0.1:1", "joe:secret-of-joe@127.0.0.1:1"))
def test_a_password_in_the_portal_is_not_shown(program, portal):
    done = program("discover", portal)
    assert "--username" in done.stderr and "[E19]" in done.stderr and "secret-of" not in done.stdout + done.stderr


@pytest.fixture
def silent():
    """A portal that takes connections and gives a byte of garbage now and then."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        connection, _ = server.accept()
        with connection:
            while not over.wait(0.1):
                try:
                    connection.send(b"\x23")
                except OSError:
                    break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield "127.0.0.1:%d" % server.getsockname()[1]
    over.set()
    server.close()


def test_one_deadline_for_all(program, silent):
    begin = time.monotonic()
    done = program("discover", silent, "--timeout", "2")
    assert done.returncode == 30 and "[E30]" in done.stderr
    assert 1.9 < time.monotonic() - begin < 6


@pytest.mark.parametrize("arguments", [
    (), ("127.0.0.1", "127.0.0.1"), ("127.0.0.1:0",), ("[::1",), ("127.0.0.1", "--secret", "x"), ("127.0.0.1", "--username"),
    ("127.0.0.1", "--timeout", "0"), ("127.0.0.1", "--username", "half"), ("127.0.0.1", "--secret-file", "/nonexistent"),
    ("127.0.0.1", "--cmdline", "a=b"),
])
def test_usage(program, arguments):
    done = program("discover", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("iscsiroot: ") and done.stdout == ""
