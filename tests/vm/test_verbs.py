# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs on a running machine, status, attach and detach, on a Debian root."""

import json
import time

from lab.fake import Fake
from lab.net import wait_for
from lab.story import NAME, OTHER, TARGET

ALONE = "systemd.mask=iscsid.socket systemd.mask=iscsid.service systemd.mask=open-iscsi.service"
URL = f"iscsi://10.99.0.1/{OTHER}/1"
PROGRAM = "/run/iscsiroot-test"  # a copy that root's outage does not reach
READ = "dd if=/dev/sda of=/dev/null bs=4k count=1 iflag=direct"
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


def test_beside_iscsid(lab):
    """Who is in charge, and may be asked: iscsid, with the keeper aside; iscsid alone; after all are killed, nobody."""
    vm = booted(lab, "")
    vm.expect("iscsid is there and looks after the sessions from now on", 60)
    vm.shell.run(READ)
    said, _ = status(vm)
    assert "  looked after by iscsid; the keeper, process " in said and said.endswith("running\n")
    one = sessions(vm)[0][NAME]
    assert one["in_charge"] == "iscsid" and one["keeper"] and one["since_seconds"] is None
    lab.target(OTHER, lab.disk())
    vm.shell.run("iscsiadm -m discovery -t st -p 10.99.0.1; "
                 f"iscsiadm -m node -T {OTHER} -p 10.99.0.1 --login; udevadm settle")
    said, code = attach(vm, URL)
    assert code == 50 and "this machine has that session already" in said
    said, code = detach(vm, OTHER)
    assert code == 50 and "no keeper of ours looks after the session (iscsid does). Ask iscsid: iscsiadm -m session -r" in said
    vm.shell.run("pkill -9 -f '^@iscsiroot keeper'; sleep 0.5")
    assert "  looked after by iscsid\n" in status(vm)[0]
    vm.shell.run("systemctl stop iscsid.socket iscsid")
    assert "no keeper of ours looks after the session (nobody does)" in detach(vm, OTHER)[0]
    said, code = status(vm)
    assert code == 0 and "  looked after by nobody: a connection that is lost stays lost\n" in said
    one = sessions(vm)[0][NAME]
    assert one["in_charge"] == "nobody" and one["keeper"] is None and one["times_lost"] is None


def attach(vm, *words):
    """What attach prints on either stream, and its exit status."""
    return vm.shell.attempt(f"{PROGRAM} attach {' '.join(words)}", 90)


def keepers(vm):
    return vm.shell.run("pgrep -f '^@iscsiroot keeper' || true").split()


def restart_target(vm, lab):
    lab.tgt.kill()
    time.sleep(1)
    lab.tgt.start()
    vm.shell.run(f"{READ}; until {PROGRAM} status >/dev/null; do sleep 0.2; done")


def test_attach(lab):
    """From a service, which prints the disk and ends; what it left stays, needs no disk, and brings its session back."""
    vm = booted(lab)
    lab.target(OTHER, lab.disk())
    first = keepers(vm)
    vm.shell.run("systemd-run --quiet --unit=attach --service-type=oneshot --property=RemainAfterExit=yes "
                 f"--property=StandardOutput=file:/run/printed --property=StandardError=journal {PROGRAM} attach {URL}")
    assert vm.shell.run("cat /run/printed") == "/dev/sdb\n"
    keeper = one_more(first, keepers(vm))
    vm.shell.run("systemctl stop attach; sleep 1")
    assert keeper in keepers(vm)
    assert vm.shell.run(f"cd /proc/{keeper}; cat cgroup oom_score_adj; readlink cwd exe; grep PPid status") == \
        "0::/\n-1000\n/\n/memfd:iscsiroot (deleted)\nPPid:\t1\n"
    assert "/" not in vm.shell.run(f"awk '$4 != \"00:00\" && $6 !~ \"^/(run/iscsiroot/|memfd:)\" {{ print $6 }}' /proc/{keeper}/maps")
    print(vm.shell.run(f"for p in {' '.join(first)} {keeper}; do grep -E '^(Rss|Pss|Private_Dirty|Swap|Locked)' /proc/$p/smaps_rollup; done"))
    found, code = sessions(vm)
    assert code == 0 and found[OTHER]["keeper"] == int(keeper) and [str(found[NAME]["keeper"])] == first
    restart_target(vm, lab)
    vm.shell.run(READ.replace("sda", "sdb"))
    assert sessions(vm)[0][OTHER]["times_lost"] == 1
    said, code = attach(vm, URL)
    assert code == 50 and f"this machine has that session already (session 2 to {OTHER} at 10.99.0.1:3260)" in said
    assert len(sessions(vm)[0]) == 2 and len(keepers(vm)) == 2


