"""The names of the nodes of each partition, from the output of NODES."""

from collections.abc import Collection, Mapping

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.hostlist import HostLists
from cluster_status.domain.slurm.sinfo import partition_name


def parse(lines: list[str], partitions: Collection[str], redaction: Redaction) -> dict[str, frozenset[str]]:
    """Return the names for these partitions; empty if those of one of them cannot be read.

    Without all of them, nodes of a reservation could be missed.
    """
    lists = HostLists()
    found: dict[str, frozenset[str]] = {}
    for line in lines:
        marked, _, nodes = line.rpartition("|")
        name, names = partition_name(marked, redaction), lists.expand(nodes)
        if name in partitions and names is not None:
            found[name] = names
    return found if found.keys() == set(partitions) else {}


def partitions_of(nodes: frozenset[str], partition_nodes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the names of the partitions that one of these nodes is in."""
    return frozenset(name for name, names in partition_nodes.items() if not names.isdisjoint(nodes))
