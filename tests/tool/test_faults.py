# SPDX-License-Identifier: GPL-2.0-or-later
"""check and discover against each fault of tests/target: the message, the exit status, in time, and no session left behind."""

import signal
import subprocess
import time

import pytest

from conftest import NAME, NOBODY, wait_until

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")  # the target's own mistakes

TIMEOUT = 2
SLOWEST = TIMEOUT + 2 + 3  # the deadline, the logout's, and a busy machine
PROTOCOL = "the target's answer breaks the iSCSI protocol"
SILENT = "the target has logged us in and does not answer now"
NO_LOGIN = "the target took the connection but does not answer the login"
CLOSED = "the target closed the connection during the login"
BROKE = "the connection broke"
JOE = "iscsi_username=joe iscsi_password=secret-of-joe-1"
BOTH = JOE + " iscsi_in_password=secret-of-store"
CHAP, MUTUAL, CRC = "chap joe secret-of-joe-1", "mutual store secret-of-store", "digests CRC32C"

# Lines of the script, words of the command line; exit status, what is said, its number.
LOGIN = [
    (["connect: silence"], "", 30, NO_LOGIN, "E30"),
    (["connect: close"], "", 40, CLOSED, "E41"),
    (["connect: garbage"], "", 30, PROTOCOL + " (a PDU (opcode 0x48) with 3223089 bytes of data)", "E3C"),
    (["login: silence"], "", 30, NO_LOGIN, "E30"),
    (["login: close"], "", 40, CLOSED, "E41"),
    (["login: garbage"], "", 30, PROTOCOL + " (a PDU (opcode 0x48) with 3223089 bytes of data)", "E3C"),
    (["login: cut 20"], "", 40, CLOSED, "E41"),
    (["login: cut 50"], "", 40, CLOSED, "E41"),
    (["login: stall 20"], "", 30, NO_LOGIN, "E30"),
    (["login: stall 50"], "", 30, NO_LOGIN, "E30"),
    (["login: drip 0.1"], "", 30, NO_LOGIN, "E30"),
    (["login: flood"], "", 30, PROTOCOL + " (opcode 0x20 instead of a Login Response)", "E3C"),
    (["login: patch 0 3f"], "", 30, PROTOCOL + " (opcode 0x3f instead of a Login Response)", "E3C"),
    (["login: length 8193"], "", 30, PROTOCOL + " (a PDU (opcode 0x23) with 8193 bytes of data)", "E3C"),
    (["login: length 16777215"], "", 30, PROTOCOL + " (a PDU (opcode 0x23) with 16777215 bytes of data)", "E3C"),
    (["login: length 3"], "", 30, PROTOCOL + " (text without its final NUL)", "E3C"),
    (["login: data ff"], "", 30, PROTOCOL + " (text without its final NUL)", "E3C"),
    (["login: ahs 2"], "", 30, PROTOCOL + " (a Login Response with additional header segments)", "E3C"),
    (["login: ahs 255"], "", 30, PROTOCOL + " (a Login Response with additional header segments)", "E3C"),
    (["login: endless"], "", 30, PROTOCOL + " (no end after 32 requests)", "E3C"),
    (["login: endless 8000"], "", 30, PROTOCOL + " (more than 16384 bytes of text in one answer)", "E3C"),
    (["login: rounds"], "", 30, PROTOCOL + " (no end after 32 requests)", "E3C"),
    (["login: patch 1 c7"], "", 30, PROTOCOL + " (T and C bit in one answer)", "E3C"),
    (["login: patch 14 0000"], "", 30, PROTOCOL + " (no TSIH in the last answer)", "E3C"),
    (["login: patch 16 00000099"], "", 30, PROTOCOL + " (an answer to another task (ITT 0x00000099))", "E3C"),
    (["login: twice"], "", 30, PROTOCOL + " (TargetPortalGroupTag=1: this key was sent before)", "E3C"),
    (["login: add MaxBurstLength=0"], "", 30, "(MaxBurstLength=0: ", "E3D"),
    (["login: status 0203"], "", 30, "the portal has no target of this name (status 0203)", "E33"),
    (["login: status 0206"], "", 30, "the target has too many connections (status 0206)", "E37"),
    (["login: status 0302"], "", 30, "the target is out of resources (status 0302)", "E3A"),
    (["login: status 0999"], "", 30, PROTOCOL + " (status 0999)", "E3C"),
    (["login: redirect 127.0.0.1:1"], "", 20, "at 127.0.0.1:1: connection refused", "E28"),
    (["login: redirect [::1"], "", 30, "(TargetAddress=[::1: not an address)", "E3B"),
    ([CHAP], "", 30, "the target demands CHAP and no secret is known here", "E3E"),
    ([CHAP], JOE + "0", 30, "the target refused our CHAP name or secret (status 0201)", "E31"),
    ([CHAP], BOTH, 30, "(status 0201, perhaps for want of a secret of its own)", "E31"),
    ([CHAP, "algorithms 9"], JOE, 30, "the target has no CHAP algorithm in common with us", "E3F"),
    ([CHAP, "login 2: add CHAP_A=9"], JOE, 30, "(CHAP_A=9: not one of ours)", "E3F"),
    ([CHAP, "login 2: add CHAP_I=256"], JOE, 30, PROTOCOL + " (CHAP_I=256: not a number of one byte)", "E3C"),
    ([CHAP, "login 2: add CHAP_C=0x"], JOE, 30, PROTOCOL + " (CHAP_C=0x: not 1 to 1024 bytes in hex or base64)", "E3C"),
    ([CHAP, "login 2: patch 1 81"], JOE, 30, PROTOCOL + " (the target leaves stage 0 on its own)", "E3C"),
    ([CHAP, "login: add AuthMethod=None"], JOE, 40, "the target wants no authentication although a secret is configured", "E40"),
    ([CHAP, MUTUAL, "login: reflect"], BOTH, 40, "our own CHAP values back (CHAP_R is our own)", "E45"),
    ([CHAP, MUTUAL + "x"], BOTH, 40, "the target has not proved that it knows its secret (CHAP_R is wrong)", "E42"),
    ([CHAP, MUTUAL, "login 3: drop CHAP_R"], BOTH, 40, "(CHAP_R is missing)", "E42"),
    ([CHAP, MUTUAL], BOTH + " iscsi_in_username=x", 40, "another CHAP name than expected (CHAP_N=store", "E43"),
    ([], "iscsi_digest=crc32c", 30, "the target refused the login as wrong (status 0200)", "E35"),
    ([CRC], "", 30, "the target refused the login as wrong (status 0200)", "E35"),
    ([CRC, "login: add DataDigest=None"], "iscsi_digest=crc32c", 40, "(DataDigest)", "E48"),
]

