import re

import pytest

from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.settings.inputs import INPUTS

NETWORK = {Cause.DNS, Cause.REFUSED, Cause.UNREACHABLE, Cause.TIMEOUT, Cause.DROPPED}
SCHEDULER = {Cause.SCHEDULER_DOWN, Cause.SCHEDULER_TIMEOUT, Cause.SCHEDULER_STARTING}
STATUSES = {
    Status.OFFLINE: NETWORK | {Cause.NO_NODES_IN_SERVICE},
    Status.UNKNOWN: {
        Cause.JUMP_HOST,
        Cause.HOST_KEY,
        Cause.INCOMPATIBLE_SSH,
        Cause.LOGIN_REFUSED,
        Cause.SINFO_FAILED,
        Cause.UNPARSABLE,
        Cause.NO_SUCH_PARTITION,
        Cause.SCHEDULER_STARTING,
    },
    Status.DEGRADED: {
        Cause.NO_SCHEDULER,
        Cause.SCHEDULER_DOWN,
        Cause.SCHEDULER_TIMEOUT,
        Cause.NODES_DRAINING,
        Cause.PARTITION_DOWN,
        Cause.NODES_DOWN,
    },
    Status.MAINTENANCE: {Cause.MAINTENANCE},
    Status.ONLINE: set(),
}


def test_every_cause_has_its_info() -> None:
    assert set(CAUSES) == set(Cause)


@pytest.mark.parametrize("status", Status)
def test_a_status_has_exactly_its_causes(status: Status) -> None:
    assert {cause for cause, info in CAUSES.items() if info.status is status} == STATUSES[status]


def test_only_causes_that_may_pass_in_a_moment_are_retried() -> None:
    assert {cause for cause, info in CAUSES.items() if info.retried} == (
        NETWORK | SCHEDULER | {Cause.JUMP_HOST}
    )


def test_only_causes_that_may_depend_on_the_runner_address_need_confirmation() -> None:
    confirmed = {cause for cause, info in CAUSES.items() if info.needs_confirmation}
    assert confirmed == {Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED}


def test_only_causes_before_the_login_depend_on_the_network() -> None:
    assert {cause for cause, info in CAUSES.items() if info.network} == NETWORK


@pytest.mark.parametrize("cause", [*sorted(NETWORK), *sorted(STATUSES[Status.UNKNOWN] - SCHEDULER)])
def test_a_cause_that_the_user_can_fix_has_a_remedy(cause: Cause) -> None:
    assert CAUSES[cause].remedy.endswith(".")


@pytest.mark.parametrize("cause", Cause)
def test_the_clause_of_a_cause_completes_a_sentence(cause: Cause) -> None:
    clause = CAUSES[cause].clause
    assert clause[0].islower() or clause.startswith(("Slurm", "SSH"))
    assert clause == clause.strip(" .")
    assert clause.isprintable()
    assert not set(":;") & set(clause)
    assert ". " not in clause


@pytest.mark.parametrize("cause", Cause)
def test_the_clause_of_a_cause_does_not_begin_with_the_name_of_a_command(cause: Cause) -> None:
    assert not CAUSES[cause].clause.startswith("sinfo")


@pytest.mark.parametrize("remedy", sorted({info.remedy for info in CAUSES.values() if info.remedy}))
def test_a_remedy_consists_of_sentences_and_names_existing_inputs(remedy: str) -> None:
    assert remedy[0].isupper()
    assert remedy.endswith(".")
    assert remedy.isprintable()
    assert "  " not in remedy
    assert set(re.findall(r"cluster-[a-z-]+", remedy)) <= {spec.name for spec in INPUTS}


def test_no_two_causes_have_the_same_clause() -> None:
    assert len({info.clause for info in CAUSES.values()}) == len(Cause)
