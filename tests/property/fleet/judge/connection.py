"""Whether a channel knows that the monitor cannot determine the status."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from tests.property.fleet.judge.mistake import Kind, Mistake, Need, Subject
from tests.property.fleet.judge.status import STATUS_EVENTS, TOLERANCE
from tests.property.fleet.model.connection import Connection
from tests.property.fleet.model.model import Picture


class ConnectionJudge:
    def __init__(self) -> None:
        self.said_lost = False
        self._connection = Connection()

    def begin(self, picture: Picture) -> None:
        self._connection.poll(picture)

    def hear(self, one: Notification, picture: Picture) -> tuple[bool, list[Mistake]]:
        """Return whether the notification is news of the connection, and what is wrong with it."""
        if one.event is Event.MONITOR_LOST:
            is_news, self.said_lost = not self.said_lost, True
            if is_news and not self._connection.may_be_lost:
                text = "monitor-lost after too few unknown polls"
                return True, [Mistake(Kind.FALSE_ALARM, Subject.CONNECTION, picture.at, text)]
            return is_news, self._times(one, picture)
        is_end = one.event is Event.MONITOR_RESTORED or one.event in STATUS_EVENTS
        if not (is_end and self.said_lost and self._connection.may_be_known):
            return False, []
        self.said_lost = False
        self._connection.restart()
        return one.event is Event.MONITOR_RESTORED, []

    def needs(self, _picture: Picture) -> list[Need]:
        if self._connection.must_be_lost and not self.said_lost:
            return [Need("lost", Event.MONITOR_LOST, Kind.MISSED, Subject.CONNECTION)]
        if self._connection.must_be_known and self.said_lost:
            return [Need("known", Event.MONITOR_RESTORED, Kind.MISSED, Subject.CONNECTION)]
        return []

    def concede(self, need: Need) -> None:
        self.said_lost = need.event is Event.MONITOR_LOST
        if not self.said_lost:
            self._connection.restart()

    def _times(self, one: Notification, picture: Picture) -> list[Mistake]:
        if one.unknown is None:
            return [
                Mistake(Kind.CONTRADICTION, Subject.CONNECTION, picture.at, "monitor-lost names no period")
            ]
        since = one.unknown.since.timestamp()
        if (
            one.unknown.intermittent
            or not self._connection.is_since_clear
            or abs(since - self._connection.since) <= TOLERANCE
        ):
            return []
        return [Mistake(Kind.WRONG_TIME, Subject.CONNECTION, picture.at, f"unknown since {since}")]
