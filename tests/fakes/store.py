"""A history store in memory. It keeps bytes, so that each history is written and read as a document."""

from collections.abc import Callable

from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.errors import Cancelled, HistoryError, HistoryUnreachableError


class MemoryStore:
    """Implements ports.HistoryStore; `content` is None before the first save."""

    def __init__(self, content: bytes | None = None, *, path: str = "history.json") -> None:
        self.path = path
        self._shared_content = [content]  # of all stores of one document
        self.loads = 0
        self.saves = 0
        self._loaded: bytes | None = None
        self.is_full = False  # every save fails
        self._save_errors: dict[int, HistoryError | Cancelled] = {}
        self._load_error: HistoryError | None = None
        self._during_saves: dict[int, Callable[[], object]] = {}

    @property
    def content(self) -> bytes | None:
        return self._shared_content[0]

    @content.setter
    def content(self, content: bytes | None) -> None:
        self._shared_content[0] = content

    def of_another_run(self) -> "MemoryStore":
        """Return a store of another run, with the same document."""
        other = MemoryStore(path=self.path)
        other._shared_content = self._shared_content
        return other

    def load(self) -> Histories | None:
        self.loads += 1
        return self._read()

    def completed(self, loaded: Histories) -> Histories:
        return loaded

    def newer(self) -> Histories | None:
        before = self._loaded
        histories = self._read()
        return histories if self._loaded != before else None

    def save(self, histories: Histories) -> None:
        content = codec.render(histories)
        self.saves += 1
        if error := self._save_errors.pop(self.saves, _full() if self.is_full else None):
            raise error
        if action := self._during_saves.pop(self.saves, None):
            action()
        self.content = self._loaded = content

    @property
    def histories(self) -> Histories:
        """The document that a later run loads."""
        if self.content is None:
            raise LookupError("nothing was saved")
        return codec.parse(self.content)

    @property
    def history(self) -> History:
        """The only history in the document, apart from those of clusters that notify no channel."""
        [only] = [one for one in self.histories.clusters.values() if "quiet" not in one.name]
        return only

    def _read(self) -> Histories | None:
        if self._load_error:
            raise self._load_error
        self._loaded = self.content
        return None if self.content is None else codec.parse(self.content)

    def make_unreachable(self) -> None:
        self._load_error = HistoryUnreachableError("The store does not answer.", remedy="Wait.")

    def during_save(self, nth: int, action: Callable[[], object]) -> None:
        """Call `action` during the `nth` save from now on."""
        self._during_saves[self.saves + nth] = action

    def fail_save(self, nth: int = 1, error: HistoryError | Cancelled | None = None) -> None:
        """Let the `nth` save from now on fail without a change of the content."""
        self._save_errors[self.saves + nth] = error or _full()


def _full() -> HistoryError:
    return HistoryError("The quota is used up.", remedy="Delete old runs.")
