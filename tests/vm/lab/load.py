# SPDX-License-Identifier: GPL-2.0-or-later
"""Verified I/O on a Debian guest while a test does something to it: fio writes, reads again what it wrote, and times every I/O.

fio runs as a systemd service, so that nothing waits for it. What it measured it keeps in memory until it is finished.
"""

import json
from dataclasses import dataclass

UNIT = "vmtest-load"
REPORT = "/run/vmtest-load.json"
FIO = ("fio --name=load --ioengine=psync --direct=1 --bs=4k --rw=randwrite --size=8m --time_based --runtime=7200 "
       "--thinktime=5ms --verify=crc32c --verify_backlog=32 --verify_fatal=1 --output-format=json "
       f"--output={REPORT}")


@dataclass(frozen=True)
class Result:
    """What fio saw: its error number, how many I/Os there were, and the seconds that the slowest one took."""

    error: int
    n_ios: int
    slowest: float


class Load:
    """fio on a file, or on a disk that the test owns, from now until finish()."""

    def __init__(self, vm, path="/root/load"):
        self.shell = vm.shell
        self.shell.run(f"rm -f {REPORT}; systemd-run --quiet --collect --unit={UNIT} {FIO} --filename={path}")
        self.shell.run(f"until systemctl -q is-active {UNIT} && test -s {path}; do sleep 0.1; done")

    def is_running(self):
        return self.shell.attempt(f"systemctl -q is-active {UNIT}")[1] == 0

    def finish(self, timeout=60):
        """End fio in order; it must have come to no harm."""
        self.shell.attempt(f"systemctl kill --kill-who=main --signal=INT {UNIT}", timeout)
        text = self.shell.run(f"while systemctl -q is-active {UNIT}; do sleep 0.1; done; cat {REPORT}", timeout)
        job = json.loads(text[text.index("{"):])["jobs"][0]
        ways = [job[way] for way in ("read", "write", "sync")]
        result = Result(job["error"], sum(way["total_ios"] for way in ways),
                        max(way["lat_ns"]["max"] for way in ways) / 1e9)
        assert result.error == 0 and result.n_ios > 0, text
        return result
