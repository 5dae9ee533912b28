import pytest
from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import Gpus, NodeGroup, Partition
from cluster_status.render.table import ordered, table
from cluster_status.render.width import columns
from tests.unit.domain.build import partition

UNLIMITED = 100_000
WIDE = 80


def names(partitions: list[Partition]) -> list[str]:
    return [one.name for one in partitions]


def rows(*partitions: Partition) -> list[list[str]]:
    return [line.split() for line in table(partitions, width=WIDE, limit=UNLIMITED).splitlines()[1:]]


def test_columns_are_aligned() -> None:
    batch = partition(default=True, idle=5, allocated=120, down=3)
    assert table(
        [batch, partition("gpu", availability="drain", idle=1)], width=WIDE, limit=UNLIMITED
    ).splitlines() == [
        "PARTITION IDLE ALLOC DOWN TOTAL LIMIT",
        "batch*       5   120    3   128 1d",
        "gpu          -     0    0     1 DRAIN",
    ]


@pytest.mark.parametrize(
    ("group", "cells"),
    [
        ("idle", "1 0 0 1"),
        ("powered_down", "1 0 0 1"),
        ("allocated", "0 1 0 1"),
        ("reserved", "0 1 0 1"),
        ("draining", "0 1 0 1"),
        ("maintenance", "0 0 1 1"),
        ("down", "0 0 1 1"),
        ("unknown", "0 0 1 1"),
    ],
)
def test_a_node_of_each_group_is_in_one_column(group: str, cells: str) -> None:
    [row] = rows(partition().plus(NodeGroup(group), 1))
    assert row == ["batch", *cells.split(), "1d"]


@pytest.mark.parametrize("availability", ["down", "drain", "inactive"])
def test_a_partition_that_is_not_up_shows_its_availability_as_limit(availability: str) -> None:
    assert rows(partition(availability=availability))[0][-1] == availability.upper()[:5]


@pytest.mark.parametrize("availability", ["down", "drain", "inactive"])
def test_a_partition_that_is_not_up_shows_no_idle_nodes_or_gpus(availability: str) -> None:
    shut = partition("gpu", availability=availability, idle=2, allocated=1)
    lines = table([shut], {"gpu": (Gpus("a100", 8, 3),)}, width=WIDE, limit=UNLIMITED).splitlines()
    assert lines[1].split()[:4] == ["gpu", "-", "1", "0"]
    assert lines[2] == "  8 a100 GPUs"


def test_a_star_marks_the_default_partition() -> None:
    assert [row[0] for row in rows(partition("a", default=True), partition("b"))] == ["a*", "b"]


def test_a_long_name_is_cut_to_the_width_with_an_ellipsis() -> None:
    one = partition("n" * 30, idle=1)
    assert table([one], width=37, limit=UNLIMITED).splitlines()[1] == "n" * 8 + "…    1     0    0     1 1d"
    assert "n" * 30 in table([one], width=WIDE, limit=UNLIMITED)


def test_the_default_partition_keeps_its_star_when_its_name_is_cut() -> None:
    one = partition("n" * 30, default=True, idle=1)
    assert table([one], width=37, limit=UNLIMITED).splitlines()[1].startswith("n" * 7 + "…* ")


def test_long_names_that_begin_alike_are_shown_differently() -> None:
    listed = [partition(f"cascadelake-{length}", default=length == "long") for length in ("short", "long")]
    lines = table(listed, width=37, limit=UNLIMITED).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["casc…hort", "cas…long*"]


