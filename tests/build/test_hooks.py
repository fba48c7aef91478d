# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripts for initramfs-tools and dracut, run here with functions in the place of the program and of what they call."""

import subprocess
from pathlib import Path

import pytest

HOOKS = Path(__file__).resolve().parent.parent.parent / "hooks"
# attach fails so many times, then prints a line
STAND_IN = """fails=$1 role=$2 line=$3
shift 3
iscsiroot() {
	[ "$1" = plan ] && { echo "$role"; return 0; }
	echo "$*" >>"$0.calls"
	[ "$(wc -l <"$0.calls")" -gt "$fails" ] && echo "$line"
}
wait_for_udev() { :; }
time_elapsed() { echo 100; }
need_shutdown() { :; }
udevadm() { :; }
panic() { echo SHELL >&2; }
emergency_shell() { echo SHELL >&2; }
getcmdline() { cat "$0.cmdline" 2>/dev/null; }
getarg() { case " $(getcmdline) " in *" $1 "*) ;; *) return 1 ;; esac; }
"""


def run(directory, name, fails, role, line, *arguments, sessions=""):
    """The calls of attach, how many shells there were, and the lines that were left for others."""
    script, left = directory / "script", directory / "left"
    text = (HOOKS / name).read_text(encoding="utf-8")
    for old, new in (("/tmp/", f"{directory}/"), ("--lease /tmp", f"--lease {directory}"), ("/sbin/iscsiroot attach", "iscsiroot attach"), ("/sbin/iscsiroot plan", "iscsiroot plan"), ("[ -x /sbin/iscsiroot ]", ":"),
                     (". /scripts/functions", ":"), ("/conf/param.conf", str(left)), ("/sys/class/iscsi_session", f"{directory}/{sessions}"), ("/scripts/", f"{directory}/scripts/"),
                     ("/etc/udev/rules.d/99-iscsiroot.rules", str(left)), ("/etc/udev/rules.d", str(directory))):
        text = text.replace(old, new)
    script.write_text(STAND_IN + text, encoding="utf-8")
    done = subprocess.run(["dash", script, str(fails), role, line, *arguments], stderr=subprocess.PIPE, text=True, check=True)
    calls = directory / "script.calls"
    said = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    calls.unlink(missing_ok=True)
    return said, done.stderr.count("SHELL"), left.read_text(encoding="utf-8").splitlines() if left.exists() else []


def test_local_top(tmp_path):
    """The target's disk is root, at last; the half minute for it begins then."""
    assert run(tmp_path, "initramfs-tools/local-top", 2, "root", "/dev/sda") == (["attach --boot"] * 3, 2, ["ROOT=/dev/sda", "ROOTDELAY=180"])


def test_local_top_leaves_disks_to_local_block(tmp_path):
    assert run(tmp_path, "initramfs-tools/local-top", 2, "disks", "") == (["attach --boot"], 0, ["ROOTDELAY=180"])


def test_local_top_leaves_other_machines_alone(tmp_path):
    """Without a session nothing is left for anybody."""
    assert run(tmp_path, "initramfs-tools/local-top", 0, "none", "", sessions="nowhere") == (["attach --boot"], 0, [])


def test_init_premount(tmp_path):
    """Where a script of another package would bring up the network, and no other time."""
    for ours, name in (("init-premount", "init-premount/00iscsiroot"), ("local-top", "local-top/iscsi")):
        path = tmp_path / "scripts" / name
        path.parent.mkdir(parents=True)
        path.write_text((HOOKS / "initramfs-tools" / ours).read_text(encoding="utf-8"), encoding="utf-8")
    assert run(tmp_path, "initramfs-tools/init-premount", 0, "", "") == ([], 0, [])
    (tmp_path / "scripts/init-premount/dropbear").write_text("configure_networking &\n", encoding="utf-8")
    assert run(tmp_path, "initramfs-tools/init-premount", 0, "", "") == (["attach --boot --network --timeout 60"], 0, [])


# What initramfs-tools has for hooks, and a hook's variables
HOOK_FUNCTIONS = """copy_exec() { echo "exec $*"; }
manual_add_modules() { echo modules; }
sys_walk_mod_add() { :; }
ln() { :; }
"""


