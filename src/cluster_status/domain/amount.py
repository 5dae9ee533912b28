"""Durations and shares as text."""

from datetime import timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_LEAST = 0.0001
_EPSILON = 1e-6  # 0.29 * 100 is a little less than 29


def duration(length: timedelta, *, most: int = 2) -> str:
    """Return the largest units that are not zero: ``3 d 4 h``, ``5 min``, ``40 s``."""
    seconds = max(0, round(length.total_seconds()))
    parts: list[tuple[int, str]] = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in parts[:most] if count) or "0 s"


def percent(share: float) -> str:
    """Return at most two decimals, rounded down: after a minute of downtime it is below 100 %."""
    if 0 < share < _LEAST:
        return f"< {100 * _LEAST:g} %"
    return f"{int(share * 10_000 + _EPSILON) / 100:g} %"
