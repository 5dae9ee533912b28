"""The partitions that a notification names: bounded, and those that share nodes together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from cluster_status.domain.status.partitions.state import PartitionChange, PartitionState, Problem
from cluster_status.domain.text import is_short

MOST_NAMED = 5
MOST_ALSO = 4

_Nodes = Mapping[str, frozenset[str]]


def changes(
    names: Iterable[str], states: Mapping[str, PartitionState], nodes: _Nodes
) -> tuple[PartitionChange, ...]:
    """Return changes by problem; `names` has the smallest partitions first, `nodes` the nodes of each."""
    kinds: dict[tuple[Problem, str], list[str]] = defaultdict(list)
    for name in names:
        state = states[name]
        if state.problem:
            kinds[state.problem, state.availability if state.problem is Problem.NOT_UP else ""].append(name)
    in_order = sorted(kinds, key=lambda kind: (order_of(kind[0]), *kind))
    return tuple(one for kind in in_order for one in changes_of(kinds[kind], nodes, *kind))


def order_of(problem: Problem | None) -> int:
    """Return the place of a problem among others; that of a later version is the last."""
    return [*Problem, problem].index(problem)


def changes_of(
    names: Iterable[str], nodes: _Nodes, problem: Problem | None = None, availability: str = ""
) -> tuple[PartitionChange, ...]:
    """Return changes with one problem. Only names that the history may store are in them."""
    together = _sharing(names, nodes)
    named = [one for one in together if all(map(is_short, one))][:MOST_NAMED]
    found = [PartitionChange(one, problem, availability, tuple(also[:MOST_ALSO])) for one, *also in named]
    more = len(together) - len(named)
    if found and more:
        found[-1] = replace(found[-1], more=more)
    return tuple(found)


def _sharing(names: Iterable[str], nodes: _Nodes) -> list[list[str]]:
    """Return the partitions, each followed by the later ones that share nodes with it."""
    sets: list[list[str]] = []
    set_of: dict[str, int] = {}  # by node
    for name in names:
        own = nodes.get(name, frozenset())
        number = min((set_of[node] for node in own if node in set_of), default=len(sets))
        if number == len(sets):
            sets.append([])
        sets[number].append(name)
        for node in own:
            set_of.setdefault(node, number)
    return sets
