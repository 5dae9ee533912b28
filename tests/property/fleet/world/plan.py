"""Maintenances as administrators plan them: which nodes, in which parts, and what becomes of the plan."""

from enum import StrEnum
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from tests.property.fleet.world.blueprint import Blueprint, Use
from tests.property.fleet.world.truth import DAY, HOUR, MINUTE, Reservation


class Kind(StrEnum):
    WHOLE = "all nodes"
    MOST = "19 of 20 nodes"
    LARGE = "most nodes, so that the status changes"
    PART = "some nodes"
    PARTITION = "one partition"
    FEW = "a few nodes"
    STAGED = "parts of the nodes, one after another"
    SERIES = "a reservation for each node"
    SPLIT = "all nodes, in two reservations that touch"
    NESTED = "two parts, and all nodes over both"
    ROOT = "all nodes, without the flag MAINT"


class Course(StrEnum):
    PLAIN = "as planned"
    MOVED = "moved"
    MOVED_OFTEN = "moved three times"
    CANCELLED = "cancelled"
    RESTORED = "cancelled and planned again"
    PROLONGED = "prolonged while it runs"
    EARLY = "over early"
    OVERDUE = "longer than reserved"
    OPEN = "without an end"
    SUDDEN = "not planned"


class Inside(StrEnum):
    """What happens during a maintenance of the cluster."""

    NOTHING = "nothing"
    NETWORK = "the head node is away"
    OUTAGE_BEFORE = "the head node was away before"
    CONTROLLER = "the controller is down"
    LOGINS = "logins are closed"
    NODES = "the nodes are switched off"


STATUS_KINDS = frozenset({Kind.WHOLE, Kind.MOST, Kind.LARGE, Kind.SPLIT, Kind.NESTED, Kind.ROOT})
WHOLE_KINDS = STATUS_KINDS - {Kind.LARGE, Kind.ROOT}
# only a reservation that is all of the maintenance can be prolonged, opened or be over early
_SINGLE = frozenset({Kind.WHOLE, Kind.MOST, Kind.LARGE, Kind.PART, Kind.PARTITION, Kind.ROOT})
_KINDS = (*[Kind.WHOLE] * 6, *[Kind.PARTITION] * 3, *Kind)
_COURSES = (*[Course.PLAIN] * 3, *Course)
_SIMPLE = frozenset({Course.PLAIN, Course.MOVED, Course.CANCELLED, Course.RESTORED})


class Plan(Struct, frozen=True):
    number: int
    kind: Kind
    course: Course
    inside: Inside
    announced: int
    parts: tuple[Reservation, ...]

    @property
    def begin(self) -> int:
        return min(part.begin for part in self.parts)

    @property
    def end(self) -> int | None:
        ends = [part.end for part in self.parts]
        return None if None in ends else max(end for end in ends if end is not None)

    def moved(self, seconds: int) -> "Plan":
        return replace(self, parts=tuple(_moved(part, seconds) for part in self.parts))

    def ending(self, end: int | None) -> "Plan":
        """Return the plan with another end; for a plan with one part."""
        return replace(self, parts=(replace(self.parts[0], end=end),))


def _moved(part: Reservation, seconds: int) -> Reservation:
    return replace(part, begin=part.begin + seconds, end=part.end and part.end + seconds)


def plan(number: int, begin: int, blueprint: Blueprint, random: Random) -> Plan:
    """Return a random plan that begins about at `begin`."""
    kind = random.choice(_KINDS)
    courses = [one for one in _COURSES if kind in _SINGLE or one in _SIMPLE]
    course = random.choice(courses)
    inside = random.choice(list(Inside)) if kind in WHOLE_KINDS else Inside.NOTHING
    if kind is Kind.PARTITION:
        inside = random.choice([Inside.NOTHING, Inside.NODES])
    if course is Course.OVERDUE and inside not in {Inside.NETWORK, Inside.NODES}:
        inside = Inside.NETWORK if kind in WHOLE_KINDS else Inside.NODES
    notice = random.choice([random.uniform(2 * HOUR, 23 * HOUR), random.uniform(2 * DAY, 20 * DAY)])
    begin -= begin % (30 * MINUTE)
    length = round(random.uniform(2, 28)) * HOUR
    parts = tuple(_parts(kind, begin, length, blueprint, random))
    parts = tuple(replace(part, maintenance=number, name=f"maintenance{number}") for part in parts)
    announced = begin if course is Course.SUDDEN else round(begin - notice)
    made = Plan(number, kind, course, inside, announced, parts)
    return made.ending(None) if course is Course.OPEN else made


def _parts(  # noqa: C901, PLR0911 - a case for each kind
    kind: Kind, begin: int, length: int, blueprint: Blueprint, random: Random
) -> list[Reservation]:
    nodes = sorted(blueprint.nodes)
    everything = frozenset(nodes)

    def some(least: float, most: float) -> frozenset[str]:
        return frozenset(random.sample(nodes, max(2, round(len(nodes) * random.uniform(least, most)))))

    def part(taken: frozenset[str], first: int = begin, seconds: int = length) -> Reservation:
        return Reservation("", first, first + seconds, taken, all_nodes=taken == everything)

    halves = frozenset(nodes[::2]), frozenset(nodes[1::2])
    match kind:
        case Kind.MOST:
            return [part(frozenset(nodes[max(1, len(nodes) // 25) :]))]
        case Kind.LARGE:
            return [part(some(0.6, 0.75))]
        case Kind.PART:
            return [part(some(0.2, 0.4))]
        case Kind.FEW:
            return [part(frozenset(random.sample(nodes, 2)))]
        case Kind.PARTITION:
            own = [one for one in blueprint.used_as(Use.NORMAL) if 3 * len(one.nodes) < len(nodes)]
            return [part(random.choice(own).nodes)] if own else [part(some(0.2, 0.4))]
        case Kind.STAGED:
            thirds = (frozenset(nodes[start::3]) for start in range(3))
            return [part(third, begin + i * 5 * HOUR, 5 * HOUR) for i, third in enumerate(thirds)]
        case Kind.SERIES:
            chosen = random.sample(nodes, 6)
            return [part(frozenset([one]), begin + i * 30 * MINUTE, HOUR) for i, one in enumerate(chosen)]
        case Kind.SPLIT:
            return [part(everything), part(everything, begin + length)]
        case Kind.NESTED:
            both = part(everything, seconds=8 * HOUR)
            return [part(halves[0], seconds=4 * HOUR), part(halves[1], begin + 4 * HOUR, 4 * HOUR), both]
        case _:
            return [part(everything)]
