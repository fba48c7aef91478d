# SPDX-License-Identifier: GPL-2.0-or-later
"""Beside open-iscsi on a Debian root, as installed: what iscsiadm shows and does, iscsid's take-over, and who is in charge after it.

Debian's udev rule starts iscsid for any iSCSI disk, so every boot here ends with its take-over. It cuts the connection and logs
in anew, Time2Wait (2 s, a default of RFC 7143 that tgt does not change) after the cut: that freeze is its own.
"""

import ipaddress
import re
import subprocess
import time

import pytest

from lab.load import Load
from lab.story import NAME, OTHER, TARGET

TARGET6 = f"ip=[fd99::2]::[fd99::1]:64::eth0:off iscsi_target=iscsi://[fd99::1]/{NAME}/1"
IN_CHARGE = r"iscsiroot: iscsid is there and looks after the sessions from now on"
TAKEN_BACK = r"iscsiroot: iscsid is gone, its sessions are looked after here again"
READ = "dd if=/dev/sda of=/dev/null bs=4k count=1 iflag=direct"
OPERATIONAL = "journalctl -b --no-pager -u iscsid | grep -c 'is operational after recovery'"
TAKE_OVER_SECONDS = 6
NO_ISCSID = "systemd.mask=iscsid.service systemd.mask=iscsid.socket"
CALLED_IN_VAIN = "iscsiadm: can not connect to iSCSI daemon (111)!"
UNKNOWN = ["Unknown", "LOGGED_IN", "Unknown"]
GOOD = ["LOGGED IN", "LOGGED_IN", "NO CHANGE"]
CHAP = "iscsi_username=pi4 iscsi_password=correct-horse-battery"
CHAP_IN = "iscsi_in_username=store iscsi_in_password=storestorestore"
CHAPPED = {"chap": ("pi4", "correct-horse-battery")}
MUTUAL = {**CHAPPED, "chap_in": ("store", "storestorestore"), "digests": True}
FORMS = {
    "no authentication": ("6.12", TARGET, {}),
    "redirect": ("6.1", f"iscsi_target=iscsi://10.99.0.1/{NAME} root=LABEL=root2", {}),
    "CHAP": ("6.1", f"{TARGET} {CHAP}", CHAPPED),
    "mutual CHAP, digests, IPv6": ("6.1", f"{TARGET6} {CHAP} {CHAP_IN} iscsi_digest=crc32c", MUTUAL),
}


def boot_taken_over(lab, words, **options):
    """A Debian machine, up, with iscsid in charge of root's session."""
    vm = lab.boot_debian(words, **options)
    wait_taken_over(vm, 1)
    vm.expect(IN_CHARGE, 5)
    return vm


def wait_taken_over(vm, n_times):
    """iscsid has logged in to root's session for the n-th time since the boot, and root can be read."""
    vm.shell.run(f"until [ $({OPERATIONAL}) -ge {n_times} ]; do sleep 0.2; done")
    vm.shell.run(READ)


def check_same(vm):
    """
    There is one session, whose disk is still the one that the kernel found at boot and waits as long as before for its
    target; root is writable. Returns session and disk.
    """
    found = vm.shell.run("cd /sys/class/iscsi_session; echo */device/target*/*/block/sda $(cat */state */recovery_tmo)")
    assert re.fullmatch(r"session\d/device/target\d:0:0/\d:0:0:\d/block/sda LOGGED_IN 2000000\n", found), found
    assert vm.count(r"\[sda\] Attached SCSI disk") == 1
    vm.shell.run("touch /root/alive && sync /root/alive")
    return found


def check_lists(vm):
    session = vm.shell.run("iscsiadm -m session")
    assert session == f"tcp: [1] 10.99.0.1:3260,1 {NAME} (non-flash)\n"
    assert vm.shell.run("iscsiadm -m session -P 0") == session
    assert vm.shell.run("iscsiadm -m host").startswith("tcp: [0] 10.99.0.2,[")
    host = vm.shell.run("iscsiadm -m host -P 4")
    for line in ("Host Number: 0", "State: running", f"Target: {NAME} (non-flash)", "Attached scsi disk sda"):
        assert line in host, host


