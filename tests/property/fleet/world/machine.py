"""A cluster whose state the events change. Conditions are counted, so that events can overlap."""

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import IN_SERVICE, NodeGroup
from cluster_status.domain.status.cause import Cause
from tests.property.fleet.world.blueprint import Blueprint
from tests.property.fleet.world.truth import GROUP_OF, Condition, Reservation, Truth


class Machine:
    """The state of one cluster now; `now` is set by the world."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.now = 0
        self._conditions = {node: Counter[Condition]() for node in sorted(blueprint.nodes)}
        self._availability: dict[str, list[str]] = {one.name: [] for one in blueprint.partitions}
        self._failures: list[Cause] = []
        self._reservations: list[Reservation] = []
        self._out_since: dict[str, int] = {}
        self._version = 0
        self._truth: Truth | None = None

    def put(self, nodes: Iterable[str], condition: Condition) -> None:
        for node in nodes:
            self._conditions[node][condition] += 1
        self._changed()

    def lift(self, nodes: Iterable[str], condition: Condition) -> None:
        for node in nodes:
            self._conditions[node][condition] -= 1
        self._changed()

    def set_availability(self, partition: str, word: str) -> None:
        self._availability[partition].append(word)
        self._changed()

    def restore_availability(self, partition: str, word: str) -> None:
        self._availability[partition].remove(word)
        self._changed()

    def fail(self, cause: Cause) -> None:
        """Let checks fail for this cause. The causes are in the order in which a check meets them."""
        self._failures = sorted([*self._failures, cause], key=list(Cause).index)
        self._changed()

    def repair(self, cause: Cause) -> None:
        self._failures.remove(cause)
        self._changed()

    def reserve(self, *reservations: Reservation) -> None:
        self._reservations += reservations
        self._changed()

    def release(self, *reservations: Reservation) -> None:
        self._reservations = [one for one in self._reservations if one not in reservations]
        self._changed()

    def truth(self) -> Truth:
        if self._truth is None:
            self._truth = self._observe()
        return self._truth

    def _changed(self) -> None:
        self._version += 1
        self._truth = None

    def _observe(self) -> Truth:
        groups = {node: _group(conditions) for node, conditions in self._conditions.items()}
        out = {node for node, group in groups.items() if group not in IN_SERVICE}
        self._out_since = {node: self._out_since.get(node, self.now) for node in out}
        return Truth(
            version=self._version,
            failure=self._failures[0] if self._failures else None,
            partitions=tuple(
                replace(one, availability=words[-1]) if (words := self._availability[one.name]) else one
                for one in self.blueprint.partitions
            ),
            groups=groups,
            out_since=self._out_since,
            reservations=tuple(self._reservations),
        )


def _group(conditions: Counter[Condition]) -> NodeGroup:
    strongest = min((one for one, number in conditions.items() if number > 0), default=None)
    return NodeGroup.IDLE if strongest is None else GROUP_OF[strongest]
