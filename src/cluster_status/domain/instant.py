"""The type of every instant in the history, instants as hours and days since 1970, and names of weekdays."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
"""An aware UTC datetime in whole seconds. A naive one in a stored history is an error."""

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hour_of(at: datetime) -> int:
    """Return the number of the hour since 1970, in UTC."""
    return int(at.timestamp()) // HOUR_SECONDS


def day_of(at: datetime) -> int:
    """Return the number of the day since 1970, in UTC."""
    return int(at.timestamp()) // DAY_SECONDS
