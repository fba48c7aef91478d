# SPDX-License-Identifier: GPL-2.0-or-later
"""The hooks for mkinitcpio, which Debian has not: run with functions in the place of its own, after what mkinitcpio(8) says of them."""

import os
import subprocess
from pathlib import Path

HOOKS = Path(__file__).resolve().parent.parent.parent / "hooks" / "mkinitcpio"
BUILD = """. "$0"
for name in add_binary add_symlink add_module add_checked_modules add_file add_runscript warning; do
	eval "$name() { echo $name \\"\\$@\\"; }"
done
build"""
# attach fails so many times, then prints a line
RUN = """. "$0"
fails=$1 line=$2 root=LABEL=x
iscsiroot() { echo "$*" >&2; [ -e "$tries" ] || : >"$tries"; echo x >>"$tries"; [ "$(wc -l <"$tries")" -gt "$fails" ] && echo "$line"; }
err() { echo "ERROR $*"; }
launch_interactive_shell() { echo SHELL; }
run_hook
echo "root $root" """


def shell(program, script, name, *arguments, **environment):
    done = subprocess.run([program, "-c", script, HOOKS / name, *arguments], stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    return done.stdout.splitlines()


def test_what_goes_in(tmp_path):
    (tmp_path / "busybox").write_text("#!/bin/sh\necho sh\necho udhcpc\n")
    (tmp_path / "busybox").chmod(0o755)
    said = shell("bash", BUILD, "install", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert "add_binary @SBINDIR@/iscsiroot /usr/bin/iscsiroot" in said
    assert "add_symlink /usr/bin/iscsiroot-lease iscsiroot" in said
    assert f"add_binary {tmp_path}/busybox /usr/bin/busybox" in said
    assert "add_module @MODULES@?" in said and "add_checked_modules /drivers/net/" in said
    assert said[-1] == "add_runscript"


def test_without_udhcpc(tmp_path):
    (tmp_path / "busybox").write_text("#!/bin/sh\necho sh\n")
    (tmp_path / "busybox").chmod(0o755)
    said = shell("bash", BUILD, "install", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert [line for line in said if line.startswith("warning iscsiroot: there is no busybox with udhcpc")]


def test_root_is_what_the_target_says(tmp_path):
    assert shell("dash", RUN, "hook", "0", "/dev/sda", tries=str(tmp_path / "a")) == ["root /dev/sda"]
    assert shell("dash", RUN, "hook", "0", "", tries=str(tmp_path / "b")) == ["root LABEL=x"]


def test_a_shell_between_attempts(tmp_path):
    said = shell("dash", RUN, "hook", "1", "/dev/sda", tries=str(tmp_path / "a"))
    assert said[0].startswith("ERROR iscsiroot: ") and said[1:] == ["SHELL", "root /dev/sda"]
