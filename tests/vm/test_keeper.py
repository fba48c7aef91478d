# SPDX-License-Identifier: GPL-2.0-or-later
"""The resident keeper: a root that survives its target. Every test reads from the disk itself before and after."""

import time

from lab.story import NAME, OTHER, TARGET

READ = "busybox dd if=/dev/sda of=/dev/null bs=64k count=16 iflag=direct 2>&1 | busybox tail -n 1"
LOST = r"iscsiroot: 10\.99\.0\.1:3260: the connection to [^\n]* broke \(([^\n]*)\), its disks wait until it is back"
BACK = r"iscsiroot: 10\.99\.0\.1:3260: [^\n]* is back after ([0-9.]+) s, its disks go on"


def booted(lab, words="", **options):
    """A machine whose root has been reached, with a shell on it that shows the kernel's log."""
    lab.target(NAME, lab.disk(), **options)
    vm = lab.boot(f"{TARGET} vmtest=shell rw {words}")
    vm.expect_root()
    return vm


def read_disk(vm, timeout=30):
    vm.send_line(READ)
    vm.expect(r"16\+0 records out", timeout)


def test_it_is_hard_to_kill_and_small(lab):
    """What systemd, the OOM killer and an orderly shutdown look at; nothing of the real root is in its hands."""
    vm = booted(lab)
    vm.send_line("p=$(busybox pidof iscsiroot); cd /proc/$p; echo adj=$(busybox cat oom_score_adj) "
                 "title=$(busybox tr '\\0' ' ' <cmdline)")
    vm.expect(r"adj=-1000 title=@iscsiroot keeper")
    vm.send_line("busybox ls -l fd | busybox sed 's/.* //'; busybox kill $p; busybox kill -HUP $p; busybox kill -INT $p;"
                 " echo 'THE''RE'; busybox kill -0 $p && echo 'STILL-THE''RE'")
    files = set(vm.expect(r"(?s)\n0\n(/dev/null\n.*?)THERE\n").group(1).split())
    assert {name for name in files if "socket" not in name} == {
        "/dev/null", "/dev/kmsg", "/proc", "/proc/swaps", "/run/iscsiroot", "/run/iscsiroot/down", "/sys/class/iscsi_session",
        "anon_inode:inotify", "anon_inode:[signalfd]"}
    vm.expect("STILL-THERE")
    vm.send_line("busybox awk '{ print $4, $6 }' maps | busybox sort -u; for at in root cwd exe; do echo $at "
                 "$(busybox stat -L -c %d $at); done; echo / $(busybox stat -c %d /); echo run $(busybox stat -c %d /run); echo DEVICES-EN''D")
    devices = vm.expect(r"(?s)((?:[0-9a-f]+:[0-9a-f]+ [^\n]*\n)+)root (\d+)\ncwd (\d+)\nexe (\d+)\n/ (\d+)\nrun (\d+)\nDEVICES-END")
    assert devices[2] == devices[3] == devices[4] != devices[5], "its root, directory and program are the initramfs'"
    mapped = {line.split()[0] for line in devices[1].splitlines()}
    assert mapped <= {"00:00", f"00:{int(devices[2]):02x}", "00:01", f"00:{int(devices[6]):02x}"}, "no memory is a file of the real root"
    vm.send_line("busybox grep -E '^(Rss|Private_Dirty|Swap|Locked)' smaps_rollup")
    resident = int(vm.expect(r"Rss: *([0-9]+) kB").group(1))
    print(f"the keeper has {resident} kB resident")
    assert resident < 450
    assert vm.expect(r"Swap: *([0-9]+) kB").group(1) == "0"


def test_target_restarted(lab):
    """Killed and started again, three times in a row."""
    vm = booted(lab)
    for _ in range(3):
        read_disk(vm)
        lab.tgt.kill()
        vm.expect(LOST)
        time.sleep(2)
        lab.tgt.start()
        began = time.monotonic()
        vm.expect(BACK)
        assert time.monotonic() - began < 3
    read_disk(vm)
    vm.send_line("busybox cat /sys/class/iscsi_session/session*/state; echo; busybox ls -d /sys/block/sd*")
    vm.expect("LOGGED_IN\n[^#]*/sys/block/sda\n")
    vm.send_line("busybox poweroff -f")
    vm.wait_off()


def back_after(vm, timeout=60):
    """Seconds of this host until the session is back."""
    began = time.monotonic()
    vm.expect(BACK, timeout)
    return time.monotonic() - began


