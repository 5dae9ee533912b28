import pytest

from tests.unit.app.monitor import Monitor
from tests.unit.app.one_of_three import OneOfThree


@pytest.fixture(params=[Monitor, OneOfThree], ids=["alone", "one-of-three"])
def monitor(request: pytest.FixtureRequest) -> Monitor:
    """Return a monitor of a cluster that is alone, or one of three."""
    monitor: Monitor = request.param()
    return monitor


@pytest.fixture
def alone() -> Monitor:
    """Return a monitor for what only a run of one cluster has: details of an online cluster, `partitions`."""
    return Monitor()
