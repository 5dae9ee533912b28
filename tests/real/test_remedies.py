"""After each remedy is followed, the next poll finds the cluster online."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cluster_status.domain.status.cause import CAUSES
from tests.real.remedies import REMEDIES, Remedy
from tests.real.remedy_table import OUTCOMES, Outcome
from tests.real.scenario import Accounts, new_scenario
from tests.real.selection import selected
from tests.servers.account import Account

PARALLEL = 3
QUICK = {"attempts": "1", "confirm_after": "1"}


def poll_before_and_after(remedy: Remedy, account: Account) -> Outcome:
    accounts = Accounts(account, account, account)
    with new_scenario(
        accounts, isolated=remedy.isolated, sshd=remedy.sshd, host_keys=("ed25519",), pam=remedy.pam
    ) as scenario:
        scenario.inputs |= remedy.inputs
        if remedy.online_before:
            scenario.poll_online(**QUICK)
        follow = remedy.fault(scenario)
        before = scenario.poll_before(**QUICK)
        follow(before)
        return Outcome(remedy, before, scenario.poll_before(**QUICK))


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, account: Account) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Follow the selected remedies in parallel."""
    with ThreadPoolExecutor(PARALLEL) as executor:
        yield {
            remedy.name: executor.submit(poll_before_and_after, remedy, account)
            for remedy in selected(request, "remedy", Remedy)
        }


@pytest.mark.parametrize(
    "remedy",
    [
        pytest.param(
            remedy, id=remedy.name, marks=[pytest.mark.namespaces] if remedy.makes_namespaces else []
        )
        for remedy in REMEDIES
    ],
)
def test_after_a_remedy_is_followed_the_next_poll_is_online(
    remedy: Remedy, outcomes: Mapping[str, Future[Outcome]], request: pytest.FixtureRequest
) -> None:
    outcome = outcomes[remedy.name].result()
    request.config.stash.setdefault(OUTCOMES, []).append(outcome)
    _, before, after = outcome
    assert before.outputs["cause"] == (remedy.cause or ""), before.log
    assert remedy.text in before.log
    assert (after.exit_status, after.outputs["status"]) == (remedy.exit_status, "online"), after.log
    assert remedy.text not in after.log


def test_every_remedy_of_a_cause_is_followed() -> None:
    assert {cause for cause, info in CAUSES.items() if info.remedy} <= {one.cause for one in REMEDIES}
