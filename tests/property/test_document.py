import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cluster_status.domain.history.codec import parse, render
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import HistoryError
from tests.property import draw
from tests.property.steady import steady, steady_courses
from tests.unit.domain.build import events, failed, listed, step
from tests.unit.domain.rich import LATER, NAME, SETUP, changed, content, document

RESULTS = (listed(idle=4), failed(Cause.REFUSED), failed(Cause.HOST_KEY))


@steady_courses
@given(st.dictionaries(st.text('aé ✓"\\', max_size=8), draw.histories(), max_size=3))
def test_a_document_is_read_back_as_it_was_written(entries: dict[str, History]) -> None:
    histories = Histories(clusters=entries)
    again = parse(render(histories))
    assert again == histories
    assert render(again) == render(histories)


def test_every_history_of_a_sequence_of_polls_is_read_back() -> None:
    tried = set[Event]()

    @steady_courses
    @example(draw.rare_events())
    @example(draw.further_cause())
    @example(draw.events_of_the_user())
    @given(draw.chronicles())
    def read_back(chronicle: list[History]) -> None:
        for history in chronicle:
            assert parse(render(document(history))).of(NAME) == history
            for channel in history.outbox.channels.values():
                tried.update(events(channel.pending))

    read_back()
    of_runs = {Event.HISTORY_NOT_SAVED, Event.REMOVED, Event.REPORT}  # which no poll of a cluster notifies
    assert tried == set(Event) - of_runs


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(Cause),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _paths(value: Any, *above: str | int) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*above, name)
        yield from _paths(inner, *above, name)


def _read_back(histories: Histories) -> Histories | None:
    try:
        return parse(render(histories))
    except HistoryError:
        return None


@steady
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_bytes_are_a_document_or_a_history_error(given_bytes: bytes) -> None:
    with suppress(HistoryError):
        assert isinstance(parse(given_bytes), Histories)


@steady
@given(st.sampled_from([*_paths(content())]), JSON)
def test_any_value_in_any_place_is_an_error_or_a_history_that_can_be_continued(
    path: tuple[str | int, ...], value: object
) -> None:
    with suppress(HistoryError):
        histories = parse(changed(*path, to=value))
        before = histories.of(NAME)
        later = [step(before, result, LATER, setup=SETUP) for result in RESULTS]
        for each in (histories, *(histories.with_entry(NAME, one) for one in later)):
            assert _read_back(each) == each
