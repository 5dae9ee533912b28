"""The clock of this machine."""

import time

from cluster_status.adapters.clock import SystemClock
from cluster_status.deadline import Deadline


def test_a_clock_does_not_sleep_beyond_its_deadline() -> None:
    begin = time.monotonic()
    SystemClock(Deadline(0.05)).sleep(10)
    assert 0.04 < time.monotonic() - begin < 5
