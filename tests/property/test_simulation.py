import pytest

from cluster_status.domain.notification.event import Event
from tests.property.simulation import Fault, Simulation

POLLS = 10_000  # `scripts/bench simulation` runs a million


@pytest.fixture(scope="module", params=[1, 2])
def simulation(request: pytest.FixtureRequest) -> Simulation:
    return Simulation(request.param).run(POLLS)


def test_each_confirmed_outage_is_notified_once_and_nothing_else_is_an_outage(simulation: Simulation) -> None:
    assert simulation.problems == []


def test_every_fault_occurs_in_the_simulation(simulation: Simulation) -> None:
    assert min(simulation.faults[fault] for fault in Fault) > 0
    assert simulation.outages_confirmed > simulation.messages[Event.OUTAGE] / 2 > 0
    assert simulation.outages_unconfirmed > 0