def test_cable_out(lab):
    """Nothing answers; the kernel's NOP-Out finds out, and once the cable is in again the disks go on within seconds."""
    vm = booted(lab)
    read_disk(vm)
    vm.set_link(False)
    assert "NOP_TIMEDOUT" in vm.expect(LOST, 30).group(1)
    vm.send_line(READ)
    vm.run_for(12)
    vm.set_link(True)
    assert back_after(vm) < 4
    vm.expect(r"16\+0 records out", 10)
    vm.send_line("busybox poweroff -f")
    vm.wait_off()


def test_target_frozen(lab):
    """The target's kernel takes connections and its program is silent: logins run into their deadline until it goes on."""
    vm = booted(lab)
    read_disk(vm)
    lab.tgt.freeze()
    vm.send_line(READ)
    vm.expect(LOST, 30)
    vm.expect(r"iscsiroot: cannot log in to [^\n]*\[E30\]", 30)
    vm.run_for(10)
    lab.tgt.thaw()
    assert back_after(vm) < 4
    vm.expect(r"16\+0 records out", 10)


def test_login_again_is_as_the_first(lab):
    """Mutual CHAP and digests, on the same session, with the algorithm that this target took the first time."""
    lab.target(NAME, lab.disk(), chap=("pi4", "correct-horse-battery"), chap_in=("store", "storestorestore"), digests=True)
    vm = lab.boot(f"{TARGET} iscsi_username=pi4 iscsi_password=correct-horse-battery iscsi_in_username=store "
                  "iscsi_in_password=storestorestore iscsi_digest=crc32c vmtest=shell rw")
    vm.expect_root()
    for _ in range(2):
        lab.tgt.kill()
        vm.expect(LOST)
        vm.run_for(1)
        lab.tgt.start()
        vm.expect("logged in to [^\n]*, mutual CHAP MD5")
        assert back_after(vm) < 3
        read_disk(vm)
    vm.send_line("cd /sys/class/iscsi_connection/connection*; busybox cat header_digest data_digest state; echo EN''D")
    vm.expect("\n1\n1\nup\nEND")


def test_two_sessions_are_lost_together(lab):
    lab.target(NAME, lab.disk())
    lab.target(OTHER, lab.disk())
    vm = lab.boot(f"{TARGET} iscsi_target=iscsi://10.99.0.1/{OTHER}/1 root=/dev/sda vmtest=shell rw")
    vm.expect_root()
    lab.tgt.kill()
    vm.expect(LOST)
    vm.expect(LOST)
    vm.run_for(3)
    lab.tgt.start()
    assert back_after(vm) < 3
    assert back_after(vm) < 2
    for disk in ("sda", "sdb"):
        vm.send_line(READ.replace("sda", disk))
        vm.expect(r"16\+0 records out", 10)


def test_every_line_is_told(lab):
    """More lines than the kernel takes of one open file in 5 s: who looks at the console sees each of them."""
    lab.target(NAME, lab.disk())
    lab.target(OTHER, lab.disk())
    vm = lab.boot(f"{TARGET} iscsi_target=iscsi://10.99.0.1/{OTHER}/1 root=/dev/sda vmtest=shell rw")
    vm.expect_root()
    times = []
    for _ in range(5):
        lab.net.reset()
        times += [float(vm.expect(rf"\[ *([0-9.]+)\] {line}", 20).group(1)) for line in (LOST, LOST, BACK, BACK)]
    assert times[-1] - times[0] < 10, "too slow for the kernel's limit: this has shown nothing"


def test_lost_while_booting(lab):
    """Between login and mount: the boot goes on where it stood, on the same session."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"{TARGET} rw")
    vm.expect("logged in to")
    lab.tgt.kill()
    vm.expect(LOST)
    vm.run_for(3)
    lab.tgt.start()
    vm.expect(BACK)
    root = vm.expect_root()
    assert root.is_writable and "session1 state LOGGED_IN" in root["session"]
    vm.wait_off()


def test_lost_while_mounting(lab):
    """
    The mount waits in a child, and the one process that can bring its session back does not wait with it. The driver of btrfs takes
    its time to measure the processor before it reads anything.
    """
    lab.target(NAME, lab.disk("btrfs"))
    vm = lab.boot(f"{TARGET} rw")
    vm.expect(r"sda: [^\n]*is root\n")
    lab.tgt.kill()
    vm.expect(LOST)
    vm.run_for(8)
    vm.expect_not("root mounted")
    lab.tgt.start()
    vm.expect(BACK)
    root = vm.expect_root()
    assert root.is_writable and "session1 state LOGGED_IN" in root["session"]
    vm.wait_off()
