"""The simulated fleet: a short run with the product, and wrong notifications, which the judge has to find."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionChange
from cluster_status.domain.status.tracker import StatusPeriod
from tests.property.fleet.fleet import Task, simulate
from tests.property.fleet.judge.channel import ChannelJudge
from tests.property.fleet.judge.mistake import Kind, Mistake, Subject
from tests.property.fleet.model.model import Model, Picture
from tests.property.fleet.monitor import Monitor, Said
from tests.property.fleet.speaker import Speaker
from tests.property.fleet.world.blueprint import blueprint
from tests.property.fleet.world.runs import Run, runs
from tests.property.fleet.world.truth import DAY, Truth
from tests.property.fleet.world.world import BEGIN, World

Change = Callable[[Notification, Picture], list[Notification]]

CLUSTERS, DAYS, SEED = (8, 12), 60, 3  # with each event that the changes need
BROKEN, BROKEN_DAYS = 12, 4


def _unchanged(one: Notification, _picture: Picture) -> list[Notification]:
    return [one]


def _without(event: Event) -> Change:
    return lambda one, _: [] if one.event is event else [one]


def _twice(one: Notification, _picture: Picture) -> list[Notification]:
    return [one, replace(one, id=f"{one.id}.again")]


def _with_period_from_before(one: Notification, _picture: Picture) -> list[Notification]:
    period = one.period and replace(one.period, since=one.period.since - timedelta(minutes=30))
    return [replace(one, period=period)]


def _with_recovery_at_once(one: Notification, _picture: Picture) -> list[Notification]:
    online = StatusPeriod(Status.ONLINE, one.at)
    early = replace(one, id=f"{one.id}.early", event=Event.RECOVERY, period=online, previous=one.period)
    return [one, early] if one.event is Event.OUTAGE else [one]


def _with_cancelled_maintenance_scheduled(one: Notification, _picture: Picture) -> list[Notification]:
    again = replace(one, id=f"{one.id}.again", event=Event.MAINTENANCE_SCHEDULED)
    return [one, again] if one.event is Event.MAINTENANCE_CANCELLED else [one]


def _with_scheduled_maintenance_cancelled(one: Notification, _picture: Picture) -> list[Notification]:
    cancelled = replace(one, id=f"{one.id}.off", event=Event.MAINTENANCE_CANCELLED)
    return [one, cancelled] if one.event is Event.MAINTENANCE_SCHEDULED else [one]


def _with_former_times(one: Notification, _picture: Picture) -> list[Notification]:
    window = one.window and replace(one.window, begin=one.window.begin + timedelta(hours=2))
    return [replace(one, window=window)] if one.event is Event.MAINTENANCE_SCHEDULED else [one]


def _naming_a_partition_in_service(one: Notification, picture: Picture) -> list[Notification]:
    if one.event not in {Event.DEGRADED, Event.PARTITION_LOST}:
        return [one]
    good = next(book.name for book in picture.books.values() if not (book.lost or book.polls))
    return [replace(one, partitions=(PartitionChange(good),))]


WRONG: Mapping[str, tuple[Change, Kind, Subject]] = {
    "an outage is missing": (_without(Event.OUTAGE), Kind.MISSED_OUTAGE, Subject.STATUS),
    "a degradation is missing": (_without(Event.DEGRADED), Kind.MISSED, Subject.STATUS),
    "a recovery is missing": (_without(Event.RECOVERY), Kind.MISSED, Subject.STATUS),
    "a lost partition is missing": (_without(Event.PARTITION_LOST), Kind.MISSED, Subject.PARTITION),
    "a partition that is back is missing": (
        _without(Event.PARTITION_BACK),
        Kind.CONTRADICTION,
        Subject.PARTITION,
    ),
    "a maintenance is missing": (
        _without(Event.MAINTENANCE_SCHEDULED),
        Kind.MISSED,
        Subject.MAINTENANCE,
    ),
    "a moved maintenance is missing": (
        _without(Event.MAINTENANCE_CHANGED),
        Kind.CONTRADICTION,
        Subject.MAINTENANCE,
    ),
    "a cancelled maintenance is missing": (
        _without(Event.MAINTENANCE_CANCELLED),
        Kind.CONTRADICTION,
        Subject.MAINTENANCE,
    ),
    "the begin of a maintenance is missing": (
        _without(Event.MAINTENANCE_STARTED),
        Kind.MISSED,
        Subject.STATUS,
    ),
    "an unstable status is missing": (_without(Event.STATUS_UNSTABLE), Kind.NOT_DAMPED, Subject.UNSTABLE),
    "a lost monitor is missing": (_without(Event.MONITOR_LOST), Kind.MISSED, Subject.CONNECTION),
    "each message comes twice": (_twice, Kind.DUPLICATE, Subject.STATUS),
    "a status begins before it could be known": (_with_period_from_before, Kind.WRONG_TIME, Subject.STATUS),
    "a recovery comes with the outage": (_with_recovery_at_once, Kind.FALSE_RECOVERY, Subject.STATUS),
    "a cancelled maintenance is scheduled": (
        _with_cancelled_maintenance_scheduled,
        Kind.CONTRADICTION,
        Subject.MAINTENANCE,
    ),
    "a scheduled maintenance is cancelled": (
        _with_scheduled_maintenance_cancelled,
        Kind.FALSE_ALARM,
        Subject.MAINTENANCE,
    ),
    "a maintenance has other times": (_with_former_times, Kind.FALSE_ALARM, Subject.MAINTENANCE),
    "a partition in service is lost": (_naming_a_partition_in_service, Kind.FALSE_ALARM, Subject.PARTITION),
}


@cache
def _mistakes() -> dict[str, list[Mistake]]:
    """Judge each way to be wrong, and the right notifications (by the empty name), side by side."""
    found: dict[str, list[Mistake]] = {name: [] for name in ("", *WRONG)}
    for cluster in CLUSTERS:
        judges = {name: ChannelJudge() for name in found}
        for picture, said in _spoken(cluster):
            for name, judge in judges.items():
                change = WRONG[name][0] if name else _unchanged
                judge.poll(picture, [new for one in said for new in change(one, picture)])
        for name, judge in judges.items():
            found[name] += judge.mistakes
    return found


def _spoken(cluster: int) -> Iterator[tuple[Picture, list[Notification]]]:
    """Yield what the model knows at each poll, and what it wants to be notified."""
    plan, speaker = blueprint(cluster), Speaker()
    world, model = World(plan, cluster, SEED, days=DAYS), Model(plan)
    for run in runs(BEGIN, BEGIN + DAYS * DAY, f"runs {cluster}"):
        if run.saves:
            picture = model.poll(run, world.at(run.second), None)
            yield picture, speaker.poll(picture)


class _BrokenMonitor(Monitor):
    """Reports another status, delivers no message or each twice, or forgets the incidents."""

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(name)
        self._fault = fault

    @property
    def status(self) -> Status | None:
        return Status.OFFLINE if self._fault == "status" else super().status

    def poll(self, run: Run, truth: Truth) -> Said:
        said = super().poll(run, truth)
        if self._fault == "incidents":
            self.history = _without_incidents(self.history)
        if self._fault == "lost":
            return replace(said, delivered=dict.fromkeys(said.delivered, ()))
        if self._fault == "twice":
            return replace(said, delivered={name: (*sent, *sent) for name, sent in said.delivered.items()})
        return said


def _without_incidents(history: History) -> History:
    return replace(history, record=replace(history.record, incidents=()))


def test_the_judge_finds_no_mistake_in_what_the_model_wants() -> None:
    assert _mistakes()[""] == []


@pytest.mark.parametrize("name", WRONG)
def test_the_judge_finds_what_is_wrong_with_the_messages(name: str) -> None:
    _, kind, subject = WRONG[name]
    assert (kind, subject) in {(one.kind, one.subject) for one in _mistakes()[name]}


@pytest.mark.parametrize(
    ("fault", "kind", "subject"),
    [
        ("status", Kind.CONTRADICTION, Subject.OUTPUT),
        ("incidents", Kind.WRONG_TIME, Subject.RECORD),
        ("lost", Kind.LOST, Subject.DELIVERY),
        ("twice", Kind.DUPLICATE, Subject.DELIVERY),
    ],
)
def test_the_judges_of_outputs_record_and_deliveries_find_a_fault(
    fault: str, kind: Kind, subject: Subject
) -> None:
    outcome = simulate(Task(BROKEN, BROKEN_DAYS), lambda name: _BrokenMonitor(name, fault))
    assert (kind, subject) in {(one.kind, one.subject) for one in outcome.mistakes}


@pytest.mark.parametrize(("cluster", "days"), [(3, 15), (12, 15)])
def test_the_product_makes_no_mistake(cluster: int, days: int) -> None:
    outcome = simulate(Task(cluster, days))
    assert outcome.mistakes == []
    assert sum(outcome.messages_a_day) > 0
