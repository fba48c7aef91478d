# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixture `lab`, and what happens around it: a failed test's consoles in the report, its files kept, no leftovers.

Run as root: /usr/bin/python3 -m pytest -n 2 tests/vm
"""

import itertools
import os
import signal

import pytest

from lab import image, net, place
from lab.story import Lab

RUN = "ISCSIROOT_VM_RUN"
NUMBERS = itertools.count(1)


def pytest_configure(config):
    """The first process names the run for all workers and clears up after runs that were killed. Signals end a test in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = str(os.getpid())
        net.sweep()


def pytest_unconfigure(config):
    """However the run ended, nothing of it stays."""
    if not hasattr(config, "workerinput"):
        net.sweep(os.getpid())


def pytest_generate_tests(metafunc):
    """A test that asks for `kernel` runs with every kernel."""
    if "kernel" in metafunc.fixturenames:
        metafunc.parametrize("kernel", image.KERNELS)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Add the lab's consoles to the report of a failed test."""
    report = (yield).get_result()
    if report.when != "teardown" and report.failed and "lab" in item.funcargs:
        item.failed = True
        report.sections += item.funcargs["lab"].report()
        report.sections.append(("consoles, logs and capture", os.path.join(place.FAILED, file_name(item))))


@pytest.fixture
def lab(request):
    """The laboratory of one test; everything in it is gone afterwards."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    one = Lab(os.environ[RUN], f"{worker}-{next(NUMBERS)}")
    yield one
    one.close()
    if getattr(request.node, "failed", False):
        one.drop_disks()
        place.keep(one.directory, file_name(request.node))
    else:
        one.drop()


def file_name(item):
    return "".join(letter if letter.isalnum() else "-" for letter in item.name)
