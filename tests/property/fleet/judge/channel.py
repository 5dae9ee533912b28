"""The judge of one channel: what was wrong with the notifications it got, and what it did not get."""

from collections.abc import Sequence

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from tests.property.fleet.judge.connection import ConnectionJudge
from tests.property.fleet.judge.mistake import Kind, Mistake, Need, Subject
from tests.property.fleet.judge.partitions import PartitionJudge
from tests.property.fleet.judge.stage import Stage
from tests.property.fleet.judge.status import STATUS_EVENTS, StatusJudge
from tests.property.fleet.judge.windows import WindowJudge
from tests.property.fleet.model.belief import News
from tests.property.fleet.model.model import Picture
from tests.property.fleet.model.partitions import PartitionBook

_DAMPED = STATUS_EVENTS - {Event.INITIAL, Event.OUTAGE, Event.MAINTENANCE_OVERDUE} | {
    Event.PARTITION_LOST,
    Event.PARTITION_BACK,
}


class ChannelJudge:
    """Poll by poll: `begin`, `hear` for each notification, `finish`.

    `withdrawn` are pending ones that the channel did not get, and will not get: a later one replaces them.
    """

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.status = StatusJudge()
        self.partitions = PartitionJudge()
        self.windows = WindowJudge()
        self.connection = ConnectionJudge()
        self._waited: dict[str, int] = {}

    def poll(
        self, picture: Picture, new: Sequence[Notification], withdrawn: Sequence[Notification] = ()
    ) -> None:
        self.begin(picture)
        for one in reversed(withdrawn):
            self.windows.withdraw(one)
        for one in new:
            self.hear(one, picture)
        self.finish(picture)

    def begin(self, picture: Picture) -> None:
        self.connection.begin(picture)
        self.partitions.begin(picture)
        self.windows.begin(picture)
        ended = (one for one in picture.books.values() if self._has_ended(one, picture))
        self.partitions.note_back({one.name for one in ended if not (one.lost or one.polls)})
        self.status.begin(picture, others=self.partitions.changes + self.windows.changes)

    def hear(self, one: Notification, picture: Picture) -> None:
        if one.event is Event.STATUS_UNSTABLE:
            self._hear_unstable(one, picture)
            return
        was_damped = self.status.damping.is_on and not self.status.damping.may_be_off
        wrong = self.status.claims(one, picture)
        is_news = self.status.hear(one, picture)
        is_known = self._is_known(one, picture)
        for hear in (self.partitions.hear, self.windows.hear, self.connection.hear):
            news, mistakes = hear(one, picture)
            is_news |= news and not is_known
            wrong += mistakes
        if not is_news and not wrong:
            is_quiet = picture.change is not None and picture.change.news is News.NO
            wrong.append(self._mistake(Kind.FALSE_RECOVERY if is_quiet else Kind.DUPLICATE, one, picture))
        elif was_damped and one.event in _DAMPED and not (wrong or one.is_about_window):
            wrong.append(self._mistake(Kind.NOT_DAMPED, one, picture))
        self.mistakes += wrong

    def _is_known(self, one: Notification, picture: Picture) -> bool:
        """Return whether a message about a maintenance has said the same of the partitions."""
        books = [picture.books[change.name] for change in one.partitions]
        if not books or any(book.polls for book in books):
            return False
        if one.event is Event.MAINTENANCE_STARTED:
            return all(self.windows.covers(book, picture, Stage.STARTED) for book in books)
        return one.event is Event.PARTITION_BACK and all(self._has_ended(book, picture) for book in books)

    def _has_ended(self, book: PartitionBook, picture: Picture) -> bool:
        """Return whether the channel knows the end of a maintenance, and of nothing that began after it."""
        since = self.partitions.out_at.get(book.name, 0)
        return self.windows.covers(book, picture, Stage.ENDED, since=since)

    def finish(self, picture: Picture) -> None:
        needs = {need.key: need for need in self.needs(picture)}
        self._waited = {key: self._waited.get(key, -1) + 1 for key in needs}
        for key, need in needs.items():
            if self._waited[key] > need.polls_allowed:
                self.mistakes.append(Mistake(need.kind, need.subject, picture.at, f"no {need.event}: {key}"))
                self._concede(need, picture)
        self.status.finish(picture)

    def needs(self, picture: Picture) -> list[Need]:
        """Return what the channel has to be notified of now, the status first."""
        needs = [*self.connection.needs(picture), *self.status.needs(picture)]
        is_damped = self.status.damping.is_on
        of_partitions = [] if is_damped else self.partitions.needs(picture)
        of_windows = [
            need for need in self.windows.needs(picture) if not (is_damped and need.event in _DAMPED)
        ]
        return [*needs, *of_partitions, *of_windows]

    def _concede(self, need: Need, picture: Picture) -> None:
        match need.subject:
            case Subject.PARTITION:
                self.partitions.concede(need, picture.at)
            case Subject.MAINTENANCE:
                self.windows.concede(need, picture)
            case Subject.CONNECTION:
                self.connection.concede(need)
            case _:
                self.status.concede(need, picture)

    def _hear_unstable(self, one: Notification, picture: Picture) -> None:
        wrong = self.status.claims(one, picture)
        if kind := self.status.hear_unstable(picture):
            wrong.append(self._mistake(kind, one, picture))
        self.mistakes += wrong

    @staticmethod
    def _mistake(kind: Kind, one: Notification, picture: Picture) -> Mistake:
        subject = Subject.UNSTABLE if one.event is Event.STATUS_UNSTABLE else Subject.STATUS
        return Mistake(kind, subject, picture.at, f"{one.event} at {picture.at}")
