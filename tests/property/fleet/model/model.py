"""An independent model of one cluster: what its polls mean by the documents."""

from msgspec import Struct

from cluster_status.domain.status.cause import Status
from tests.property.fleet.model.belief import Belief, Change, Period
from tests.property.fleet.model.calendar import Calendar, Cover, Phase, Times, Window
from tests.property.fleet.model.evidence import Evidence, evidence, only_in_usual
from tests.property.fleet.model.partitions import PartitionBook, Usual
from tests.property.fleet.model.reading import Reader, Reading
from tests.property.fleet.world.blueprint import Blueprint
from tests.property.fleet.world.runs import INTERVAL, Run
from tests.property.fleet.world.truth import DAY, HOUR, Truth

_FORGOTTEN_AFTER = DAY  # a maintenance that is over


class Picture(Struct, frozen=True):
    """The cluster after a saved poll, as the documents want it to be understood."""

    reading: Reading
    evidence: Evidence
    belief: Period | None
    change: Change | None
    books: dict[str, PartitionBook]
    windows: list[tuple[Window, Phase]]
    recurring: set[Times]  # of all maintenances that recur
    counting: frozenset[str]
    is_steady: bool  # it shows the confirmed status, and neither ends a gap nor follows a clock step

    @property
    def at(self) -> int:
        return self.reading.at


class Model:
    def __init__(self, blueprint: Blueprint) -> None:
        self.belief = Belief()
        self.incidents: list[tuple[Period, Period]] = []  # each with the one that ended it
        self._books = {one.name: PartitionBook(one) for one in blueprint.partitions}
        self._reader = Reader()
        self._calendar = Calendar()
        self._last: Reading | None = None
        self._unlisted_since: int | None = None
        self._unknown_polls = 0
        self._was_covered = False

    def poll(self, run: Run, truth: Truth, product: Status | None) -> Picture:
        """Take in a saved poll; `product` is the status that the product has confirmed by it."""
        now = self._reader.read(run, truth)
        is_broken = self._interrupt(now)
        self._calendar.see(now)
        self._see_partitions(now)
        counting = now.listing.nodes - only_in_usual(self._books, Usual.MAYBE)
        cover = self._calendar.whole(now, counting)
        seen = evidence(now, self._books, cover, ended=self._was_covered)
        change = self.belief.poll(seen, now.at, now.second, product)
        if change and change.before:
            self.incidents.append((change.before, change.after))
        self._note_unknown(seen, now.at)
        self._was_covered = cover is not Cover.NO or (self._was_covered and not now.lists)
        confirmed = self.belief.confirmed
        self._last = now
        return Picture(
            reading=now,
            evidence=seen,
            belief=confirmed,
            change=change,
            books=self._books,
            windows=list(self._windows(now)),
            recurring=self._calendar.recurring,
            counting=counting,
            is_steady=not is_broken and confirmed is not None and seen.status is confirmed.status,
        )

    def _interrupt(self, now: Reading) -> bool:
        if self._last is None:
            return False
        passed = now.at - self._last.at
        is_broken = passed <= 0 or (passed > HOUR and passed > 3 * INTERVAL)
        if passed < 0:
            self.belief.set_back(now.at)
        if is_broken:
            self.belief.interrupt()
            for book in self._books.values():
                book.interrupt(now.at)
        return is_broken

    def _see_partitions(self, now: Reading) -> None:
        if not now.lists:
            self._unlisted_since = self._unlisted_since or (self._last or now).at
            return
        if self._unlisted_since is not None:
            for book in self._books.values():
                book.pass_unlisted(self._unlisted_since, now.at)
            self._unlisted_since = None
        for partition in now.truth.partitions:
            book = self._books[partition.name]
            if now.listing.serving or now.listing.in_maintenance:
                book.see(now.listing.loss(partition, now.at), now.at)
            else:
                book.see_all_out(now.at)

    def _note_unknown(self, seen: Evidence, at: int) -> None:
        self._unknown_polls = self._unknown_polls + 1 if seen.status is Status.UNKNOWN else 0
        if self._unknown_polls == 3:
            for book in self._books.values():
                book.interrupt(at)

    def _windows(self, now: Reading) -> "list[tuple[Window, Phase]]":
        found = []
        for window in list(self._calendar.active.values()):
            phase = self._calendar.phase(window, now)
            end = window.gone_at or window.times[1]
            if phase in {Phase.OVER, Phase.VOID} and end and now.at - end > _FORGOTTEN_AFTER:
                self._calendar.forget(window.number)
            found.append((window, phase))
        return found
