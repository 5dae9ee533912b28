"""Means of capacity over time, as columns: a year of rows stays small."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import lt
from typing import TypeAlias

from msgspec import Struct

MOST_TYPES = 6  # of GPUs
_EXACT_BELOW = 100  # three digits are enough

Number: TypeAlias = int | float


class Means(Struct, frozen=True):
    """Means of the number of nodes and of idle GPUs by type; no GPUs if none were read."""

    idle: Number
    allocated: Number
    down: Number
    gpus: Mapping[str, Number] = {}


class Series(Struct, frozen=True, omit_defaults=True):
    """Rows in the order of `at`, which counts hours or days. A GPU has None where it was not read."""

    at: tuple[int, ...] = ()
    idle: tuple[Number, ...] = ()
    allocated: tuple[Number, ...] = ()
    down: tuple[Number, ...] = ()
    gpus: dict[str, tuple[Number | None, ...]] = {}

    @property
    def is_consistent(self) -> bool:
        columns = (self.idle, self.allocated, self.down, *self.gpus.values())
        is_ordered = all(map(lt, self.at, self.at[1:]))
        return is_ordered and all(len(column) == len(self.at) for column in columns)

    def rows_between(self, begin: int, end: int) -> "Series":
        """Return the rows from one index to another, without the types of GPUs that they lack."""
        rows = slice(begin, end)
        gpus = {kind: column[rows] for kind, column in self.gpus.items()}
        return Series(
            self.at[rows],
            self.idle[rows],
            self.allocated[rows],
            self.down[rows],
            {kind: column for kind, column in gpus.items() if any(idle is not None for idle in column)},
        )

    def rows(self) -> Iterator[tuple[int, Means]]:
        for row, at in enumerate(self.at):
            gpus = {kind: column[row] for kind, column in self.gpus.items()}
            known = {kind: idle for kind, idle in gpus.items() if idle is not None}
            yield at, Means(self.idle[row], self.allocated[row], self.down[row], known)


def series(rows: Iterable[tuple[int, Means]], *, kept: int) -> Series:
    """Return the last rows. Of many types of GPUs, those are kept that the latest rows have most of."""
    last = list(rows)[-kept:] if kept else []
    means = [row for _, row in last]
    types: dict[str, None] = {}
    for row in reversed(means):
        types |= dict.fromkeys(sorted(row.gpus, key=lambda kind: (-row.gpus[kind], kind)))
    return Series(
        tuple(at for at, _ in last),
        tuple(rounded(row.idle) for row in means),
        tuple(rounded(row.allocated) for row in means),
        tuple(rounded(row.down) for row in means),
        {kind: tuple(_idle(row, kind) for row in means) for kind in sorted(list(types)[:MOST_TYPES])},
    )


def chained(past: Series, recent: Series, *, kept: int) -> Series:
    """Return the last rows of both. They overlap only if the clock was set back, or one was not readable."""
    kinds = sorted(past.gpus | recent.gpus)
    overlap = bool(past.at and recent.at) and past.at[-1] >= recent.at[0]
    if overlap or len(kinds) > MOST_TYPES:
        return series(sorted((dict(past.rows()) | dict(recent.rows())).items()), kept=kept)
    before, after = (None,) * len(past.at), (None,) * len(recent.at)
    both = Series(
        past.at + recent.at,
        past.idle + recent.idle,
        past.allocated + recent.allocated,
        past.down + recent.down,
        {kind: past.gpus.get(kind, before) + recent.gpus.get(kind, after) for kind in kinds},
    )
    return both.rows_between(max(0, len(both.at) - kept), len(both.at))


def mean(rows: Series) -> Means:
    """Return the mean of at least one row."""
    gpus = {kind: [idle for idle in column if idle is not None] for kind, column in rows.gpus.items()}
    return Means(
        _mean(rows.idle),
        _mean(rows.allocated),
        _mean(rows.down),
        {kind: _mean(known) for kind, known in gpus.items()},
    )


def rounded(value: Number) -> Number:
    number = round(float(value), 1) if value < _EXACT_BELOW else round(value)
    return int(number) if number == int(number) else number


def _idle(row: Means, kind: str) -> Number | None:
    idle = row.gpus.get(kind)
    return None if idle is None else rounded(idle)


def _mean(values: Sequence[Number]) -> Number:
    return sum(values) / len(values)
