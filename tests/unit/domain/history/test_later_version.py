"""A history of a later minor version: it has words and fields that this version does not know."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect

from cluster_status.domain.history.codec import parse, render
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.partitions.state import PartitionState
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import Verdict
from cluster_status.render.markdown import markdown
from cluster_status.render.summary import summary_of
from tests.unit.domain.build import CHANNEL, POLICY, events, failed, listed, pending, polled
from tests.unit.domain.rich import (
    CHECKS,
    CONDITION,
    GPU_TYPE,
    LATER,
    NAME,
    PARTITIONS,
    SETUP,
    changed_entry,
    content,
    document,
)

WORDS = {
    "status": "paused",
    "cause": "ipv6-only",
    "causes": "ipv6-only",
    "underlying_cause": "ipv6-only",
    "event": "cluster-paused",
    "problem": "no-licenses",
    "stage": "postponed",
}
MAP_KEYS = {NAME, CHANNEL, GPU_TYPE, *PARTITIONS, *CHECKS, CONDITION}
RESULTS = [listed(idle=4), listed(idle=1, down=3), *(failed(cause) for cause in CAUSES)]
Path = tuple[str | int, ...]


def places(value: Any, *above: str | int) -> Iterator[tuple[Path, str]]:
    """Yield the path of each status, cause and event in the document, and a later word for it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        kind = _kind(name, *above)
        if isinstance(inner, str) and kind in WORDS and above[-1] not in {"run", "unknown_failure"}:
            yield (*above, name), WORDS[kind]
        yield from places(inner, *above, name)


def _kind(name: str | int, *above: str | int) -> str:
    """Return the name of the field; an item has that of its list, and one of a partition its own."""
    if isinstance(name, str):
        return name
    return PartitionState.__struct_fields__[name] if "states" in above else str(above[-1])


ENTRY = content()["clusters"][NAME]
PLACES = dict(places(ENTRY))


def at(entry: Any, path: Path) -> Any:
    for name in path:
        entry = entry[name]
    return entry


def later_document() -> Any:
    """Return the rich history with a later word at each path, and a later field in each object."""
    entry = content()["clusters"][NAME]
    for (*parents, last), word in PLACES.items():
        at(entry, tuple(parents))[last] = word
    return _with_fields({"schema": 1, "clusters": {NAME: entry}})


def _with_fields(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _with_fields(item) for name, item in value.items()}
    is_map = not MAP_KEYS.isdisjoint(value)  # its keys are names, not fields
    return inner if is_map else {**inner, "later_field": {"status": "any"}}


LATER_BYTES = json.dumps(later_document()).encode()
LATER_HISTORY = parse(LATER_BYTES).of(NAME)


def stored(history: History) -> Any:
    return json.loads(render(document(history)))["clusters"][NAME]


def word_fields(kind: inspect.Type, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of each field that can have new words in a later version."""
    match kind:
        case inspect.StructType():
            for field in kind.fields:
                yield from word_fields(field.type, *above, *([] if kind.array_like else [field.encode_name]))
        case inspect.DictType():
            yield from word_fields(kind.value_type, *above)
        case inspect.VarTupleType():
            yield from word_fields(kind.item_type, *above)
        case inspect.UnionType():
            for one in kind.types:
                yield from word_fields(one, *above)
        case inspect.EnumType():
            yield above


def test_the_later_document_has_a_later_word_in_every_field_for_one() -> None:
    names = {
        tuple(name for name in path if isinstance(name, str) and name not in MAP_KEYS) for path in PLACES
    }
    assert names == set(word_fields(inspect.type_info(History)))


@pytest.mark.parametrize(("path", "word"), PLACES.items(), ids=str)
def test_a_single_later_word_is_written_back(path: Path, word: str) -> None:
    history = parse(changed_entry(*path, to=word)).of(NAME)
    assert at(stored(history), path) == word


def test_later_words_are_written_back_and_later_fields_are_not() -> None:
    written = stored(LATER_HISTORY)
    assert {path: at(written, path) for path in PLACES} == PLACES
    assert "later_field" not in json.dumps(written)


@pytest.mark.parametrize("result", RESULTS)
def test_a_poll_keeps_the_later_words_of_unchanged_parts(result: ProbeResult) -> None:
    after = polled(LATER_HISTORY, result, result, start=LATER, setup=SETUP)
    assert parse(render(document(after))).of(NAME) == after
    kept = {path: word for path, word in PLACES.items() if path[0] in {"record", "outbox"}}
    assert {path: at(stored(after), path) for path in kept} == kept


@pytest.mark.parametrize(
    ("result", "status"), [(listed(idle=4), Status.ONLINE), (failed(Cause.REFUSED), Status.OFFLINE)]
)
def test_the_first_known_status_after_a_later_one_is_notified(result: ProbeResult, status: Status) -> None:
    after = polled(LATER_HISTORY, result, start=LATER, setup=SETUP)
    assert after.tracker.status is status
    notification = pending(after)[-1]
    assert (notification.event, notification.previous) == (Event.INITIAL, LATER_HISTORY.tracker.confirmed)


def test_the_time_of_a_later_status_does_not_count() -> None:
    after = polled(LATER_HISTORY, listed(idle=4), start=LATER, setup=SETUP)
    assert after.record.ledger.hours == LATER_HISTORY.record.ledger.hours


def test_an_older_and_a_later_version_can_take_turns() -> None:
    history = LATER_HISTORY
    for number, result in enumerate(RESULTS):
        history = polled(history, result, start=LATER.replace(hour=16, minute=number), setup=SETUP)
        history = parse(json.dumps(_with_fields(json.loads(render(document(history))))).encode()).of(NAME)
    assert stored(history)["record"]["incidents"][0] == stored(LATER_HISTORY)["record"]["incidents"][0]
    assert events(pending(history))[:6] == ["cluster-paused"] * 6


@pytest.mark.parametrize("number", range(len(pending(LATER_HISTORY))))
def test_a_notification_with_later_words_is_composed_with_them(number: int) -> None:
    notification = pending(LATER_HISTORY)[number]
    message = compose(notification, "Deep Thought", POLICY, None)
    assert message.status is Status.UNKNOWN
    assert message.headline == "Deep Thought is paused"


def test_a_summary_shows_later_words() -> None:
    summary = markdown(summary_of(Verdict(Status.ONLINE), "Deep Thought", LATER_HISTORY))
    assert "Confirmed status: paused since" in summary
