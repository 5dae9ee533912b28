import pytest
from msgspec import to_builtins
from msgspec.structs import asdict

from cluster_status.domain.slurm.cluster_state import IN_SERVICE, NodeCounts, NodeGroup
from tests.unit.domain.build import counts, partition


def test_every_group_except_four_is_in_service() -> None:
    assert set(NodeGroup) - IN_SERVICE == {
        NodeGroup.MAINTENANCE,
        NodeGroup.DOWN,
        NodeGroup.UNKNOWN,
        NodeGroup.OTHER,
    }


@pytest.mark.parametrize("group", NodeGroup)
def test_a_node_counts_in_its_group_and_in_the_total_only(group: NodeGroup) -> None:
    counted = {name: number for name, number in asdict(NodeCounts().plus(group, 3)).items() if number}
    assert counted == {"total": 3, group.value: 3}


@pytest.mark.parametrize("group", NodeGroup)
def test_a_node_is_either_in_service_or_missing(group: NodeGroup) -> None:
    nodes = NodeCounts().plus(group, 3)
    assert (nodes.in_service, nodes.missing) == ((3, 0) if group in IN_SERVICE else (0, 3))


def test_in_a_fully_allocated_cluster_no_node_is_missing() -> None:
    nodes = counts(allocated=500)
    assert (nodes.in_service, nodes.missing) == (500, 0)


def test_adding_nodes_does_not_change_the_counts_before() -> None:
    before = counts(idle=1)
    before.plus(NodeGroup.IDLE, 1)
    assert before == counts(idle=1)


def test_a_partition_counts_its_own_nodes() -> None:
    assert partition(idle=1).plus(NodeGroup.ALLOCATED, 2) == partition(idle=1, allocated=2)


def test_a_partition_has_the_format_of_the_output() -> None:
    assert to_builtins(partition("gpu", default=True, idle=2, powered_down=1)) == {
        "name": "gpu",
        "default": True,
        "availability": "up",
        "time_limit": "1-00:00:00",
        "nodes": {
            "total": 3,
            "idle": 2,
            "allocated": 0,
            "reserved": 0,
            "powered_down": 1,
            "draining": 0,
            "maintenance": 0,
            "down": 0,
            "unknown": 0,
            "other": 0,
        },
    }
