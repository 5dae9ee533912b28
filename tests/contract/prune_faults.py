"""Each fault of pruning on one page: what the user sees, and that no run is lost that was to stay.

Fifteen runs of a workflow, of which ten are to stay: while they are pruned the fault strikes, and an hour
later, when it is over, they are pruned again. `python -m tests.contract.prune_faults` prints the table of
docs/prune-faults.md.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec import Struct

from cluster_status.domain.text import clean
from tests.fakes.github import Broken, Failed, Odd, RateLimited, Reset, SecondaryRateLimited
from tests.fakes.pruner import Pruner

TRIES = 3
HEAD = """\
| what goes wrong | what the user sees | exit status | deleted of 5 | deleted by the next run |
| --- | --- | --- | --- | --- |
"""


class Fault(Struct, frozen=True):
    words: str
    strike: Callable[[Pruner], object]


class Outcome(Struct, frozen=True):
    fault: Fault
    exit_status: int | None  # None: it was killed
    result: str
    deleted: int
    deleted_next: int
    left: tuple[int, ...]

    @property
    def row(self) -> str:
        status = "killed" if self.exit_status is None else str(self.exit_status)
        cells = (self.fault.words, self.result, status, str(self.deleted), str(self.deleted_next))
        return f"| {' | '.join(cells)} |"


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
    Fault("the token may only read", lambda pruner: pruner.new_wire("read")),
    Fault("the token may nothing", lambda pruner: pruner.new_wire("none")),
    Fault("the token is no token", _take_the_token_away),
    Fault("the workflow is not there", _failing("list-runs", Failed(404, "Not Found"))),
    Fault("a run is run again meanwhile (409)", _rerun_the_oldest),
    Fault(
        "somebody else has deleted a run (404)",
        _failing("delete-run", Failed(404, "Not Found", after_accepting=True)),
    ),
    Fault("the hour is used up", _failing("list-runs", RateLimited(1800))),
    Fault("the hour is nearly used up", _use_up_the_hour),
    Fault("the time is over", _have_little_time),
    Fault("GitHub wants a pause of a minute", _failing("delete-run", SecondaryRateLimited(60))),
    Fault(
        "GitHub wants a pause, and says not how long (429)",
        _failing("delete-run", SecondaryRateLimited(None, status=429)),
    ),
    Fault("GitHub wants a pause of an hour", _failing("delete-run", SecondaryRateLimited(3600))),
    Fault("5xx, twice", _failing("list-runs", *[Broken(502)] * (TRIES - 1))),
    Fault("5xx for good, while runs are listed", _failing("list-runs", *[Broken(502)] * TRIES)),
    Fault("5xx for good, while artifacts are listed", _failing("list", *[Broken(503)] * TRIES)),
    Fault("5xx for good at one run", _failing("delete-run", *[Broken(500)] * TRIES)),
    Fault("5xx for good at every run", _failing("delete-run", *[Broken(500)] * TRIES**2)),
    Fault("the connection is reset for good", _failing("list-runs", *[Reset()] * TRIES)),
    Fault(
        "the answer to a deletion is lost",
        _failing("delete-run", Reset(after_accepting=True)),
    ),
    Fault("the list cannot be read", _failing("list-runs", Odd(b"<html>"))),
    Fault("it is killed half-way", _be_killed),
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
        fault,
        exit_status,
        clean(" ".join(seen), limit=500) or "nothing",
        15 - left,
        left - len(pruner.github.runs),
        tuple(pruner.numbers),
    )


def table() -> str:
    return HEAD + "\n".join(outcome(fault).row for fault in FAULTS)


if __name__ == "__main__":
    print(table())  # noqa: T201 - what it is run for
