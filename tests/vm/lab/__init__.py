# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory of the VM tests: real kernels in QEMU boot from real targets in a network of their own.

story.py is what the tests see; below it net.py makes the network, target.py and the three targets, guest.py the machine,
disk.py makes root disks, debian.py one with systemd, shell.py talks to it, load.py keeps its disk busy, fault.py comes between
machine and target, storm.py does so again and again, image.py makes kernels and initramfs images, place.py knows the directories and locks.
"""
