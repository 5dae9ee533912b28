"""The time limit of a partition as a length."""

import re
from datetime import timedelta

INFINITE = "infinite"
_WRITTEN = re.compile(r"(?:(\d{1,6})-)?(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})", re.ASCII)


def length(written: str) -> timedelta | None:
    """Return the length of a limit such as `3-00:00:00` or `30:00`; None if it is infinite or unreadable."""
    parts = _WRITTEN.fullmatch(written)
    if not parts:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