@pytest.mark.parametrize("without", ("yes", "no", ""))
def test_hook(tmp_path, without):
    """Nothing at all with NO_ISCSI_IN_INITRAMFS=yes, and no demand for busybox nor of the image's mode."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "open-iscsi").write_text(f"NO_ISCSI_IN_INITRAMFS={without}\n", encoding="utf-8")
    (tmp_path / "iscsi.initramfs").write_text("ISCSI_PASSWORD=x\n", encoding="utf-8")
    (tmp_path / "image").mkdir()
    given = f"CONFDIR={tmp_path} DESTDIR={tmp_path}/image MODULES=most BUSYBOXDIR=/bin BUSYBOX=auto UMASK=\n. {tmp_path}/conf.d/open-iscsi\n"
    texts = [(HOOKS / "initramfs-tools" / name).read_text(encoding="utf-8") for name in ("conf-hook", "hook")]
    text = "".join((given, HOOK_FUNCTIONS, texts[0], 'echo "$BUSYBOX $UMASK"\n', texts[1]))
    text = text.replace(". /usr/share/initramfs-tools/hook-functions", ":").replace("/etc/iscsi/", f"{tmp_path}/")
    done = subprocess.run(["dash", "-c", text], stdout=subprocess.PIPE, text=True, check=True)
    copies = sorted(path.name for path in (tmp_path / "image").rglob("*") if path.is_file())
    if without == "yes":
        assert (done.stdout, copies) == ("auto \n", [])
    else:
        assert (done.stdout, copies) == ("y 0077\nexec @SBINDIR@/iscsiroot /sbin\nmodules\n", ["iscsi.initramfs"])
        assert (tmp_path / "image" / "etc" / "iscsi.initramfs").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("session, left", ((None, []), ("session7", ["IFDOWN=none"])))
def test_local_bottom(tmp_path, session, left):
    """dropbear leaves the cards alone where there is a session; its class alone is none."""
    for name in ("dropbear", "class"):
        (tmp_path / name).mkdir()
    if session:
        (tmp_path / "class" / session).mkdir()
    text = (HOOKS / "initramfs-tools" / "local-bottom").read_text(encoding="utf-8")
    text = text.replace("/sys/class/iscsi_session", f"{tmp_path}/class").replace("/etc/dropbear", f"{tmp_path}/dropbear")
    subprocess.run(["dash", "-c", text], check=True)
    path = tmp_path / "dropbear" / "dropbear.conf"
    assert (path.read_text(encoding="utf-8").splitlines() if path.exists() else []) == left


def test_local_block(tmp_path):
    """A shell between the attempts, until one is good."""
    assert run(tmp_path, "initramfs-tools/local-block", 2, "disks", "", "UUID=1") == (["attach --boot --timeout 30"] * 3, 2, [])


def test_dracut(tmp_path):
    """A shell between the attempts; then every twentieth turn tries what was left out."""
    name, call = "dracut/50iscsiroot/iscsiroot-attach.sh", f"attach --boot --cmdline {tmp_path}/iscsiroot.cmdline --lease {tmp_path}"
    assert run(tmp_path, name, 1, "", "", "disks", "0") == ([call] * 2, 1, [])
    assert run(tmp_path, name, 0, "", "", "disks", "18") == ([], 0, [])
    assert run(tmp_path, name, 9, "", "", "disks", "19") == ([f"{call} --timeout 5"], 0, [])


def test_dracut_and_the_disk_that_is_root(tmp_path):
    name, call = "dracut/50iscsiroot/iscsiroot-attach.sh", f"attach --boot --cmdline {tmp_path}/iscsiroot.cmdline --lease {tmp_path}"
    rule = ['KERNEL=="sdb", SYMLINK+="root"']
    assert run(tmp_path, name, 0, "", "/dev/sdb", "root", "") == ([call], 0, rule)
    assert run(tmp_path, name, 0, "", "/dev/sdb", "root", "19") == ([], 0, rule)


def test_dracut_and_the_lease_of_another(tmp_path):
    """Where the program finds nothing for it to do there is no disk, and no rule."""
    assert run(tmp_path, "dracut/50iscsiroot/iscsiroot-attach.sh", 0, "", "", "root", "0")[1:] == (0, [])
    assert (tmp_path / "iscsiroot-attached").exists()


def test_dracut_logs_out_last(tmp_path):
    """When the other hooks are done, or none of them gets further."""
    hooks = tmp_path / "shutdown"
    hooks.mkdir()
    script = f'iscsiroot() {{ echo "$@"; return 1; }}; hookdir={tmp_path}; . {HOOKS}/dracut/50iscsiroot/iscsiroot-shutdown.sh'
    for names, final, expected in ((("30-md.sh", "99-iscsiroot.sh"), "", (1, "")), (("30-md.sh", "99-iscsiroot.sh"), "final", (0, "detach --all\n")),
                                   (("99-iscsiroot.sh",), "", (0, "detach --all\n"))):
        for name in names:
            (hooks / name).touch()
        done = subprocess.run(["dash", "-c", f"final={final}; {script}"], stdout=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stdout) == expected
        (hooks / "30-md.sh").unlink(missing_ok=True)


# Functions of dracut's that module-setup.sh calls; two disks of session 3, one of session 4, and one that is on none
MODULE = """iscsiroot() { [ "$*" = 'plan --role --root / --cmdline -' ] && { grep -q 'netroot=.*marker' && echo disks || echo none; }; }
inst_multiple() { echo "$@"; }
inst_simple() { echo "$@"; }
dwarn() { echo "W $*"; }
for_each_host_dev_and_slaves_all() { for disk in 8:0 8:16 8:32 254:0; do "$1" $disk; done; }
ip_params_for_remote_addr() { printf 'ifname=eth0:52:54:00:99:00:02 ip=10.99.0.2::::eth0:none '; }
"""
SESSIONS = (("3", "10.99.0.1", "iqn.x:a"), ("4", "fd99::1", "iqn.x:b"))
DISKS = (("8:0", "devices/platform/host2/session3/target2:0:0/2:0:0:1/block/sda"), ("8:16", "devices/platform/host2/session3/target2:0:0/2:0:0:2/block/sdb"),
         ("8:32", "devices/platform/host3/session4/target3:0:0/3:0:0:1/block/sdc"), ("254:0", "devices/pci/virtio1/block/vda"))


def module(directory, command, **variables):
    """What a function of dracut's module prints."""
    text = (HOOKS / "dracut" / "50iscsiroot" / "module-setup.sh").read_text(encoding="utf-8")
    for old, new in (("@SBINDIR@/", ""), ("/sys/", f"{directory}/sys/"), ("/proc/cmdline", f"{directory}/cmdline"), ("=/etc/", f"={directory}/etc/")):
        text = text.replace(old, new)
    given = "".join(f"{name}={value}\n" for name, value in variables.items())
    done = subprocess.run(["bash", "-c", f"{MODULE}{given}{text}\n{command}"], stdout=subprocess.PIPE, text=True, check=True)
    return [line.strip() for line in done.stdout.splitlines()]


