import json
from datetime import datetime

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.codec import MAX_BYTES, parse, render
from cluster_status.domain.history.history import SCHEMA
from cluster_status.domain.notification.transitions import Event
from cluster_status.errors import HistoryError, UnreadableHistoryError
from tests.unit.domain.build import EVENTFUL, events, polled
from tests.unit.domain.rich import EMPTY, RICH, changed


def without(name: str) -> bytes:
    content = json.loads(render(RICH))
    del content[name]
    return json.dumps(content).encode()


# There and back


def test_a_document_is_text_that_people_can_read_and_compare() -> None:
    lines = render(RICH).decode().splitlines(keepends=True)
    assert lines[:2] == ["{\n", ' "schema": 1,\n']
    assert lines[-1] == "}\n"


def test_instants_are_written_in_utc() -> None:
    assert '"at": "2026-01-31T12:00:00Z"' in render(RICH).decode()


@pytest.mark.parametrize("name", ["tracker", "polls", "pending", "server", "host_key", "login", "unknown"])
def test_what_a_document_does_not_say_yet_starts_from_nothing(name: str) -> None:
    assert getattr(parse(without(name)), name) == getattr(EMPTY, name)


def test_what_a_document_says_beyond_its_schema_is_passed_over() -> None:
    assert parse(changed("weather", to=["fine"])) == RICH


@pytest.mark.parametrize("run_failure", [None, {"cause": "no answer", "at": "2026-01-31T12:00:00Z"}])
def test_a_document_of_the_time_when_there_was_one_channel_is_read(run_failure: object) -> None:
    older = json.loads(changed("undelivered", to=run_failure))
    del older["undelivered_by_channel"], older["live"]
    older["webhook_gone"] = None
    assert parse(json.dumps(older).encode()) == replace(RICH, failing_channels={}, live=None)


# What cannot be read


@pytest.mark.parametrize(
    ("content", "run_failure"),
    [
        (b"", "truncated"),
        (b"\n", "truncated"),
        (b"null", "Expected `object`, got `null`"),
        (b'"history"', "Expected `object`, got `str`"),
        (b"4711", "Expected `object`, got `int`"),
        (b"{}", "missing required field `schema`"),
        (b'{"schema": 1}', "missing required field `cluster`"),
        (b"not JSON", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"schema": 1, "cluster": "\xff"}', "utf-8"),
        (render(RICH) + b"}", "malformed"),
        (changed("schema", to="1"), r"Expected `int`, got `str` - at `\$.schema`"),
        (changed("schema", to=None), r"Expected `int`, got `null` - at `\$.schema`"),
        (changed("schema", to=1.5), r"\$.schema"),
        (changed("schema", to=True), r"\$.schema"),
        (changed("schema", to=0), r"Expected `int` >= 1 - at `\$.schema`"),
        (changed("schema", to=-1), r"Expected `int` >= 1 - at `\$.schema`"),
        (changed("cluster", to=None), r"\$.cluster"),
        (changed("polls", to={}), r"Expected `array`, got `object` - at `\$.polls`"),
        (changed("polls", 0, "status", to="fine"), r"\$.polls\[0\].status"),
        (changed("polls", 0, "cause", to="gremlins"), r"\$.polls\[0\].cause"),
        (changed("polls", 0, "at", to="yesterday"), r"\$.polls\[0\].at"),
        (changed("polls", 0, "at", to=1_769_860_800), r"Expected `datetime`, got `int`"),
        (changed("polls", 0, "at", to="2026-01-31T12:00:00"), r"timezone component - at `\$.polls\[0\].at`"),
        (
            changed("login", "worked_at", to="2026-01-31T12:00:00"),
            r"timezone component - at `\$.login.worked_at`",
        ),
        (changed("tracker", "confirmed", to=[]), r"\$.tracker.confirmed"),
        (changed("pending", 0, "event", to="gossip"), r"\$.pending\[0\].event"),
        (changed("server", "reached", to=1), r"\$.server.reached"),
        (changed("host_key", to=["ssh-ed25519"]), r"\$.host_key"),
        (b'{"schema": 1, "cluster": "c", "deep": ' + b"[" * 200_000, "recursion"),
        (b" " * (MAX_BYTES + 1), f"larger than {MAX_BYTES} bytes"),
    ],
    ids=lambda value: repr(value[-40:]) if isinstance(value, bytes) else None,
)
def test_a_document_that_is_damaged_is_an_error_that_says_how(content: bytes, run_failure: str) -> None:
    with pytest.raises(UnreadableHistoryError, match=run_failure) as error:
        parse(content)
    assert "nothing was announced and nothing overwritten" in error.value.remedy


