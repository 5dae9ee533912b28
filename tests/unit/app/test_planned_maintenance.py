"""Planned maintenance where there is no history, and a notice in each place that shows it."""

from datetime import timedelta

import pytest

from cluster_status.domain.maintenance.plan import Plan, PlannedWindow
from cluster_status.domain.status.cause import Cause
from cluster_status.render.text import text
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor

DOWN, REFUSED = listed(partition(down=8)), failed(Cause.REFUSED)
DAY = timedelta(days=1)


@pytest.fixture
def planned(monitor: Monitor) -> Monitor:
    """Plan a maintenance that runs for another day."""
    now = monitor.clock.now()
    monitor.plan = Plan((PlannedWindow(now - DAY, now + DAY, "Cooling"),), "Read-only")
    return monitor


def test_a_check_inside_a_planned_window_finds_maintenance(planned: Monitor) -> None:
    assert planned.check(DOWN).outputs["status"] == "maintenance"
    planned.clock.advance(2 * DAY)
    assert planned.check(DOWN).outputs["status"] == "offline"


def test_a_poll_without_its_history_finds_planned_maintenance(planned: Monitor) -> None:
    planned.store.make_unreachable()
    run = planned.poll(DOWN)
    assert run.outputs["status"] == "maintenance"
    assert run.messages == []


def test_the_note_is_not_stored(planned: Monitor) -> None:
    planned.poll(ONLINE)
    planned.poll(REFUSED)
    content = planned.store.content
    assert content
    assert b"Cooling" not in content
    assert b"Read-only" not in content


def test_a_live_message_follows_the_notice(planned: Monitor) -> None:
    planned.set_policy(live=True)
    planned.poll(ONLINE)
    [shown] = planned.notifier.shown.values()
    assert "Notice: Read-only\n" in text(shown)
    planned.plan = Plan()
    planned.poll(ONLINE)
    [shown] = planned.notifier.shown.values()
    assert "Read-only" not in text(shown)
    assert len(planned.notifier.messages) == 1


def test_the_summary_of_several_clusters_has_the_notice_of_each(planned: Monitor) -> None:
    run = planned.poll_all({"alpha": [ONLINE], "beta": [ONLINE]})
    assert run.runner.summaries[0].facts == ("alpha: Read-only", "beta: Read-only")


def test_the_summary_of_several_clusters_has_the_planned_maintenance_of_each(planned: Monitor) -> None:
    run = planned.poll_all({"alpha": [ONLINE], "beta": [ONLINE]})
    [section] = run.runner.summaries[0].sections
    assert section.title == "Maintenance"
    assert [line.partition(": planned from ")[0] for line in section.lines] == ["alpha", "beta"]
    assert all(line.endswith(": Cooling") for line in section.lines)
