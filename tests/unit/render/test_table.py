import pytest

from cluster_status.domain.cluster import Bucket, Partition
from cluster_status.render.table import table
from tests.unit.domain.build import partition

UNLIMITED = 100_000


def rows(*partitions: Partition) -> list[list[str]]:
    return [line.split() for line in table(partitions, limit=UNLIMITED).splitlines()[1:]]


def test_columns_are_aligned() -> None:
    batch = partition(default=True, free=5, busy=120, unavailable=3)
    assert table([batch, partition("gpu", availability="drain", free=1)], limit=UNLIMITED).splitlines() == [
        "PARTITION  FREE  BUSY  DOWN  TOTAL  LIMIT",
        "batch*        5   120     3    128  1-00:00:00",
        "gpu           1     0     0      1  DRAIN",
    ]


@pytest.mark.parametrize(
    ("bucket", "figures"),
    [
        ("free", "1 0 0 1"),
        ("power_saved", "1 0 0 1"),
        ("busy", "0 1 0 1"),
        ("held", "0 1 0 1"),
        ("draining", "0 1 0 1"),
        ("maintenance", "0 0 1 1"),
        ("unavailable", "0 0 1 1"),
        ("unknown", "0 0 1 1"),
    ],
)
def test_a_node_of_each_bucket_is_in_one_column(bucket: str, figures: str) -> None:
    [row] = rows(partition().plus(Bucket(bucket), 1))
    assert row == ["batch", *figures.split(), "1-00:00:00"]


@pytest.mark.parametrize("availability", ["down", "drain", "inactive"])
def test_a_partition_that_is_not_up_says_so_in_place_of_its_limit(availability: str) -> None:
    assert rows(partition(availability=availability))[0][-1] == availability.upper()


def test_a_star_marks_the_default_partition() -> None:
    assert [row[0] for row in rows(partition("a", default=True), partition("b"))] == ["a*", "b"]


def test_a_long_name_is_cut_and_shows_it() -> None:
    assert rows(partition("n" * 20), partition("n" * 21)) == [
        ["n" * 20, "0", "0", "0", "0", "1-00:00:00"],
        ["n" * 19 + "…", "0", "0", "0", "0", "1-00:00:00"],
    ]


def test_a_table_of_nothing_is_its_heading() -> None:
    assert table([], limit=UNLIMITED).split() == ["PARTITION", "FREE", "BUSY", "DOWN", "TOTAL", "LIMIT"]


def test_partitions_that_do_not_fit_are_counted() -> None:
    many = [partition(f"p{number}") for number in range(10)]
    text = table(many, limit=200)
    assert text.splitlines()[-1] == "… 7 more"
    assert len(text.splitlines()) == 1 + 3 + 1


def test_a_table_that_just_fits_is_whole() -> None:
    many = [partition(f"p{number}") for number in range(10)]
    whole = table(many, limit=UNLIMITED)
    assert table(many, limit=len(whole)) == whole
    assert table(many, limit=len(whole) - 1) != whole


def test_a_count_is_right_even_where_the_heading_does_not_fit() -> None:
    assert table([partition()] * 5, limit=12) == "… 5 more"
