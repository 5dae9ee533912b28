"""Runs that overlap."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from cluster_status.domain.history.histories import Histories
from tests.unit.app.monitor import Monitor


def parallel_run(monitor: Monitor) -> Monitor:
    """Return the monitor of another run at the same time, with the same history, channels and clock."""
    other = Monitor(monitor.name)
    other.store = monitor.store.of_another_run()
    other.clock, other.retries = monitor.clock, monitor.retries
    other.notifier, other.policy = monitor.notifier, monitor.policy
    other.other_channels, other.report = monitor.other_channels, monitor.report
    return other


def before_the_load(monitor: Monitor, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Call `act` after the check of the next run, and before the run has loaded the history.

    The check must not need the history.
    """
    is_checked, has_acted = threading.Event(), threading.Event()
    now, load = monitor.clock.now, monitor.store.load

    def time_of_the_check() -> datetime:
        at = now()
        is_checked.set()
        return at

    def load_late() -> Histories | None:
        if not has_acted.is_set():
            has_acted.set()
            assert is_checked.wait(5)
            act()
        return load()

    monkeypatch.setattr(monitor.clock, "now", time_of_the_check)
    monkeypatch.setattr(monitor.store, "load", load_late)
