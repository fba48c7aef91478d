# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian packages: what is in them, that lintian has nothing to say, and that installing, upgrading and purging them is clean."""

import subprocess

import pytest

# By generator: the packages of the root, ours, and a file of ours.
GENERATORS = {
    "initramfs-tools": (("initramfs-tools", "open-iscsi"), "usr/share/initramfs-tools/hooks/iscsi"),
    "dracut": (("dracut",), "usr/lib/dracut/modules.d/50iscsiroot/module-setup.sh"),
}

HOOK = "usr/share/initramfs-tools/hooks/iscsi"
OF_OPEN_ISCSI = ("libopeniscsiusr", "libisns0", "libmount1", "libssl3", "libkmod2", "libsystemd0", "debconf")  # what it needs


def test_names(packages):
    assert sorted(packages) == ["iscsiroot", "iscsiroot-dracut", "iscsiroot-initramfs-tools"]


def test_lintian(packages):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "warning", *packages.values()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


@pytest.mark.parametrize("generator", GENERATORS)
def test_life(packages, older, root, generator):
    """
    Installed, the initramfs is made anew; so it is, once, after an upgrade, which leaves nothing of the earlier version and is not
    half of one; purged, nothing is left and all is as it was.
    """
    names, path = GENERATORS[generator]
    machine = root(*names)
    before = machine.files()
    ours, earlier = ([version[name] for name in ("iscsiroot", f"iscsiroot-{generator}")] for version in (packages, older))
    trigger = f"Processing triggers for {generator} "
    assert trigger in machine.install(*ours)
    installed = machine.files()
    assert path in installed and installed[path] != before.get(path)
    assert b"iscsiroot" in installed[path] and b"@" not in installed[path].replace(b"$@", b"")
    assert machine.run("iscsiroot", "--version").startswith("iscsiroot ")
    machine.install(*earlier)
    assert len(machine.files()) > len(installed)
    with pytest.raises(RuntimeError, match="dependency problems"):
        machine.install(ours[1])
    assert machine.install(*ours).count(trigger) == 1
    assert machine.files() == installed
    assert trigger in machine.install(packages["iscsiroot"])
    assert trigger in machine.run("dpkg", "--purge", f"iscsiroot-{generator}", "iscsiroot")
    assert machine.files() == before
    assert machine.run("dpkg", "--audit") == "" and "iscsiroot" not in machine.run("dpkg-divert", "--list")


def test_open_iscsi_afterwards(packages, open_iscsi, root):
    """It comes beside us, and goes, without a conflict, and its part of the initramfs is there when ours is gone."""
    machine = root("initramfs-tools", *OF_OPEN_ISCSI)
    machine.install(packages["iscsiroot"], packages["iscsiroot-initramfs-tools"])
    ours = machine.files()[HOOK]
    machine.install(open_iscsi)
    diverted = machine.run("dpkg-divert", "--truename", f"/{HOOK}").strip()[1:]
    files = machine.files()
    assert diverted.startswith("usr/share/iscsiroot/")
    assert files[HOOK] == ours and b"iscsistart" in files[diverted]
    machine.run("dpkg", "--purge", "iscsiroot-initramfs-tools", "iscsiroot")
    assert machine.files()[HOOK] == files[diverted]
    machine.install(packages["iscsiroot"], packages["iscsiroot-initramfs-tools"])
    machine.run("dpkg", "--purge", "open-iscsi")
    assert machine.files()[HOOK] == ours


def test_an_installation_that_fails(packages, root, tmp_path):
    """A package that ends in the middle leaves nothing moved aside."""
    machine = root("initramfs-tools", "open-iscsi")
    machine.install(packages["iscsiroot"])
    before = machine.files()
    broken = tmp_path / "broken.deb"
    broken.write_bytes(packages["iscsiroot-initramfs-tools"].read_bytes()[:-300])
    with pytest.raises(RuntimeError):
        machine.install(broken)
    (machine.path / broken.name).unlink()
    assert machine.files() == before
    assert "iscsiroot" not in machine.run("dpkg-divert", "--list")


@pytest.mark.parametrize("generator", GENERATORS)
def test_removed_from_a_machine_on_iscsi(packages, root, generator):
    """Who removes it is told that the next initramfs may not start the machine; an upgrade says nothing."""
    machine = root(*GENERATORS[generator][0])
    ours = packages["iscsiroot"], packages[f"iscsiroot-{generator}"]
    session = "mount -t tmpfs none /sys; mkdir -p /sys/class/iscsi_session/session1; "
    machine.install(*ours)
    assert "has disks on iSCSI" not in machine.install(*ours)
    assert "has disks on iSCSI" in machine.run("sh", "-c", f"{session} dpkg --remove iscsiroot-{generator}")


def test_switched_off(packages, root):
    """NO_ISCSI_IN_INITRAMFS, open-iscsi's switch, is ours, too."""
    machine = root("initramfs-tools", "open-iscsi")
    machine.install(packages["iscsiroot"], packages["iscsiroot-initramfs-tools"])
    hook = f"mkdir -p /made/sbin; DESTDIR=/made CONFDIR=/etc/initramfs-tools version=none MODULES=list /{HOOK} 2>&1; find /made -name 'iscsi*'; rm -r /made"
    assert "/made/usr/sbin/iscsiroot\n" in machine.run("sh", "-c", hook)
    machine.run("sh", "-c", "echo NO_ISCSI_IN_INITRAMFS=yes >/etc/initramfs-tools/conf.d/open-iscsi")
    assert machine.run("sh", "-c", hook) == ""
