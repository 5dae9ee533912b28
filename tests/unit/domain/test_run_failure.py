from datetime import timedelta

import pytest

from cluster_status.domain.run_failure import RunFailure, run_failure
from tests.unit.domain.build import NOON, noon_plus

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("after", "cause", "fails"),
    [
        (timedelta(minutes=5), "host-key", False),
        (DAY - SECOND, "host-key", False),
        (DAY, "host-key", True),
        (-DAY, "host-key", True),
        (timedelta(minutes=5), "login-refused", True),
    ],
)
def test_a_run_fails_when_the_cause_changes_and_once_a_day(
    after: timedelta, cause: str, *, fails: bool
) -> None:
    first = run_failure(None, "host-key", NOON)
    assert first == RunFailure("host-key", NOON)
    assert run_failure(first, cause, NOON + after) == (RunFailure(cause, NOON + after) if fails else first)


def test_a_day_counts_from_the_last_run_that_failed() -> None:
    failure = None
    for hour in range(50):
        failure = run_failure(failure, "host-key", noon_plus(60 * hour))
    assert failure == RunFailure("host-key", NOON + 2 * DAY)
