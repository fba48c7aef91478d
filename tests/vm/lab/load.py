# SPDX-License-Identifier: GPL-2.0-or-later
"""Verified I/O on a Debian guest while a test does something to it: fio writes, reads again what it wrote, and times every I/O.

fio runs as a systemd service, so that nothing waits for it. What it measured it keeps in memory until it is finished. It has
two ways: CLOSE reads each block soon after it was written, one at a time; FAR has eight under way, writes all blocks and then
reads all, so that it finds what an old command, carried out late, has written over a newer one.
"""

import json
from dataclasses import dataclass

FIO = ("fio --name=load --direct=1 --bs=4k --rw=randwrite --thinktime=5ms --verify=crc32c --verify_fatal=1 "
       "--output-format=json")
CLOSE = "--ioengine=psync --size=8m --time_based --runtime=7200 --verify_backlog=32"
FAR = "--ioengine=libaio --iodepth=8 --size=4m --loops=100000"


@dataclass(frozen=True)
class Result:
    """What fio saw: its error number, how many I/Os there were, and the seconds that the slowest one took."""

    error: int
    n_ios: int
    slowest: float


class Load:
    """fio on a file, or on a disk that the test owns, from now until finish(). One of each way at a time."""

    def __init__(self, vm, path="/root/load", way=CLOSE):
        self.shell = vm.shell
        self.unit = "vmtest-close" if way == CLOSE else "vmtest-far"
        self.report = f"/run/{self.unit}.json"
        fio = f"{FIO} {way} --output={self.report} --filename={path}"
        self.shell.run(f"rm -f {self.report}; systemd-run --quiet --collect --unit={self.unit} {fio}")
        self.shell.run(f"until systemctl -q is-active {self.unit} && [ -b {path} -o -s {path} ]; do sleep 0.1; done")

    def is_running(self):
        return self.shell.attempt(f"systemctl -q is-active {self.unit}")[1] == 0

    def finish(self, timeout=60):
        """End fio in order; it must have come to no harm."""
        self.shell.attempt(f"systemctl kill --kill-who=main --signal=INT {self.unit}", timeout)
        text = self.shell.run(f"while systemctl -q is-active {self.unit}; do sleep 0.1; done; cat {self.report}", timeout)
        job = json.loads(text[text.index("{"):])["jobs"][0]
        ways = [job[way] for way in ("read", "write", "sync")]
        result = Result(job["error"], sum(way["total_ios"] for way in ways),
                        max(way["lat_ns"]["max"] for way in ways) / 1e9)
        assert result.error == 0 and result.n_ios > 0, text
        return result
