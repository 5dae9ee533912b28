"""The last days as text: a sign for each day, and a legend that counts the days of each sign."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from cluster_status.domain.report.report import Day
from cluster_status.render.phrases import day_and_month

_ROW_DAYS = 30  # fits a phone
_GAP = "not monitored"
_SIGNS = {"offline": "X", "degraded": "D", "maintenance": "M", "online": "█", _GAP: "·"}  # the worst first


class Strip(Struct, frozen=True):
    """Rows of a first day and the signs from that day on. The legend says the same to a screen reader."""

    rows: tuple[tuple[str, str], ...]
    legend: str


def strip(days: Sequence[Day]) -> Strip | None:
    """Return the strip, without the rows before the first day with a poll; None without such a day.

    Each day has the sign of the worst status that it had for any time.
    """
    first = next((number for number, one in enumerate(days) if one.time), None)
    if first is None:
        return None
    shown = days[first - first % _ROW_DAYS :]
    words = [_worst(one) for one in shown]
    signs = "".join(_SIGNS[word] for word in words)
    rows = tuple(
        (day_and_month(shown[place].date), signs[place : place + _ROW_DAYS])
        for place in range(0, len(shown), _ROW_DAYS)
    )
    count = Counter(words)
    counts = ", ".join(f"{sign} {word} {count[word]}" for word, sign in _SIGNS.items() if count[word])
    return Strip(rows, f"Last {len(shown)} days, by the worst status of each day (UTC): {counts}.")


def _worst(one: Day) -> str:
    return next((word for word in _SIGNS if word != _GAP and one.time and getattr(one.time, word)), _GAP)
