import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.cluster import Bucket, Partition
from cluster_status.render.table import table
from tests.unit.domain.build import partition
from tests.unit.steady import steady

UNLIMITED = 100_000
PARTITIONS = st.lists(
    st.sampled_from(
        [
            partition("a"),
            partition("é", availability="inactive", free=3, unknown=1),
            partition("gpu-a100", default=True, busy=99_999, unavailable=100),
            partition("n" * 20, default=True, free=1),
            partition("n" * 30, availability="down", maintenance=7),
        ]
    ),
    max_size=8,
)
NARROWEST = len(table([], limit=UNLIMITED)) * 2


def rows(*partitions: Partition) -> list[list[str]]:
    return [line.split() for line in table(partitions, limit=UNLIMITED).splitlines()[1:]]


def counted(text: str) -> int:
    """Count the partitions that a table shows, and those it says there are more of."""
    _, *lines = text.splitlines()
    more = int(lines.pop().split()[1]) if lines and lines[-1].startswith("… ") else 0
    return len(lines) + more


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


@steady
@given(PARTITIONS, st.integers(0, 600))
def test_a_table_never_exceeds_its_limit(partitions: list[Partition], limit: int) -> None:
    assert len(table(partitions, limit=limit)) <= limit


@steady
@given(PARTITIONS, st.integers(NARROWEST, 600))
def test_no_partition_is_lost_without_being_counted(partitions: list[Partition], limit: int) -> None:
    assert counted(table(partitions, limit=limit)) == len(partitions)


@steady
@given(PARTITIONS)
def test_every_column_but_the_last_ends_where_its_heading_does(partitions: list[Partition]) -> None:
    heading, *lines = table(partitions, limit=UNLIMITED).splitlines()
    end = heading.index("TOTAL") + len("TOTAL")
    assert [
        line for line in lines if not line[:end].endswith(line[:end].split()[-1]) or line[end] != " "
    ] == []
