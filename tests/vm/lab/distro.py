# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian 12 roots in which a distribution's own generator makes the initramfs, and which are then the disk on the target.

make_root() makes a directory from packages and files, make_ext4() an image of it. What takes long, the packages, is installed
once into the cache by mmdebstrap. generate() runs a command inside, as on a machine of its own: with /dev, /proc and /sys. The
kernel is a stock one of the cache (image.py); its modules are in the root while an image is made, and not on the disk. Roots are
adapted as those of debian.py are: a shell for the tests on the second serial port, fixed identities, no getty, no timers.

disk_of() and initramfs() give what tests boot with, once made and then copied. The product is installed into these roots by its
Debian packages.
"""

import contextlib
import glob
import os
import shutil
import subprocess
import tempfile

from lab import debian, disk, image, place

BASE = ("systemd-sysv", "udev", "kmod", "procps", "iproute2", "e2fsprogs", "busybox", "zstd")
COMPANY = ("iscsid.socket", "iscsid.service", "open-iscsi.service")
ZSTD = b"\x28\xb5\x2f\xfd"
INSIDE = r"""set -e
cd "$1"
shift
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
exec chroot . "$@"
"""


def bootstrap(packages, path):
    """A tar archive of Debian 12 with these packages, by name or as .deb files."""
    includes = ",".join((*BASE, *packages))
    options = [f"--dpkgopt=path-exclude={pattern}" for pattern in debian.EXCLUDED]
    disk.quietly("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=tar", f"--include={includes}",
                 "--dpkgopt=force-unsafe-io", *options, "bookworm", path)


def make_root(packages, tree, files=()):
    """
    The directory `tree`, new, with Debian 12 and these packages in it, by name or as paths of .deb files; and with `files`, triples
    of a path inside, a mode and a text or the path of a file of this host.
    """
    archive = place.cached("packages", place.recipe_key(*BASE, *packages), lambda path: bootstrap(packages, path))
    os.makedirs(tree)
    disk.quietly("tar", "--extract", f"--file={archive}", f"--directory={tree}", "--numeric-owner", "--exclude=./dev/*")
    for path, mode, source in files:
        put(tree, path, mode, source)


def put(tree, path, mode, source):
    """A file in a root, from a text or a file of this host."""
    inside = os.path.join(tree, path)
    os.makedirs(os.path.dirname(inside), exist_ok=True)
    if os.path.isabs(source) and os.path.isfile(source):
        shutil.copyfile(source, inside)
    else:
        with open(inside, "w", encoding="utf-8") as stream:
            stream.write(source)
    os.chmod(inside, mode)


@contextlib.contextmanager
def kernel(tree, version):
    """While in it, the root has a stock kernel's modules and configuration. Gives the kernel's release."""
    (release,) = os.listdir(os.path.join(image.kernel(version), "lib", "modules"))
    target = os.path.join(tree, "usr", "lib", "modules", release)
    shutil.copytree(image.modules(version), target, copy_function=os.link if same_device(tree) else shutil.copy2)
    config = os.path.join(tree, "boot", f"config-{release}")
    shutil.copyfile(os.path.join(image.kernel(version), "boot", f"config-{release}"), config)
    try:
        yield release
    finally:
        shutil.rmtree(target)
        os.unlink(config)


def same_device(tree):
    return os.stat(tree).st_dev == os.stat(place.CACHE).st_dev


def generate(tree, *words):
    """Run a command inside a root; what it prints is returned."""
    done = subprocess.run(["unshare", "--mount", "sh", "-c", INSIDE, "inside", tree, *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}")
    return done.stdout


def adapt(tree, one, fstab="", company=False):
    """
    Make a root the one of a disk (disk.Disk): its fstab, with more lines if given, and what the tests need. company: open-iscsi's
    units start as they do by themselves.
    """
    root = f"UUID={one.uuid} / ext4 defaults,errors=remount-ro 0 1\n"
    for name, text in debian.FILES.items():
        if name != "etc/iscsi/initiatorname.iscsi" or os.path.isdir(os.path.join(tree, "etc", "iscsi")):
            put(tree, name, 0o755 if name in debian.SCRIPTS else 0o644, text)
    put(tree, "etc/fstab", 0o644, root + fstab)
    disk.quietly("systemctl", f"--root={tree}", "--quiet", "mask", *debian.MASKED, *(() if company else COMPANY))
    disk.quietly("systemctl", f"--root={tree}", "--quiet", "enable", "vmtest-shell.service")


def sources():
    """The paths of what the packages are made of."""
    found = [os.path.join(place.REPOSITORY, name) for name in ("meson.build", "meson_options.txt", "README.md", "LICENSE")]
    for name in ("src", "hooks", "initramfs", "man"):
        found += glob.glob(os.path.join(place.REPOSITORY, name, "**", "*"), recursive=True)
    return sorted(path for path in found if os.path.isfile(path) and "__pycache__" not in path)


def debs():
    """A tar archive of the product's Debian packages, made once by the documented command."""
    def make(path):
        with tempfile.TemporaryDirectory() as directory:
            disk.quietly(os.path.join(place.REPOSITORY, "hooks", "debian", "build"), directory)
            disk.quietly("tar", "--create", f"--file={path}", f"--directory={directory}", ".")

    return place.cached("debs", place.recipe_key(*sources()), make)


