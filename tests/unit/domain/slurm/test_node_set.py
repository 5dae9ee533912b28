import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.node_set import parse, partitions_of

LINES = ["debug|n[1-4]", "gpu|n[3-5]", "empty|"]
NAMES = ["debug", "gpu", "empty"]


def test_each_partition_has_the_names_of_its_nodes() -> None:
    assert parse(LINES, NAMES, PLAIN) == {
        "debug": {"n1", "n2", "n3", "n4"},
        "gpu": {"n3", "n4", "n5"},
        "empty": set(),
    }


def test_partitions_that_are_not_listed_are_left_out() -> None:
    assert parse(LINES, ["gpu"], PLAIN) == {"gpu": {"n3", "n4", "n5"}}


@pytest.mark.parametrize("line", ["", "debug", "8|idle", "debug|n[1-", "debug|n[1-999999]"])
def test_without_the_names_of_one_partition_there_are_none(line: str) -> None:
    assert parse([line, *LINES[1:]], NAMES, PLAIN) == {}


def test_partitions_of_nodes_are_those_with_one_of_them() -> None:
    nodes = parse(LINES, NAMES, PLAIN)
    assert partitions_of(frozenset({"n1", "n2"}), nodes) == {"debug"}
    assert partitions_of(frozenset({"n4"}), nodes) == {"debug", "gpu"}
    assert partitions_of(frozenset({"n9"}), nodes) == frozenset()
    assert partitions_of(frozenset(), nodes) == frozenset()