SESSION = [
    (["login: window"], "", 50, SILENT + " (its window for commands stays closed, MaxCmdSN 0, CmdSN 1)", "E56"),
    (["login: repeat"], "", 30, PROTOCOL + " (an answer to another task (ITT 0x00000000))", "E3C"),
    (["report-luns: silence"], "", 50, SILENT, "E56"),
    (["inquiry: silence"], "", 50, SILENT, "E56"),
    (["capacity: silence"], "", 50, SILENT, "E56"),
    (["read: silence"], "", 50, SILENT, "E56"),
    (["read: stall 100"], "", 50, SILENT, "E56"),
    (["read: drip 0.1"], "", 50, SILENT, "E56"),
    (["read: flood"], "", 50, SILENT, "E56"),
    (["read: only-event 0"], "", 50, SILENT, "E56"),
    (["read: close"], "", 50, BROKE + " (closed by the target)", "E53"),
    (["read: cut 100"], "", 50, BROKE + " (closed by the target)", "E53"),
    (["read: event 1"], "", 50, BROKE + " (the target asks us to log out)", "E53"),
    (["read: event 2"], "", 50, BROKE + " (the target drops the connection)", "E53"),
    (["read: event 3"], "", 50, BROKE + " (the target drops the session)", "E53"),
    (["read: event 5"], "", 50, BROKE + " (the target ends all tasks)", "E53"),
    (["read: garbage"], "", 30, PROTOCOL + " (a PDU (opcode 0x48) with 3223089 bytes of data)", "E3C"),
    (["read: repeat"], "", 30, PROTOCOL, "E3C"),
    (["read: length 262145"], "", 30, PROTOCOL + " (a PDU (opcode 0x25) with 262145 bytes of data)", "E3C"),
    (["read: reject 09"], "", 30, PROTOCOL + " (the target rejects our request (reason 0x09))", "E3C"),
    (["read: other 24"], "", 30, PROTOCOL + " (opcode 0x24, which was not asked for)", "E3C"),
    (["read: patch 40 00000200"], "", 30, PROTOCOL + " (65536 bytes of data at 512 of ", "E3C"),
    (["read: patch 40 fffffe00"], "", 30, PROTOCOL + " (65536 bytes of data at 4294966784 of ", "E3C"),
    (["read: patch 16 00000099"], "", 30, PROTOCOL + " (an answer to another task (ITT 0x00000099))", "E3C"),
    ([CRC, "read: digest header"], "iscsi_digest=crc32c", 50, "(header of a PDU with opcode 0x25)", "E55"),
    ([CRC, "read: digest data"], "iscsi_digest=crc32c", 50, "a digest does not fit what arrived (data of a PDU", "E55"),
    (["read: sense 3 11"], "", 60, "the disk cannot be read (sda: ", "E63"),
    (["read: scsi 08"], "", 60, "the disk cannot be read (sda: ", "E63"),
    (["read: scsi 00 01"], "", 60, "the disk cannot be read (sda: ", "E63"),
    (["capacity: sense 5 20"], "", 60, "the disk cannot be read (sda: ", "E63"),
    (["capacity: data 0000000000000000"], "", 60, "the disk cannot be read (sda: ", "E63"),
    (["capacity: data 0000000900000201"], "", 60, "the disk cannot be read (sda: ", "E63"),
]

