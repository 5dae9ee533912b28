import pytest

from cluster_status.domain.history import digests


@pytest.fixture
def cheap_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make digests fast, for tests of other things."""
    monkeypatch.setattr(digests, "_COST", 2)