def check_details(vm):
    one = vm.shell.run("iscsiadm -m session -P 1")
    for line in ("Current Portal: 10.99.0.1:3260,1", "Persistent Portal: 10.99.0.1:3260,1", "Iface Name: default",
                 "Iface Transport: tcp", "Iface IPaddress: 10.99.0.2", "SID: 1", "iSCSI Connection State: LOGGED IN",
                 "iSCSI Session State: LOGGED_IN", "Internal iscsid Session State: NO CHANGE"):
        assert f"\t{line}\n" in one, one
    assert "Iface Initiatorname: iqn.2026-11.org.iscsiroot:51c5150a-" in one, one
    two = vm.shell.run("iscsiadm -m session -P 2")
    for line in ("Abort Timeout: 15", "LUN Reset Timeout: 30", "username: <empty>", "HeaderDigest: None", "ImmediateData: Yes"):
        assert f"\t{line}\n" in two, two
    three = vm.shell.run("iscsiadm -m session -P 3")
    assert re.search(r"scsi0 Channel 00 Id 0 Lun: 1\n\t*Attached scsi disk sda\t+State: running\n", three), three


def check_statistics(vm):
    text = vm.shell.run("iscsiadm -m session -r 1 -s")
    assert text.startswith(f"Stats for session [sid: 1, target: {NAME}, portal: 10.99.0.1,3260]\n")
    assert int(re.search(r"scsicmd_pdus: (\d+)", text).group(1)) > 0


def check_logout_of_all(vm):
    """Without a record for root, as the boot leaves it, or with one that says so: nobody logs root out."""
    said, status = vm.shell.attempt("iscsiadm -m node --logoutall=all")
    assert (said, status) == ("iscsiadm: No matching sessions found\n", 21)
    found = vm.shell.run("iscsiadm -m discovery -t st -p 10.99.0.1")
    assert found == f"10.99.0.1:3260,1 {NAME}\n"
    vm.shell.run(f"iscsiadm -m node -T {NAME} -o update -n node.startup -v onboot")
    said, status = vm.shell.attempt("iscsiadm -m node --logoutall=all")
    assert (said, status) == ("iscsiadm: No matching sessions found\n", 21)


def check_second_login(vm):
    said, status = vm.shell.attempt(f"iscsiadm -m node -T {NAME} -p 10.99.0.1 --login")
    assert status == 15 and "1 session requested, but 1 already present" in said, said
    said, status = vm.shell.attempt("iscsi_discovery 10.99.0.1")
    assert status == 2 and said.startswith("Please logout from all targets"), said


def check_session_beside(vm, lab):
    """Discovered into iscsiadm's database, logged in beside ours, and out again."""
    lab.target(OTHER, lab.disk())
    assert f"10.99.0.1:3260,1 {OTHER}\n" in vm.shell.run("iscsiadm -m discovery -t st -p 10.99.0.1")
    assert f"10.99.0.1:3260,1 {OTHER}\n" in vm.shell.run("iscsiadm -m node")
    vm.shell.run(f"iscsiadm -m node -T {OTHER} -p 10.99.0.1 --login")
    assert f"tcp: [2] 10.99.0.1:3260,1 {OTHER} (non-flash)\n" in vm.shell.run("iscsiadm -m session")
    vm.shell.run(f"udevadm settle; {READ.replace('sda', 'sdb')}")
    vm.shell.run(f"iscsiadm -m node -T {OTHER} -p 10.99.0.1 -u")
    check_alone(vm)


def check_alone(vm, portal="10.99.0.1"):
    """Root's session is the only one."""
    said = vm.shell.run("iscsiadm -m session")
    assert re.fullmatch(rf"tcp: \[\d\] {re.escape(portal)}:3260,1 {NAME} \(non-flash\)\n", said), said


def check_service(vm):
    """open-iscsi.service finds root's record as what it logs in to, and at its stop logs the other session out, as at a shutdown."""
    for name in (NAME, OTHER):
        vm.shell.run(f"iscsiadm -m node -T {name} -o update -n node.startup -v automatic")
    vm.shell.run("systemctl restart open-iscsi && systemctl is-active open-iscsi")
    assert vm.shell.run("iscsiadm -m session | wc -l") == "2\n"
    vm.shell.run("systemctl stop open-iscsi")
    check_alone(vm)


