# SPDX-License-Identifier: GPL-2.0-or-later
"""
Three real targets, tgt, istgt and LIO (the kernel's), with all that each knows of authentication, digests and addresses.

Most logins are rehearsed by `iscsiroot check`, which uses the engine of the boot; what the kernel's part of a session has to
show is booted. What the targets cannot do is asserted, not left out: tgt and istgt know no hash of ours but MD5 (tgt takes
the number of SHA-256 for its own SHA-1), and istgt, told to use digests, uses them also after it has refused them.
"""

from ipaddress import ip_address

import pytest

from lab.story import NAME

CHAP = ("pi4", "correct horse b")
CHAP_IN = ("store", "storestorestore")
WRONG = "wrongwrongwrong"
LOGINS = {"none": {}, "chap": {"chap": CHAP}, "mutual": {"chap": CHAP, "chap_in": CHAP_IN}}
BEST_HASH = {"tgt": "MD5", "istgt": "MD5", "lio": "SHA256"}


def name(login):
    return f"iqn.2026-11.org.example:{login}"


def words(user=CHAP[0], secret=CHAP[1], secret_in=None):
    """The words of CHAP for the command line."""
    mutual = f" iscsi_in_username={CHAP_IN[0]} iscsi_in_password={secret_in}" if secret_in else ""
    return f' iscsi_username={user} "iscsi_password={secret}"{mutual}'


WORDS = {"none": "", "chap": words(), "mutual": words(secret_in=CHAP_IN[1])}
SAYS = {"none": "no authentication", "chap": "CHAP {}", "mutual": "mutual CHAP {}"}


def export_logins(lab, kind):
    """One target for each way to log in, its disk labelled root1, root2 ..., in the order of LOGINS."""
    target = getattr(lab, kind)
    for login, options in LOGINS.items():
        lab.target(name(login), lab.disk(), on=target, start=False, **options)
    target.start()
    return target


def authentication(found):
    """How check logged in, after it has found the disk and logged out."""
    assert found["error"] is None, found["error"]
    return found["targets"][0]["authentication"]


def failure(found):
    return found["error"]["id"]


def expect_logins(lab, kind, target):
    for ipv6 in (False, True):
        for number, login in enumerate(LOGINS, 1):
            found = lab.check(f"{target.word(name(login), ipv6)} root=LABEL=root{number}" + WORDS[login])
            assert authentication(found) == SAYS[login].format(BEST_HASH[kind])
        portal = f"[{target.address6}]:3260" if ipv6 else f"{target.address}:3260"
        known = lab.discover(portal)
        assert [line for line in known if line.startswith(f"{portal},")] == [f"{portal},1 {name(one)}" for one in sorted(LOGINS)]
    assert target.initiators() == []


REFUSALS = {
    "wrong secret": ("chap", words(secret=WRONG), "E31"),
    "unknown user": ("chap", words(user="nobody"), "E31"),
    "wrong secret of the target": ("mutual", words(secret_in=WRONG), "E42"),
    "no secret known": ("chap", "", "E3E"),
    "no CHAP wanted": ("none", words(), "E40"),
    "no such target": ("gone", "", "E33"),
}
OTHERWISE = {
    ("lio", "no CHAP wanted"): "E3F",  # it goes into CHAP without any account and then has no answer to CHAP_A
    ("lio", "no such target"): "E39",  # status 0301
}


@pytest.mark.parametrize("kind", BEST_HASH)
def test_logins_and_refusals(lab, kind):
    target = export_logins(lab, kind)
    expect_logins(lab, kind, target)
    for case, (login, chap, code) in REFUSALS.items():
        assert failure(lab.check(target.word(name(login)) + chap)) == OTHERWISE.get((kind, case), code), case


CHOSEN = {"6.1": ["MD5", "SHA256", "SHA1", "MD5"], "6.12": ["SHA3-256", "SHA256", "SHA1", "MD5"]}


def test_each_hash_of_lio(lab, kernel):
    """LIO takes the first of our list that its kernel has; offered one alone, that one, or MD5 in a second attempt."""
    lab.lio.kernel = kernel
    lab.target(NAME, lab.disk(), on=lab.lio, **LOGINS["mutual"])
    best = authentication(lab.check(lab.lio.word(NAME) + WORDS["mutual"]))
    assert best == "mutual CHAP " + {"6.1": "SHA256", "6.12": "SHA3-256"}[kernel]
    for number, hash_name in zip((8, 7, 6, 5), CHOSEN[kernel]):
        word = lab.lio.word(NAME).replace(lab.lio.address, lab.offer_hash(lab.lio, number))
        assert authentication(lab.check(word + WORDS["mutual"])) == f"mutual CHAP {hash_name}", number