TEXT = [
    (["text: silence"], 50, SILENT, "E56"),
    (["text: stall 60"], 50, SILENT, "E56"),
    (["text: drip 0.1"], 50, SILENT, "E56"),
    (["text: endless"], 50, SILENT, "E56"),
    (["text: flood"], 50, SILENT, "E56"),
    (["text: close"], 50, BROKE + " (closed by the target)", "E53"),
    (["text: cut 60"], 50, BROKE + " (closed by the target)", "E53"),
    (["text: event 1"], 50, BROKE + " (the target asks us to log out)", "E53"),
    (["text: garbage"], 30, PROTOCOL + " (a PDU (opcode 0x48) with 3223089 bytes of data)", "E3C"),
    (["text: reject 04"], 30, PROTOCOL + " (the target rejects our request (reason 0x04))", "E3C"),
    (["text: other 21"], 30, PROTOCOL + " (opcode 0x21, which was not asked for)", "E3C"),
    (["text: length 262145"], 30, PROTOCOL + " (a PDU (opcode 0x24) with 262145 bytes of data)", "E3C"),
    (["text: patch 16 00000099"], 30, PROTOCOL + " (an answer to another task (ITT 0x00000099))", "E3C"),
    (["text: patch 1 40"], 30, PROTOCOL + " (a text that goes on without a Target Transfer Tag)", "E3C"),
    (["text: data " + "ff" * 2000], 30, PROTOCOL + " (a key and value of more than ", "E3C"),
    (["text: data ff"], 30, PROTOCOL + " (text without its final NUL)", "E3C"),
    (["text: data 5461726765744e616d653d611b5b324a6200"], 30, PROTOCOL, "E3C"),
    (["text: add SendTargets=Reject"], 30, "(SendTargets=Reject: the target does not answer SendTargets)", "E3C"),
    ([CHAP], 30, "the target demands CHAP and no secret is known here", "E3E"),
    (["login: silence"], 30, NO_LOGIN, "E30"),
]

HARMLESS = [
    ["login: add X-org.example.a=b"], ["login: drop TargetPortalGroupTag"], ["login: late 0.5"],
    ["login: window 0.5"], ["login: drip 0.001"], ["read: ahs 5"], ["read: ahs 255"], ["read: nop"], ["read: event 0"],
    ["read: event 4"], ["read: event 255"], ["read: window"], ["read: late 0.2"], ["inquiry 1: sense 6 29"],
]


def names(rows):
    return [", ".join(row[0] if isinstance(row[0], list) else row)[:60] for row in rows]


def check(program, target, words=""):
    begin = time.monotonic()
    done = program("check", "--timeout", str(TIMEOUT), "--cmdline", f"iscsi_target=iscsi://{target.portal}/{NAME} {words}")
    assert time.monotonic() - begin < SLOWEST
    return done


