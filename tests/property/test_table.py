from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.slurm.cluster_state import Partition
from cluster_status.render.table import PHONE_WIDTH, table
from cluster_status.render.width import columns
from tests.property.steady import steady
from tests.unit.domain.build import partition

UNLIMITED = 100_000
WIDE = 80


PARTITIONS = st.lists(
    st.sampled_from(
        [
            partition("a"),
            partition("é", availability="inactive", idle=3, unknown=1),
            partition("gpu-a100", default=True, allocated=99_999, down=100),
            partition("n" * 20, default=True, idle=1),
            partition("n" * 30, availability="down", maintenance=7),
        ]
    ),
    max_size=8,
)


NARROWEST = len(table([], width=WIDE, limit=UNLIMITED)) * 2


def counted(text: str) -> int:
    """Count the partitions in a table, with the number in its last line."""
    _, *lines = text.splitlines()
    more = int(lines.pop().split()[1]) if lines and lines[-1].startswith("… ") else 0
    return len(lines) + more


@steady
@given(PARTITIONS, st.integers(0, 600))
def test_a_table_never_exceeds_its_limit(partitions: list[Partition], limit: int) -> None:
    assert len(table(partitions, width=WIDE, limit=limit)) <= limit


@steady
@given(PARTITIONS, st.integers(NARROWEST, 600))
def test_every_partition_is_shown_or_counted(partitions: list[Partition], limit: int) -> None:
    assert counted(table(partitions, width=WIDE, limit=limit)) == len(partitions)


NAMES = st.lists(st.sampled_from(["a", "中", "-1", "cascadelake", "n" * 20]), min_size=1, max_size=4).map(
    "".join
)
NODES = st.integers(0, 99_999)


@steady
@given(st.dictionaries(NAMES, st.tuples(NODES, st.booleans()), max_size=15))
def test_different_names_of_partitions_differ_on_a_phone(
    nodes: dict[str, tuple[int, bool]],
) -> None:
    partitions = [partition(name, default=default, down=count) for name, (count, default) in nodes.items()]
    _, *lines = table(partitions, width=PHONE_WIDTH, limit=UNLIMITED).splitlines()
    assert len({line.split()[0].removesuffix("*") for line in lines}) == len(partitions)
    assert [line for line in lines if columns(line) > PHONE_WIDTH] == []


@steady
@given(PARTITIONS)
def test_columns_end_where_their_headings_end(partitions: list[Partition]) -> None:
    heading, *lines = table(partitions, width=WIDE, limit=UNLIMITED).splitlines()
    end = heading.index(" TOTAL") + len(" TOTAL")
    assert [
        line for line in lines if not line[:end].endswith(line[:end].split()[-1]) or line[end] != " "
    ] == []
