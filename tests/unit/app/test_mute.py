"""Runs of a muted cluster."""

from datetime import timedelta

import pytest

from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import ExitStatus, InputError
from tests.fakes.probe import ONLINE, failed
from tests.unit.app.monitor import Monitor

REFUSED = failed(Cause.REFUSED)


def mute(monitor: Monitor, **length: float) -> None:
    monitor.mute = MuteRequest(monitor.clock.now() + timedelta(**length))


def test_a_muted_cluster_sends_nothing_and_its_heartbeat_goes_on(monitor: Monitor) -> None:
    monitor.poll(ONLINE)
    mute(monitor, minutes=12)
    beats = len(monitor.heartbeat.beats)
    runs = [monitor.poll(REFUSED), monitor.poll(REFUSED)]
    assert [run.headlines for run in runs] == [[], []]
    assert [run.exit_status for run in runs] == [ExitStatus.OK] * 2
    assert len(monitor.heartbeat.beats) == beats + 2
    assert any(fact.startswith("Muted until ") for fact in runs[-1].runner.summary.facts)
    assert monitor.poll(REFUSED).headlines == ["mscluster is offline"]


def test_a_muted_cluster_saves_once_a_poll(monitor: Monitor) -> None:
    monitor.poll(ONLINE)
    mute(monitor, hours=1)
    saves = monitor.store.saves
    monitor.poll(REFUSED)
    assert monitor.store.saves == saves + 1


def test_a_muted_cluster_sends_nothing_while_the_history_cannot_be_saved(monitor: Monitor) -> None:
    monitor.poll(ONLINE)
    mute(monitor, hours=1)
    monitor.store.is_full = True
    assert [monitor.poll(REFUSED).headlines for _ in range(4)] == [[]] * 4


def test_a_mute_of_more_than_14_days_is_an_input_error(monitor: Monitor) -> None:
    mute(monitor, days=14, hours=1)
    with pytest.raises(InputError, match="of mscluster is more than 14 days away: set at most 20"):
        monitor.poll(ONLINE)
    mute(monitor, days=14)
    assert monitor.poll(ONLINE).headlines == []