def test_dracut_words_of_the_machine(tmp_path):
    """For the next image: those of each session once; none where loader or configuration say them, in the image or for it."""
    for number, path in DISKS:
        (tmp_path / "sys" / path).mkdir(parents=True)
        (tmp_path / "sys/dev/block").mkdir(parents=True, exist_ok=True)
        (tmp_path / "sys/dev/block" / number).symlink_to(tmp_path / "sys" / path)
    for number, address, target in SESSIONS:
        session, connection = tmp_path / f"sys/class/iscsi_session/session{number}", tmp_path / f"sys/class/iscsi_connection/connection{number}:0"
        for directory, files in ((session, {"initiatorname": "iqn.x:me", "targetname": target}), (connection, {"persistent_address": address, "persistent_port": "3260"})):
            directory.mkdir(parents=True)
            for name, value in files.items():
                (directory / name).write_text(value + "\n", encoding="utf-8")
    loader, config, of_module = tmp_path / "cmdline", tmp_path / "etc/cmdline.d/target.conf", tmp_path / "image/etc/cmdline.d/01.conf"
    given = {"initdir": tmp_path / "image", "install_items": f"'/etc/hosts {config}'"}
    for path in (loader, config, of_module):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("quiet\n", encoding="utf-8")
    assert module(tmp_path, "cmdline", **given) == ["ifname=eth0:52:54:00:99:00:02 ip=10.99.0.2::::eth0:none", "netroot=iscsi:10.99.0.1::3260::iqn.x:a",
                                                        "netroot=iscsi:[fd99::1]::3260::iqn.x:b", "rd.iscsi.initiator=iqn.x:me"]
    for path in (loader, config, of_module):
        path.write_text("netroot=marker\n", encoding="utf-8")
        assert module(tmp_path, "cmdline", **given) == []
        path.write_text("quiet\n", encoding="utf-8")
    assert module(tmp_path, "cmdline", kernel_cmdline="'quiet netroot=marker'", **given) == []
    (tmp_path / "sys/firmware/ibft").mkdir(parents=True)
    assert module(tmp_path, "cmdline", **given) == ["rd.iscsi.firmware=1"]


@pytest.mark.parametrize("hostonly", ("-h", ""))
@pytest.mark.parametrize("mode, password, kept", ((None, True, "all"), (0o600, True, "all"), (0o644, True, "name"), (0o640, True, "name"), (0o644, False, "words")))
def test_dracut_takes_the_files_of_the_machine(tmp_path, hostonly, mode, password, kept):
    """Hostonly or not; but no secret goes where others can read it, in an image whose mode stays as it was."""
    for name in ("iscsiroot/secrets", "iscsi/iscsi.initramfs"):
        path = tmp_path / "etc" / name
        path.parent.mkdir(parents=True)
        path.write_text("ISCSI_PASSWORD=x\n" if password else "ISCSI_TARGET_NAME=x\n", encoding="utf-8")
    outfile = tmp_path / "initrd"
    if mode is not None:
        outfile.touch(mode)
        outfile.chmod(mode)
    said = module(tmp_path, "install_files", hostonly=hostonly, outfile=outfile)
    warned = [line for line in said if line.startswith("W ")]
    name, secrets, words = "-H -o /etc/iscsi/initiatorname.iscsi", f"-H -o {tmp_path}/etc/iscsiroot/secrets", f"-H {tmp_path}/etc/iscsi/iscsi.initramfs /etc/iscsi.initramfs"
    assert [line for line in said if line not in warned] == {"all": [name, secrets, words], "name": [name], "words": [name, words]}[kept]
    assert len(warned) == {"all": 0, "name": 2, "words": 1}[kept] and all(str(outfile) in line for line in warned)


def test_dracut_depends(tmp_path):
    """dracut-ng has the queue as a module."""
    (tmp_path / "modules.d").mkdir()
    assert module(tmp_path, "depends", dracutbasedir=tmp_path) == ["rootfs-block"]
    (tmp_path / "modules.d/77initqueue").mkdir()
    assert module(tmp_path, "depends", dracutbasedir=tmp_path) == ["rootfs-block", "initqueue"]
