# SPDX-License-Identifier: GPL-2.0-or-later
"""Outages of seconds and of a minute, of tgt and of LIO, with both kernels: I/O waits and goes on.

`tests/vm/soak --outages` has longer ones.
"""

from lab.outage import Outages

PROMISED_SECONDS = 1
SLACK_SECONDS = 4  # for an emulated machine beside others


def test_outages(lab):
    outages = Outages(lab)
    for seconds in (3, 60):
        assert max(one.seconds for one in outages.strike(seconds)) < PROMISED_SECONDS + SLACK_SECONDS
