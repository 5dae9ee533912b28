"""A condition of `notify-when`, such as `idle >= 10 in batch` or `gpu:a100 >= 4 in gpu`."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from operator import ge, gt, le, lt

from msgspec import Struct

from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, Partition


class Quantity(StrEnum):
    IDLE = "idle"  # nodes, also powered-down ones
    ALLOCATED = "allocated"  # nodes
    DRAINING = "draining"  # nodes
    DOWN = "down"  # nodes
    PENDING = "pending"  # jobs
    GPU = "gpu"  # idle ones, of one type or of all


COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}

OF_PARTITIONS = frozenset({Quantity.PENDING, Quantity.GPU})
"""These have no sum for the cluster, because partitions share them; only `details: full` reads them."""


class Condition(Struct, frozen=True):
    quantity: Quantity
    comparison: str
    number: int
    partition: str = ""  # empty: all nodes of the cluster
    gpu_type: str = ""  # empty: all types

    def __str__(self) -> str:
        kind = f"{self.quantity}:{self.gpu_type}" if self.gpu_type else str(self.quantity)
        place = f" in {self.partition}" if self.partition else ""
        return f"{kind} {self.comparison} {self.number}{place}"

    def holds(self, value: int) -> bool:
        return COMPARISONS[self.comparison](value, self.number)

    def value_in(self, state: ClusterState) -> int | None:
        """Return the number in a state of the cluster; None if it is not known."""
        if state.login_only or state.nodes.mostly_unknown:
            return None
        if not self.partition:
            return self._nodes(state.nodes) if state.nodes.total else None
        found = [one for one in state.partitions if one.name == self.partition]
        return self._value_of(found[0], state) if found else None

    def _value_of(self, partition: Partition, state: ClusterState) -> int | None:
        if self.quantity in OF_PARTITIONS and state.details is None:
            return None
        if state.details and self.quantity is Quantity.PENDING:
            known = state.details.pending.get(partition.name)
            return known.jobs if known else None
        if not partition.is_up and self.quantity in {Quantity.IDLE, Quantity.GPU}:
            return 0  # no job can start there
        if state.details and self.quantity is Quantity.GPU:
            return self._gpus(partition, state)
        return self._nodes(partition.nodes)

    def _gpus(self, partition: Partition, state: ClusterState) -> int | None:
        details = state.details
        if details is None or partition.name in details.unreadable_gpus or not details.gpus:
            return None
        chosen = [one.idle for one in details.gpus.get(partition.name, ()) if self.gpu_type in {"", one.type}]
        return None if None in chosen else sum(idle or 0 for idle in chosen)

    def _nodes(self, nodes: NodeCounts) -> int:
        if self.quantity is Quantity.IDLE:
            return nodes.idle + nodes.powered_down
        return int(getattr(nodes, self.quantity))
