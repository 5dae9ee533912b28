"""Each cause is told from every other: on a real server, in time, in little memory, in words."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from cluster_status.domain.cause import TRAITS, Cause, Status
from tests.real.cause_table import OUTCOMES, Outcome
from tests.real.causes import CASES, Case
from tests.real.scene import Stage, scene
from tests.servers.account import Account

SIDE_BY_SIDE = 3
START_SECONDS = 5.0  # for a process to begin and to end, on a machine that does not much else
PEAK_BYTES = 60_000_000
HASTE = {"attempts": "2", "confirm-after": "1"}


def play(case: Case, stage: Stage) -> Outcome:
    """Bring it about, and poll."""
    limit = {"attempts": "1"} if case.limit else {}
    if case.limited_by:
        limit[case.limited_by] = f"{case.limit:g}"
    with scene(stage, isolated=case.isolated, sshd=case.sshd, host_keys=case.host_keys) as here:
        if case.seen_before:
            here.see_all_well(**_as_arguments(case.inputs))
        case.act(here)
        run = here.monitor.poll(**_as_arguments({**HASTE, **limit, **here.inputs, **case.inputs}))
        here.running.close()
        offers = tuple(offer.accepted for offer in here.openssh.offered_credentials())
    return Outcome(case, run, offers)


def _crowding() -> float:
    """Return how many times longer a process takes, since it has to share the machine."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _as_arguments(inputs: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in inputs.items()}


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, server_directory: Path, account: Account
) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Play what is asked for side by side; those with the limits of a user wait beside all of the others."""
    asked = [
        cast("Case", item.callspec.params["case"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path and hasattr(item, "callspec")
    ]
    with (
        Account(server_directory) as expired,
        ThreadPoolExecutor(len(CASES)) as patient,
        ThreadPoolExecutor(SIDE_BY_SIDE) as brisk,
    ):
        expired.expire_password()
        stage = Stage(account, expired)
        yield {
            case.name: (patient if case.is_by_default else brisk).submit(play, case, stage) for case in asked
        }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.namespaces] if case.makes_namespaces else [])
        for case in CASES
    ],
)
def test_what_was_done_is_told_in_words_in_time_and_in_little_memory(
    case: Case, outcomes: Mapping[str, Future[Outcome]], request: pytest.FixtureRequest
) -> None:
    outcome = outcomes[case.name].result()
    request.config.stash.setdefault(OUTCOMES, []).append(outcome)
    run = outcome.run
    said = "\n".join(line for line in run.log.splitlines() if not line.startswith("::add-mask::"))
    assert (run.outputs["cause"], run.outputs["status"]) == (case.cause or "", case.status), said
    assert [text for text in case.says if not _is_in(said, text)] == [], said
    assert outcome.offers == tuple(case.offers), said
    assert case.limit <= run.seconds < case.limit + START_SECONDS * _crowding()
    assert run.peak_bytes < PEAK_BYTES
    assert run.exit_status == (3 if case.status is Status.UNKNOWN and case.fails else 0)


def _is_in(log: str, text: str | tuple[str, ...]) -> bool:
    return any(each in log for each in ([text] if isinstance(text, str) else text))


def test_every_cause_is_brought_about() -> None:
    assert {case.cause for case in CASES} == {None, *Cause}


def test_every_cause_is_brought_about_with_the_status_that_it_has() -> None:
    shown = {(case.cause, case.status) for case in CASES if case.cause}
    assert {(cause, traits.status) for cause, traits in TRAITS.items()} <= shown
