"""The course of a planned maintenance, and reservations that are never news."""

from collections.abc import Callable
from random import Random

from cluster_status.domain.status.cause import Cause
from tests.property.fleet.world.faults import OUTAGES, Process
from tests.property.fleet.world.machine import Machine
from tests.property.fleet.world.plan import Course, Inside, Kind, Plan
from tests.property.fleet.world.truth import DAY, HOUR, MINUTE, Condition, Reservation

Step = tuple[float, Callable[[], None]]
YEARS = 365 * DAY


def maintenance(machine: Machine, random: Random, plan: Plan) -> Process:
    """Reserve, change the plan, and carry it out."""
    yield plan.announced - machine.now
    machine.reserve(*plan.parts)
    for _ in range({Course.MOVED: 1, Course.MOVED_OFTEN: 3}.get(plan.course, 0)):
        yield _pause(machine, random, plan)
        plan = _replan(machine, plan, _changed(machine, random, plan))
    if plan.course in {Course.CANCELLED, Course.RESTORED}:
        yield _pause(machine, random, plan)
        machine.release(*plan.parts)
        if plan.course is Course.CANCELLED:
            return
        yield _pause(machine, random, plan)
        machine.reserve(*plan.parts)
    for at, action in sorted(_steps(machine, random, plan), key=lambda step: step[0]):
        yield max(0, at - machine.now)
        action()


def _pause(machine: Machine, random: Random, plan: Plan) -> float:
    """Return a time to wait that ends before the maintenance begins."""
    return random.uniform(0.05, 0.8) * max(0, plan.begin - machine.now - HOUR)


def _changed(machine: Machine, random: Random, plan: Plan) -> Plan:
    if len(plan.parts) == 1 and random.random() < 0.4:
        return plan.ending(plan.begin + round(random.uniform(2, 30)) * HOUR)
    seconds = random.choice([-1, 1]) * round(random.uniform(1, 24)) * HOUR
    return plan.moved(seconds if plan.begin + seconds > machine.now + HOUR else abs(seconds))


def _replan(machine: Machine, before: Plan, after: Plan) -> Plan:
    machine.release(*before.parts)
    machine.reserve(*after.parts)
    return after


def _steps(machine: Machine, random: Random, plan: Plan) -> list[Step]:
    """Return what happens from the begin on, in any order."""
    steps: list[Step] = []
    condition = Condition.HELD if plan.kind is Kind.ROOT else Condition.IN_MAINTENANCE
    over = plan.end or plan.begin + round(random.uniform(2, 20)) * HOUR
    listed = plan.parts
    if plan.course is Course.EARLY:
        over = round(plan.begin + random.uniform(0.2, 0.9) * (over - plan.begin))
    if plan.course is Course.PROLONGED:
        prolonged = plan.ending(over + round(random.uniform(2, 10)) * HOUR)
        steps.append(
            (random.uniform(plan.begin + 10 * MINUTE, over), lambda: _relist(machine, plan, prolonged))
        )
        over, listed = prolonged.end or over, prolonged.parts
    for part in listed:
        end = part.end if len(plan.parts) > 1 and part.end is not None else over
        steps.append((part.begin, lambda part=part: machine.put(part.nodes, condition)))  # type: ignore[misc]
        steps.append((end, lambda part=part: machine.lift(part.nodes, condition)))  # type: ignore[misc]
        steps.append((end, lambda part=part: machine.release(part)))  # type: ignore[misc]
    away_until = (
        over + random.uniform(20 * MINUTE, 6 * HOUR)
        if plan.course is Course.OVERDUE
        else (over - random.uniform(0, 30 * MINUTE))
    )
    return steps + _inside(machine, random, plan, away_until)


def _relist(machine: Machine, before: Plan, after: Plan) -> None:
    _replan(machine, before, after)


def _inside(machine: Machine, random: Random, plan: Plan, until: float) -> list[Step]:
    begin = plan.begin + random.uniform(0, 20 * MINUTE)
    if plan.inside is Inside.NOTHING:
        return []
    if plan.inside is Inside.NODES:
        nodes = frozenset[str]().union(*(part.nodes for part in plan.parts))
        condition = random.choice([Condition.DOWN, Condition.DRAINED])
        return [
            (begin, lambda: machine.put(nodes, condition)),
            (until, lambda: machine.lift(nodes, condition)),
        ]
    if plan.inside is Inside.OUTAGE_BEFORE:
        begin = plan.begin - random.uniform(20 * MINUTE, 3 * HOUR)
    cause = random.choice(OUTAGES)
    if plan.inside is Inside.CONTROLLER:
        cause = Cause.SCHEDULER_DOWN
    if plan.inside is Inside.LOGINS:
        cause = Cause.LOGINS_CLOSED
    return [(begin, lambda: machine.fail(cause)), (until, lambda: machine.repair(cause))]


def reserved_for_years(machine: Machine, random: Random) -> Process:
    """One node is in maintenance since before the first poll."""
    node = frozenset([random.choice(sorted(machine.blueprint.partitions[0].nodes))])
    machine.reserve(Reservation("broken", machine.now - 90 * DAY, machine.now + 2 * YEARS, node))
    machine.put(node, Condition.IN_MAINTENANCE)
    yield YEARS


def recurring(nodes: frozenset[str], every: int, seconds: int) -> Callable[[Machine, Random], Process]:
    """Return the process of a reservation that Slurm renews by itself."""

    def renew(machine: Machine, _random: Random) -> Process:
        begin = machine.now - machine.now % DAY + 3 * HOUR
        is_all = nodes == machine.blueprint.nodes
        while True:
            reservation = Reservation(
                f"every {every}", begin, begin + seconds, nodes, recurring=True, all_nodes=is_all
            )
            machine.reserve(reservation)
            yield begin - machine.now
            machine.put(nodes, Condition.IN_MAINTENANCE)
            yield seconds
            machine.lift(nodes, Condition.IN_MAINTENANCE)
            machine.release(reservation)
            begin += every

    return renew
