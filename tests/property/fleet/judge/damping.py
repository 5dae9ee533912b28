"""Damping of one channel, by the documents.

After three changes within two hours it gets one message, then none until a status has held for an hour. An
outage waits only if the channel got one within the last two hours, and for 30 minutes of polls at most. While
the status goes on changing, there is one summary a day.
"""

from cluster_status.domain.notification.event import Event
from tests.property.fleet.judge.mistake import Kind, Need, Subject
from tests.property.fleet.model.belief import News
from tests.property.fleet.model.model import Picture
from tests.property.fleet.world.runs import INTERVAL
from tests.property.fleet.world.truth import DAY, HOUR, MINUTE

_CHANGES, _WITHIN = 3, 2 * HOUR
_HELD, _WITHHELD = HOUR, 30 * MINUTE


class Damping:
    """`is_on` while changes are held back. `may_be_off` where the documents leave it open."""

    def __init__(self) -> None:
        self.is_on = self.may_be_off = False
        self._sure: list[int] = []  # changes that count
        self._any: list[int] = []  # those that may count
        self._message_at = 0
        self._outage_at: int | None = None
        self._outage_began = 0
        self._changed_at = 0
        self._calm_since = 0  # the last change of any kind, or poll that does not show the status
        self._is_change = self._is_outage_sent = False
        self._steady_polls = 0  # in a row

    def begin(self, picture: Picture, *, others: int) -> None:
        """Take in a poll; `others` is the number of other changes, which may count."""
        at, change = picture.at, picture.change
        self._is_outage_sent = False
        self._steady_polls = self._steady_polls + 1 if picture.is_steady else 0
        self._is_change = change is not None and change.before is not None and change.news is News.YES
        self.may_be_off = self.is_on and (self.may_be_off or at - self._changed_at >= _HELD - 2 * INTERVAL)
        if self._is_change:
            self._sure = [one for one in [*self._sure, at] if at - _WITHIN < one <= at]
            self._changed_at = self._outage_began = at
        number = others + (change is not None)
        earlier = [min(one, at) for one in self._any]  # some by a clock that was fast
        self._any = [one for one in [*earlier, *[at] * number] if at - _WITHIN <= one]
        if number or not picture.is_steady:
            self._calm_since = at + (2 * INTERVAL if others else 0)  # they may need another poll
        if self.is_on and at - self._calm_since >= _HELD:
            self.end()

    def may_begin(self) -> bool:
        return len(self._any) >= _CHANGES

    def may_repeat(self, at: int) -> bool:
        return at - self._message_at >= DAY - INTERVAL

    def note_message(self, at: int) -> None:
        self.is_on, self.may_be_off, self._message_at = True, False, at

    def note_outage(self, at: int) -> None:
        self._outage_at, self._is_outage_sent = at, True

    def end(self) -> None:
        self.is_on, self.may_be_off, self._sure = False, False, []

    def finish(self) -> None:
        """End a poll: without a message at a change, changes are still held back."""
        if self._is_change:
            self.may_be_off = False

    def must_send_outage(self, at: int, polls: int) -> bool:
        got = self._outage_at
        if got is None or not 0 <= self._outage_began - got < _WITHIN:
            return True
        return polls * INTERVAL > _WITHHELD and at - self._outage_began >= _WITHHELD

    def needs(self, at: int) -> list[Need]:
        if self.is_on:
            is_missing = at - self._message_at >= DAY + 2 * INTERVAL and self._steady_polls > 1
        else:
            is_missing = self._is_change and len(self._sure) >= _CHANGES and not self._is_outage_sent
        return (
            [Need("unstable", Event.STATUS_UNSTABLE, Kind.NOT_DAMPED, Subject.UNSTABLE)] if is_missing else []
        )