def check_safe_logout(vm):
    """With this word in its configuration iscsid logs out nothing that is mounted, whatever the records say."""
    vm.shell.run("sed -i 's/^# *iscsid.safe_logout/iscsid.safe_logout/' /etc/iscsi/iscsid.conf && systemctl restart iscsid")
    wait_taken_over(vm, 2)
    for order in ("--logoutall=all", f"-T {NAME} -u"):
        said, status = vm.shell.attempt(f"iscsiadm -m node {order}")
        assert status != 0 and "in use" in said, said
    check_alone(vm)


def check_rescan(vm, lab):
    """A disk that was added to root's target, and one that grew."""
    path = f"{lab.directory}/added.img"
    for mib in (32, 48):
        subprocess.run(["truncate", "-s", f"{mib}M", path], check=True)
        lab.tgt.resize_unit(NAME, 2, path)
        vm.shell.run("iscsiadm -m session -r 1 --rescan; udevadm settle")
        assert vm.shell.run("cat /sys/class/iscsi_session/session1/device/target*/*:2/block/*/size") == f"{mib << 11}\n"


def test_iscsiadm(lab):
    """All of iscsiadm's ways to look at our session, and to work beside it."""
    lab.target(NAME, lab.debian())
    vm = boot_taken_over(lab, TARGET)
    check_lists(vm)
    check_details(vm)
    check_statistics(vm)
    check_logout_of_all(vm)
    check_second_login(vm)
    check_session_beside(vm, lab)
    check_service(vm)
    check_safe_logout(vm)
    check_rescan(vm, lab)
    check_same(vm)


def export_root(lab, form, options):
    """A Debian root behind tgt, or behind istgt where tgt sends who asks there."""
    if form == "redirect":
        lab.target(NAME, lab.disk())
        lab.target(NAME, lab.debian(), on=lab.istgt)
        lab.tgt.redirect(1, lab.istgt.address, 3260, "Temporary")
    else:
        lab.target(NAME, lab.debian(), **options)


def check_portal(vm, lab, form):
    """The portal first asked for names the session; the connection is where the target sent it, in the kernel's spelling."""
    portal = "[fd99::1]" if "IPv6" in form else "10.99.0.1"
    session = vm.shell.run("iscsiadm -m session -P 1")
    assert f"Persistent Portal: {portal}:3260,1\n" in session, session
    current = re.search(r"Current Portal: \[?([0-9a-f.:]+?)\]?:3260,1\n", session).group(1)
    assert str(ipaddress.ip_address(current)) == (lab.istgt.address if form == "redirect" else portal.strip("[]"))
    check_alone(vm, portal)


def wait_states(vm, states, seconds=40):
    """Wait for the states of connection, session and iscsid's mind that iscsiadm prints of root's session and the second one."""
    deadline = time.monotonic() + seconds
    while (found := re.findall(r"State: (.*)\n", vm.shell.run("iscsiadm -m session -P 1"))) != states:
        assert time.monotonic() < deadline, found


def test_iscsiadm_without_iscsid(lab):
    """
    While the keeper is in charge, of two sessions, one of them lost and back, iscsiadm shows and scans. Then somebody starts
    iscsid, which logs the second one out: the keeper takes back only what is left.
    """
    lab.target(NAME, lab.debian())
    lab.target(OTHER, lab.disk(), on=lab.istgt)
    vm = lab.boot_debian(f"{TARGET} {lab.istgt.word(OTHER)} root=LABEL=root1 {NO_ISCSID}", kernel="6.12")
    assert [line.split()[3] for line in vm.shell.run("iscsiadm -m session").splitlines()] == [NAME, OTHER]
    vm.shell.run("iscsiadm -m session --rescan")
    said, status = vm.shell.attempt("iscsiadm -m session -r 2 -u")
    assert status == 21 and CALLED_IN_VAIN in said, said
    lab.istgt.kill()
    wait_states(vm, [*UNKNOWN, "Unknown", "FAILED", "Unknown"])
    lab.istgt.start()
    vm.expect(rf"{OTHER} is back after [0-9.]+ s, its disks go on")
    vm.shell.run("iscsid")
    vm.expect(IN_CHARGE, 10)
    wait_states(vm, GOOD + GOOD)
    lab.istgt.kill()
    wait_states(vm, [*GOOD, "TRANSPORT WAIT", "FAILED", "REOPEN"])
    lab.istgt.start()
    wait_states(vm, GOOD + GOOD)
    vm.shell.run("iscsiadm -m session -r 2 -u")
    vm.expect(rf"{OTHER}: another program has logged it out")
    vm.shell.run("kill -9 $(pidof iscsid)")
    vm.expect(TAKEN_BACK, 10)
    time.sleep(2)
    check_alone(vm)
    check_same(vm)


