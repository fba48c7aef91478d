# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of the source tree, found without git (a tarball has none), and a way to look at many of them side by side."""

import concurrent.futures
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-iquote", "src", '-DISCSIROOT_VERSION="0"']
PURE_ROOMS = ("base", "crypto", "plan", "iscsi", "kernel", "probe")


def files():
    """Paths from ROOT of all files that belong to the tree: nothing hidden by .gitignore."""
    found = []
    for directory, directories, names in os.walk(ROOT):
        at_top = directory == ROOT
        directories[:] = sorted(name for name in directories if not is_ignored(name, at_top))
        found += [os.path.relpath(os.path.join(directory, name), ROOT) for name in sorted(names)]
    return found


def is_ignored(directory, at_top):
    return directory in (".git", "__pycache__", ".pytest_cache") or (at_top and directory.startswith("build"))


def c_files(top, *endings):
    return [path for path in files() if path.startswith(top + "/") and path.endswith(endings)]


def sources():
    """The C files of src/."""
    return c_files("src", ".c")


def room(path):
    """src/ROOM/file.c is of ROOM, src/main.c of main."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else "main"


def read(path):
    """A file's text, or None for one that is not text."""
    with open(os.path.join(ROOT, path), "rb") as stream:
        data = stream.read()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def first_line(path):
    return (read(path) or "").partition("\n")[0]


def scripts(interpreter, ending):
    """Programs by their ending or their #! line."""
    return [path for path in files()
            if path.endswith(ending) or (first_line(path).startswith("#!") and interpreter in first_line(path))]


def run(*command):
    """Run a tool in the root of the tree. Returns its status and all it printed."""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def for_each(work, paths):
    """work(path) for all paths, as many at a time as there are processors. Returns the results in order."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, paths))