def detach(vm, *words):
    """What detach prints on either stream, and its exit status."""
    return vm.shell.attempt(f"{PROGRAM} detach {' '.join(words)}", 90)


def logouts(lab):
    """How many Logout Requests that close the session (RFC 7143 section 11.14) the target was sent."""
    said = lab.net.run("tcpdump", "-r", f"{lab.directory}/br0.pcap", "-n", "-q", "-t",
                       "tcp dst port 3260 and tcp[(tcp[12] & 0xf0) >> 2 : 2] = 0x4680")
    return len(said.splitlines())


def one_more(before, after):
    (more,) = set(after) - set(before)
    return more


def check_nothing_left(vm):
    assert list(sessions(vm)[0]) == [NAME]
    wait_for(lambda: len(keepers(vm)) == 1, "the keeper's end")
    assert vm.shell.run("ls /sys/block | grep sd") == "sda\n"


def test_attach_by_command_line(lab):
    """root= names the device that is printed; without it, or when it is not asked for, the disks are."""
    vm = booted(lab)
    lab.target(OTHER, lab.disk(table="gpt"), lab.disk())
    target = f"iscsi_target=iscsi://10.99.0.1/{OTHER}"
    for root, code, text in (("UUID=5a5a5a5a-0000-4000-8000-0000000000ff", 70, "root= names nothing on the disks"),
                             ("/dev/mapper/vg-root", 10, "device mapper and LVM are not known here")):
        said, status_code = attach(vm, f"--timeout 12 --cmdline '{target} root={root}'")
        assert status_code == code and text in said
        check_nothing_left(vm)
    wait_for(lambda: logouts(lab) == 1, "the logout of what was in vain")
    vm.shell.run(f"echo '{target} root=LABEL=root2 quiet' >/run/cmdline")
    said, code = attach(vm, "--cmdline /run/cmdline 2>/dev/null")
    (partition,) = (disk["name"] for disk in sessions(vm)[0][OTHER]["disks"] if disk["part"] == 1)
    assert (said, code) == (f"/dev/{partition}\n", 0)
    assert detach(vm, OTHER)[1] == 0
    check_nothing_left(vm)
    said, code = attach(vm, "--disks", f"--cmdline '{target} root=/dev/mapper/vg-root'", "2>/dev/null")
    assert code == 0 and sorted(said.split()) == ["/dev/sdb", "/dev/sdc"]


def test_attach_leaves_nothing(lab):
    """Whatever goes wrong: a wrong secret, a LUN that is not there or does not answer, nobody at the portal, an interruption."""
    vm = booted(lab)
    lab.target(OTHER, lab.disk(), chap=("pi4", "correct-horse-battery"))
    chap = "--username pi4 --secret-file /run/secret"
    vm.shell.run("echo wrong-horse-battery >/run/secret")
    cases = ((f"{URL} {chap}", 30, r"[E31]"), (URL, 30, "[E3E]"), ("iscsi://10.99.0.9/iqn.x:y", 20, "[E27]"))
    for words, code, text in cases:
        said, status_code = attach(vm, "--timeout 8", words)
        assert status_code == code and text in said, said
        check_nothing_left(vm)
    vm.shell.run("echo correct-horse-battery >/run/secret")
    said, code = attach(vm, f"--timeout 12 {chap} {URL[:-1]}7")
    assert code == 60 and "the target does not show the LUN asked for" in said
    check_nothing_left(vm)
    Fake(lab.net, OTHER, [lab.disk()], portal="10.99.0.1:3261").spoil("capacity16: withhold")
    said, code = attach(vm, "--timeout 8", URL.replace("10.99.0.1", "10.99.0.1:3261"))
    assert code == 60 and "the LUN is there and does not answer the kernel's first questions (1 of 1)" in said
    assert "waiting for the disks to be read" in said
    check_nothing_left(vm)
    said, code = vm.shell.attempt(f"timeout -s INT 3 {PROGRAM} attach {chap} {URL[:-1]}7")
    assert "it was interrupted before it was done" in said
    check_nothing_left(vm)
    words = f"iscsi_target={URL} iscsi_username=pi4 iscsi_password=correct-horse-battery"
    before = keepers(vm)
    vm.shell.run("rm -r /run/iscsiroot")
    assert attach(vm, f"--cmdline '{words}' 2>/dev/null") == ("/dev/sdb\n", 0)
    keeper = one_more(before, keepers(vm))
    assert vm.shell.run(f"cat /proc/{keeper}/cmdline /proc/{keeper}/environ | tr -d '\\0'") == "@iscsiroot keeper"
    assert sessions(vm)[0][OTHER]["keeper"] == int(keeper)
    assert vm.shell.attempt("grep correct /run/iscsiroot/keeper.*[0-9]") == ("", 1)


