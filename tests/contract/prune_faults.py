"""Each fault of pruning: what the user sees, and which runs are left.

A workflow has 15 runs, of which 10 are to be kept. The first pruning meets the fault; the second one, an hour
later, does not.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec import Struct

from tests.fakes.github import Broken, Failed, Odd, RateLimited, Reset, SecondaryRateLimited
from tests.fakes.pruner import Pruner

TRIES = 3


class Fault(Struct, frozen=True):
    words: str
    strike: Callable[[Pruner], object]
    deleted: int  # of the five runs to delete, in spite of the fault
    exit_status: int | None = 0  # None: it was killed
    shows: str = ""  # a part of what the user sees; empty: nothing is shown


class Outcome(Struct, frozen=True):
    exit_status: int | None
    shown: str
    deleted: int
    deleted_next: int
    left: tuple[int, ...]


def _failing(operation: Any, *faults: Any) -> Callable[[Pruner], object]:
    return lambda pruner: pruner.github.fail_next(*faults, on=operation)


def _use_up_the_hour(pruner: Pruner) -> None:
    for _ in range(698):
        pruner.clock.advance(timedelta(seconds=0.1))
        pruner.wire.request("GET", "/nowhere", {})


def _have_little_time(pruner: Pruner) -> None:
    pruner.budget_seconds = 1.0


def _be_killed(pruner: Pruner) -> None:
    pruner.wire.broken_after = pruner.wire.statuses.total() + 4


def _take_the_token_away(pruner: Pruner) -> None:
    pruner.new_wire().refuse_token()


def _rerun_the_oldest(pruner: Pruner) -> None:
    """Have it run again after it was listed; GitHub refuses to delete it."""
    pruner.github.fail_next(Failed(409, "Conflict"), on="delete-run")


FAULTS = (
    Fault(
        "the token may only read",
        lambda pruner: pruner.new_wire("read"),
        0,
        exit_status=5,
        shows="permissions: {actions: write}",
    ),
    Fault(
        "the token may nothing",
        lambda pruner: pruner.new_wire("none"),
        0,
        exit_status=5,
        shows="permissions: {actions: write}",
    ),
    Fault("the token is no token", _take_the_token_away, 0, exit_status=5, shows="401"),
    Fault(
        "the workflow is not there",
        _failing("list-runs", Failed(404, "Not Found")),
        0,
        exit_status=5,
        shows="'poll.yml'",
    ),
    Fault(
        "a run is run again meanwhile (409)",
        _rerun_the_oldest,
        4,
        shows="left: 1",
    ),
    Fault(
        "somebody else has deleted a run (404)",
        _failing("delete-run", Failed(404, "Not Found", after_accepting=True)),
        5,
    ),
    Fault("the hour is used up", _failing("list-runs", RateLimited(1800)), 0, shows="300"),
    Fault("the hour is nearly used up", _use_up_the_hour, 0, shows="left: 5"),
    Fault("the time is over", _have_little_time, 3, shows="left: 2"),
    Fault("GitHub wants a pause of a minute", _failing("delete-run", SecondaryRateLimited(60)), 5),
    Fault(
        "GitHub wants a pause, and says not how long (429)",
        _failing("delete-run", SecondaryRateLimited(None, status=429)),
        5,
    ),
    Fault(
        "GitHub wants a pause of an hour",
        _failing("delete-run", SecondaryRateLimited(3600)),
        0,
        shows="left: 5",
    ),
    Fault("5xx, twice", _failing("list-runs", *[Broken(502)] * (TRIES - 1)), 5),
    Fault(
        "5xx for good, while runs are listed",
        _failing("list-runs", *[Broken(502)] * TRIES),
        0,
        exit_status=5,
        shows="502",
    ),
    Fault(
        "5xx for good, while artifacts are listed",
        _failing("list", *[Broken(503)] * TRIES),
        0,
        exit_status=5,
        shows="503",
    ),
    Fault(
        "5xx for good at one run",
        _failing("delete-run", *[Broken(500)] * TRIES),
        4,
        shows="left: 1",
    ),
    Fault(
        "5xx for good at every run",
        _failing("delete-run", *[Broken(500)] * TRIES**2),
        0,
        exit_status=5,
        shows="500",
    ),
    Fault(
        "the connection is reset for good",
        _failing("list-runs", *[Reset()] * TRIES),
        0,
        exit_status=5,
        shows="GitHub",
    ),
    Fault(
        "the answer to a deletion is lost",
        _failing("delete-run", Reset(after_accepting=True)),
        5,
    ),
    Fault(
        "the list cannot be read",
        _failing("list-runs", Odd(b"<html>")),
        0,
        exit_status=5,
        shows="GitHub",
    ),
    Fault("it is killed half-way", _be_killed, 2, exit_status=None),
)


def outcome(fault: Fault) -> Outcome:
    """Prune twice, and see what is left."""
    pruner = Pruner()
    pruner.poll(15)
    fault.strike(pruner)
    exit_status = None
    with contextlib.suppress(KeyboardInterrupt):
        exit_status = int(pruner.prune())
    seen = [text for _, text in pruner.runner.annotations]
    left = len(pruner.github.runs)
    pruner.clock.advance(timedelta(hours=1))
    pruner.budget_seconds = 300.0
    pruner.new_wire()
    pruner.prune()
    return Outcome(
        exit_status,
        " ".join(seen),
        15 - left,
        left - len(pruner.github.runs),
        tuple(pruner.numbers),
    )
