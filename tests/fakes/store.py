"""A history store in memory. It keeps bytes, so that what it gives back went through the document."""

from collections.abc import Callable

from cluster_status.domain.history import codec
from cluster_status.domain.history.history import Histories, History
from cluster_status.errors import Cancelled, HistoryError, HistoryOutOfReachError


class MemoryStore:
    """Implements ports.HistoryStore; `content` is None while nothing was ever saved."""

    def __init__(self, content: bytes | None = None, *, path: str = "history.json") -> None:
        self.path = path
        self._shelf = [content]
        self.saves = 0
        self._loaded: bytes | None = None
        self._save_faults: dict[int, HistoryError | Cancelled] = {}
        self._load_fault: HistoryError | None = None
        self._interludes: dict[int, Callable[[], None]] = {}

    @property
    def content(self) -> bytes | None:
        return self._shelf[0]

    @content.setter
    def content(self, content: bytes | None) -> None:
        self._shelf[0] = content

    def of_another_run(self) -> "MemoryStore":
        """Return a store that keeps its history in the same place."""
        other = MemoryStore(path=self.path)
        other._shelf = self._shelf
        return other

    def load(self) -> Histories | None:
        if self._load_fault:
            raise self._load_fault
        self._loaded = self.content
        return None if self.content is None else codec.parse(self.content)

    def newer(self) -> Histories | None:
        before = self._loaded
        histories = self.load()
        return histories if self._loaded != before else None

    def save(self, histories: Histories) -> None:
        content = codec.render(histories)
        self.saves += 1
        if fault := self._save_faults.pop(self.saves, None):
            raise fault
        if interlude := self._interludes.pop(self.saves, None):
            interlude()
        self.content = self._loaded = content

    @property
    def histories(self) -> Histories:
        """What a later run would load."""
        if self.content is None:
            raise LookupError("nothing was saved")
        return codec.parse(self.content)

    @property
    def history(self) -> History:
        """The only history in it."""
        [only] = self.histories.clusters.values()
        return only

    def be_out_of_reach(self) -> None:
        self._load_fault = HistoryOutOfReachError("The store does not answer.", remedy="Wait.")

    def during_save(self, nth: int, interlude: Callable[[], None]) -> None:
        """Let something happen while the `nth` save from now on is under way."""
        self._interludes[self.saves + nth] = interlude

    def fail_save(self, nth: int = 1, fault: HistoryError | Cancelled | None = None) -> None:
        """Let the `nth` save from now on fail, and nothing be kept of it."""
        self._save_faults[self.saves + nth] = fault or HistoryError(
            "The quota is used up.", remedy="Tidy up."
        )
