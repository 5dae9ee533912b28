"""Thirty clusters in one run, with kills at every step. scripts/bench federation simulates a year of them."""

import pytest

from cluster_status.app import delivery
from tests.property.federation.federation import ADMINS, ISSUES, USERS, Federation, Report
from tests.property.federation.world import DENSE


def simulated(days: int) -> Report:
    return Federation(2, days, DENSE).run()


@pytest.fixture(scope="module")
def report() -> Report:
    return simulated(days=2)


def test_nothing_is_lost_sent_again_beyond_the_window_or_wrong(report: Report) -> None:
    assert report.problems == []


def test_runs_are_killed_before_and_after_each_kind_of_step(report: Report) -> None:
    assert set(report.killed) >= {
        "load",
        "read again",
        "save 1",
        "save 1 done",
        "edit to users",
        "send to admins",
        "send to admins done",
        "POST to GitHub",
        "POST to GitHub done",
        "save 2",
    }
    assert report.sent_again > 0
    assert report.storms > 1
    assert min(report.messages[name] for name in (USERS, ADMINS, ISSUES)) > 0


def test_a_message_for_each_of_thirty_outages_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MOST_SINGLE", 100)
    assert any("messages about" in one for one in simulated(days=1).problems)


def test_a_delivery_that_is_not_saved_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "delivered", lambda outbox, **_: outbox)
    assert any("sent again" in one for one in simulated(days=1).problems)


def test_a_notification_that_is_dropped_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery.ChannelDelivery, "_send", lambda *_: None)
    assert any("lost" in one for one in simulated(days=1).problems)
