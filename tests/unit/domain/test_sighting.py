import pytest

from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import Listing
from cluster_status.domain.sighting import Obstacle, Recollection, Sighting


@pytest.mark.parametrize("cause", Cause)
def test_an_obstacle_is_the_cause_of_a_sighting(cause: Cause) -> None:
    assert Sighting(seen=Obstacle(cause)).cause is cause


def test_a_listing_has_no_cause_before_it_is_judged() -> None:
    assert Sighting(seen=Listing()).cause is None


def test_a_look_has_got_nowhere_until_it_says_so() -> None:
    sighting = Sighting(seen=Obstacle(Cause.DNS))
    assert not any((sighting.reached, sighting.credential_offered, sighting.logged_in, sighting.host_key))


def test_a_run_is_online_until_it_finds_otherwise() -> None:
    assert Sighting(seen=Obstacle(Cause.DNS)).runner_online


def test_nothing_is_recollected_and_held_back_at_first() -> None:
    assert Recollection() == Recollection(host_key=None, login_held_back=False)
