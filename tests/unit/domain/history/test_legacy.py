"""The history of the original script."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.domain.history.codec import UNNAMED, parse, render
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.uptime.incident import Incident
from cluster_status.domain.uptime.polls import Poll
from cluster_status.errors import UnreadableHistoryError
from tests.unit.domain.build import DIGESTS, NOON, events, failed, listed, noon_plus, pending, period, step

PARTITIONS = [{"name": "batch", "avail": "up", "nodes": 40, "state": "idle"}]


def entry(minutes: float, *, online: bool = True, **other: object) -> dict[str, object]:
    return {
        "partitions": PARTITIONS if online else None,
        "poll_time": noon_plus(minutes).isoformat(),
        "online": online,
        "error_msg": None if online else "login.hpc.example: timed out for alice",
        **other,
    }


def written(*entries: object) -> bytes:
    return json.dumps(entries).encode()


def restored(content: bytes) -> History:
    """Return the only entry of the document, which has no name."""
    [(name, history)] = parse(content).clusters.items()
    assert name == UNNAMED
    return history


OUTAGE = written(*(entry(5 * number, online=number not in {2, 3}) for number in range(6)))


def test_polls_status_incidents_and_uptime_are_restored() -> None:
    history = restored(OUTAGE)
    statuses = ["online"] * 2 + ["offline"] * 2 + ["online"] * 2
    assert [poll.status for poll in history.record.polls] == statuses
    assert history.tracker == StatusTracker(period(Status.ONLINE, since=noon_plus(20)))
    assert history.record.incidents == (Incident(Status.OFFLINE, noon_plus(10), noon_plus(20)),)
    assert [(day.online, day.offline) for day in history.record.ledger.days] == [(900, 600)]
    assert parse(render(parse(OUTAGE))) == parse(OUTAGE)


def test_events_before_the_migration_are_not_notified() -> None:
    assert not restored(OUTAGE).outbox.has_pending
    assert pending(step(restored(OUTAGE), listed(idle=4), noon_plus(30))) == ()


@pytest.mark.parametrize("digests", [DIGESTS, Digests("server")])
def test_an_event_after_the_migration_is_notified(digests: Digests) -> None:
    assert restored(OUTAGE).ssh.known_server(digests).reached  # otherwise there is no outage
    after = step(restored(OUTAGE), failed(Cause.REFUSED), noon_plus(30))
    assert events(pending(after)) == [Event.OUTAGE]


def test_no_text_of_the_cluster_is_restored() -> None:
    kept = render(parse(OUTAGE)).decode()
    assert [text for text in ("batch", "hpc.example", "alice", "timed out") if text in kept] == []


def test_only_the_time_of_a_poll_and_its_result_are_needed() -> None:
    bare = [{key: poll[key] for key in ("poll_time", "online")} for poll in json.loads(OUTAGE)]
    assert parse(written(*bare)) == parse(OUTAGE)


def test_a_cluster_that_was_never_online_notifies_nothing() -> None:
    history = restored(written(entry(0, online=False), entry(5, online=False)))
    assert pending(step(history, failed(Cause.REFUSED), noon_plus(10))) == ()


def test_the_polls_are_sorted() -> None:
    polls = restored(written(entry(10), entry(0), entry(5))).record.polls
    assert [poll.at for poll in polls] == [NOON, noon_plus(5), noon_plus(10)]


@pytest.mark.parametrize("content", [b"[]", b" \n[ ]"])
def test_an_empty_list_is_an_empty_history(content: bytes) -> None:
    assert restored(content) == History()


@pytest.mark.parametrize(
    "poll_time",
    [
        1_769_860_805,
        1_769_860_805.73,
        "1769860805.73",
        "2026-01-31T12:00:05Z",
        "2026-01-31T14:00:05.123456+02:00",
        "2026-01-31 12:00:05.123456",
        "2026-01-31 12:00:05",
        "2026-01-31 12:00:05 UTC",
        "2026/01/31 12:00:05",
        "Sat Jan 31 12:00:05 2026",
        "Sat, 31 Jan 2026 12:00:05 GMT",
        "Sat, 31 Jan 2026 14:00:05 +0200",
    ],
)
def test_an_instant_is_read_in_every_unambiguous_format(poll_time: object) -> None:
    [poll] = restored(written(entry(0, poll_time=poll_time))).record.polls
    assert poll == Poll(datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC), Status.ONLINE)


@pytest.fixture
def in_japan(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_japan")
@pytest.mark.parametrize("poll_time", [1_769_860_805, "2026-01-31 12:00:05", "Sat Jan 31 12:00:05 2026"])
def test_the_time_zone_of_this_machine_does_not_count(poll_time: object) -> None:
    [poll] = restored(written(entry(0, poll_time=poll_time))).record.polls
    assert poll.at == datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ([entry(0), 4711], r"Expected `object`, got `int` - at `\$\[1\]`"),
        ([{"poll_time": 1_769_860_805}], "missing required field `online`"),
        ([{"online": True}], "missing required field `poll_time`"),
        ([entry(0) | {"online": "yes"}], r"Expected `bool`, got `str` - at `\$\[0\].online`"),
        ([entry(0), entry(0, poll_time="31/01/2026 12:00")], "entry 1 of the list .* '31/01/2026 12:00'"),
        ([entry(0, poll_time="yesterday")], "'yesterday'"),
        ([entry(0, poll_time=1_769_860_805_000)], "'1769860805000'"),
        ([entry(0, poll_time=-1)], "'-1'"),
        ([entry(0, poll_time=None)], r"\$\[0\].poll_time"),
        ([entry(0, poll_time="\x1b[2J::error::" + "x" * 1_000)], "poll_time"),
    ],
    ids=range(10),
)
def test_an_invalid_list_is_an_error_that_names_the_fault(entries: list[object], error: str) -> None:
    with pytest.raises(UnreadableHistoryError, match=error) as raised:
        parse(written(*entries))
    assert "No message was sent and nothing was overwritten" in raised.value.remedy
    assert str(raised.value).isprintable()


def test_a_truncated_list_is_an_error() -> None:
    for length in range(1, len(OUTAGE) - 1, 7):
        with pytest.raises(UnreadableHistoryError):
            parse(OUTAGE[:length])


def test_the_time_since_the_last_poll_of_the_script_is_a_gap() -> None:
    after = step(restored(OUTAGE), listed(idle=4), noon_plus(25) + timedelta(days=3))
    assert [gap.missed for gap in after.record.gaps] == [863]
