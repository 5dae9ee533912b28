"""The maintenances that a channel knows, and how far each has got for it."""

from copy import copy

from cluster_status.domain.maintenance import window as product
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from tests.property.fleet.judge.mistake import Kind, Mistake, Need, Subject
from tests.property.fleet.judge.stage import Said, Stage, before, judge, note, times_of
from tests.property.fleet.model.calendar import Phase, Window, must_be_scheduled
from tests.property.fleet.model.model import Picture
from tests.property.fleet.model.partitions import PartitionBook
from tests.property.fleet.world.truth import HOUR

_EVENTS = {
    Event.MAINTENANCE_SCHEDULED,
    Event.MAINTENANCE_CHANGED,
    Event.MAINTENANCE_CANCELLED,
    Event.MAINTENANCE_STARTED,
    Event.MAINTENANCE_OVERDUE,
}
_ENDS = {Event.RECOVERY, Event.PARTIAL_RECOVERY, Event.PARTITION_BACK, Event.OUTAGE, Event.DEGRADED}


class WindowJudge:
    def __init__(self) -> None:
        self.said: dict[int, Said] = {}
        self.changes = 0
        self._phases: dict[int, Phase] = {}
        self._before: dict[str, tuple[int, Said]] = {}  # each notification of a plan

    def begin(self, picture: Picture) -> None:
        phases = {window.number: phase for window, phase in picture.windows}
        self.changes = sum(self._phases.get(number) is not phase for number, phase in phases.items())
        self._phases = phases
        self.said = {number: self.said.get(number, Said()) for number in phases}
        is_known = picture.belief is not None and picture.belief.status is Status.MAINTENANCE
        for number, said in self.said.items():
            if is_known and not picture.change and phases[number] is Phase.RUNNING:
                # the channel knows that the cluster is in maintenance
                said.stage = Stage.STARTED if said.stage is Stage.SCHEDULED else said.stage

    def hear(self, one: Notification, picture: Picture) -> tuple[bool, list[Mistake]]:
        """Return whether the notification is news of a maintenance, and what is wrong with it."""
        if one.event in _ENDS:
            return self._end(one, picture), []
        if one.event not in _EVENTS and not (one.event is Event.INITIAL and one.window_id):
            return False, []
        if one.window is None or not (one.window_id or one.event is Event.MAINTENANCE_OVERDUE):
            return self._start_unnamed(one, picture), []
        window = self._find(one.window, picture)
        if window is None:
            if self._is_recurring(one, picture):
                return False, []
            text = f"{one.event} names {one.window.begin} to {one.window.end}, which no maintenance has"
            return True, [Mistake(Kind.FALSE_ALARM, Subject.MAINTENANCE, picture.at, text)]
        said, times = self.said[window.number], times_of(one.window)
        wrong, is_news = judge(one.event, said, window, self._phases[window.number], times, picture.at)
        self._before[one.id] = window.number, copy(said)
        if one.previous_window and said.times != times_of(one.previous_window) and not wrong:
            wrong = Kind.CONTRADICTION
        note(
            said, Event.MAINTENANCE_SCHEDULED if one.event is Event.INITIAL else one.event, times, picture.at
        )
        text = f"{one.event} of maintenance {window.number}, {times}"
        return is_news, [Mistake(wrong, Subject.MAINTENANCE, picture.at, text)] if wrong else []

    def withdraw(self, one: Notification) -> None:
        """Forget a notification that the channel has not got."""
        number, said = self._before.pop(one.id, (0, Said()))
        if number in self.said:
            self.said[number] = said

    def needs(self, picture: Picture) -> list[Need]:
        if picture.evidence.status is Status.UNKNOWN or picture.belief is None:
            return []
        needs = [self._need(window, phase, picture) for window, phase in picture.windows]
        return [need for need in needs if need]

    def concede(self, need: Need, picture: Picture) -> None:
        if need.window:
            said = self.said[need.window.number]
            note(said, need.event, need.window.times, picture.at)
            if need.event is Event.RECOVERY:
                said.stage = Stage.ENDED

    def _need(self, window: Window, phase: Phase, picture: Picture) -> Need | None:
        said = self.said[window.number]
        event = None
        if phase is Phase.BEFORE and picture.reading.lists and window.listed:
            event = before(said, window, picture)
        elif phase is Phase.VOID and said.stage is Stage.SCHEDULED:
            event = Event.MAINTENANCE_CANCELLED
        elif phase is Phase.RUNNING:
            event = self._running(said, window, picture)
        elif phase is Phase.OVER and said.stage is Stage.STARTED and picture.reading.lists:
            is_calm = picture.belief is not None and picture.belief.status is not Status.MAINTENANCE
            event = Event.RECOVERY if is_calm and not _is_out(window, picture) else None
        if event is None:
            return None
        kind = Kind.CONTRADICTION if said.stage is Stage.SCHEDULED else Kind.MISSED
        return Need(
            f"{event} {window.number}", event, kind, Subject.MAINTENANCE, 2, frozenset(), window, said.times
        )

    def _running(self, said: Said, window: Window, picture: Picture) -> Event | None:
        if said.stage in {Stage.SILENT, Stage.CANCELLED, Stage.SCHEDULED}:
            is_news = said.stage is Stage.SCHEDULED or (
                window.was_coming and must_be_scheduled(window, picture.reading.truth, picture.counting)
            )
            can_be_seen = picture.reading.lists or picture.evidence.status is Status.MAINTENANCE
            return Event.MAINTENANCE_STARTED if is_news and can_be_seen else None
        is_moved = said.times[1] != window.times[1] and (
            None in {said.times[1], window.times[1]} or abs(said.times[1] - window.times[1]) > HOUR  # type: ignore[operator]
        )
        can_be_seen = picture.reading.lists and said.stage is Stage.STARTED
        return Event.MAINTENANCE_CHANGED if is_moved and can_be_seen else None

    def covers(self, partition: PartitionBook, picture: Picture, stage: Stage, *, since: int = 0) -> bool:
        """Return whether the channel was notified of this stage of a maintenance of the partition."""
        all_ = ((window, self.said[window.number]) for window, _ in picture.windows)
        return any(
            said.stage is stage and said.at >= since and partition.nodes <= window.nodes
            for window, said in all_
        )

    def _start_unnamed(self, one: Notification, picture: Picture) -> bool:
        """Take in a start that is not about one maintenance: that of all that run, if they are the reason."""
        named = [picture.books[change.name] for change in one.partitions]
        started = [
            (self.said[window.number], window)
            for window, phase in picture.windows
            if phase is Phase.RUNNING
            and self.said[window.number].stage is not Stage.STARTED
            and (not named or any(book.nodes <= window.nodes for book in named))
        ]
        for said, window in started:
            said.stage, said.times = Stage.STARTED, window.times
        return bool(started) and one.event is Event.MAINTENANCE_STARTED

    def _end(self, one: Notification, picture: Picture) -> bool:
        """Take in the end of the maintenances that are over, with any message that shows another status."""
        if one.period is None or one.period.status is Status.MAINTENANCE:
            return False
        may_end = {Stage.STARTED, Stage.OVERDUE, Stage.MAY_HAVE_ENDED}
        over = [
            self.said[window.number]
            for window, phase in picture.windows
            if phase in {Phase.OVER, Phase.VOID}
            and self.said[window.number].stage in may_end | {Stage.SCHEDULED}
        ]
        was_maintenance = one.previous is not None and one.previous.status is Status.MAINTENANCE
        is_end = was_maintenance or bool(one.window_id) or one.event is Event.PARTITION_BACK
        for said in over:
            if said.stage in may_end:
                said.stage, said.at = Stage.ENDED if is_end else Stage.MAY_HAVE_ENDED, picture.at
        return bool(over) and one.event in {Event.RECOVERY, Event.PARTITION_BACK}

    @staticmethod
    def _is_recurring(one: Notification, picture: Picture) -> bool:
        """Return whether it is about one that recurs: it is not announced, but the status can show it."""
        if one.window is None or times_of(one.window) not in picture.recurring:
            return False
        begin, end = times_of(one.window)
        is_over = end is not None and end <= picture.at
        return begin <= picture.at and is_over is (one.event is Event.MAINTENANCE_OVERDUE)

    def _find(self, shown: product.Window, picture: Picture) -> Window | None:
        times = times_of(shown)
        found = [window for window, _ in picture.windows if times in window.all_times]
        return found[0] if found else None


def _is_out(window: Window, picture: Picture) -> bool:
    return all(node in picture.reading.truth.out_since for node in window.nodes)
