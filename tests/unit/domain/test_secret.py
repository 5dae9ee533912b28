import pytest
from msgspec import Struct

from cluster_status.domain.secret import Secret

PASSWORD = "correct horse battery staple"


class Holder(Struct):
    secret: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(PASSWORD)),
        str(Secret(PASSWORD)),
        f"{Secret(PASSWORD)}",
        f"{Secret(PASSWORD)!r}",
        repr(Holder(Secret(PASSWORD))),
        repr([Secret(PASSWORD)]),
    ],
)
def test_a_secret_is_not_shown(shown: str) -> None:
    assert PASSWORD not in shown
    assert "***" in shown


def test_a_secret_is_revealed_only_on_demand() -> None:
    assert Secret(PASSWORD).reveal() == PASSWORD


def test_a_missing_secret_is_false() -> None:
    assert not Secret()
    assert Secret(PASSWORD)


def test_a_missing_secret_is_shown_differently() -> None:
    assert repr(Secret()) != repr(Secret(PASSWORD))
