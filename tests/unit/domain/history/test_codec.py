import json
from datetime import datetime

import pytest

from cluster_status.domain.history import legacy, limits
from cluster_status.domain.history.codec import parse, render
from cluster_status.domain.history.histories import SCHEMA, Histories
from cluster_status.domain.history.limits import MOST_ENTRIES, max_bytes, max_values
from cluster_status.domain.notification.event import Event
from cluster_status.errors import HistoryError, UnreadableHistoryError
from tests.unit.domain.build import events, history, listed, pending, polled
from tests.unit.domain.rich import EMPTY, NAME, RICH, changed, changed_entry, content, document

UNCHANGED = "No message was sent and nothing was overwritten"


# Write and read


def test_a_document_is_one_line_with_its_schema_first() -> None:
    [line] = render(document(RICH)).decode().splitlines(keepends=True)
    assert line.startswith('{"schema":1,')
    assert line.endswith("}\n")


def test_instants_are_written_in_utc() -> None:
    assert '"at":"2026-01-31T12:00:00Z"' in render(document(RICH)).decode()


def test_the_bytes_do_not_depend_on_the_order_of_clusters() -> None:
    alpha, beta = history(), polled(EMPTY, listed(idle=4))
    one = Histories().with_entry("alpha", alpha).with_entry("beta", beta)
    other = Histories().with_entry("beta", beta).with_entry("alpha", alpha)
    assert render(one) == render(other)


@pytest.mark.parametrize("part", ["tracker", "record", "outbox", "ssh", "unknown_failure"])
def test_a_part_that_is_not_in_the_document_is_empty(part: str) -> None:
    whole = content()
    del whole["clusters"][NAME][part]
    parsed = parse(json.dumps(whole).encode()).of(NAME)
    assert getattr(parsed, part) == getattr(EMPTY, part)


# Unreadable documents


def many_clusters(number: int) -> bytes:
    return json.dumps({"schema": 1, "clusters": {str(one): {} for one in range(number)}}).encode()


@pytest.mark.parametrize(
    ("damaged", "error"),
    [
        (b"", "truncated"),
        (b"\n", "truncated"),
        (b"null", "Expected `object`, got `null`"),
        (b'"history"', "Expected `object`, got `str`"),
        (b"4711", "Expected `object`, got `int`"),
        (b"{}", "missing required field `schema`"),
        (b'{"schema": 1}', "missing required field `clusters`"),
        (b"not JSON", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"schema": 1, "clusters": {"\xff": {}}}', "utf-8"),
        (render(document(RICH)) + b"}", "malformed"),
        (changed("schema", to="1"), r"Expected `int`, got `str` - at `\$.schema`"),
        (changed("schema", to=None), r"Expected `int`, got `null` - at `\$.schema`"),
        (changed("schema", to=1.5), r"\$.schema"),
        (changed("schema", to=True), r"\$.schema"),
        (changed("schema", to=0), r"Expected `int` >= 1 - at `\$.schema`"),
        (changed("clusters", to=[]), r"Expected `object`, got `array` - at `\$.clusters`"),
        (changed("clusters", NAME, to=None), r"\$.clusters\[...\]"),
        (changed_entry("record", "polls", to={}), r"Expected `array`, got `object` - at .*record.polls`"),
        (changed_entry("record", "polls", 0, "status", to="not a word"), r"record.polls\[0\].status"),
        (changed_entry("record", "polls", 0, "cause", to="c" * 41), r"record.polls\[0\].cause"),
        (changed_entry("record", "polls", 0, "at", to="yesterday"), r"record.polls\[0\].at"),
        (changed_entry("record", "polls", 0, "at", to=1_769_860_800), "Expected `datetime`, got `int`"),
        (
            changed_entry("record", "polls", 0, "at", to="2026-01-31T12:00:00"),
            r"timezone .*record.polls\[0\].at",
        ),
        (
            changed_entry("ssh", "login", "worked_at", to="2026-01-31T12:00:00"),
            "timezone .*ssh.login.worked_at",
        ),
        (changed_entry("ssh", "server", "reached", to=1), r"ssh.server.reached"),
        (changed_entry("ssh", "host_key", to=["ssh-ed25519"]), r"ssh.host_key"),
        (changed_entry("tracker", "confirmed", to=[]), r"tracker.confirmed"),
        (
            changed_entry("outbox", "channels", "discord", "pending", 0, "event", to=""),
            r"outbox.channels\[...\].pending\[0\].event",
        ),
        (b'{"schema": 1, "deep": ' + b"[" * 200_000, "recursion"),
        (b" " * (max_bytes(1) + 1), f"larger than {max_bytes(1)} bytes"),
        (b"," * (max_values(1) + 1), f"more than {max_values(1)} values"),
        (many_clusters(MOST_ENTRIES + 1), f"more than {MOST_ENTRIES} clusters"),
    ],
    ids=lambda value: repr(value[-40:]) if isinstance(value, bytes) else None,
)
def test_a_damaged_document_is_an_error_that_names_the_fault(damaged: bytes, error: str) -> None:
    with pytest.raises(UnreadableHistoryError, match=error) as raised:
        parse(damaged)
    assert UNCHANGED in raised.value.remedy


