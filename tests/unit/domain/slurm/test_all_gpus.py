from msgspec.structs import replace

from cluster_status.domain.slurm.all_gpus import all_gpus
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, Gpus
from tests.unit.domain.build import cluster_state

A100, TWO_A100 = Gpus("a100", 8, 3), Gpus("a100", 2, 1)


def state(gpus: dict[str, tuple[Gpus, ...]], **nodes: str) -> ClusterState:
    named = {name: frozenset(text.split()) for name, text in nodes.items()}
    return replace(cluster_state(idle=8), details=Details(gpus), partition_nodes=named)


def test_partitions_without_common_nodes_add_up() -> None:
    found = state({"gpu": (A100,), "short": (TWO_A100,)}, gpu="n1 n2", short="n3")

    assert all_gpus(found) == (Gpus("a100", 10, 4),)


def test_gpus_of_shared_nodes_count_once() -> None:
    found = state({"short": (TWO_A100,), "gpu": (A100,)}, gpu="n1 n2", short="n2")

    assert all_gpus(found) == (A100,)


def test_of_partitions_with_unknown_nodes_the_largest_counts() -> None:
    assert all_gpus(state({"short": (TWO_A100,), "gpu": (A100,)})) == (A100,)


def test_the_number_of_idle_gpus_is_unknown_if_one_partition_does_not_have_it() -> None:
    found = state({"gpu": (A100,), "short": (Gpus("a100", 2, None),)}, gpu="n1", short="n3")

    assert all_gpus(found) == (Gpus("a100", 10, None),)


def test_types_with_more_gpus_come_first() -> None:
    found = state({"gpu": (Gpus("t4", 2, 1), A100)}, gpu="n1")

    assert [one.type for one in all_gpus(found)] == ["a100", "t4"]
