"""The maintenances as the listings show them, and what is remembered while there is no listing."""

from enum import StrEnum

from msgspec import Struct

from tests.property.fleet.model.reading import Reading
from tests.property.fleet.world.truth import DAY, HOUR, Partition, Reservation, Truth

WHOLE = 0.9  # of the nodes that count
NEWS = 0.1
OPEN_FOR = 24 * HOUR  # while Slurm cannot be asked
LONGEST_NOTICE = 14 * DAY
Times = tuple[int, int | None]


class Phase(StrEnum):
    BEFORE = "before"
    RUNNING = "running"
    VOID = "gone before it began"
    OVER = "over"
    UNCLEAR = "the runner's clock is wrong"


class Window(Struct):
    """One maintenance. `parts` are its reservations as they were last listed, and those that are over."""

    number: int
    parts: tuple[Reservation, ...] = ()
    times: Times = (0, 0)
    all_times: set[Times] = set()
    listed: bool = False
    is_first: bool = False  # it ran at the first poll
    polls: int = 0  # that list it with these times
    gone_at: int | None = None
    was_coming: bool = False  # a poll listed it before its begin
    ever_running: bool = False
    nodes: frozenset[str] = frozenset()

    def phase(self, at: int) -> Phase:
        begin, end = self.times
        if self.gone_at is not None and (end is None or self.gone_at < end):
            return Phase.OVER if self.ever_running or self.gone_at >= begin else Phase.VOID
        if at < begin:
            return Phase.BEFORE
        return Phase.RUNNING if end is None or at < end else Phase.OVER

    def see(self, listed: tuple[Reservation, ...], at: int) -> None:
        """Take over what a listing shows of it; nothing, if it is gone."""
        self.listed = bool(listed)
        if not listed:
            if self.gone_at is None:
                self.gone_at = at
            return
        self.gone_at = None
        over = (part for part in self.parts if part.end is not None and part.end <= at)
        self.parts = tuple(dict.fromkeys([*over, *listed]))
        ends = [part.end for part in self.parts]
        times = (
            min(part.begin for part in self.parts),
            None if None in ends else max(end for end in ends if end is not None),
        )
        self.polls = self.polls + 1 if times == self.times else 1
        self.times = times
        self.all_times.add(times)
        self.nodes = frozenset[str]().union(*(part.nodes for part in self.parts))
        self.was_coming |= at < times[0]
        self.ever_running |= times[0] <= at


class Calendar:
    """All maintenances that were ever listed, by number, and the reservations of the last listing."""

    def __init__(self) -> None:
        self.windows: dict[int, Window] = {}
        self.active: dict[int, Window] = {}  # those that can still be news
        self.recurring: set[Times] = set()
        self._remembered: tuple[Reservation, ...] = ()
        self._listed_at = 0
        self._seen: tuple[Reservation, ...] | None = None

    def see(self, reading: Reading) -> None:
        if not reading.lists:
            return
        listed = reading.truth.reservations
        self._listed_at = reading.at
        for number in {one.maintenance for one in listed if one.maintenance} | self.active.keys():
            window = self.windows.get(number)
            if window is None:
                window = self.windows[number] = Window(number, is_first=self._seen is None)
            self.active[number] = window
            parts = tuple(one for one in listed if one.maintenance == number)
            window.see((*parts, *(one for one in listed if _prolongs(one, parts))), reading.at)
        self.recurring |= {(one.begin, one.end) for one in listed if one.recurring}
        self._remembered = self._seen = listed

    def forget(self, number: int) -> None:
        self.active.pop(number, None)

    def phase(self, window: Window, reading: Reading) -> Phase:
        by_clock, truly = window.phase(reading.at), window.phase(reading.second)
        return by_clock if by_clock is truly else Phase.UNCLEAR

    def whole(self, reading: Reading, counting: frozenset[str]) -> "Cover":
        """Return whether reservations that run take all nodes, as far as the polls can know."""
        nodes, open_nodes = set[str](), set[str]()
        for one in self._remembered:
            if one.begin > reading.at or (one.end is not None and one.end <= reading.at):
                continue
            if one.end is None and not reading.lists and reading.at - one.begin >= OPEN_FOR:
                open_nodes |= one.nodes
            else:
                nodes |= one.nodes
        need = WHOLE * len(counting)
        if len(nodes & counting) >= need:
            return Cover.YES
        return Cover.MAYBE if len((nodes | open_nodes) & counting) >= need else Cover.NO


def _prolongs(one: Reservation, parts: tuple[Reservation, ...]) -> bool:
    """Return whether a reservation of all nodes that recurs touches a maintenance of them: they are one."""
    return (
        one.recurring
        and one.all_nodes
        and any(
            len(part.nodes) >= WHOLE * len(one.nodes)
            and (one.end is None or part.begin <= one.end)
            and (part.end is None or one.begin <= part.end)
            for part in parts
        )
    )


class Cover(StrEnum):
    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


def must_be_scheduled(window: Window, truth: Truth, counting: frozenset[str]) -> bool:
    """Return whether a window is news: it takes a tenth of the nodes that count, or a whole partition."""
    if window.is_first and window.ever_running:
        return False
    takes_partition = any(one.nodes <= window.nodes for one in truth.partitions)
    return takes_partition or len(window.nodes & counting) >= NEWS * len(counting)


def notice(window: Window, partitions: tuple[Partition, ...]) -> int:
    """Return how long before its begin a window is scheduled at the latest: as long as jobs may run in it."""
    limits = [one.limit_hours for one in partitions if one.nodes <= window.nodes]
    if None in limits:
        return LONGEST_NOTICE
    longest = max((limit * HOUR for limit in limits if limit), default=0)
    return min(LONGEST_NOTICE, max(DAY, longest))
