# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: the repository, the cache that outlives a run, the directories of this run; and locks on them.

The cache holds what is slow to make and depends on nothing but its recipe: kernels, images, root disks. It is the
directory $ISCSIROOT_CACHE, by default build/cache. A run's directories are removed with the run, but for failed tests'.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import shutil
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
CACHE = os.path.abspath(os.environ.get("ISCSIROOT_CACHE", os.path.join(REPOSITORY, "build", "cache")))
BINARY = os.path.abspath(os.environ.get("ISCSIROOT_BINARY", os.path.join(REPOSITORY, "build", "iscsiroot")))
FAILED = os.path.join(tempfile.gettempdir(), "iscsiroot-vm-failed")
RUN_PREFIX = "iscsiroot-"
UNUSED_SECONDS = 2 * 24 * 3600


def tool(name):
    """A program of the repository."""
    return os.path.join(REPOSITORY, "initramfs", name)


def run_directory(run):
    """The directory of a run, named by the process id of the pytest that was started."""
    return os.path.join(tempfile.gettempdir(), f"{RUN_PREFIX}{run}")


def run_directories():
    """The directories of all runs."""
    return glob.glob(os.path.join(tempfile.gettempdir(), f"{RUN_PREFIX}[0-9]*"))


def keep(directory, test):
    """Move a failed test's directory to where it stays until the same test fails again. Returns the new place."""
    kept = os.path.join(FAILED, test)
    shutil.rmtree(kept, ignore_errors=True)
    os.makedirs(FAILED, exist_ok=True)
    shutil.move(directory, kept)
    return kept


def recipe_key(*parts):
    """A short name for a recipe: text, or a path whose content counts."""
    digest = hashlib.sha256()
    for part in parts:
        if os.path.isfile(part):
            with open(part, "rb") as stream:
                digest.update(stream.read())
        else:
            digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:20]


@contextlib.contextmanager
def locked(name):
    """Holds a lock of the cache against other processes."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, f".{name}.lock"), "w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def cached(kind, key, make):
    """The cache's file for key, made by make(path) when it is not there. Drops files of its kind that nobody used lately."""
    directory = os.path.join(CACHE, kind)
    path = os.path.join(directory, key)
    with locked(kind):
        os.makedirs(directory, exist_ok=True)
        if not os.path.exists(path):
            drop_unused(directory)
            make(path + ".new")
            os.replace(path + ".new", path)
        os.utime(path)
    return path


def drop_unused(directory):
    for entry in os.scandir(directory):
        if entry.stat().st_mtime < time.time() - UNUSED_SECONDS:
            os.unlink(entry.path)