@pytest.mark.parametrize("form", FORMS)
def test_take_over(lab, form):
    """iscsid is ended in order, then killed, and started again, with verified I/O on root; each end has somebody in charge."""
    kernel, words, options = FORMS[form]
    export_root(lab, form, options)
    vm = boot_taken_over(lab, words, kernel=kernel)
    before = check_same(vm)
    for number, end in enumerate(("systemctl stop iscsid.socket iscsid", "systemctl kill --signal=KILL iscsid"), 2):
        load = Load(vm)
        vm.shell.run(end)
        vm.expect(TAKEN_BACK, 10)
        vm.shell.run("systemctl start iscsid")
        wait_taken_over(vm, number)
        vm.expect(IN_CHARGE, 5)
        result = load.finish()
        print(f"{form}: take-over {number} froze I/O for {result.slowest:.2f} s")
        assert result.slowest < TAKE_OVER_SECONDS
        assert check_same(vm) == before
    assert vm.shell.run("cd /sys/class/iscsi_connection/connection*; echo $(cat header_digest data_digest)") == \
        ("1 1\n" if "digests" in form else "0 0\n")
    check_portal(vm, lab, form)
    vm.expect_not("cannot log in")


def restart_target(vm, lab, load):
    """Kill the target, start it again 3 s later, wait for I/O; return how many logins it saw after that."""
    time.sleep(2)  # a login that was just made is in the capture
    before = len(lab.net.login_ports())
    lab.tgt.kill()
    time.sleep(3)
    assert load.is_running()
    lab.tgt.start()
    began = time.monotonic()
    vm.shell.run(READ, 30)
    print(f"I/O goes on {time.monotonic() - began:.2f} s after the target")
    time.sleep(3)
    return len(lab.net.login_ports()) - before


def lose_both(vm, lab):
    """
    iscsid dies while the target is away and leaves a session behind whose connection it was about to make again. Only the
    shell itself can be run meanwhile.
    """
    pids = vm.shell.run("pidof iscsid")
    lab.tgt.kill()
    time.sleep(2)
    vm.shell.attempt(f"kill -9 {pids.strip()}", 10)  # a helper of iscsid may have ended since
    vm.expect(TAKEN_BACK, 10)
    lab.tgt.start()
    vm.expect(r"is back after [0-9.]+ s, its disks go on", 15)


def test_one_master(lab):
    """The target is restarted while iscsid is in charge, and after iscsid was killed: one login each time, twice over."""
    lab.target(NAME, lab.debian())
    vm = boot_taken_over(lab, TARGET)
    load = Load(vm)
    for _ in range(2):
        assert restart_target(vm, lab, load) == 1
        vm.expect_not(f"(?s){TAKEN_BACK}(?!.*{IN_CHARGE})")
        vm.shell.run("systemctl kill --signal=KILL iscsid")
        vm.expect(TAKEN_BACK, 10)
        assert restart_target(vm, lab, load) == 1
        vm.expect(r"is back after [0-9.]+ s, its disks go on", 1)
        vm.shell.run("systemctl start iscsid")
        vm.expect(IN_CHARGE, 15)
        time.sleep(3)
        vm.shell.run(READ)
    lose_both(vm, lab)
    load.finish()
    check_same(vm)
