# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the parts of the test suite and counts: called by tests/run, which has installed what is needed.

Each part builds what it needs and returns how many tests passed and failed. A part that cannot run at all counts as
one failure, so that nothing is green by not being run.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import coverage

TOP = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
KERNELS = ("6.1", "6.12")
DICTIONARIES = {"textkeys": "login", "sendtargets": "login", "url": "cmdline", "rootpath": "cmdline", "sources": "cmdline",
                "netroot": "cmdline"}
CACHE = Path(os.environ.get("ISCSIROOT_CACHE", TOP / "build" / "cache"))


def build(directory, *options, compiler=None):
    """Configures and compiles a build directory, which may be there with other options; returns its path."""
    path = TOP / directory
    environment = dict(os.environ, **({"CC": compiler} if compiler else {}))
    if not (path / "build.ninja").exists():
        subprocess.run(["/usr/bin/meson", "setup", *options, path], cwd=TOP, env=environment, check=True)
    elif options:
        subprocess.run(["/usr/bin/meson", "configure", *options, path], cwd=TOP, check=True)
    subprocess.run(["/usr/bin/meson", "compile", "-C", path], cwd=TOP, check=True)
    return path


def release_binary():
    """The static binary that images hold; its build directory also installs the hooks."""
    return build("build", "-Dinitramfs-tools=true", "-Ddracut=true", compiler="musl-gcc") / "iscsiroot"


def sanitized():
    """A native build under ASan and UBSan."""
    return build("build-asan", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dbuildtype=debug")


def run_cmocka(program):
    """One unit test program; its closing lines say how many tests passed and failed."""
    done = subprocess.run(program, capture_output=True, text=True, timeout=600, errors="replace")
    text = done.stdout + done.stderr
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", text))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", text))
    if (done.returncode != 0 and failed == 0) or passed + failed == 0:
        failed += 1
    if failed:
        print(text)
    return passed, failed


def run_all_cmocka(path):
    """All unit test programs of a build directory."""
    passed = failed = 0
    listing = subprocess.run(["/usr/bin/meson", "introspect", "--tests", path], capture_output=True, check=True)
    for test in json.loads(listing.stdout):
        good, bad = run_cmocka(test["cmd"])
        print(f"{path.name} {test['name']}: {good} passed, {bad} failed", flush=True)
        passed, failed = passed + good, failed + bad
    return passed, failed


def unit():
    """cmocka tests, native and under ASan and UBSan; the hashes against Python's."""
    counts = [run_all_cmocka(build("build-native")), run_all_cmocka(sanitized()), run_pytest("unit")]
    return tuple(sum(column) for column in zip(*counts))


def measured():
    """How much of the protocol and of the hashes the unit tests run: a file passes when it is not below its floor."""
    path = build("build-coverage", "-Db_coverage=true", "-Dbuildtype=debug")
    for data in path.rglob("*.gcda"):
        data.unlink()
    _, failed = run_all_cmocka(path)
    return (0, failed) if failed else coverage.report(path, TOP)


def fuzzers():
    """The libFuzzer programs by the names of their harnesses."""
    path = build("build-fuzz", "-Dfuzz=true", compiler="clang")
    return {source.stem: path / "tests" / "fuzz" / f"fuzz_{source.stem}" for source in (TOP / "tests" / "fuzz").glob("*.c")}


def fuzzer_command(program, harness, *arguments):
    """A run of a harness; what it finds is kept beside the program."""
    words = TOP / "tests" / "fuzz" / f"{DICTIONARIES.get(harness, harness)}.dict"
    dictionary = [f"-dict={words}"] if words.exists() else []
    return [program, *dictionary, "-rss_limit_mb=1024", "-timeout=10", f"-artifact_prefix={program}-found-", *arguments]


def run_fuzzer(program, harness):
    """A harness with each file of its corpus, then five seconds with inputs of its own; each counts as a test."""
    corpus = TOP / "tests" / "fuzz" / "corpus" / harness
    with tempfile.TemporaryDirectory() as fresh:
        known = subprocess.run(fuzzer_command(program, harness, "-runs=0", corpus), capture_output=True, text=True)
        new = subprocess.run(fuzzer_command(program, harness, "-seed=1", "-max_total_time=5", fresh, corpus),
                             capture_output=True, text=True, errors="replace")
    for done in (known, new):
        if done.returncode != 0:
            print(done.stdout + done.stderr)
    bad = (known.returncode != 0) + (new.returncode != 0)
    runs = re.findall(r"Done (\d+) runs", new.stderr)
    print(f"fuzz {harness}: {2 - bad} passed, {bad} failed, {sum(map(int, runs))} runs", flush=True)
    return 2 - bad, bad


def fuzz():
    """The libFuzzer harnesses, two at a time."""
    programs = fuzzers()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda harness: run_fuzzer(programs[harness], harness), sorted(programs)))
    return tuple(sum(column) for column in zip(*counts))


def run_pytest(directory, *options):
    """A pytest folder; counts from its JUnit report."""
    report = TOP / "build" / f"report-{directory}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    done = subprocess.run([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *options,
                           TOP / "tests" / directory], cwd=TOP)
    if not report.exists():
        return 0, 1
    suite = ElementTree.parse(report).getroot().find("testsuite")
    count = {key: int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"] + count["skipped"]  # a test that is not run proves nothing
    if done.returncode != 0 and failed == 0:
        failed = 1
    return count["tests"] - count["failures"] - count["errors"] - count["skipped"], failed


def stock_kernels():
    """Debian's kernels in the cache; when apt's lists are too old to fetch them, they are read anew."""
    for version in KERNELS:
        fetch = [TOP / "initramfs" / "kernel", version, CACHE]
        if subprocess.run(fetch).returncode != 0:
            subprocess.run(["apt-get", "-q", "update"], check=True)
            subprocess.run(fetch, check=True)


def image_build():
    """The image builder."""
    stock_kernels()
    return run_pytest("build")


def lint():
    """Form of sources and documents."""
    return run_pytest("lint")


def golden():
    """What `iscsiroot plan` says, against files."""
    sanitized()
    return run_pytest("golden", "-n", "2")


def tool():
    """The verbs for a running machine, with tgt on loopback."""
    sanitized()
    release_binary()
    return run_pytest("tool", "-n", "2")


def packages():
    """The Debian packages, in Debian roots."""
    return run_pytest("packages", "-n", "2")


def vm():
    """Boots in QEMU, two at a time."""
    release_binary()
    stock_kernels()
    return run_pytest("vm", "-n", "2")


PARTS = {"unit": unit, "coverage": measured, "fuzz": fuzz, "build": image_build, "lint": lint, "golden": golden, "tool": tool,
         "packages": packages, "vm": vm}


def run_part(name):
    """One part; what stops it is a failure, not the end of the others."""
    begin = time.monotonic()
    try:
        passed, failed = PARTS[name]()
    except (subprocess.SubprocessError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        passed, failed = 0, 1
    print(f"{name}: {passed} passed, {failed} failed in {time.monotonic() - begin:.0f} s", flush=True)
    return passed, failed


def main(names):
    if names == ["bench"]:
        release_binary()
        return subprocess.run([TOP / "tests" / "bench" / "run"]).returncode
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"tests/run: there is no part {unknown[0]}; parts: {' '.join(PARTS)} bench", file=sys.stderr)
        return 2
    counts = [run_part(name) for name in names or PARTS]
    passed, failed = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
