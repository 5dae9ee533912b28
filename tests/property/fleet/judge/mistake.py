"""What can be wrong with the notifications of a channel, and what a channel still needs to be notified of."""

from enum import StrEnum

from msgspec import Struct

from cluster_status.domain.notification.event import Event
from tests.property.fleet.model.calendar import Times, Window


class Kind(StrEnum):
    FALSE_ALARM = "false alarms"
    MISSED_OUTAGE = "missed outages"
    FALSE_RECOVERY = "false recoveries"
    CONTRADICTION = "contradictions"
    DUPLICATE = "duplicates"
    WRONG_TIME = "wrong times or durations"
    MISSED = "other missed changes"
    NOT_DAMPED = "messages that damping holds back"
    LOST = "messages that were not delivered"


class Subject(StrEnum):
    STATUS = "status"
    PARTITION = "partition"
    MAINTENANCE = "maintenance"
    CONNECTION = "connection"
    UNSTABLE = "unstable status"
    STORE = "store"
    OUTPUT = "status output"
    RECORD = "record"
    DELIVERY = "delivery"


class Mistake(Struct, frozen=True):
    kind: Kind
    subject: Subject
    at: int
    text: str


class Need(Struct, frozen=True):
    """Something that a channel has to be notified of; `polls_allowed` is the number of polls it may wait."""

    key: str
    event: Event
    kind: Kind
    subject: Subject
    polls_allowed: int = 0
    partitions: frozenset[str] = frozenset()
    window: Window | None = None
    previous: Times | None = None
