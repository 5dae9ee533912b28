"""Which share of the time a cluster was up, and how much of the time is known at all."""

from msgspec import Struct


class Uptime(Struct, frozen=True):
    """Shares from 0 to 1: `up` of the time that is known, `coverage` of the whole window.

    Neither maintenance nor a gap is known time: they count as neither up nor down.
    """

    up: float
    coverage: float
