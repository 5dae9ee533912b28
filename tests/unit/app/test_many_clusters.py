"""A run of many clusters: one message per channel, and each cluster notifies its own channels."""

from datetime import timedelta

import pytest

from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.severity import counted
from cluster_status.errors import DeliveryError
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor, Run

REFUSED, DEGRADED = failed(Cause.REFUSED), listed(partition(draining=8))
FAILED = DeliveryError("Discord was not reached.", cause="no answer")
NAMES = [f"c{number:02}" for number in range(30)]


def poll(monitor: Monitor, *results: ProbeResult) -> Run:
    return monitor.poll_all({name: [result] for name, result in zip(NAMES, results, strict=False)})


@pytest.fixture
def fleet() -> Monitor:
    """Have found all clusters online; without retries, all results have the same time."""
    monitor = Monitor()
    monitor.set_retries(attempts=1)
    poll(monitor, *[ONLINE] * 30)
    return monitor


def test_thirty_outages_at_once_are_one_message_that_lists_them(fleet: Monitor) -> None:
    [message] = poll(fleet, *[REFUSED] * 30).messages
    assert (message.status, message.headline) == (Status.OFFLINE, "30 offline")
    assert [change.headline for change in message.changes] == [f"{name} is offline" for name in NAMES]
    assert {change.sentence for change in message.changes} == {"SSH connections refused."}
    assert poll(fleet, *[REFUSED] * 30).messages == []


def test_the_worst_changes_are_first(fleet: Monitor) -> None:
    poll(fleet, REFUSED, REFUSED, ONLINE, ONLINE)
    [message] = poll(fleet, ONLINE, ONLINE, DEGRADED, REFUSED).messages
    assert message.headline == "1 offline, 1 degraded, 2 online"
    assert [change.headline for change in message.changes] == [
        "c03 is offline",
        "c02 is degraded",
        "c00 is back online",
        "c01 is back online",
    ]


def test_the_status_of_a_later_version_is_last() -> None:
    later = Status("paused")
    assert counted([later, Status.ONLINE, Status.OFFLINE, later]) == [
        (Status.OFFLINE, 1),
        (Status.ONLINE, 1),
        (later, 2),
    ]


def test_up_to_three_changes_are_messages_of_their_own(fleet: Monitor) -> None:
    assert poll(fleet, *[REFUSED] * 3, ONLINE).headlines == [
        "c00 is offline",
        "c01 is offline",
        "c02 is offline",
    ]


def test_a_message_about_many_clusters_that_is_not_delivered_is_sent_by_the_next_run(fleet: Monitor) -> None:
    fleet.notifier.fail_next(FAILED)
    assert poll(fleet, *[REFUSED] * 4).messages == []
    [message] = poll(fleet, REFUSED, REFUSED, REFUSED, ONLINE).messages
    assert [change.headline for change in message.changes] == [
        "c00 is offline",
        "c01 is offline",
        "c02 is offline",
        "c03 is offline",
        "c03 is back online",
    ]


def test_a_cluster_with_several_late_changes_counts_once_with_its_latest_status(fleet: Monitor) -> None:
    fleet.notifier.fail_next(FAILED)
    poll(fleet, *[REFUSED] * 4)
    [message] = poll(fleet, *[ONLINE] * 4).messages
    assert (message.status, message.headline) == (Status.ONLINE, "4 online")
    assert [change.headline for change in message.changes][:3] == [
        "c00 is offline",
        "c00 is back online",
        "c01 is offline",
    ]


def test_a_cluster_that_was_removed_notifies_nothing_more_and_is_kept_for_thirty_days(
    monitor: Monitor,
) -> None:
    fleet = monitor
    fleet.owns_history = True
    fleet.poll_all({"c00": [ONLINE], "c01": [ONLINE]})
    fleet.notifier.fail_next(FAILED)
    fleet.poll_all({"c00": [REFUSED], "c01": [ONLINE]})
    run = fleet.poll_all({"c01": [ONLINE]})
    assert run.messages == []
    assert not fleet.store.histories.clusters["c00"].outbox.has_pending
    assert fleet.poll_all({"c00": [REFUSED], "c01": [ONLINE]}).messages == []
    fleet.poll_all({"c01": [ONLINE]}, later=timedelta(days=29))
    assert set(fleet.store.histories.clusters) == {"c00", "c01"}
    fleet.poll_all({"c01": [ONLINE]}, later=timedelta(days=2))
    assert set(fleet.store.histories.clusters) == {"c01"}