def test_long_gpu_types_that_begin_alike_are_shown_differently() -> None:
    slices = [f"nvidia_a100_{name}" for name in ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb")]
    gpus = {"gpu": [Gpus(name, 56, 12) for name in slices], "test": [Gpus(slices[0], 1000, 1000)]}
    lines = table([partition("gpu"), partition("test")], gpus, width=37, limit=UNLIMITED).splitlines()
    assert [line for line in lines if "GPUs" in line] == [
        "  12 of 56 nvidi…1g.5gb GPUs idle",
        "  12 of 56 nvidia_…_1g.10gb GPUs idle",
        "  12 of 56 nvidia_…_2g.10gb GPUs idle",
        "  12 of 56 nvidia_…_3g.20gb GPUs idle",
        "  1000 of 1000 nvidi…1g.5gb GPUs idle",
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1-00:00:00", "1d"),
        ("14-00:00:00", "14d"),
        ("1-12:00:00", "36h"),
        ("12:00:00", "12h"),
        ("1:30:00", "90m"),
        ("30:00", "30m"),
        ("0:45", "45s"),
        ("infinite", "∞"),
        ("n/a", "n/a"),
        ("anything else", "anythin…"),
    ],
)
def test_a_time_limit_is_shown_short(written: str, shown: str) -> None:
    one = replace(partition(idle=1), time_limit=written)
    assert table([one], width=WIDE, limit=UNLIMITED).splitlines()[1].endswith(f" 1 {shown}")


def test_the_default_comes_first_then_partitions_with_problems_then_larger_ones() -> None:
    listed = [
        partition("small", idle=1),
        partition("large", idle=90),
        partition("retired", availability="inactive"),
        partition("shut", availability="drain", idle=2),
        partition("half", idle=3, down=3),
        partition("mine", default=True, idle=1),
    ]
    assert names(ordered(listed)) == ["mine", "half", "shut", "large", "small", "retired"]


def test_partitions_can_be_first_and_last_regardless_of_their_nodes() -> None:
    listed = [partition("mine", default=True, down=9), partition("a", idle=1), partition("b", idle=2)]
    assert names(ordered(listed, first=["a"], last={"mine"})) == ["a", "b", "mine"]
    assert names(ordered(listed, first=["b", "a"], last={"a"})) == ["b", "a", "mine"]


def test_partitions_beyond_the_maximum_are_counted() -> None:
    lines = table([partition(f"p{number}") for number in range(9)], width=WIDE, limit=UNLIMITED, most=4)
    assert lines.splitlines()[-1] == "… 5 more"
    assert len(lines.splitlines()) == 1 + 4 + 1


def test_idle_gpus_by_type_are_below_their_partition() -> None:
    types = (Gpus("a100", 8, 3), Gpus("", 2, 0), *(Gpus(f"t{number}", 1, 1) for number in range(3)))
    lines = table([partition("gpu"), partition("cpu")], {"gpu": types}, width=37, limit=UNLIMITED)
    below = lines.splitlines()[lines.splitlines().index("gpu          0     0    0     0 1d") :]
    assert below[1:6] == [
        "  3 of 8 a100 GPUs idle",
        "  0 of 2 GPUs idle",
        "  1 of 1 t0 GPUs idle",
        "  1 of 1 t1 GPUs idle",
        "  … 1 more GPU types",
    ]


@pytest.mark.parametrize(
    "name", ["計算分区", "cafe\u0301", "e" + "\u0301" * 50, "한국", "🖥️", "שלום", "عنقود", "हिन्दी"]
)
def test_columns_are_aligned_in_any_script(name: str) -> None:
    lines = table([partition(name, idle=7), partition("b", idle=7)], width=37, limit=UNLIMITED).splitlines()
    assert len({columns(line) for line in lines[1:]}) == 1
    assert max(map(len, lines)) < 60


def test_an_empty_table_is_its_heading() -> None:
    assert table([], width=WIDE, limit=UNLIMITED).split() == [
        "PARTITION",
        "IDLE",
        "ALLOC",
        "DOWN",
        "TOTAL",
        "LIMIT",
    ]


def test_partitions_that_do_not_fit_are_counted() -> None:
    many = [partition(f"p{number}") for number in range(10)]
    text = table(many, width=WIDE, limit=200)
    assert text.splitlines()[-1] == "… 6 more"
    assert len(text.splitlines()) == 1 + 4 + 1


def test_a_table_that_just_fits_is_whole() -> None:
    many = [partition(f"p{number}") for number in range(10)]
    whole = table(many, width=WIDE, limit=UNLIMITED)
    assert table(many, width=WIDE, limit=len(whole)) == whole
    assert table(many, width=WIDE, limit=len(whole) - 1) != whole


def test_the_count_is_right_even_if_the_heading_does_not_fit() -> None:
    assert table([partition()] * 5, width=WIDE, limit=12) == "… 5 more"
