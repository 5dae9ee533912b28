import pytest

from tests.unit.app.monitor import Monitor


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()
