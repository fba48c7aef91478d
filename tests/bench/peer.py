# SPDX-License-Identifier: GPL-2.0-or-later
"""The peer: stock iscsistart of Debian's package open-iscsi with the libraries it needs, unpacked, never installed."""

import glob
import os
import re
import shutil
import subprocess
import sys

from lab import place

PACKAGES = ("open-iscsi", "libopeniscsiusr", "libssl3", "libkmod2", "libzstd1", "liblzma5", "libc6")
LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBRARIES = "/lib/x86_64-linux-gnu"


def files():
    """What an image needs to run iscsistart: paths in the image by path here."""
    with place.locked("peer"):
        tree = os.path.join(place.CACHE, "peer")
        if not os.path.isdir(tree):
            unpack(tree)
    program = os.path.join(tree, "sbin/iscsistart")
    found = {program: "/sbin/iscsistart", tree + LOADER: LOADER}
    for path in libraries(tree, program):
        found[path] = os.path.join(LIBRARIES, os.path.basename(path))
    return found


def unpack(tree):
    work = tree + ".new"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    download = ["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", *PACKAGES]
    if subprocess.run(download, cwd=work, check=False).returncode:
        sys.exit("tests/bench/run: cannot download open-iscsi. Check the network and run: apt-get update")
    for package in glob.glob(os.path.join(work, "*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, work], check=True)
        os.unlink(package)
    os.rename(work, tree)


def libraries(tree, program):
    """The libraries of the packages that the loader of the packages chooses."""
    places = ":".join(tree + directory for directory in (LIBRARIES, "/usr" + LIBRARIES))
    listing = subprocess.run([os.path.realpath(tree + LOADER), "--library-path", places, "--list", program], check=True,
                             text=True, stdout=subprocess.PIPE).stdout
    return re.findall(rf"=> ({re.escape(tree)}\S+)", listing)
