from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from msgspec import json

from cluster_status.domain.capacity.capacity import Capacity, with_sample
from cluster_status.domain.capacity.sample import Sample, sample_of
from cluster_status.domain.capacity.series import MOST_TYPES, Means, series
from cluster_status.domain.slurm.cluster_state import Details, Gpus
from tests.unit.domain.build import cluster_state

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sample(idle: int, **gpus: int) -> Sample:
    return Sample(idle, 8 - idle, 0, gpus or None)


def polled(*samples: tuple[datetime, Sample | None]) -> Capacity:
    capacity = Capacity()
    for at, one in samples:
        capacity = with_sample(capacity, one, at)
    assert capacity.is_consistent
    return capacity


def idle(rows: list[tuple[int, Means]]) -> list[float]:
    return [means.idle for _, means in rows]


def test_an_hour_has_the_mean_of_its_polls() -> None:
    capacity = polled((MONDAY, sample(2)), (MONDAY + HOUR / 2, sample(3)), (MONDAY + HOUR, sample(8)))

    assert idle(capacity.hours()) == [2.5, 8]


def test_a_day_has_the_mean_of_its_hours() -> None:
    capacity = polled((MONDAY, sample(2)), (MONDAY + HOUR, sample(5)), (MONDAY + DAY, sample(8)))

    assert idle(capacity.days()) == [3.5, 8]


def test_a_poll_without_nodes_does_not_count() -> None:
    capacity = polled((MONDAY, sample(2)), (MONDAY + HOUR / 2, None))

    assert idle(capacity.hours()) == [2]


def test_gpus_count_only_in_the_polls_that_read_them() -> None:
    capacity = polled((MONDAY, sample(2, a100=4)), (MONDAY + HOUR / 2, sample(2)))

    assert capacity.hours()[0][1].gpus == {"a100": 4}


def test_a_type_of_gpu_has_no_value_before_it_was_read() -> None:
    capacity = polled((MONDAY, sample(2)), (MONDAY + HOUR, sample(2, a100=4)), (MONDAY + DAY, sample(1)))

    assert [dict(means.gpus) for _, means in capacity.hours()] == [{}, {"a100": 4}, {}]


def test_an_hour_of_the_week_has_the_mean_of_its_weeks() -> None:
    weeks = [(MONDAY + 7 * week * DAY, sample(idle)) for week, idle in enumerate((2, 4, 6))]
    capacity = polled(*weeks, (MONDAY + 15 * DAY, sample(0)))

    assert capacity.week() == [(0, Means(4, 4, 0)), (24, Means(0, 8, 0))]


def test_the_stored_means_of_the_week_change_once_a_week() -> None:
    capacity, stored = Capacity(), []
    for hour in range(0, 3 * 7 * 24, 6):
        capacity = with_sample(capacity, sample(hour // 168), MONDAY + hour * HOUR)
        stored.append(json.encode(capacity.archive.week))

    assert sum(one != other for one, other in pairwise(stored)) == 2


def test_a_week_whose_last_day_has_no_poll_counts() -> None:
    capacity = polled((MONDAY, sample(2)), (MONDAY + 10 * DAY, sample(4)))

    assert list(capacity.archive.week.rows()) == [(0, Means(2, 6, 0))]


def test_the_archive_changes_once_a_day() -> None:
    times = [MONDAY + minutes * timedelta(minutes=1) for minutes in range(0, 3 * 24 * 60, 20)]
    capacity, archives = Capacity(), []
    for at in times:
        capacity = with_sample(capacity, sample(at.hour % 8), at)
        archives.append(json.encode(capacity.archive))

    assert sum(one != other for one, other in pairwise(archives)) == 2


def test_a_week_of_hours_and_a_year_of_days_are_kept() -> None:
    capacity = polled(*((MONDAY + hour * HOUR, sample(hour % 8)) for hour in range(400 * 24)))

    assert len(capacity.archive.hours.at) == 7 * 24
    assert len(capacity.archive.days.at) == 365
    assert len(capacity.archive.week.at) == 7 * 24


def test_a_clock_that_was_set_back_leaves_no_later_hours() -> None:
    wrong = MONDAY + 300 * DAY
    capacity = polled(
        (MONDAY, sample(2)), (wrong, sample(3)), (wrong + DAY, sample(3)), (MONDAY + DAY, sample(5))
    )

    assert idle(capacity.hours()) == [2, 5]
    assert idle(capacity.days()) == [2, 5]


def test_the_same_hour_polled_again_after_the_clock_was_set_back_counts_once() -> None:
    capacity = polled((MONDAY, sample(2)), (MONDAY + HOUR, sample(3)), (MONDAY, sample(4)))

    assert idle(capacity.hours()) == [4]


def test_few_types_of_gpus_are_kept() -> None:
    gpus = tuple(Gpus(f"type-{number}", number, number) for number in range(50))
    state = cluster_state(idle=8)
    found = sample_of(type(state)(state.partitions, state.nodes, details=Details({"gpu": gpus})))

    assert found
    assert found.gpus == {f"type-{number}": number for number in range(50 - MOST_TYPES, 50)}


@pytest.mark.parametrize(("value", "stored"), [(3.14159, 3.1), (2.0, 2), (1234.56, 1235), (99.94, 99.9)])
def test_means_have_three_digits(value: float, stored: float) -> None:
    assert series([(0, Means(value, 0, 0))], kept=1).idle == (stored,)
