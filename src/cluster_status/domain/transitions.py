"""What is told when the confirmed status changes: one cell a transition, and nothing else in this file.

Two rules. A cell says what is told, never what becomes of the status: that is `standing`'s. And the table
is total: a new status is a new row and a new column, or the tests fail.
"""

from enum import StrEnum

from cluster_status.domain.cause import Status


class Telling(StrEnum):
    """The kinds of message there are."""

    FIRST = "first"  # the first status ever
    OUTAGE = "outage"
    IMPAIRED = "impaired"  # still there, but less of it
    MAINTENANCE = "maintenance"
    PARTLY_BACK = "partly-back"
    RECOVERY = "recovery"
    BLIND = "blind"  # the monitor cannot tell
    SIGHTED = "sighted"  # ... and now it can, and nothing has changed meanwhile
    COMING = "coming"  # a maintenance, within a day
    REPEAT = "repeat"  # nothing new; only where every poll is to be told


_ONLINE, _DEGRADED, _MAINTENANCE, _OFFLINE = (
    Status.ONLINE,
    Status.DEGRADED,
    Status.MAINTENANCE,
    Status.OFFLINE,
)

TELLINGS: dict[Status | None, dict[Status, Telling | None]] = {
    None: {
        _ONLINE: Telling.FIRST,
        _DEGRADED: Telling.FIRST,
        _MAINTENANCE: Telling.FIRST,
        _OFFLINE: Telling.FIRST,
    },
    _ONLINE: {
        _ONLINE: None,
        _DEGRADED: Telling.IMPAIRED,
        _MAINTENANCE: Telling.MAINTENANCE,
        _OFFLINE: Telling.OUTAGE,
    },
    _DEGRADED: {
        _ONLINE: Telling.RECOVERY,
        _DEGRADED: None,
        _MAINTENANCE: Telling.MAINTENANCE,
        _OFFLINE: Telling.OUTAGE,
    },
    _MAINTENANCE: {
        _ONLINE: Telling.RECOVERY,
        _DEGRADED: Telling.PARTLY_BACK,
        _MAINTENANCE: None,
        _OFFLINE: Telling.OUTAGE,
    },
    _OFFLINE: {
        _ONLINE: Telling.RECOVERY,
        _DEGRADED: Telling.PARTLY_BACK,
        _MAINTENANCE: Telling.MAINTENANCE,
        _OFFLINE: None,
    },
}
