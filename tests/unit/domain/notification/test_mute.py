"""A muted cluster: what channels get at the end of the mute, by what has happened meanwhile."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.conditions.grammar import parse
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import (
    NOON,
    POLICY,
    SETUP,
    Setup,
    delivered,
    events,
    failed,
    listed,
    listed_with,
    noon_plus,
    pending,
    polled,
    reserved,
)

ONLINE, DOWN, FEW = listed(idle=4), failed(Cause.REFUSED), listed(idle=1, down=3)
UNKNOWN = failed(Cause.SINFO_FAILED)
UNTIL = noon_plus(29)
MUTED = Setup(mute=MuteRequest(UNTIL))


def begun(*results: ProbeResult) -> History:
    """Return the history after polls before the mute, whose messages were delivered."""
    history = polled(History(), *results)
    for one in pending(history):
        history = delivered(history, one)
    return history


def muted(before: History, *results: ProbeResult, setup: Setup = MUTED) -> History:
    """Return the history after polls in the mute, from five past twelve."""
    history = polled(before, *results, start=noon_plus(10), setup=setup)
    assert [one for one in events(pending(history)) if one not in PLANS] == []
    assert history.mute
    return history


PLANS = {Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CANCELLED}


def after(history: History, *results: ProbeResult) -> list[Message]:
    """Return the messages of the polls after the mute."""
    history = polled(history, *results, start=noon_plus(30))
    assert history.mute is None
    return [compose(one, "hpc", POLICY, None) for one in pending(history)]


def facts(message: Message) -> dict[str, str | datetime | timedelta]:
    return {fact.label: fact.value for fact in message.facts}


def test_an_outage_that_lasts_is_sent_at_the_end_with_its_true_start() -> None:
    [message] = after(muted(begun(ONLINE), DOWN, DOWN, DOWN), DOWN, DOWN)
    assert message.headline == "hpc is offline"
    assert facts(message)["Since"] == noon_plus(10)


def test_an_outage_that_is_over_is_one_line() -> None:
    [message] = after(muted(begun(ONLINE), DOWN, ONLINE, DOWN, ONLINE), ONLINE, ONLINE)
    assert message.headline == "hpc is back online after an incident while muted"
    assert facts(message)["Was offline for"] == timedelta(minutes=5)


def test_an_outage_that_ends_with_the_first_poll_after_the_mute_is_one_line() -> None:
    [message] = after(muted(begun(ONLINE), DOWN, DOWN), ONLINE)
    assert message.headline == "hpc is back online after an incident while muted"


def test_the_end_of_an_outage_that_was_notified_before_is_a_recovery() -> None:
    [message] = after(muted(begun(ONLINE, DOWN), DOWN, ONLINE), ONLINE)
    assert message.headline == "hpc is back online"
    assert facts(message)["Was offline for"] == timedelta(minutes=10)


def test_an_outage_that_was_notified_before_and_lasts_is_not_sent_again() -> None:
    assert after(muted(begun(ONLINE, DOWN), DOWN, DOWN), DOWN, DOWN) == []


def test_another_outage_than_the_one_before_is_sent() -> None:
    [message] = after(muted(begun(ONLINE, DOWN), ONLINE, DOWN), DOWN)
    assert message.headline == "hpc is offline"
    assert facts(message)["Since"] == noon_plus(15)


def test_a_mute_without_a_change_ends_without_a_message() -> None:
    assert after(muted(begun(ONLINE), ONLINE, ONLINE), ONLINE, ONLINE) == []


def test_a_degradation_that_has_become_an_outage_is_sent_once() -> None:
    [message] = after(muted(begun(ONLINE), FEW, FEW, DOWN), DOWN)
    assert message.headline == "hpc is offline"


def test_the_first_status_is_sent_at_the_end() -> None:
    [message] = after(polled(History(), ONLINE, ONLINE, setup=MUTED), ONLINE)
    assert message.headline == "hpc is online"


def test_an_unknown_poll_does_not_end_a_mute() -> None:
    history = polled(muted(begun(ONLINE), DOWN, DOWN), UNKNOWN, start=noon_plus(30))
    assert (history.mute is not None, pending(history)) == (True, ())
    history = polled(history, DOWN, start=noon_plus(35))
    assert events(pending(history)) == [Event.OUTAGE]


def test_a_status_that_has_become_unknown_is_sent_at_the_end() -> None:
    [message] = after(muted(begun(ONLINE), UNKNOWN, UNKNOWN, UNKNOWN), UNKNOWN)
    assert message.headline == "hpc: status unknown"


def test_a_changed_time_extends_or_ends_the_mute() -> None:
    history = muted(begun(ONLINE), DOWN)
    longer = polled(history, DOWN, start=noon_plus(30), setup=Setup(mute=MuteRequest(noon_plus(60))))
    assert longer.mute
    assert (longer.mute.since, longer.mute.until) == (noon_plus(10), noon_plus(60))
    shorter = polled(history, DOWN, start=noon_plus(15))
    assert events(pending(shorter)) == [Event.OUTAGE]


def test_history_and_uptime_go_on() -> None:
    history = muted(begun(ONLINE), DOWN, ONLINE)
    assert [one.status for one in history.record.polls] == ["online", "offline", "online"]
    assert len(history.record.incidents) == 1


def test_a_message_that_was_pending_before_stays_pending() -> None:
    before = polled(History(), ONLINE, DOWN)
    history = polled(before, ONLINE, start=noon_plus(10), setup=MUTED)
    assert events(pending(history)) == [Event.INITIAL, Event.OUTAGE]


def test_a_maintenance_that_was_planned_meanwhile_is_announced_at_the_end() -> None:
    planned = listed_with(reserved(NOON + timedelta(hours=8)), idle=4)
    [message] = after(muted(begun(ONLINE), planned, planned), planned)
    assert message.headline == "Maintenance of hpc scheduled"


def test_conditions_are_not_sent_later() -> None:
    conditions = parse("idle >= 3")
    history = polled(
        begun(FEW, FEW), ONLINE, start=noon_plus(10), setup=replace(MUTED, conditions=conditions)
    )
    assert history.conditions
    history = polled(history, ONLINE, start=noon_plus(30), setup=replace(SETUP, conditions=conditions))
    assert Event.CONDITION_MET not in events(pending(history))


@pytest.mark.parametrize("status", ["online", "offline"])
def test_a_time_that_has_passed_mutes_nothing(status: str) -> None:
    setup = Setup(mute=MuteRequest(NOON))
    result = ONLINE if status == "online" else DOWN
    history = polled(begun(ONLINE), result, start=noon_plus(5), setup=setup)
    assert history.mute is None
    assert len(pending(history)) == (status == "offline")