def discover(program, target):
    begin = time.monotonic()
    done = program("discover", "--timeout", str(TIMEOUT), target.portal)
    assert time.monotonic() - begin < SLOWEST
    return done


def failed(done, status, text, number):
    said = done.stdout + done.stderr
    assert done.returncode == status, done
    assert text in said and f"[{number}]" in said, done
    assert "AddressSanitizer" not in said and "runtime error" not in said and "\x1b" not in said
    assert "secret-of" not in said


def logged_out(target):
    """Of all sessions that the target has seen; a target that closes or floods reads no logout."""
    deadline = time.monotonic() + 3
    while sum(" closed" in line for line in target.lines) < target.n_links and time.monotonic() < deadline:
        time.sleep(0.02)
    ends = [line for line in target.lines if " closed" in line]
    return len(ends) == target.n_links and not any("WITHOUT LOGOUT" in line for line in ends)


@pytest.mark.parametrize("lines, words, status, text, number", LOGIN, ids=names(LOGIN))
def test_login(program, fake, lines, words, status, text, number):
    target = fake(*lines)
    done = check(program, target, words)
    failed(done, status, text, number)
    assert f"cannot log in to {NAME} at 127.0.0.1:" in done.stdout
    assert f"would not boot: see above [{number}]" in done.stdout


@pytest.mark.parametrize("lines, words, status, text, number", SESSION, ids=names(SESSION))
def test_session(program, fake, lines, words, status, text, number):
    target = fake(*lines)
    failed(check(program, target, words), status, text, number)
    assert logged_out(target) or lines[-1].split()[1] in ("close", "cut", "flood", "repeat", "drip"), target.lines


@pytest.mark.parametrize("lines, status, text, number", TEXT, ids=names(TEXT))
def test_discovery(program, fake, lines, status, text, number):
    target = fake(*lines)
    done = discover(program, target)
    failed(done, status, text, number)
    assert done.stderr.startswith(f"iscsiroot: cannot ask {target.portal} for its targets: ")
    assert logged_out(target) or lines[-1].split()[1] in ("close", "cut", "flood", "drip"), target.lines


@pytest.mark.parametrize("lines", HARMLESS, ids=names(HARMLESS))
def test_harmless(program, fake, lines):
    """What a target may do, or what does not matter: the rehearsal goes on and finds an empty disk."""
    target = fake(*lines)
    failed(check(program, target), 70, "there is no file system to mount", "E72")
    assert logged_out(target)


def test_nop_is_answered(program, fake):
    target = fake("text: nop")
    assert discover(program, target).returncode == 0
    (nop,) = [request for request in target.requests if request.opcode == 0]
    assert (nop.itt, nop.tag, nop.is_immediate) == (0xFFFFFFFF, 0x1234, True)


def test_nop_opens_the_window(program, fake):
    """The command waits for it, and is not sent before."""
    begin = time.monotonic()
    target = fake("login: window 1")
    failed(check(program, target), 70, "there is no file system", "E72")
    assert time.monotonic() - begin > 1
    assert "WRONG" not in "\n".join(target.lines)


@pytest.mark.parametrize("verb, line, n_requests", [
    ("check", "report-luns: silence", 2), ("check", "read: silence", 4), ("check", "login: silence", 1),
    ("check", "connect: silence", 0), ("discover", "text: silence", 2), ("discover", "login: silence", 1)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(program, fake, verb, line, n_requests, number):
    """Ctrl-C does not wait for the target, and a session is logged out of in order."""
    target = fake(line)
    what = [target.portal] if verb == "discover" else [f"iscsi://{target.portal}/{NAME}"]
    process = subprocess.Popen([program.path, verb, *what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
                               user=NOBODY, group=NOBODY, extra_groups=[])
    wait_until(lambda: target.n_links == 1 and len(target.requests) >= n_requests, "the silence")
    time.sleep(0.3)
    begin = time.monotonic()
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)
    assert time.monotonic() - begin < 2 + 3
    assert process.returncode == 50 and "it was interrupted before it was done" in said and "would not boot" not in said, said
    assert logged_out(target) or "login" in line or "connect" in line, target.lines
