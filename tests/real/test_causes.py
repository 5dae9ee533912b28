"""Each cause on a real server: its status, the log, the credentials offered, the time, the memory."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from cluster_status.domain.status.cause import CAUSES, Cause, Status
from tests.real.cause_table import OUTCOMES, Outcome
from tests.real.causes import CASES, Case
from tests.real.scenario import Accounts, new_scenario
from tests.real.selection import selected
from tests.servers.account import Account

PARALLEL_CASES = 3
MOST_SECONDS = 60.0  # beyond the limit of the case: it finds a run that hangs, not one on a busy machine
PEAK_BYTES = 60_000_000
QUICK = {"attempts": "2", "confirm-after": "1"}


def run_case(case: Case, accounts: Accounts) -> Outcome:
    """Apply the fault, and poll."""
    limit = {"attempts": "1"} if case.limit else {}
    if case.limited_by:
        limit[case.limited_by] = f"{case.limit:g}"
    with new_scenario(
        accounts, isolated=case.isolated, sshd=case.sshd, host_keys=case.host_keys, pam=case.pam
    ) as scenario:
        if case.online_before:
            scenario.poll_online(**_as_arguments(case.inputs))
        case.fault(scenario)
        run = scenario.monitor.poll(**_as_arguments({**QUICK, **limit, **scenario.inputs, **case.inputs}))
        scenario.running.close()
        offers = tuple(offer.accepted for offer in scenario.openssh.offered_credentials())
    return Outcome(case, run, offers)


def _as_arguments(inputs: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in inputs.items()}


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, server_directory: Path, account: Account
) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Run the selected cases in parallel; those with default limits mostly wait, so they run all at once."""
    with (
        Account(server_directory) as expired,
        Account(server_directory) as closed,
        ThreadPoolExecutor(len(CASES)) as waiting,
        ThreadPoolExecutor(PARALLEL_CASES) as quick,
    ):
        expired.expire_password()
        closed.expire()
        accounts = Accounts(account, expired, closed)
        yield {
            case.name: (waiting if case.has_default_limit else quick).submit(run_case, case, accounts)
            for case in selected(request, "case", Case)
        }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.namespaces] if case.makes_namespaces else [])
        for case in CASES
    ],
)
def test_a_fault_leads_to_its_cause_in_time_and_in_little_memory(
    case: Case, outcomes: Mapping[str, Future[Outcome]], request: pytest.FixtureRequest
) -> None:
    outcome = outcomes[case.name].result()
    request.config.stash.setdefault(OUTCOMES, []).append(outcome)
    run = outcome.run
    shown = "\n".join(line for line in run.log.splitlines() if not line.startswith("::add-mask::"))
    assert (run.outputs["cause"], run.outputs["status"]) == (case.cause or "", case.status), shown
    assert [text for text in case.log_texts if not _is_in(shown, text)] == [], shown
    assert [text for text in case.summary_texts if text not in run.summary] == [], run.summary
    assert run.remedy in shown
    assert case.log_texts or not run.annotations, shown
    assert outcome.offers == tuple(case.offers), shown
    assert case.limit <= run.seconds < case.limit + MOST_SECONDS
    assert run.peak_bytes < PEAK_BYTES
    assert run.exit_status == (case.exit_status if case.status is Status.UNKNOWN and case.fails else 0)


def _is_in(log: str, text: str | tuple[str, ...]) -> bool:
    return any(each in log for each in ([text] if isinstance(text, str) else text))


def test_every_cause_has_a_case() -> None:
    assert {case.cause for case in CASES} == {None, *Cause}


def test_every_cause_has_a_case_with_its_own_status() -> None:
    tested = {(case.cause, case.status) for case in CASES if case.cause}
    assert {(cause, info.status) for cause, info in CAUSES.items()} <= tested
