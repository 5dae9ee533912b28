"""Faults during a prune: their annotations, and that no run is lost.

Of fifteen runs ten are kept. An hour after the fault the runs are pruned again.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec import Struct

from tests.fakes.github import Broken, Failed, Odd, RateLimited, Reset, SecondaryRateLimited
from tests.fakes.pruner import Pruner

ATTEMPTS = 3
KILLED = None
PERMISSION = (
    "github-token lacks a permission (HTTP 403: Resource not accessible by integration). Give the job this "
    "permission and use the default github-token: `permissions: {actions: write}`."
)
UNKNOWN_WORKFLOW = (
    "No workflow 'poll.yml' in octo-org/cluster (HTTP 404: Not Found). Set prune-workflows to names of files "
    "in .github/workflows, such as poll.yml. A token of your own must have access to this repository."
)
BAD_TOKEN = (
    "GitHub rejected github-token (HTTP 401: Bad credentials). "
    "Use the default github-token, or renew your own token."
)
HOURLY_LIMIT = "GitHub's hourly limit is reached: 300 requests are kept for other workflows."
NOT_DELETED = "poll.yml: runs that could not be deleted: {}. The next prune tries again."
NEXT_RUN = "The next run tries again."
CONTINUES = "The next prune continues."


class Fault(Struct, frozen=True):
    """`shown` are the annotations; `deleted` is the number of runs of five that are deleted nevertheless."""

    name: str
    inject: Callable[[Pruner], object]
    shown: str = ""
    exit_status: int | None = 0
    deleted: int = 5


def _failing(operation: Any, *faults: Any) -> Callable[[Pruner], object]:
    return lambda pruner: pruner.github.fail_next(*faults, on=operation)


def _use_up_most_of_the_hour(pruner: Pruner) -> None:
    for _ in range(698):
        pruner.clock.advance(timedelta(seconds=0.1))
        pruner.wire.request("GET", "/nowhere", {})


def _set_a_short_time_budget(pruner: Pruner) -> None:
    pruner.budget_seconds = 1.0


def _kill_after_four_requests(pruner: Pruner) -> None:
    pruner.wire.killed_after = pruner.wire.statuses.total() + 4


def _refuse_the_token(pruner: Pruner) -> None:
    pruner.new_wire().refuse_token()


FAULTS = (
    Fault("the token may only read", lambda pruner: pruner.new_wire("read"), PERMISSION, 5, 0),
    Fault("the token has no permission", lambda pruner: pruner.new_wire("none"), PERMISSION, 5, 0),
    Fault("the token is invalid", _refuse_the_token, BAD_TOKEN, 5, 0),
    Fault("unknown workflow", _failing("list-runs", Failed(404, "Not Found")), UNKNOWN_WORKFLOW, 5, 0),
    Fault(
        "a run is in progress again (409)",
        _failing("delete-run", Failed(409, "Conflict")),
        NOT_DELETED.format(1),
        deleted=4,
    ),
    Fault(
        "a run is deleted already (404)",
        _failing("delete-run", Failed(404, "Not Found", after_accepting=True)),
    ),
    Fault(
        "the hourly limit is used up",
        _failing("list-runs", RateLimited(1800)),
        f"{HOURLY_LIMIT} {CONTINUES}",
        deleted=0,
    ),
    Fault(
        "the hourly limit is nearly used up",
        _use_up_most_of_the_hour,
        f"{HOURLY_LIMIT} Runs left: 5. {CONTINUES}",
        deleted=0,
    ),
    Fault(
        "the time budget is used up",
        _set_a_short_time_budget,
        f"The time limit for pruning is reached. Runs left: 2. {CONTINUES}",
        deleted=3,
    ),
    Fault("a pause of a minute", _failing("delete-run", SecondaryRateLimited(60))),
    Fault("a pause without a time (429)", _failing("delete-run", SecondaryRateLimited(None, status=429))),
    Fault(
        "a pause of an hour",
        _failing("delete-run", SecondaryRateLimited(3600)),
        f"GitHub requests a pause that is longer than the time left for pruning. Runs left: 5. {CONTINUES}",
        deleted=0,
    ),
    Fault("5xx twice", _failing("list-runs", *[Broken(502)] * (ATTEMPTS - 1))),
    Fault(
        "5xx for all attempts to list runs",
        _failing("list-runs", *[Broken(502)] * ATTEMPTS),
        f"GitHub returned HTTP 502. {NEXT_RUN}",
        5,
        0,
    ),
    Fault(
        "5xx for all attempts to list artifacts",
        _failing("list", *[Broken(503)] * ATTEMPTS),
        f"GitHub returned HTTP 503. {NEXT_RUN}",
        5,
        0,
    ),
    Fault(
        "5xx for all attempts to delete one run",
        _failing("delete-run", *[Broken(500)] * ATTEMPTS),
        NOT_DELETED.format(1),
        deleted=4,
    ),
    Fault(
        "5xx for all attempts to delete any run",
        _failing("delete-run", *[Broken(500)] * ATTEMPTS**2),
        f"{NOT_DELETED.format(2)} GitHub returned HTTP 500. {NEXT_RUN}",
        5,
        0,
    ),
    Fault(
        "the connection is reset in all attempts",
        _failing("list-runs", *[Reset()] * ATTEMPTS),
        f"GitHub cannot be reached: the connection failed. {NEXT_RUN}",
        5,
        0,
    ),
    Fault("the response to a deletion is lost", _failing("delete-run", Reset(after_accepting=True))),
    Fault(
        "the list is not JSON",
        _failing("list-runs", Odd(b"<html>")),
        f"Could not parse GitHub's response. {NEXT_RUN}",
        5,
        0,
    ),
    Fault(
        "the list of artifacts contradicts itself",
        _failing("list", Odd(b'{"total_count": 15, "artifacts": []}')),
        f"GitHub's list of artifacts contradicts itself. No run was deleted. {NEXT_RUN}",
        5,
        0,
    ),
    Fault(
        "the list of artifacts is empty: the newest three copies that are known stay",
        _failing("list", Odd(b'{"total_count": 0, "artifacts": []}')),
        deleted=2,
    ),
    Fault(
        "the artifacts of a run are not known",
        lambda pruner: (
            _failing("list", Odd(b'{"total_count": 0, "artifacts": []}'))(pruner),
            _failing("list-of-run", Failed(404, "Not Found"))(pruner),
        ),
        f"Runs left: 1. {CONTINUES}",
        deleted=1,
    ),
    Fault("the process is killed", _kill_after_four_requests, "", KILLED, 2),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_reported_and_the_next_prune_deletes_the_remaining_runs(fault: Fault) -> None:
    pruner = Pruner()
    pruner.poll(15)
    fault.inject(pruner)
    exit_status = KILLED
    with contextlib.suppress(KeyboardInterrupt):
        exit_status = int(pruner.prune())
    shown = " ".join(text for _, text in pruner.runner.annotations)
    assert (shown, exit_status) == (fault.shown, fault.exit_status)
    assert 15 - len(pruner.github.runs) == fault.deleted
    pruner.clock.advance(timedelta(hours=1))
    pruner.budget_seconds = 300.0
    pruner.new_wire()
    pruner.prune()
    assert pruner.numbers == list(range(6, 16))
