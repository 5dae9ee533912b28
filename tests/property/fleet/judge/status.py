"""The status that a channel was notified of last, and whether changes of it may or must be held back."""

from datetime import datetime  # noqa: TC003

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod
from tests.property.fleet.judge.damping import Damping
from tests.property.fleet.judge.mistake import Kind, Mistake, Need, Subject
from tests.property.fleet.model.belief import News, Period
from tests.property.fleet.model.model import Picture
from tests.property.fleet.world.runs import INTERVAL

TOLERANCE = INTERVAL + 90  # one poll, and how late it may be
STATUS_EVENTS = {
    Event.INITIAL,
    Event.OUTAGE,
    Event.DEGRADED,
    Event.PARTIAL_RECOVERY,
    Event.RECOVERY,
    Event.MAINTENANCE_STARTED,
    Event.MAINTENANCE_OVERDUE,
}
_SEVERITY = {Status.ONLINE: 0, Status.MAINTENANCE: 1, Status.DEGRADED: 2, Status.OFFLINE: 3}
_EVENT_OF = {
    Status.ONLINE: Event.RECOVERY,
    Status.MAINTENANCE: Event.MAINTENANCE_STARTED,
    Status.DEGRADED: Event.DEGRADED,
    Status.OFFLINE: Event.OUTAGE,
}


class StatusJudge:
    """`said` is the period that the channel was notified of; None while only `unstable` is known of it."""

    def __init__(self) -> None:
        self.said: Period | None = None
        self.damping = Damping()
        self._is_optional = False  # what this poll changes
        self._has_begun = False  # with the first status
        self._wrong: set[tuple[datetime, Period]] = set()
        self._outage_polls = 0  # that found it offline, in the confirmed outage

    def begin(self, picture: Picture, *, others: int) -> None:
        """Take in a poll; `others` is the number of changes of partitions and maintenances."""
        change, belief = picture.change, picture.belief
        self.damping.begin(picture, others=others)
        if change and change.news is News.NO and not self.damping.is_on:
            self.said = change.after
        self._is_optional = change is not None and change.news is News.MAYBE
        if change or belief is None or belief.status is not Status.OFFLINE:
            self._outage_polls = 0
        self._outage_polls += picture.evidence.status is Status.OFFLINE

    def claims(self, one: Notification, picture: Picture) -> list[Mistake]:
        """Return what is wrong with the statuses that a notification names."""
        belief, shown = picture.belief, one.period
        if belief is None or shown is None:
            return []
        if shown.status is not belief.status:
            kind = _wrong_status(shown.status, belief.status)
            text = f"{one.event}: {shown.status}, but it is {belief.status}"
            return [Mistake(kind, Subject.STATUS, picture.at, text)]
        times = [(shown, belief)]
        if one.previous and picture.change and picture.change.before:
            times.append((one.previous, picture.change.before))
        return [
            Mistake(Kind.WRONG_TIME, Subject.STATUS, picture.at, f"{one.event}: {has}, not {period}")
            for has, period in times
            if not self._is_right(has, period) or has.since > one.at
        ]

    def _is_right(self, shown: StatusPeriod, period: Period) -> bool:
        """Return whether a period is right, or wrong as it was before: that counts once."""
        if (shown.status is period.status and period.is_since(shown.since.timestamp(), TOLERANCE)) or (
            shown.since,
            period,
        ) in self._wrong:
            return True
        self._wrong.add((shown.since, period))
        return False

    def hear(self, one: Notification, picture: Picture) -> bool:
        """Return whether the channel did not know this status; it does from now on."""
        belief = picture.belief
        if one.event not in STATUS_EVENTS or belief is None or self.said == belief:
            return False
        if one.period is None or one.period.status is not belief.status:
            return False
        if self.damping.is_on and one.is_about_window:
            return False
        if belief.status is Status.OFFLINE:
            self.damping.note_outage(picture.at)
        elif self.damping.may_be_off:
            self.damping.end()
        self.said, self._has_begun = belief, True
        return True

    def hear_unstable(self, picture: Picture) -> Kind | None:
        """Take in STATUS_UNSTABLE; return what is wrong with it. An outage that was notified stays so."""
        at, belief = picture.at, picture.belief
        is_right = self.damping.may_repeat(at) if self.damping.is_on else self.damping.may_begin()
        wrong = Kind.DUPLICATE if self.damping.is_on else Kind.FALSE_ALARM
        self.damping.note_message(at)
        is_outage = belief is not None and belief.status is Status.OFFLINE
        self.said = self.said if is_outage and self.said == belief else None
        return None if is_right else wrong

    def needs(self, picture: Picture) -> list[Need]:
        belief = picture.belief
        needs = self.damping.needs(picture.at)
        if belief is None or self.said == belief or needs or self._is_optional:
            return needs
        is_outage = belief.status is Status.OFFLINE
        kind = Kind.MISSED_OUTAGE if is_outage else Kind.MISSED
        if self.damping.is_on and not (
            is_outage and self.damping.must_send_outage(picture.at, self._outage_polls)
        ):
            return []
        event = _EVENT_OF[belief.status] if self._has_begun else Event.INITIAL
        return [Need("status", event, kind, Subject.STATUS)]

    def finish(self, picture: Picture) -> None:
        if self._is_optional and not self.damping.is_on:
            self.said = picture.belief
        self.damping.finish()

    def concede(self, need: Need, picture: Picture) -> None:
        """Go on as if the channel had been notified, so that one mistake counts once."""
        if need.subject is Subject.UNSTABLE:
            self.hear_unstable(picture)
        else:
            self.said, self._has_begun = picture.belief, True


def _wrong_status(shown: Status, true: Status) -> Kind:
    if shown not in _SEVERITY:
        return Kind.CONTRADICTION
    return Kind.FALSE_ALARM if _SEVERITY[shown] > _SEVERITY[true] else Kind.FALSE_RECOVERY