USERS = {
    "mount /dev/sdb /mnt": ("umount /mnt", "sdb is mounted at /mnt"),
    "mkswap -q /dev/sdc && swapon /dev/sdc": ("swapoff /dev/sdc", "sdc is used as swap"),
    "sleep 1000 </dev/sdc &": ("pkill -x sleep", "sdc is open in process"),
    "unshare -m sh -c 'mount /dev/sdb /mnt && : >/run/mounted && exec sleep 1000' & until [ -e /run/mounted ]; do sleep 0.1; done":
        ("pkill -x sleep; sleep 1", "sdb is used by the kernel, perhaps mounted where we do not see it"),
}


def test_detach(lab):
    """What is in use stays, and the user of it is named; the rest is logged out, and its keeper ends."""
    vm = booted(lab)
    lab.target(OTHER, lab.disk(), lab.disk())
    said, code = attach(vm, f"iscsi://10.99.0.1/{OTHER} 2>/dev/null")
    assert code == 0 and sorted(said.split()) == ["/dev/sdb", "/dev/sdc"]
    one = said.split()[0]
    assert [disk["name"] for disk in sessions(vm)[0][OTHER]["disks"] if disk["lun"] == "1"] == [one[5:]], "in the order of LUNs"
    for who in (NAME, "1"):
        said, code = detach(vm, who)
        assert code == 60 and f"cannot detach session 1 to {NAME}: the disk is in use (sda is mounted at /)" in said
    for use, (end, text) in USERS.items():
        vm.shell.run(use)
        vm.shell.run("udevadm settle")
        said, code = detach(vm, "2")
        assert code == 60 and text in said, said
        vm.shell.run(end)
        vm.shell.run("udevadm settle")
    assert vm.shell.attempt(f"setpriv --reuid 65534 --clear-groups {PROGRAM} detach 2")[1] == 10
    assert sessions(vm)[1] == 0 and logouts(lab) == 0
    vm.shell.run(f"printf hello | dd of={one} bs=5 seek=200000 count=1 conv=notrunc status=none; udevadm settle")
    assert detach(vm, OTHER) == (f"session 2 to {OTHER}: ended\n", 0)
    vm.expect(f"10.99.0.1:3260: {OTHER}: logged out, as asked")
    check_nothing_left(vm)
    wait_for(lambda: logouts(lab) == 1, "the logout")
    assert len(lab.tgt.initiators()) == 1
    assert vm.shell.run("ls /run/iscsiroot | grep keeper").split() == [f"keeper.{keepers(vm)[0]}", f"keeper.{keepers(vm)[0]}.sock"]
    assert "there is no such session" in detach(vm, OTHER)[0]
    with open(lab.tgt.exports[1].luns[0], "rb") as stream:
        stream.seek(1000000)
        assert stream.read(5) == b"hello"


def test_detach_without_the_target(lab):
    """A lost session that nothing uses goes without a word to its target; with --all all go but root's, which comes back."""
    vm = booted(lab)
    lab.target(OTHER, lab.disk())
    attach(vm, URL)
    vm.shell.run("udevadm settle")
    lab.tgt.kill()
    for _ in range(2):
        vm.expect(LOST.format("[^ ]*"))
    began = time.monotonic()
    said, code = detach(vm, "--all")
    assert code == 60 and f"session 2 to {OTHER}: ended\n" in said and "sda is mounted at /" in said
    print(f"ended without its target in {time.monotonic() - began:.1f} s")
    vm.expect(f"{OTHER}: ended, as asked")
    lab.tgt.start()
    vm.expect(BACK.format(NAME), 20)
    check_nothing_left(vm)


def test_attach_takes_the_secret_from_the_files_of_the_machine(lab):
    lab.target(OTHER, lab.disk(), chap=("pi4", "correct horse b"))
    vm = booted(lab)
    said, code = attach(vm, URL, "--timeout", "10")
    assert code == 30 and "[E3E]" in said
    vm.shell.run("mkdir /etc/iscsiroot; (umask 077; echo '* * pi4 \"correct horse b\"' >/etc/iscsiroot/secrets)")
    said, code = attach(vm, URL)
    assert code == 0 and ", CHAP as pi4 (/etc/iscsiroot/secrets)" in said and "/dev/sdb" in said
    vm.shell.run("chmod 644 /etc/iscsiroot/secrets")
    said, code = attach(vm, URL)
    assert code == 10 and "/etc/iscsiroot/secrets can be read by every user" in said
