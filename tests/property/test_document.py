import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.history.codec import parse, render
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import HistoryError
from tests.property import draw
from tests.property.steady import steady, steady_courses
from tests.unit.domain.build import events, listed, met, noon_plus, step
from tests.unit.domain.rich import RICH, changed

GOOD, BROKEN, UNTRUSTED = listed(idle=4), met(Cause.REFUSED), met(Cause.HOST_KEY)


@steady_courses
@given(draw.histories())
def test_whatever_is_written_is_read_back_as_it_was_to_the_byte(history: History) -> None:
    again = parse(render(history))
    assert again == history
    assert render(again) == render(history)


def test_no_history_of_our_own_is_ever_refused_whatever_is_to_be_told_of_it() -> None:
    tried = set[Event]()

    @steady_courses
    @given(draw.chronicles())
    def read_back(chronicle: list[History]) -> None:
        for history in chronicle:
            assert parse(render(history)) == history
            tried.update(events(history.pending))

    read_back()
    assert tried == set(Event)


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


def _read_back(history: History) -> History | None:
    try:
        return parse(render(history))
    except HistoryError:
        return None


@steady
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_bytes_nothing_but_a_history_error_is_raised(content: bytes) -> None:
    with suppress(HistoryError):
        assert isinstance(parse(content), History)


@steady
@given(st.sampled_from([*_paths(json.loads(render(RICH)))]), JSON)
def test_whatever_stands_in_one_place_it_is_a_history_or_an_error(
    path: tuple[str | int, ...], value: object
) -> None:
    with suppress(HistoryError):
        history = parse(changed(*path, to=value))
        later = [step(history, result, noon_plus(60)) for result in (GOOD, BROKEN, UNTRUSTED)]
        for each in (history, *later):
            assert _read_back(each) == each
