# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of a run as text: medians with their range, differences to the floor, ratios to iscsistart. Judges nothing."""

import os
import re
from math import nan
from statistics import median

import peer
from lab import place

STAGES = ("link", "address", "login", "disk", "mount")
RUN_INIT = "Run /init as init process"
MOUNTED = "iscsiroot: root mounted"
ROW = "{:32}{:>8}{:>15}{:>4}{:>10}{:>15}{:>13}{:>13}"
STAGE_ROW = "{:32}" + "{:>9}" * 7
KEEPER = r"keeper {}: {}:\s+(\d+)"


def show(subjects, memory):
    """All tables. `subjects` as subjects.chosen() orders them; `memory`: a boot that told about the keeper."""
    show_boots(subjects)
    print("\niscsiroot loads an accelerated sha256 before all other modules, the other two only what they need.")
    show_stages([subject for subject in subjects if subject.boots[0].find(MOUNTED)])
    show_sizes()
    show_keeper(memory)


def show_boots(subjects):
    """All kinds, those that did not reach root as such. The first two are what the others are compared with."""
    floor, stock = (median(seconds(subject) or [nan]) for subject in subjects[:2])
    print("Guest seconds from kernel start to the root's init:\n")
    print(ROW.format("", "median", "min-max", "n", "to floor", "to open-iscsi", "before init", "image bytes"))
    for subject in subjects:
        all_runs = seconds(subject)
        if not all_runs:
            print(ROW.format(subject.name, "no root", "", 0, "", "", "", os.path.getsize(subject.initrd)))
            continue
        middle = median(all_runs)
        print(ROW.format(subject.name, f"{middle:.2f}", f"{min(all_runs):.2f}-{max(all_runs):.2f}", len(all_runs),
                         f"{middle - floor:+.2f}", f"x {middle / stock:.2f}", f"{before_init(subject):.2f}",
                         os.path.getsize(subject.initrd)))


def seconds(subject):
    return [boot.seconds for boot in subject.boots]


def before_init(subject):
    """The second at which the kernel starts the initramfs."""
    return median(boot.when(RUN_INIT) for boot in subject.boots)


def show_stages(subjects):
    print("\nWhere iscsiroot's seconds go, as its last line tells; modules are loaded in all of them:\n")
    print(STAGE_ROW.format("", "kernel", *STAGES, "switch"))
    for subject in subjects:
        stages = [median(float(boot.find(rf"[( ]{stage} (\d+\.\d+)[,)]").group(1)) for boot in subject.boots)
                  for stage in STAGES]
        switch = median(boot.seconds - boot.when(MOUNTED) for boot in subject.boots)
        print(STAGE_ROW.format(subject.name, *(f"{value:.2f}" for value in (before_init(subject), *stages, switch))))


def show_sizes():
    ours = os.path.getsize(place.BINARY)
    files = {os.path.basename(path): os.path.getsize(source) for source, path in peer.files().items()}
    print("\nUser space for iSCSI in the image, bytes (iscsiroot is static):\n")
    print(f"iscsiroot {ours}")
    print(f"iscsistart with libraries {sum(files.values())}, x {sum(files.values()) / ours:.0f}:")
    print("  " + ", ".join(f"{name} {size}" for name, size in sorted(files.items(), key=lambda item: -item[1])))


def show_keeper(boot):
    """What stays in memory behind the root; kB as the kernel reports them."""
    def value(when, name):
        return int(re.search(KEEPER.format(when, name), boot.report).group(1))

    unshared = value("after", "Private_Clean") + value("after", "Private_Dirty")
    switches = [value(when, "voluntary_ctxt_switches") for when in ("before", "after")]
    slept = boot.find(r"keeper slept (\d+)").group(1)
    print("\nThe keeper in the booted system, kB:\n")
    print(f"resident {value('after', 'VmRSS')}, unshared {unshared}, anonymous {value('after', 'RssAnon')}, "
          f"locked {value('after', 'VmLck')}, virtual {value('after', 'VmSize')}")
    print(f"woke {switches[1] - switches[0]} times in {slept} idle seconds")
