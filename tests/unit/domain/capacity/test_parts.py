"""What is older than an instant is stored apart, and nothing is lost."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from cluster_status.domain.capacity.capacity import Capacity, CapacityArchive, with_sample
from cluster_status.domain.capacity.parts import addition, joined, parted
from cluster_status.domain.capacity.sample import Sample

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def archive_after(days: int) -> CapacityArchive:
    """Return the archive after these days; one of the types of GPUs is new from the tenth on."""
    capacity = Capacity()
    for hour in range(0, 24 * days, 4):
        gpus = {"a100": hour % 5} | ({"h100": 3} if hour >= 240 else {})
        capacity = with_sample(capacity, Sample(hour % 7, 8, 1, gpus), MONDAY + timedelta(hours=hour))
    return capacity.archive


def test_the_parts_of_an_archive_join_to_the_archive() -> None:
    archive = archive_after(20)
    older, rest = parted(archive, MONDAY + 17 * DAY)

    assert [len(one.days.at) for one in (older, rest)] == [17, 2]
    assert rest.weeks == ()
    assert joined(rest, older) == archive


def test_a_later_archive_adds_only_what_is_new() -> None:
    older, _ = parted(archive_after(18), MONDAY + 17 * DAY)
    later = archive_after(20)
    added = addition(later, older, MONDAY + 17 * DAY)

    assert added
    assert (len(added.days.at), added.weeks) == (2, ())
    assert joined(added, older) == later


def test_the_means_of_a_new_week_are_added_until_they_are_stored() -> None:
    older, _ = parted(archive_after(20), MONDAY + 19 * DAY)
    later = archive_after(23)
    added = addition(later, older, MONDAY + 19 * DAY)

    assert added
    assert added.week == later.week
    assert joined(added, older) == later


def test_an_archive_without_a_past_is_stored_whole() -> None:
    archive = archive_after(20)

    assert addition(archive, CapacityArchive(), MONDAY + 17 * DAY) == archive


def test_nothing_is_added_to_the_past_of_another_archive() -> None:
    other = replace(archive_after(20), days=archive_after(40).days)

    assert addition(archive_after(20), other, MONDAY + 17 * DAY) is None
