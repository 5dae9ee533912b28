import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin


@pytest.mark.parametrize("cause", Cause)
def test_an_obstacle_is_the_cause_of_a_sighting(cause: Cause) -> None:
    assert ProbeResult(outcome=ProbeFailure(cause)).cause is cause


def test_a_listing_has_no_cause_before_it_is_judged() -> None:
    assert ProbeResult(outcome=ClusterState()).cause is None


def test_a_look_has_got_nowhere_until_it_says_so() -> None:
    result = ProbeResult(outcome=ProbeFailure(Cause.DNS))
    assert not any((result.reached, result.credential_offered, result.logged_in, result.host_key))


def test_a_run_is_online_until_it_finds_otherwise() -> None:
    assert ProbeResult(outcome=ProbeFailure(Cause.DNS)).runner_online


def test_nothing_is_recollected_and_held_back_at_first() -> None:
    assert RememberedLogin() == RememberedLogin(host_key=None, login_held_back=False)