@pytest.mark.parametrize("kind", ["tgt", "istgt"])
def test_md5_alone_after_a_list_that_is_refused(lab, kind):
    target = getattr(lab, kind)
    lab.target(NAME, lab.disk(), on=target, **LOGINS["mutual"])
    for number in (8, 7, 6):
        word = target.word(NAME).replace(target.address, lab.offer_hash(target, number))
        assert authentication(lab.check(word + WORDS["mutual"])) == "mutual CHAP MD5", number


def connection(root, fact):
    (value,) = [line.split(" ", 2)[2] for line in root["connection"] if line.split()[1] == fact]
    return value


def boot(lab, word, ip=None):
    vm = lab.boot(f"{word} rw", ip=ip)
    root = vm.expect_root()
    assert root.is_writable
    return vm, root


def test_boot_from_lio(lab):
    """No authentication over IPv4, CHAP over IPv6, mutual CHAP with digests that the target demands."""
    lab.target(name("none"), lab.disk(), on=lab.lio, start=False)
    lab.target(name("chap"), lab.disk(), on=lab.lio, start=False, chap=CHAP)
    lab.target(name("mutual"), lab.disk(), on=lab.lio, digests=True, **LOGINS["mutual"])
    for login, ipv6, more in (("none", False, ""), ("chap", True, ""), ("mutual", False, " iscsi_digest=crc32c")):
        vm, root = boot(lab, lab.lio.word(name(login), ipv6) + WORDS[login] + more, static_ip6(lab) if ipv6 else None)
        said = SAYS[login].format(BEST_HASH["lio"])
        assert vm.count(rf"logged in to {name(login)}, {said}") == 1
        assert ip_address(connection(root, "address")) == ip_address(lab.lio.address6 if ipv6 else lab.lio.address)
        assert [connection(root, f"{part}_digest") for part in ("header", "data")] == ["1" if more else "0"] * 2


def static_ip6(lab):
    return f"ip=[fd99::{len(lab.machines) + 2}]:::64::eth0:off"


@pytest.mark.parametrize("digests", [False, True])
def test_boot_from_istgt(lab, digests):
    lab.target(NAME, lab.disk(), on=lab.istgt, chap=CHAP, digests=digests)
    _, root = boot(lab, lab.istgt.word(NAME) + words() + (" iscsi_digest=crc32c" if digests else ""))
    assert [connection(root, f"{part}_digest") for part in ("header", "data")] == [str(int(digests))] * 2


def test_istgt_uses_digests_that_it_has_refused(lab):
    """It answers Reject to None, which leaves None, and then waits for digests. Nothing can be done but to offer them."""
    lab.target(NAME, lab.disk(), on=lab.istgt, digests=True)
    assert failure(lab.check(lab.istgt.word(NAME), "--timeout", "2")) == "E56"


@pytest.mark.parametrize("reason", ["Temporary", "Permanent"])
def test_redirect(lab, reason):
    """
    tgt sends us to istgt, and the secret is good there, too. The kernel's session runs with the portal that we were sent to
    and stays known by the one that was asked for. (tgt cannot send to itself: it would do so again there.)
    """
    lab.target(NAME, lab.disk(), chap=CHAP)
    lab.target(NAME, lab.disk(), on=lab.istgt, chap=CHAP)
    lab.tgt.redirect(1, lab.istgt.address, 3260, reason)
    any_lun = f"iscsi_target=iscsi://{lab.tgt.address}/{NAME} root=LABEL=root2" + words()
    found = lab.check(any_lun)
    assert authentication(found) == "CHAP MD5" and found["targets"][0]["connected_to"] == f"{lab.istgt.address}:3260"
    vm, root = boot(lab, any_lun)
    assert vm.count(rf"10\.99\.0\.1:3260: redirects us to {lab.istgt.address}:3260") == 1
    assert connection(root, "address") == lab.istgt.address
    assert connection(root, "persistent_address") == lab.tgt.address
