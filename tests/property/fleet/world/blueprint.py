"""How the clusters of the fleet are built: partitions overlap, sleep, or were retired long ago."""

from enum import StrEnum
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from tests.property.fleet.world.truth import Partition


class Use(StrEnum):
    """How a partition is used."""

    NORMAL = "normal"
    RETIRED = "retired"  # from before the first poll
    NIGHT = "night"
    WEEKEND = "weekend"
    CLOUD = "cloud"  # its nodes sleep until a job needs them


class Blueprint(Struct, frozen=True):
    name: str
    partitions: tuple[Partition, ...]
    uses: dict[str, Use]  # by partition

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset[str]().union(*(partition.nodes for partition in self.partitions))

    def used_as(self, *uses: Use) -> list[Partition]:
        return [partition for partition in self.partitions if self.uses[partition.name] in uses]


def blueprint(number: int) -> Blueprint:  # noqa: C901 - a choice for each kind of partition
    """Return one of the fleet's clusters; the same number gives the same cluster."""
    random = Random(f"blueprint {number}")  # noqa: S311 - the same at every run
    batch = _nodes("n", random.randint(12, 60))
    parts = [Partition("batch", batch, random.choice([24, 48, 168]), default=True)]
    uses = {"batch": Use.NORMAL}

    def add(name: str, nodes: frozenset[str], use: Use = Use.NORMAL, limit: int | None = 24) -> None:
        parts.append(Partition(name, nodes, limit))
        uses[name] = use

    add("gpu", _nodes("g", random.randint(3, 8)), limit=random.choice([48, 336]))
    if number % 2:
        add("bigmem", _nodes("m", random.randint(2, 4)), limit=random.choice([72, None]))
    if number % 3 == 0:
        add("long", batch, limit=336)
    if number % 3 == 1:
        add("everything", batch | parts[1].nodes, limit=12)
    if number % 4 == 0:
        add("interactive", frozenset(["i1"]), limit=8)
    if number % 4 == 1:
        add("cloud", _nodes("c", random.randint(4, 20)), Use.CLOUD)
    if number % 5 == 0:
        add("old", _nodes("o", random.randint(2, 10)), Use.RETIRED)
    if number % 5 == 2:
        add("night", batch, Use.NIGHT, limit=10)
    if number % 5 == 3:
        add("weekend", parts[1].nodes, Use.WEEKEND, limit=48)
    if number % 5 == 4:  # the input `partitions` has their names
        chosen = {"batch", "gpu", "bigmem"}
        parts = [replace(one, named=True) for one in parts if one.name in chosen]
    return Blueprint(f"cluster{number}", tuple(parts), uses)


def _nodes(prefix: str, number: int) -> frozenset[str]:
    return frozenset(f"{prefix}{one}" for one in range(1, number + 1))
