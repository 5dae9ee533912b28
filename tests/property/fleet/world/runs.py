"""The runs that poll: late, missing, with a wrong clock, or without a network, store or channel."""

from collections.abc import Callable, Iterator
from random import Random

from msgspec import Struct

from tests.property.fleet.world.truth import DAY, HOUR, MINUTE

INTERVAL = 5 * MINUTE
CHANNELS = ("main", "second")


class Run(Struct, frozen=True):
    """One poll at `second`; `clock` is the time that the runner's clock shows.

    `refusing` are the channels that accept no message.
    """

    number: int
    second: int
    clock: int
    online: bool = True  # the runner reaches other hosts
    saves: bool = True
    refusing: frozenset[str] = frozenset()


class Rates(Struct, frozen=True):
    """Days from one fault of the runs to the next."""

    gap: float = 30
    wrong_clock: float = 60
    no_network: float = 4
    not_saved: float = 45
    refused: float = 30


class _Phase:
    """Something that is the case from time to time, for some seconds."""

    def __init__(self, random: Random, days: float, length: Callable[[], float]) -> None:
        self._random, self._days, self._length = random, days, length
        self._begin = self._end = 0.0

    def holds(self, second: float) -> bool:
        if second >= self._end:
            first = self._end == 0
            self._begin = second + self._random.expovariate(1 / (self._days * DAY)) + (DAY if first else HOUR)
            self._end = self._begin + self._length()
        return second >= self._begin


def runs(begin: int, end: int, seed: str, rates: Rates = Rates()) -> Iterator[Run]:  # noqa: B008 - frozen
    """Yield the runs that take place, in order."""
    random = Random(seed)  # noqa: S311 - the same at every run

    def some(*ranges: tuple[float, float]) -> Callable[[], float]:
        return lambda: random.uniform(*random.choice(ranges))

    gap = _Phase(random, rates.gap, some((10 * MINUTE, HOUR), (HOUR, 20 * HOUR)))
    wrong_clock = _Phase(random, rates.wrong_clock, some((INTERVAL, 30 * MINUTE)))
    no_network = _Phase(random, rates.no_network, some((INTERVAL, INTERVAL), (INTERVAL, HOUR)))
    not_saved = _Phase(random, rates.not_saved, some((INTERVAL, 30 * MINUTE), (HOUR, 12 * HOUR)))
    refused = {
        name: _Phase(random, rates.refused, some((INTERVAL, HOUR), (HOUR, 12 * HOUR))) for name in CHANNELS
    }
    second, offset = begin, 0
    for number in range((end - begin) // INTERVAL):
        second = max(second + 20, begin + number * INTERVAL + random.randrange(60))
        if not wrong_clock.holds(second):
            offset = 0
        elif offset == 0:
            offset = random.choice([-7_200, -900, -301, -60, 60, 400, 7_200])
        if random.random() < 1 / 300 or gap.holds(second):
            continue
        yield Run(
            number=number,
            second=second,
            clock=second + offset,
            online=not no_network.holds(second),
            saves=not not_saved.holds(second),
            refusing=frozenset(name for name, phase in refused.items() if phase.holds(second)),
        )
