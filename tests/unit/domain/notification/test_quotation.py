from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.domain.notification.content.quotation import quotation_for
from cluster_status.domain.status.cause import Status
from tests.unit.domain.build import NOON

HOURS = [NOON + timedelta(hours=hour) for hour in range(24)]


@pytest.mark.parametrize("status", Status)
def test_every_status_has_quotations_with_their_sources(status: Status) -> None:
    chosen = [quotation_for(status, at) for at in HOURS]
    assert all(quotation.text and quotation.source for quotation in chosen)


@pytest.mark.parametrize("status", Status)
def test_a_quotation_is_not_always_the_same(status: Status) -> None:
    assert len({quotation_for(status, at).text for at in HOURS}) > 1


def test_no_two_statuses_share_a_quotation() -> None:
    chosen = {(status, quotation_for(status, at).text) for status in Status for at in HOURS}
    assert len({text for _, text in chosen}) == len(chosen)


@pytest.mark.parametrize("at", [NOON, datetime(1969, 12, 31, 23, tzinfo=UTC)])
def test_a_quotation_does_not_change_within_an_hour(at: datetime) -> None:
    assert quotation_for(Status.OFFLINE, at) == quotation_for(Status.OFFLINE, at + timedelta(minutes=59))
