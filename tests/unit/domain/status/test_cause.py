import re

import pytest

from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.settings.inputs import INPUTS

NETWORK = {Cause.DNS, Cause.REFUSED, Cause.UNREACHABLE, Cause.TIMEOUT, Cause.DROPPED}
SCHEDULER = {Cause.SCHEDULER_DOWN, Cause.SCHEDULER_TIMEOUT, Cause.SCHEDULER_STARTING}


def test_every_cause_has_its_info() -> None:
    assert set(CAUSES) == set(Cause)


def test_only_causes_that_may_pass_in_a_moment_are_retried() -> None:
    assert {cause for cause, info in CAUSES.items() if info.retried} == (
        NETWORK | SCHEDULER | {Cause.JUMP_HOST, Cause.LOGIN_HANGS, Cause.SHELL_HANGS}
    )


def test_causes_that_may_depend_on_the_runner_address_or_pass_in_seconds_need_confirmation() -> None:
    confirmed = {cause for cause, info in CAUSES.items() if info.needs_confirmation}
    assert confirmed == {Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED, Cause.BOOTING, Cause.SHELL_HANGS}


def test_only_causes_of_the_connection_depend_on_the_network() -> None:
    assert {cause for cause, info in CAUSES.items() if info.network} == NETWORK


@pytest.mark.parametrize(
    "cause",
    [
        cause
        for cause, info in CAUSES.items()
        if cause not in SCHEDULER and (info.network or info.status is Status.UNKNOWN)
    ],
)
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
    assert len(remedy) <= 280  # seven lines of a message on a phone
    assert set(re.findall(r"cluster-[a-z-]+", remedy)) <= {spec.name for spec in INPUTS}


def test_no_two_causes_have_the_same_clause() -> None:
    assert len({info.clause for info in CAUSES.values()}) == len(Cause)
