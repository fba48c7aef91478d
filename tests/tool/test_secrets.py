# SPDX-License-Identifier: GPL-2.0-or-later
"""CHAP with every hash, one way and both, against a target that uses Python's; and where no secret may be seen meanwhile."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import NAME, NOBODY, wait_until

SECRET, SECRET_IN = "secret-of-joe-1", "secret-of-store"
HASHES = {"5": "MD5", "6": "SHA1", "7": "SHA256", "8": "SHA3-256"}


def words(target, more=""):
    return f"iscsi_target=iscsi://{target.portal}/{NAME} iscsi_username=joe iscsi_password={SECRET} {more}"


def hidden(done):
    said = done.stdout + done.stderr
    return SECRET not in said and SECRET_IN not in said


@pytest.mark.parametrize("digests", ["", "CRC32C"])
@pytest.mark.parametrize("is_mutual", [False, True])
@pytest.mark.parametrize("number", HASHES)
def test_hashes(program, fake, number, is_mutual, digests):
    target = fake(f"chap joe {SECRET}", f"mutual store {SECRET_IN}", f"algorithms {number}",
                  *([f"digests {digests}"] if digests else []))
    more = f"iscsi_in_username=store iscsi_in_password={SECRET_IN}" if is_mutual else ""
    more += f" iscsi_digest={digests.lower()}" if digests else ""
    done = program("check", "--cmdline", "-", stdin=words(target, more))
    said = f"{'mutual ' if is_mutual else ''}CHAP {HASHES[number]}{', header and data digest' if digests else ''}, portal group 1"
    assert f": logged in, {said}" in done.stdout and hidden(done), done
    assert "WRONG DIGEST" not in "\n".join(target.lines)
    done = program("discover", target.portal, "--username", "joe", "--secret-file", "-", stdin=SECRET)
    assert (done.returncode == 0) == (not digests) and hidden(done), done


@pytest.mark.parametrize("secret", ["x", "a" * 255, "\xe4 b=\"c\"", "0x00ff", "0b00"])
def test_secrets_as_they_stand(program, fake, secret):
    target = fake(f"chap joe {secret}")
    done = program("discover", target.portal, "--username", "joe", "--secret-file", "-", stdin=secret + "\n")
    assert done.returncode == 0 and secret not in done.stderr + done.stdout.replace(NAME, ""), done


@pytest.fixture
def image(room):
    """image({path: text}): the files of an image, which the user of the program may read and others not."""
    top = room / "image"

    def make(files):
        for name, text in files.items():
            path = top / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.chown(path, NOBODY, NOBODY)
            path.chmod(0o600)
        return top

    yield make
    shutil.rmtree(top, ignore_errors=True)


def test_from_the_files_of_an_image(program, fake, image):
    """Initiator name, user and both secrets: check and discover take what a boot of that image would."""
    target = fake(f"chap joe {SECRET}", f"mutual store {SECRET_IN}")
    top = image({"/etc/iscsi.initramfs": f"ISCSI_TARGET_NAME={NAME}\nISCSI_TARGET_IP={target.portal}\n",
                 "/etc/initiatorname.iscsi": "InitiatorName=iqn.2026-11.org.example:of-the-image\n",
                 "/etc/iscsiroot/secrets": f"* iqn.2026-11.org.example:of-the-image joe {SECRET} store {SECRET_IN}\n"})
    done = program("check", "--root", top, "--cmdline", "quiet=")
    assert ": logged in, mutual CHAP" in done.stdout and hidden(done), done
    done = program("discover", "--root", top, target.portal)
    assert (done.returncode, done.stderr) == (0, "") and hidden(done), done
    names = [request.data.split(b"InitiatorName=")[1].split(b"\0")[0] for request in target.requests
             if b"InitiatorName=" in request.data]
    assert set(names) == {b"iqn.2026-11.org.example:of-the-image"}
    assert program("discover", target.portal).returncode != 0


def test_challenges_are_fresh(program, fake):
    target = fake(f"chap joe {SECRET}", f"mutual store {SECRET_IN}")
    for _ in range(3):
        program("check", "--cmdline", "-", stdin=words(target, f"iscsi_in_password={SECRET_IN}"))
    sent = [request.data for request in target.requests if b"CHAP_C=" in request.data]
    challenges = {data.split(b"CHAP_C=0x")[1].split(b"\0")[0] for data in sent}
    assert len(sent) == 3 and len(challenges) == 3 and all(len(one) >= 32 for one in challenges)


@pytest.mark.parametrize("place", ["login 3", "report-luns"])
def test_nowhere_else(program, fake, room, place):
    """While it waits for the target: not in its arguments, not in its environment, and only the answer on the wire."""
    target = fake(f"chap joe {SECRET}", f"mutual store {SECRET_IN}", f"{place}: silence")
    path = room / "secret-words"
    path.write_text(words(target, f"iscsi_in_password={SECRET_IN}"))
    process = subprocess.Popen([program.path, "check", "--timeout", "3", "--cmdline", path], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, user=NOBODY, group=NOBODY, extra_groups=[])
    wait_until(lambda: len(target.lines) >= (4 if place == "login 3" else 6), "the silence")
    time.sleep(0.1)
    for name in ("cmdline", "environ"):
        seen = Path(f"/proc/{process.pid}/{name}").read_text(encoding="latin-1")
        assert SECRET not in seen and SECRET_IN not in seen
    said, _ = process.communicate(timeout=20)
    assert SECRET not in said and SECRET_IN not in said
    wire = b"".join(request.data for request in target.requests)
    assert b"CHAP_R=0x" in wire and SECRET.encode() not in wire and hashlib.sha256(SECRET.encode()).hexdigest().encode() not in wire
