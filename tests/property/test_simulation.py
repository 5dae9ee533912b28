import pytest

from cluster_status.domain.notification.transitions import Event
from tests.property.simulation import Fault, Simulation

POLLS = 10_000  # `scripts/bench simulation` runs a million


@pytest.fixture(scope="module", params=[1, 2])
def simulation(request: pytest.FixtureRequest) -> Simulation:
    return Simulation(request.param).run(POLLS)


def test_no_alarm_is_false_no_outage_of_two_polls_is_missed_and_each_is_told_once(
    simulation: Simulation,
) -> None:
    assert simulation.problems == []


def test_everything_that_can_go_wrong_went_wrong(simulation: Simulation) -> None:
    assert min(simulation.faults[fault] for fault in Fault) > 0
    assert simulation.outages_due > simulation.messages[Event.OUTAGE] / 2 > 0
    assert simulation.outages_passed_over > 0