def install_product(tree):
    """The packages, the one of the root's generator among them."""
    generator = "dracut" if os.path.isdir(os.path.join(tree, "usr", "lib", "dracut")) else "initramfs-tools"
    inside = os.path.join(tree, "debs")
    os.mkdir(inside)
    disk.quietly("tar", "--extract", f"--file={debs()}", f"--directory={inside}")
    generate(tree, "sh", "-c", f"dpkg --install --force-unsafe-io /debs/iscsiroot_*.deb /debs/iscsiroot-{generator}_*.deb")
    shutil.rmtree(inside)


def make_ext4(tree, path, one, mib=debian.SIZE_MIB):
    """An ext4 image of a root directory."""
    disk.set_size(path, mib)
    disk.make_ext4(path, tree, one)


@contextlib.contextmanager
def root(path, packages, files, one, **options):
    """A root directory beside `path`, adapted; gone afterwards."""
    tree = path + ".tree"
    shutil.rmtree(tree, ignore_errors=True)
    try:
        make_root(packages, tree, files)
        adapt(tree, one, **options)
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def disk_of(directory, packages, number=1, part="all", with_product=False, **options):
    """
    A test's own copy of a disk with the root on it, as disk.make() gives one. with_product: and the program, which else the
    initramfs alone has. part: "usr" alone, or "rest", all but what is in /usr. Options: fstab, company (see adapt()).
    """
    one = disk.describe(os.path.join(directory, f"disk{number}.img"), "ext4", None, number)

    def make(path):
        with root(path, packages, (), one, **options) as tree:
            if with_product:
                install_product(tree)
            usr = os.path.join(tree, "usr")
            if part == "rest":
                shutil.rmtree(usr)
                os.mkdir(usr)
            make_ext4(usr if part == "usr" else tree, path, one)

    key = recipe(packages, repr((number, part, sorted(options.items()))), with_product)
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", place.cached("distro", key, make), one.path], check=True)
    return one


def recipe(names, what, with_product):
    """The name in the cache of something made of a root."""
    return place.recipe_key(__file__, debian.__file__, disk.__file__, *([debs()] if with_product else []), *names, what)


def archive(path):
    """The cpio archive in an image, without what may stand uncompressed in front of it."""
    with open(path, "rb") as stream:
        image_bytes = stream.read()
    return subprocess.run(["zstd", "-dcq"], check=True, input=image_bytes[image_bytes.index(ZSTD):], stdout=subprocess.PIPE).stdout


def contents(path):
    """The paths in an image."""
    done = subprocess.run(["cpio", "--list", "--quiet"], check=True, input=archive(path), stdout=subprocess.PIPE)
    return done.stdout.decode().split("\n")


def text_in(path, name):
    """The text of a file in an image."""
    done = subprocess.run(["cpio", "--extract", "--to-stdout", "--quiet", name], check=True, input=archive(path), stdout=subprocess.PIPE)
    return done.stdout.decode()


def initramfs(packages, version="6.1", files=(), stock=False):
    """
    The image that mkinitramfs makes for a kernel in a root where the product is installed, and `files` (see make_root()).
    stock: without the product. Returns its path.
    """
    def make(path):
        with root(path, packages, files, disk.describe("", "ext4", None, 1)) as tree, kernel(tree, version) as release:
            if not stock:
                install_product(tree)
            generate(tree, "mkinitramfs", "-o", "/boot/initrd.img", release)
            shutil.move(os.path.join(tree, "boot", "initrd.img"), path)

    return place.cached("initramfs-tools", recipe(packages, repr((version, files)), not stock), make)
