"""The events of a year that are no maintenance: generators that yield the seconds to wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from random import Random

from cluster_status.domain.status.cause import Cause
from tests.property.fleet.world.blueprint import Use
from tests.property.fleet.world.machine import Machine
from tests.property.fleet.world.truth import DAY, HOUR, MINUTE, Condition, Partition

Process = Iterator[float]

OUTAGES = (Cause.DNS, Cause.REFUSED, Cause.UNREACHABLE, Cause.TIMEOUT, Cause.DROPPED)
IMPAIRED = (Cause.SCHEDULER_DOWN, Cause.SCHEDULER_TIMEOUT, Cause.SHELL_HANGS)
UNREADABLE = (Cause.HOST_KEY, Cause.UNPARSABLE, Cause.SINFO_FAILED, Cause.JUMP_HOST)


def any_of(random: Random, *ranges: tuple[float, float]) -> float:
    """Return a length in seconds from one of these ranges."""
    return random.uniform(*random.choice(ranges))


def _now_and_then(random: Random, days: float) -> float:
    return random.expovariate(1 / (days * DAY)) + HOUR


@contextmanager
def failing(machine: Machine, cause: Cause) -> Iterator[None]:
    machine.fail(cause)
    yield
    machine.repair(cause)


@contextmanager
def lasting(machine: Machine, nodes: frozenset[str], condition: Condition) -> Iterator[None]:
    machine.put(nodes, condition)
    yield
    machine.lift(nodes, condition)


def jobs(machine: Machine, random: Random) -> Process:
    """Nodes get busy and idle again; those of cloud partitions sleep meanwhile."""
    asleep = frozenset[str]().union(*(one.nodes for one in machine.blueprint.used_as(Use.CLOUD)))
    machine.put(asleep, Condition.ASLEEP)
    nodes = sorted(machine.blueprint.nodes)
    while True:
        busy = frozenset(random.sample(nodes, random.randint(0, len(nodes))))
        awake = busy & asleep
        machine.lift(awake, Condition.ASLEEP)
        with lasting(machine, busy, Condition.BUSY):
            yield random.uniform(4 * HOUR, 12 * HOUR)
        machine.put(awake, Condition.ASLEEP)


def dying_partitions(machine: Machine, random: Random) -> Process:
    """All nodes of a partition go down, at once or one after another, and come back; some flap."""
    while True:
        yield _now_and_then(random, 25)
        nodes = sorted(random.choice(_mortal(machine)).nodes)
        pause = random.choice([0, 0, 3 * MINUTE])
        for _ in range(random.choice([1, 1, 1, 1, random.randint(2, 5)])):
            condition = random.choice([Condition.DOWN, Condition.DRAINED])
            for node in nodes:
                machine.put([node], condition)
                yield pause
            yield any_of(random, (MINUTE, 20 * MINUTE), (20 * MINUTE, 8 * HOUR), (8 * HOUR, 5 * DAY))
            for node in nodes:
                machine.lift([node], condition)
                yield pause
            yield random.uniform(MINUTE, HOUR)


def dead_partitions(machine: Machine, random: Random) -> Process:
    """Take a partition out of service for so long that this becomes usual."""
    while True:
        yield _now_and_then(random, 150)
        with lasting(machine, random.choice(_mortal(machine)).nodes, Condition.DOWN):
            yield random.uniform(9 * DAY, 25 * DAY)


def closed_partitions(machine: Machine, random: Random) -> Process:
    """Set a partition down, drain or inactive, as an administrator does."""
    while True:
        yield _now_and_then(random, 30)
        name = random.choice(machine.blueprint.used_as(Use.NORMAL, Use.CLOUD)).name
        word = random.choice(["down", "drain", "inactive"])
        machine.set_availability(name, word)
        yield any_of(random, (MINUTE, 20 * MINUTE), (20 * MINUTE, 8 * HOUR), (8 * HOUR, 2 * DAY))
        machine.restore_availability(name, word)


def draining_partitions(machine: Machine, random: Random) -> Process:
    """All nodes of a partition drain: their jobs run on for a while."""
    while True:
        yield _now_and_then(random, 40)
        nodes = random.choice(_mortal(machine)).nodes
        with lasting(machine, nodes, Condition.DRAINING):
            yield any_of(random, (MINUTE, HOUR), (HOUR, 20 * HOUR))
        if random.random() < 0.7:
            with lasting(machine, nodes, Condition.DRAINED):
                yield any_of(random, (10 * MINUTE, HOUR), (HOUR, 20 * HOUR))


def cloud_failures(machine: Machine, random: Random) -> Process:
    """No instance can be launched: Slurm sets the nodes of a cloud partition down."""
    for partition in cycle(machine.blueprint.used_as(Use.CLOUD)):
        yield _now_and_then(random, 30)
        with lasting(machine, partition.nodes, Condition.DOWN):
            yield any_of(random, (10 * MINUTE, HOUR), (HOUR, 30 * HOUR))


def rolling_reboots(machine: Machine, random: Random) -> Process:
    """Reboot the nodes, a tenth of the cluster at a time; small partitions as a whole."""
    while True:
        yield _now_and_then(random, 45)
        nodes = sorted(machine.blueprint.nodes)
        step = max(1, len(nodes) // 10)
        for first in range(0, len(nodes), step):
            group = frozenset(nodes[first : first + step])
            with lasting(machine, group, Condition.REBOOTING):
                yield random.uniform(8 * MINUTE, 20 * MINUTE)
            if random.random() < 0.05:
                machine.put([nodes[first]], Condition.DOWN)
                yield random.uniform(HOUR, 30 * HOUR)
                machine.lift([nodes[first]], Condition.DOWN)


def power_failures(machine: Machine, random: Random) -> Process:
    """All nodes, or most of them, go down while the head node stays up."""
    while True:
        yield _now_and_then(random, 40)
        nodes = machine.blueprint.nodes
        if random.random() < 0.5:
            nodes = frozenset(random.sample(sorted(nodes), round(len(nodes) * random.uniform(0.4, 0.9))))
        with lasting(machine, nodes, Condition.DOWN):
            yield any_of(random, (MINUTE, 15 * MINUTE), (15 * MINUTE, 12 * HOUR))


def broken_nodes(days: float, *lengths: tuple[float, float]) -> Callable[[Machine, Random], Process]:
    """Return the process of single nodes that break."""

    def break_nodes(machine: Machine, random: Random) -> Process:
        nodes = sorted(machine.blueprint.nodes)
        while True:
            yield _now_and_then(random, days)
            with lasting(machine, frozenset([random.choice(nodes)]), Condition.DOWN):
                yield any_of(random, *lengths)

    return break_nodes


def failures_of(
    causes: tuple[Cause, ...], days: float, *lengths: tuple[float, float]
) -> Callable[[Machine, Random], Process]:
    """Return the process of a failure that ends the check; the causes can change while it lasts."""

    def fail(machine: Machine, random: Random) -> Process:
        while True:
            yield _now_and_then(random, days)
            for _ in range(random.choice([1, 1, random.randint(2, 4)])):
                with failing(machine, random.choice(causes)):
                    yield any_of(random, *lengths)

    return fail


def flapping(machine: Machine, random: Random) -> Process:
    """Change the status every few polls, for hours."""
    while True:
        yield _now_and_then(random, 30)
        end = machine.now + any_of(random, (30 * MINUTE, 3 * HOUR), (3 * HOUR, 30 * HOUR))
        ways = random.sample([*OUTAGES, *IMPAIRED, None], 2)
        nodes = random.choice([machine.blueprint.nodes, random.choice(_mortal(machine)).nodes])
        longest = random.choice([6 * MINUTE, 15 * MINUTE, 40 * MINUTE])
        while machine.now < end:
            cause = random.choice(ways)
            with failing(machine, cause) if cause else lasting(machine, nodes, Condition.DOWN):
                yield random.uniform(MINUTE, longest)
            yield random.uniform(MINUTE, longest)


def restarts(machine: Machine, random: Random) -> Process:
    """Restart the controller; the nodes register one after another."""
    while True:
        yield _now_and_then(random, 20)
        with lasting(machine, machine.blueprint.nodes, Condition.UNREGISTERED):
            yield random.uniform(MINUTE, 12 * MINUTE)


def opening_hours(machine: Machine, _random: Random) -> Process:
    """Partitions that are up at night, or on weekends."""
    nights, weekends = machine.blueprint.used_as(Use.NIGHT), machine.blueprint.used_as(Use.WEEKEND)
    is_up = {one.name: True for one in (*nights, *weekends)}
    while is_up:
        hour, weekday = machine.now // HOUR % 24, (machine.now // DAY + 3) % 7
        for partition in (*nights, *weekends):
            wanted = weekday >= 5 if partition in weekends else not 8 <= hour < 20
            if is_up[partition.name] and not wanted:
                machine.set_availability(partition.name, "inactive")
            elif wanted and not is_up[partition.name]:
                machine.restore_availability(partition.name, "inactive")
            is_up[partition.name] = wanted
        yield HOUR - machine.now % HOUR


def retirement(machine: Machine, random: Random) -> Process:
    """Partitions that were retired before the first poll; some come back for a while."""
    retired = machine.blueprint.used_as(Use.RETIRED)
    for partition in retired:
        machine.put(partition.nodes, Condition.DRAINED)
    for partition in cycle(retired):
        yield _now_and_then(random, 120)
        machine.lift(partition.nodes, Condition.DRAINED)
        yield random.uniform(DAY, 20 * DAY)
        machine.put(partition.nodes, Condition.DRAINED)


def _mortal(machine: Machine) -> list[Partition]:
    """Return the partitions that can die alone: not the one with most of the nodes."""
    partitions = machine.blueprint.used_as(Use.NORMAL, Use.CLOUD, Use.WEEKEND)
    return [one for one in partitions if 2 * len(one.nodes) < len(machine.blueprint.nodes)]


PROCESSES: tuple[Callable[[Machine, Random], Process], ...] = (
    jobs,
    dying_partitions,
    dead_partitions,
    closed_partitions,
    draining_partitions,
    cloud_failures,
    rolling_reboots,
    power_failures,
    broken_nodes(6, (10 * MINUTE, DAY), (DAY, 5 * DAY)),
    broken_nodes(40, (35 * DAY, 80 * DAY)),
    broken_nodes(20, (5 * MINUTE, 15 * MINUTE)),
    failures_of(OUTAGES, 15, (30, 6 * MINUTE), (6 * MINUTE, HOUR), (HOUR, 12 * HOUR)),
    failures_of(IMPAIRED, 20, (30, 6 * MINUTE), (6 * MINUTE, HOUR), (HOUR, 6 * HOUR)),
    failures_of(UNREADABLE, 25, (30, 6 * MINUTE), (6 * MINUTE, 3 * HOUR)),
    failures_of((*OUTAGES, *IMPAIRED), 6, (30, 2 * MINUTE)),  # at most one poll meets them
    flapping,
    restarts,
    opening_hours,
    retirement,
)