def test_an_original_history_that_is_too_long_can_be_shortened_and_says_where() -> None:
    with pytest.raises(UnreadableHistoryError, match="larger than") as error:
        parse(b"[" + b" " * MAX_BYTES)
    assert "docs/migration.md" in error.value.remedy


UNKNOWN_PERIOD = {"since": "2026-01-31T12:00:00Z", "polls": 3, "cause": "host-key", "told": True}
FIRST, DEGRADED, MONITOR_LOST = range(3)  # what is to be told in the rich history
CONTRADICTIONS = {
    "confirmed that one cannot tell": changed("tracker", "confirmed", "status", to="unknown"),
    "about to confirm that one cannot tell": changed("tracker", "pending", "status", to="unknown"),
    "the first status is none": changed("pending", FIRST, "period", "status", to="unknown"),
    "a change to a status that is none": changed("pending", DEGRADED, "period", "status", to="unknown"),
    "a change from a status that is none": changed("pending", DEGRADED, "before", "status", to="unknown"),
    "the last known status is none": changed("pending", MONITOR_LOST, "period", "status", to="unknown"),
    "blind without a doubt": changed("pending", MONITOR_LOST, "unknown_period", to=None),
    "blind by its telling alone": changed("pending", FIRST, "event", to="monitor-lost"),
    "a doubt in the first status": changed("pending", FIRST, "unknown_period", to=UNKNOWN_PERIOD),
    "a doubt in a change": changed("pending", DEGRADED, "unknown_period", to=UNKNOWN_PERIOD),
    "an hour of more than an hour": changed("ledger", "hours", 0, "online", to=3_601),
    "a day that comes twice": changed("ledger", "days", to=[{"begin": "2026-01-31T00:00:00Z"}] * 2),
    "open at the end of time": changed(
        "ledger", "open", to=[{"begin": "2026-01-31T00:00:00Z", "end": "9999-12-31T23:59:59-14:00"}]
    ),
    "a doubt in a repeat": changed("pending", MONITOR_LOST, "event", to="reminder"),
}


def test_the_contradictions_are_put_into_what_they_say() -> None:
    assert events(RICH.pending) == [Event.INITIAL, Event.DEGRADED, Event.MONITOR_LOST]


@pytest.mark.parametrize("content", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_document_that_contradicts_itself_is_an_error(content: bytes) -> None:
    with pytest.raises(UnreadableHistoryError, match="contradicts itself") as error:
        parse(content)
    assert "nothing was announced and nothing overwritten" in error.value.remedy


def test_a_document_as_large_as_the_limit_is_read() -> None:
    assert parse(render(RICH).ljust(MAX_BYTES)) == RICH


def test_a_document_that_was_cut_off_anywhere_is_an_error() -> None:
    whole = render(polled(EMPTY, *EVENTFUL[:1])).rstrip()
    for length in range(len(whole)):
        with pytest.raises(UnreadableHistoryError):
            parse(whole[:length])


@pytest.mark.parametrize("schema", [SCHEMA + 1, 99])
@pytest.mark.parametrize("cluster", ["Deep Thought", None, {"renamed": "meanwhile"}])
def test_a_newer_schema_is_an_error_of_its_own_whatever_else_it_says(schema: int, cluster: object) -> None:
    with pytest.raises(HistoryError, match=f"schema {schema}") as error:
        parse(json.dumps({"schema": schema, "cluster": cluster}).encode())
    assert not isinstance(error.value, UnreadableHistoryError)
    assert "newer version" in error.value.remedy


@pytest.mark.parametrize(
    "value", ["\n::error::", "\x1b[2J", "\u202e", "!" * 100_000], ids=["command", "escape", "turn", "flood"]
)
def test_an_error_quotes_a_document_cleaned_and_bounded(value: str) -> None:
    with pytest.raises(HistoryError) as error:
        parse(changed("polls", 0, "cause", to=value))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 1_000


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_at_the_edge_of_the_calendar_is_kept(instant: str) -> None:
    assert parse(changed("polls", 0, "at", to=instant)).polls[0].at == datetime.fromisoformat(instant)
