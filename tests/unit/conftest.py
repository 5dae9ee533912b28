import pytest

from cluster_status.domain.history import digests


@pytest.fixture
def cheap_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spend next to nothing on a digest where it is not what a test is about."""
    monkeypatch.setattr(digests, "_COST", 2)
