# SPDX-License-Identifier: GPL-2.0-or-later
"""Fault after fault, from a seed, on a Debian root and a second disk under verified I/O: no block lost or wrong, nothing stuck.

tests/vm/soak does the same for as long as one likes.
"""

import pytest

from lab.storm import Storm

QUICK = "iscsi_noop_out_interval=1 iscsi_noop_out_timeout=1"
FAULTS_EACH = 13
STORMS = {
    "keeper alone, 6.12, quick NOPs": {"seed": 2, "company": False, "kernel": "6.12", "words": QUICK},
    "with iscsid": {"seed": 3},
}


@pytest.mark.parametrize("name", STORMS)
def test_storm(lab, name):
    Storm(lab, **STORMS[name]).run(n_faults=FAULTS_EACH)
