"""Whether each notification reaches its channel once, unless a later one of its maintenance replaces it."""

from collections.abc import Sequence

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from tests.property.fleet.judge.mistake import Kind, Mistake, Subject
from tests.property.fleet.model.model import Picture

_REPLACEABLE = {
    Event.MAINTENANCE_SCHEDULED,
    Event.MAINTENANCE_CHANGED,
    Event.MAINTENANCE_CANCELLED,
    Event.MAINTENANCE_STARTED,
}


class DeliveryJudge:
    """`_waiting` has become pending and is not delivered, oldest first."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._waiting: dict[str, Notification] = {}
        self._delivered: set[str] = set()

    def poll(
        self,
        picture: Picture,
        new: Sequence[Notification],
        delivered: Sequence[Notification],
        *,
        refuses: bool,
    ) -> None:
        had_waited = set(self._waiting)
        self._waiting |= {one.id: one for one in new}
        for one in delivered:
            if one.id in self._delivered:
                self._note(Kind.DUPLICATE, one, picture)
            self._delivered.add(one.id)
            self._waiting.pop(one.id, None)
        if refuses:
            return
        for one in self._waiting.values():
            if one.event not in _REPLACEABLE or one.id not in had_waited:
                self._note(Kind.LOST, one, picture)
        self._waiting.clear()

    def _note(self, kind: Kind, one: Notification, picture: Picture) -> None:
        self.mistakes.append(Mistake(kind, Subject.DELIVERY, picture.at, f"{one.event} of {one.at}"))
