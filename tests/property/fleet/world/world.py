"""The cluster over time: the processes run by the second, and what they changed is seen by the next poll."""

import heapq
from itertools import count
from random import Random

from tests.property.fleet.world.blueprint import Blueprint
from tests.property.fleet.world.faults import PROCESSES, Process
from tests.property.fleet.world.machine import Machine
from tests.property.fleet.world.maintenance import maintenance, recurring, reserved_for_years
from tests.property.fleet.world.plan import Plan, plan
from tests.property.fleet.world.truth import DAY, HOUR, Truth

BEGIN = 1_767_225_600  # 2026-01-01
_BETWEEN_MAINTENANCES = 21 * DAY  # so long that no two touch, however they are moved


class World:
    """One cluster from `BEGIN` on. `plans` are its maintenances as they were planned first, by number."""

    def __init__(self, blueprint: Blueprint, number: int, seed: int, *, days: int = 365) -> None:
        self.machine = Machine(blueprint)
        self.machine.now = BEGIN
        self.plans: dict[int, Plan] = {}
        self._waiting: list[tuple[float, int, Process]] = []
        self._order = count()
        for process in PROCESSES:
            name = getattr(process, "__name__", "")
            self._start(process(self.machine, Random(f"{seed} {number} {name} {next(self._order)}")))  # noqa: S311
        self._reserve(number, seed)
        self._plan(number, seed, days)

    def at(self, second: float) -> Truth:
        """Return the state at a time that is not before that of the last call."""
        while self._waiting and self._waiting[0][0] <= second:
            at, order, process = heapq.heappop(self._waiting)
            self.machine.now = int(at)
            self._resume(process, at, order)
        self.machine.now = int(second)
        return self.machine.truth()

    def _start(self, process: Process) -> None:
        heapq.heappush(self._waiting, (self.machine.now, next(self._order), process))

    def _resume(self, process: Process, at: float, order: int) -> None:
        seconds = next(process, None)
        if seconds is not None:
            heapq.heappush(self._waiting, (at + max(0, seconds), order, process))

    def _reserve(self, number: int, seed: int) -> None:
        random = Random(f"{seed} {number} reservations")  # noqa: S311 - the same at every run
        batch = sorted(self.machine.blueprint.partitions[0].nodes)
        if number % 3 == 0:
            self._start(reserved_for_years(self.machine, random))
        if number % 4 == 1:
            self._start(recurring(frozenset(batch[:1]), DAY, HOUR)(self.machine, random))
        if number % 10 == 7:
            self._start(recurring(self.machine.blueprint.nodes, 7 * DAY, 2 * HOUR)(self.machine, random))

    def _plan(self, number: int, seed: int, days: int) -> None:
        random = Random(f"{seed} {number} maintenances")  # noqa: S311 - the same at every run
        for slot in range(days * DAY // _BETWEEN_MAINTENANCES + 1):
            if random.random() < 0.2:
                continue
            begin = BEGIN + slot * _BETWEEN_MAINTENANCES + round(random.uniform(5, 12) * DAY)
            made = plan(slot + 1, begin, self.machine.blueprint, random)
            self.plans[made.number] = made
            own = Random(f"{seed} {number} maintenance {slot}")  # noqa: S311 - the same at every run
            self._start(maintenance(self.machine, own, made))
