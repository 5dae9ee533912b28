"""Which partitions are lost, and for which that is usual.

A partition is lost after two polls; at once if the input names it or an administrator took it down.
"""

from enum import IntEnum

from tests.property.fleet.model.reading import Loss
from tests.property.fleet.world.truth import DAY, HOUR, MINUTE, Partition

USUAL_AFTER = 7 * DAY
_NOT_UP_DAYS, _WITHIN_DAYS = 3, 14


class Usual(IntEnum):
    NO = 0
    MAYBE = 1  # the documents do not say to the minute
    YES = 2


class PartitionBook:
    """What the polls so far say of one partition."""

    def __init__(self, partition: Partition) -> None:
        self.name, self.nodes, self.named = partition.name, partition.nodes, partition.named
        self.loss: Loss | None = None  # at the last poll that listed it
        self.lost = False  # confirmed
        self.usual = Usual.NO
        self.polls = 0  # in a row with a loss
        self.maintenance_polls = 0  # in a row
        self._counts_from = 0  # from when on the seven days count for sure
        self._out_since: int | None = None  # the first poll of those without service
        self.was_unclear = False  # before these polls: in maintenance, or all nodes were out
        self._good_polls = 0  # in a row
        self._served_polls = 0  # of all
        self._back_after = 2
        self._days_not_up: set[int] = set()

    @property
    def is_out(self) -> bool:
        """Whether the last poll saw a loss that counts, confirmed or not."""
        return self.polls > 0 and self.usual is not Usual.YES

    @property
    def has_served(self) -> bool:
        """Whether any poll saw it in service."""
        return self._served_polls > 0

    @property
    def at_once(self) -> bool:
        return self.named or self.loss is Loss.NOT_UP

    def interrupt(self, at: int) -> None:
        """Note a gap, a clock step or unknown polls: a change that is not confirmed begins again."""
        self._counts_from = max(self._counts_from, at)
        self.maintenance_polls = 0
        if self.lost:
            self._good_polls = 0
        else:
            self.polls = 0

    def pass_unlisted(self, since: int, at: int) -> None:
        """Note a time in which no poll saw the partition: a gap, or time that may not count."""
        is_gap = at - since > HOUR - MINUTE
        self._counts_from = at if is_gap else self._counts_from + max(0, at - since)

    def see_all_out(self, at: int) -> None:
        """Note a poll that found no node of the cluster in service: that is no loss of a partition."""
        self.was_unclear = True
        self._counts_from = max(self._counts_from, at)

    def see(self, loss: Loss | None, at: int) -> None:
        self.loss = loss
        if loss is Loss.NOT_UP:
            self._days_not_up.add(at // DAY)
        self._out_since = None if loss is None else self._out_since or at
        self.maintenance_polls = self.maintenance_polls + 1 if loss is Loss.MAINTENANCE else 0
        if loss in {None, Loss.MAINTENANCE}:
            self._see_good(served=loss is None)
        else:
            self._see_loss(at)

    def _see_good(self, *, served: bool) -> None:
        self.was_unclear = not served
        self.polls = 0
        self._good_polls += 1
        self._served_polls += served
        self.usual = Usual.NO if served else self.usual
        if self._good_polls >= (self._back_after if served or self.named else 2):
            self.lost = False

    def _see_loss(self, at: int) -> None:
        if not self.polls:
            self._counts_from = at
        self.polls += 1
        self._good_polls = 0
        self.usual = max(self.usual, self._how_usual(at))  # until it returns to service
        self._back_after = 1 if self.at_once else 2
        if self.usual is Usual.YES:
            self.lost = False
        elif self.polls >= (1 if self.at_once else 2):
            self.lost = True

    def _how_usual(self, at: int) -> Usual:
        if self.named:
            return Usual.NO
        return max(self._since_first_poll(), self._for_long(at), self._on_schedule(at))

    def _since_first_poll(self) -> Usual:
        if self._served_polls > 1:
            return Usual.NO
        return Usual.MAYBE if self._served_polls else Usual.YES

    def _for_long(self, at: int) -> Usual:
        if at - (self._out_since or at) < USUAL_AFTER - 10 * MINUTE:
            return Usual.NO
        return Usual.YES if at - self._counts_from >= USUAL_AFTER + HOUR else Usual.MAYBE

    def _on_schedule(self, at: int) -> Usual:
        """Return whether it was often not up before; days of this time itself may count or not."""
        today = at // DAY
        self._days_not_up = {day for day in self._days_not_up if today - day <= _WITHIN_DAYS}
        began = (self._out_since or at) // DAY
        sure = sum(day < began and today - day < _WITHIN_DAYS for day in self._days_not_up)
        if sure >= _NOT_UP_DAYS and self.loss is Loss.NOT_UP:
            return Usual.YES
        return Usual.MAYBE if len(self._days_not_up) >= _NOT_UP_DAYS else Usual.NO


def smallest_of(books: list[PartitionBook]) -> list[PartitionBook]:
    """Return the smallest of the partitions that share nodes."""
    chosen: list[PartitionBook] = []
    for one in sorted(books, key=lambda one: len(one.nodes)):
        if not any(one.nodes & other.nodes for other in chosen):
            chosen.append(one)
    return chosen
