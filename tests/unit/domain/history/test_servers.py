"""Which server a history is of, for any order of polls."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.history.digests import Digests, ServerDigest, keyed_digests
from cluster_status.domain.history.servers import ALONE_FOR, ServerMismatch, Servers, attributed
from tests.property.steady import steady
from tests.unit.domain.build import NOON, noon_plus

FIRST, CONFLICT = ServerMismatch.FIRST_POLL, ServerMismatch.CONFLICT
HINTS = {"A": "0a", "B": "0b", "C": "0c"}


def digests(server: str, key: str = "key") -> Digests:
    return Digests(f"{server} by {key}", "login", key, HINTS[server])


class Watched:
    """The servers of one history, poll by poll."""

    def __init__(self) -> None:
        self.servers = Servers()
        self.own = ServerDigest()

    def poll(self, server: str, minutes: float, key: str = "key") -> ServerMismatch | None:
        polled = digests(server, key)
        self.servers, hold = attributed(self.servers, self.own, polled, noon_plus(minutes))
        if hold is None:
            self.own = ServerDigest(polled.server, polled.key, polled.hint)
        return hold


def mismatches(
    course: str, *, every: float = 5, keys: dict[str, str] | None = None
) -> list[ServerMismatch | None]:
    watched = Watched()
    return [
        watched.poll(server, number * every, (keys or {}).get(server, "key"))
        for number, server in enumerate(course)
    ]


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ("AAA", [None, None, None]),
        ("ABB", [None, FIRST, None]),
        ("ABBBCC", [None, FIRST, None, None, FIRST, None]),
        ("ABA", [None, FIRST, CONFLICT]),
        ("ABABB", [None, FIRST, CONFLICT, CONFLICT, CONFLICT]),
        ("ABBA", [None, FIRST, None, CONFLICT]),  # it changes back after the history has followed
        ("ABC", [None, FIRST, CONFLICT]),
    ],
)
def test_a_history_follows_after_two_polls_in_a_row_and_a_change_back_is_a_conflict(
    course: str, expected: list[ServerMismatch | None]
) -> None:
    assert mismatches(course) == expected


def test_two_workflows_with_different_webhooks_are_in_conflict_as_well() -> None:
    assert mismatches("ABAB", keys={"A": "a webhook", "B": "another"}) == [None, FIRST, CONFLICT, CONFLICT]


def test_the_same_server_with_another_webhook_is_not_another_server() -> None:
    watched = Watched()
    assert [watched.poll("A", 5 * number, f"webhook {number % 2}") for number in range(4)] == [None] * 4


def test_a_server_is_left_for_good_after_a_day() -> None:
    watched = Watched()
    day = ALONE_FOR / timedelta(minutes=1)
    assert [watched.poll("A", 0), watched.poll("B", 5), watched.poll("B", 10)] == [None, FIRST, None]
    assert watched.poll("B", day + 10) is None
    assert watched.poll("A", day + 15) is FIRST


@pytest.mark.parametrize("server", ["A", "B"])
def test_a_conflict_ends_when_one_server_was_polled_alone_for_a_day(server: str) -> None:
    watched = Watched()
    for number, polled in enumerate("ABA"):
        watched.poll(polled, number)
    day = ALONE_FOR / timedelta(minutes=1)
    assert watched.poll("B", 60) is CONFLICT
    assert watched.poll(server, 65) is CONFLICT
    assert watched.poll(server, day + 59) is CONFLICT
    assert watched.poll(server, day + 65) is None
    assert watched.servers == Servers()


def test_a_clock_that_was_set_back_does_not_end_a_conflict() -> None:
    watched = Watched()
    for number, polled in enumerate("ABA"):
        watched.poll(polled, number)
    assert watched.poll("A", -1_000) is CONFLICT
    assert watched.poll("A", 0) is CONFLICT


def test_a_history_without_a_digest_is_of_any_server() -> None:
    assert attributed(Servers(), ServerDigest(), digests("A"), NOON) == (Servers(), None)
    assert attributed(Servers(), ServerDigest("x", None, "01"), Digests(), NOON) == (Servers(), None)


polls = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3_000)), min_size=1, max_size=30)


@steady
@given(polls)
def test_a_poll_that_changes_something_never_follows_one_of_another_server(
    course: list[tuple[str, int]],
) -> None:
    watched, minutes, outcomes = Watched(), 0, []
    for server, later in course:
        minutes += later
        outcomes.append((server, watched.poll(server, minutes)))
    assert outcomes[0][1] is None
    assert not [after for before, after in pairwise(outcomes) if after[1] is None and before[0] != after[0]]


@steady
@given(st.text("AB", min_size=3, max_size=40).filter(lambda course: "ABA" in course or "BAB" in course))
def test_after_a_change_back_every_poll_of_that_day_is_a_conflict(course: str) -> None:
    back = min(course.find(change) % 1_000 for change in ("ABA", "BAB") if change in course) + 2
    outcomes = mismatches(course)
    assert set(outcomes[back:]) == {CONFLICT}


def test_the_hint_is_one_byte_that_does_not_depend_on_the_key() -> None:
    made = [keyed_digests(key=key, server="head.example.org", login="x").hint for key in ("", "1", "2")]
    assert made == ["14"] * 3
