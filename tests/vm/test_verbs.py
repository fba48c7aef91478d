# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs on a running machine, status, attach and detach, on a Debian root."""

import json
import time

from lab.story import NAME, TARGET

ALONE = "systemd.mask=iscsid.socket systemd.mask=iscsid.service systemd.mask=open-iscsi.service"
PROGRAM = "/run/iscsiroot-test"  # a copy that root's outage does not reach
LOST = r"iscsiroot: [^\n]*: the connection to {} broke"
BACK = r"iscsiroot: [^\n]*: {} is back after ([0-9.]+) s"


def booted(lab, words=ALONE, **options):
    """A Debian machine with the program on it."""
    lab.target(NAME, lab.debian(with_program=True))
    vm = lab.boot_debian(f"{TARGET} {words}", **options)
    vm.shell.run(f"cp /usr/local/sbin/iscsiroot {PROGRAM}; {PROGRAM} status")
    return vm


def status(vm, options=""):
    """What status prints, and its exit status."""
    return vm.shell.attempt(f"{PROGRAM} status {options}")


def sessions(vm):
    """What status --json says, by target; and its exit status."""
    said, code = status(vm, "--json")
    return {one["target"]: one for one in json.loads(said)}, code


def test_status_through_an_outage(lab):
    """Up, lost, and up again; text and JSON, for everybody; nothing of it needs the disk that is away."""
    vm = booted(lab)
    keeper = vm.shell.run("pgrep -f '^@iscsiroot keeper'").strip()
    said, code = vm.shell.attempt(f"setpriv --reuid 65534 --clear-groups {PROGRAM} status")
    assert code == 0
    lines = said.split("\n")
    assert lines[0] == f"session 1: {NAME} at 10.99.0.1:3260, portal group 1"
    assert lines[1].startswith("  up for ")
    assert lines[2:] == [f"  looked after by the keeper, process {keeper}",
                         "  LUN 1: sda 640 MiB \"IET VIRTUAL-DISK\", running", ""]
    one = sessions(vm)[0][NAME]
    assert {**one, "since_seconds": 0, "disks": 0} == {
        "sid": 1, "host": 0, "target": NAME, "portal": "10.99.0.1:3260", "persistent_portal": "10.99.0.1:3260", "tpgt": 1,
        "state": "up", "kernel_state": "LOGGED_IN", "replacement_timeout": 2000000, "in_charge": "keeper", "keeper": int(keeper),
        "since_seconds": 0, "times_lost": 0, "seconds_lost": 0, "last_loss": "", "not_back": "", "disks": 0}
    assert one["disks"] == [{"name": "sda", "lun": "1", "part": 0, "bytes": 640 << 20, "model": "IET VIRTUAL-DISK",
                             "state": "running"}]
    lab.tgt.kill()
    vm.expect(LOST.format(NAME))
    time.sleep(3)
    said, code = status(vm)
    assert code == 50
    lines = said.split("\n")
    assert lines[1].startswith("  lost for ") and lines[1].endswith(" s; its disks wait, 2000000 s at most")
    assert lines[2] == "  not back: connection refused [E28]"
    assert lines[3].startswith("  lost 1 time, ") and lines[3].endswith(" in all; the last time: error 1020 TCP_CONN_CLOSE")
    assert lines[5].endswith(", blocked")
    one = sessions(vm)[0][NAME]
    assert one["state"] == "lost" and one["kernel_state"] == "FAILED" and one["not_back"] == "E28"
    assert 2 < one["since_seconds"] == one["seconds_lost"] < 30
    lab.tgt.start()
    away = float(vm.expect(BACK.format(NAME)).group(1))
    found, code = sessions(vm)
    one = found[NAME]
    assert code == 0 and one["state"] == "up" and one["since_seconds"] < 20
    assert one["times_lost"] == 1 and abs(one["seconds_lost"] - away) < 0.2 and one["last_loss"] == "error 1020 TCP_CONN_CLOSE"


def test_status_beside_iscsid(lab):
    """Who is in charge: iscsid, with the keeper aside; iscsid alone for its own session; after all are killed, nobody."""
    vm = booted(lab, "")
    vm.expect("iscsid is there and looks after the sessions from now on", 60)
    said, _ = status(vm)
    assert "  looked after by iscsid; the keeper, process " in said and said.endswith("running\n")
    one = sessions(vm)[0][NAME]
    assert one["in_charge"] == "iscsid" and one["keeper"] and one["since_seconds"] is None
    vm.shell.run("pkill -9 -f '^@iscsiroot keeper'; sleep 0.5")
    assert "  looked after by iscsid\n" in status(vm)[0]
    vm.shell.run("systemctl stop iscsid.socket iscsid")
    said, code = status(vm)
    assert code == 0 and "  looked after by nobody: a connection that is lost stays lost\n" in said
    one = sessions(vm)[0][NAME]
    assert one["in_charge"] == "nobody" and one["keeper"] is None and one["times_lost"] is None
