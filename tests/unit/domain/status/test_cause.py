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


def test_every_cause_has_its_traits() -> None:
    assert set(CAUSES) == set(Cause)


@pytest.mark.parametrize("status", Status)
def test_a_status_has_exactly_the_causes_that_were_decided(status: Status) -> None:
    assert {cause for cause, info in CAUSES.items() if info.status is status} == STATUSES[status]


def test_only_what_may_pass_in_a_moment_is_looked_at_again() -> None:
    assert {cause for cause, info in CAUSES.items() if info.retried} == (
        NETWORK | SCHEDULER | {Cause.JUMP_HOST}
    )


def test_only_what_may_look_otherwise_from_another_address_needs_confirmation() -> None:
    confirmed = {cause for cause, info in CAUSES.items() if info.needs_confirmation}
    assert confirmed == {Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED}


def test_only_what_keeps_from_the_server_depends_on_the_network() -> None:
    assert {cause for cause, info in CAUSES.items() if info.network} == NETWORK


@pytest.mark.parametrize("cause", [*sorted(NETWORK), *sorted(STATUSES[Status.UNKNOWN] - SCHEDULER)])
def test_what_may_be_our_fault_comes_with_a_remedy(cause: Cause) -> None:
    assert CAUSES[cause].remedy.endswith(".")


def test_words_and_noun_of_a_cause_fit_into_a_sentence() -> None:
    texts = [text for info in CAUSES.values() for text in (info.words, info.noun)]
    assert [text for text in texts if not text or text != text.strip(" .")] == []


@pytest.mark.parametrize("cause", Cause)
def test_words_and_noun_of_a_cause_go_on_with_a_sentence_that_has_begun(cause: Cause) -> None:
    for text in (CAUSES[cause].words, CAUSES[cause].noun):
        assert text[0].islower() or text.startswith(("Slurm", "SSH"))
        assert text.isprintable()
        assert ". " not in text


@pytest.mark.parametrize("remedy", sorted({info.remedy for info in CAUSES.values() if info.remedy}))
def test_a_remedy_is_made_of_sentences_and_names_inputs_that_exist(remedy: str) -> None:
    assert remedy[0].isupper()
    assert remedy.endswith(".")
    assert remedy.isprintable()
    assert "  " not in remedy
    assert set(re.findall(r"cluster-[a-z-]+", remedy)) <= {spec.name for spec in INPUTS}


def test_no_two_causes_read_the_same() -> None:
    assert len({info.words for info in CAUSES.values()}) == len(Cause)
    assert len({info.noun for info in CAUSES.values()}) == len(Cause)
