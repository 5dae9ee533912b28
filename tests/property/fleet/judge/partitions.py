"""The partitions that a channel knows as lost, or as in maintenance."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import Problem
from tests.property.fleet.judge.mistake import Kind, Mistake, Need, Subject
from tests.property.fleet.model.model import Picture
from tests.property.fleet.model.partitions import PartitionBook, Usual, smallest_of
from tests.property.fleet.model.reading import Loss

_NAME_THE_LOST = {Event.INITIAL, Event.DEGRADED, Event.PARTIAL_RECOVERY, Event.MAINTENANCE_OVERDUE}


class PartitionJudge:
    def __init__(self) -> None:
        self.lost: set[str] = set()
        self._unsaid: set[str] = set()  # lost, and the latest message could not name them
        self.out_at: dict[str, int] = {}  # when the channel was notified last that it is lost or maintained
        self.in_maintenance: set[str] = set()
        self._over: set[str] = set()  # no longer lost or in maintenance, and not notified
        self._confirmed: frozenset[str] = frozenset()
        self._mentioned: set[str] = set()  # as in maintenance, by another message of this poll
        self.changes = 0  # in this poll

    def begin(self, picture: Picture) -> None:
        confirmed = frozenset(one.name for one in picture.books.values() if one.lost)
        in_maintenance = {one.name for one in picture.books.values() if one.maintenance_polls}
        self.changes = len(confirmed ^ self._confirmed) + len(self.in_maintenance ^ in_maintenance)
        self._confirmed = confirmed
        self._mentioned = set()
        if picture.reading.lists:
            ended = self.in_maintenance - in_maintenance
            self.in_maintenance -= ended
            faded = {name for name in self.lost if picture.books[name].usual is Usual.YES}
            self.lost -= faded
            self._over |= ended | faded

    def note_back(self, names: set[str]) -> None:
        """Take in that the channel knows these as back, from the end of their maintenance."""
        self._over |= self.lost & names
        self.lost -= names

    def hear(self, one: Notification, picture: Picture) -> tuple[bool, list[Mistake]]:
        """Return whether the notification has news of partitions, and what is wrong with it."""
        named = {change.name for change in one.partitions}
        is_news, mistakes = False, list[Mistake]()
        if one.event in _NAME_THE_LOST or one.event is Event.PARTITION_LOST:
            is_news, mistakes = self._hear_lost(named, one, picture)
        elif one.event is Event.MAINTENANCE_STARTED:
            is_news = not named <= self.in_maintenance - self._mentioned
            mistakes = self._hear_maintenance(named, one, picture)
        elif one.event in {Event.RECOVERY, Event.PARTITION_BACK}:
            is_news, mistakes = self._hear_back(named, one, picture)
        maintained = {change.name for change in one.still_out if change.problem is Problem.MAINTENANCE}
        self._mentioned |= maintained - self.in_maintenance
        mistakes += self._hear_maintenance(maintained, one, picture)
        self.lost |= {change.name for change in one.still_out} - maintained
        return is_news, mistakes

    def _hear_lost(self, named: set[str], one: Notification, picture: Picture) -> tuple[bool, list[Mistake]]:
        is_news = not named <= self.lost - self._unsaid
        wrong = {name for name in named if not (picture.books[name].is_out or picture.books[name].lost)}
        if one.event in _NAME_THE_LOST and picture.reading.lists:
            self._over |= self.lost - named
            self.lost, self._unsaid = set(), set()
        elif one.event in _NAME_THE_LOST:
            self._unsaid |= self.lost
        self._unsaid -= named
        self.lost |= named
        self.out_at |= dict.fromkeys(named, picture.at)
        return is_news, self._mistakes(Kind.FALSE_ALARM, wrong, one, picture)

    def _hear_maintenance(self, named: set[str], one: Notification, picture: Picture) -> list[Mistake]:
        self.out_at |= dict.fromkeys(named - self.in_maintenance, picture.at)
        self.in_maintenance |= named
        wrong = {name for name in named if picture.books[name].loss is not Loss.MAINTENANCE}
        return self._mistakes(Kind.FALSE_ALARM, wrong, one, picture)

    def _hear_back(self, named: set[str], one: Notification, picture: Picture) -> tuple[bool, list[Mistake]]:
        is_news = bool(named & (self.lost | self.in_maintenance | self._over))
        if one.event is Event.RECOVERY and one.period and one.period.status is Status.ONLINE:
            self._over |= self.lost
            self.lost = set()
        self.lost -= named
        self._over -= named
        wrong = {name for name in named if picture.books[name].lost}
        return is_news, self._mistakes(Kind.FALSE_RECOVERY, wrong, one, picture)

    def needs(self, picture: Picture) -> list[Need]:
        belief = picture.belief
        if belief is None or not picture.reading.lists:
            return []
        needs = []
        if belief.status is Status.DEGRADED:
            needs += [_lost(one) for one in self._missing(picture)]
            needs += [_back(one) for one in self._still_said(picture)]
        if belief.status in {Status.DEGRADED, Status.ONLINE}:
            needs += [_maintenance(one) for one in self._silent_maintenance(picture)]
        return needs

    def concede(self, need: Need, at: int) -> None:
        if need.event is Event.PARTITION_BACK:
            self.lost -= need.partitions
        elif need.event is Event.MAINTENANCE_STARTED:
            self.in_maintenance |= need.partitions
        else:
            self.lost |= need.partitions
            self.out_at |= dict.fromkeys(need.partitions, at)

    def _missing(self, picture: Picture) -> list[PartitionBook]:
        """Return the smallest of the partitions that are lost and of which the channel knows nothing."""
        lost = [one for one in picture.books.values() if one.lost and one.is_out and not one.usual]
        said = [picture.books[name] for name in self.lost]
        return smallest_of([one for one in lost if not any(one.nodes & other.nodes for other in said)])

    def _still_said(self, picture: Picture) -> list[PartitionBook]:
        said = [picture.books[name] for name in sorted(self.lost)]
        return [one for one in said if not (one.lost or one.polls)]

    def _silent_maintenance(self, picture: Picture) -> list[PartitionBook]:
        """Return partitions whose nodes all reboot, or are in a maintenance that takes no more than them."""
        running = [window.nodes for window, _ in picture.windows if window.ever_running]
        known = [picture.books[name].nodes for name in self.in_maintenance]
        quiet = [
            one
            for one in picture.books.values()
            if one.maintenance_polls >= 2
            and one.has_served
            and not any(one.nodes <= nodes for nodes in running)
            and not any(one.nodes & nodes for nodes in known)
        ]
        return smallest_of(quiet)

    @staticmethod
    def _mistakes(kind: Kind, names: set[str], one: Notification, picture: Picture) -> list[Mistake]:
        return [
            Mistake(kind, Subject.PARTITION, picture.at, f"{one.event} names {name}")
            for name in sorted(names)
        ]


def _lost(one: PartitionBook) -> Need:
    names = frozenset([one.name])
    return Need(f"lost {one.name}", Event.PARTITION_LOST, Kind.MISSED, Subject.PARTITION, 0, names)


def _back(one: PartitionBook) -> Need:
    names = frozenset([one.name])
    return Need(f"back {one.name}", Event.PARTITION_BACK, Kind.CONTRADICTION, Subject.PARTITION, 0, names)


def _maintenance(one: PartitionBook) -> Need:
    names = frozenset([one.name])
    return Need(
        f"maintenance {one.name}", Event.MAINTENANCE_STARTED, Kind.MISSED, Subject.PARTITION, 1, names
    )
