"""The file of the script that came before."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.domain.history.codec import parse, render
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.domain.uptime.incident import Incident
from cluster_status.domain.uptime.polls import Poll
from cluster_status.errors import UnreadableHistoryError
from tests.unit.domain.build import IDENTITY, NOON, events, listed, met, noon_plus, step

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


COURSE = written(*(entry(5 * n, online=n not in {2, 3}) for n in range(6)))


def test_polls_status_and_incidents_are_what_the_script_saw() -> None:
    restored = parse(COURSE)
    assert [poll.status.value for poll in restored.polls] == ["online"] * 2 + ["offline"] * 2 + ["online"] * 2
    assert restored.tracker == StatusTracker(StatusPeriod(Status.ONLINE, noon_plus(20)))
    assert restored.incidents == (Incident(Status.OFFLINE, noon_plus(10), noon_plus(20)),)
    assert [(day.online, day.offline) for day in restored.ledger.days] == [(900, 600)]
    assert parse(render(restored)) == restored


def test_nothing_is_announced_of_what_the_script_has_told() -> None:
    restored = parse(COURSE)
    assert restored.pending == ()
    assert step(restored, listed(idle=4), noon_plus(30)).pending == ()


@pytest.mark.parametrize("identity", [IDENTITY, Digests("server", "login", None)])
def test_a_change_since_is_announced(identity: Digests) -> None:
    restored = parse(COURSE)
    assert restored.known_server(identity).reached  # so that it may be called offline
    assert events(step(restored, met(Cause.REFUSED), noon_plus(30)).pending) == ["outage"]


def test_nothing_that_the_cluster_said_is_carried_over() -> None:
    kept = render(parse(COURSE)).decode()
    assert [word for word in ("batch", "hpc.example", "alice", "timed out") if word in kept] == []


def test_without_what_is_not_carried_over_it_is_the_same_history() -> None:
    bare = [{key: poll[key] for key in ("poll_time", "online")} for poll in json.loads(COURSE)]
    assert parse(written(*bare)) == parse(COURSE)


def test_a_script_that_never_was_online_has_told_nothing_that_we_would() -> None:
    restored = parse(written(entry(0, online=False), entry(5, online=False)))
    assert step(restored, met(Cause.REFUSED), noon_plus(10)).pending == ()


def test_the_polls_are_put_in_order() -> None:
    assert [poll.at for poll in parse(written(entry(10), entry(0), entry(5))).polls] == [
        NOON,
        noon_plus(5),
        noon_plus(10),
    ]


@pytest.mark.parametrize("content", [b"[]", b" \n[ ]"])
def test_a_list_of_nothing_is_a_history_of_nothing(content: bytes) -> None:
    assert parse(content).polls == ()


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
def test_an_instant_may_be_written_in_each_way_that_has_one_meaning(poll_time: object) -> None:
    [poll] = parse(written(entry(0, poll_time=poll_time))).polls
    assert poll == Poll(datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC), Status.ONLINE)


@pytest.mark.parametrize(
    ("entries", "run_failure"),
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
        ([entry(0, poll_time="\x1b[2J::error::" + "x" * 1_000)], "no instant"),
    ],
    ids=range(10),
)
def test_a_list_of_anything_else_is_an_error_that_says_what_and_where(
    entries: list[object], run_failure: str
) -> None:
    with pytest.raises(UnreadableHistoryError, match=run_failure) as error:
        parse(written(*entries))
    assert "nothing was announced and nothing overwritten" in error.value.remedy
    assert str(error.value).isprintable()


def test_a_list_that_was_cut_off_is_an_error() -> None:
    for length in range(1, len(COURSE) - 1, 7):
        with pytest.raises(UnreadableHistoryError):
            parse(COURSE[:length])


def test_a_silence_since_the_script_stopped_is_one() -> None:
    after = step(parse(COURSE), listed(idle=4), noon_plus(25) + timedelta(days=3))
    assert [gap.missed for gap in after.gaps] == [863]