def test_the_error_for_a_long_history_of_the_script_names_a_document() -> None:
    with pytest.raises(UnreadableHistoryError, match="larger than") as error:
        parse(b"[" + b" " * legacy.MAX_BYTES)
    assert "docs/migration.md" in error.value.remedy


def test_a_document_that_no_run_could_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(render(document(RICH)))
    monkeypatch.setattr(limits, "max_bytes", lambda _: size)
    render(document(RICH))
    with pytest.raises(HistoryError, match="The history of 2 clusters is larger than"):
        render(document(RICH).with_entry("another", EMPTY))


def test_limits_grow_with_the_number_of_clusters() -> None:
    large = render(document(RICH)).ljust(max_bytes(1) + 1)
    with pytest.raises(UnreadableHistoryError, match="larger than") as error:
        parse(large)
    assert "in steps" in error.value.remedy
    assert parse(large, clusters=2) == document(RICH)


UNKNOWN = {"since": "2026-01-31T12:00:00Z", "polls": 3, "cause": "host-key", "notified": True}
PENDING = ("outbox", "channels", "discord", "pending")
INITIAL, DEGRADED, RECOVERY, SCHEDULED, DEGRADED_AGAIN, MONITOR_LOST, REPORT = range(7)
"""The indices of the pending notifications in the rich history."""


def changed_notification(number: int, *path: str, to: object) -> bytes:
    return changed_entry(*PENDING, number, *path, to=to)


INCONSISTENT = {
    "unknown is confirmed": changed_entry("tracker", "confirmed", "status", to="unknown"),
    "unknown is pending": changed_entry("tracker", "pending", "status", to="unknown"),
    "unknown is notified": changed_notification(DEGRADED, "period", "status", to="unknown"),
    "unknown was confirmed": changed_notification(DEGRADED, "previous", "status", to="unknown"),
    "monitor lost, status known": changed_notification(MONITOR_LOST, "unknown", to=None),
    "outage of an unknown status": changed_notification(DEGRADED, "unknown", to=UNKNOWN),
    "reminder of an unknown status": changed_notification(MONITOR_LOST, "event", to="reminder"),
    "no week of a report": changed_notification(REPORT, "week", to=None),
    "a week at the end of time": changed_notification(REPORT, "week", "begin", to="9999-12-31T00:00:00Z"),
    "no window of a maintenance": changed_notification(SCHEDULED, "window", to=None),
    "more than an hour": changed_entry("record", "ledger", "hours", 0, "online", to=3_301),
    "same day twice": changed_entry("record", "ledger", "days", to=[{"begin": "2026-01-31T00:00:00Z"}] * 2),
    "open at the end of time": changed_entry(
        "record", "ledger", "open", 0, "end", to="9999-12-31T23:59:59-14:00"
    ),
}


@pytest.mark.parametrize("inconsistent", INCONSISTENT.values(), ids=INCONSISTENT)
def test_an_inconsistent_document_is_an_error(inconsistent: bytes) -> None:
    with pytest.raises(UnreadableHistoryError, match="inconsistent") as error:
        parse(inconsistent)
    assert UNCHANGED in error.value.remedy


def test_the_rich_history_has_the_notifications_of_the_inconsistent_documents() -> None:
    assert events(pending(RICH)) == [
        Event.INITIAL,
        Event.DEGRADED,
        Event.RECOVERY,
        Event.MAINTENANCE_SCHEDULED,
        Event.DEGRADED,
        Event.MONITOR_LOST,
        Event.REPORT,
    ]


def test_one_damaged_entry_makes_the_whole_document_unreadable() -> None:
    damaged = json.loads(INCONSISTENT["unknown is confirmed"])
    damaged["clusters"]["another"] = {}
    with pytest.raises(UnreadableHistoryError):
        parse(json.dumps(damaged).encode())


def test_a_document_as_large_as_the_limit_is_read() -> None:
    assert parse(render(document(RICH)).ljust(max_bytes(1))) == document(RICH)


def test_a_truncated_document_is_an_error() -> None:
    whole = render(document(polled(EMPTY, listed(idle=4)))).rstrip()
    for length in range(len(whole)):
        with pytest.raises(UnreadableHistoryError):
            parse(whole[:length])


@pytest.mark.parametrize("schema", [SCHEMA + 1, 99])
@pytest.mark.parametrize("clusters", [{}, None, ["of another type"]])
def test_a_newer_schema_is_an_error_of_its_own(schema: int, clusters: object) -> None:
    with pytest.raises(HistoryError, match=f"schema {schema}") as error:
        parse(json.dumps({"schema": schema, "clusters": clusters}).encode())
    assert not isinstance(error.value, UnreadableHistoryError)
    assert "newer version" in error.value.remedy


@pytest.mark.parametrize(
    "value",
    ["\n::error::", "\x1b[2J", "\u202e", "!" * 100_000],
    ids=["command", "escape sequence", "direction mark", "long text"],
)
def test_an_error_quotes_the_document_cleaned_and_bounded(value: str) -> None:
    with pytest.raises(HistoryError) as error:
        parse(changed_entry("record", "polls", 0, "cause", to=value))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 1_000


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_at_the_edge_of_the_calendar_is_kept(instant: str) -> None:
    [first, *_] = parse(changed_entry("record", "polls", 0, "at", to=instant)).of(NAME).record.polls
    assert first.at == datetime.fromisoformat(instant)
