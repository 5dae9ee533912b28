"""Whether the monitor sees the cluster: it does not at three unknown polls in a row, or at six of twelve."""

from collections import deque

from cluster_status.domain.status.cause import Status
from tests.property.fleet.model.model import Picture

_IN_A_ROW, _OF_RECENT, _RECENT, _FEW = 3, 6, 12, 3


class Connection:
    """What must and may be notified at the latest poll; `since` is the first unknown poll in a row."""

    def __init__(self) -> None:
        self.must_be_lost = self.may_be_lost = self.must_be_known = self.may_be_known = False
        self.since = 0
        self.is_since_clear = False
        self._recent: deque[bool] = deque(maxlen=_RECENT)
        self._row = 0  # polls that are unknown, or may be
        self._sure_row = 0

    def poll(self, picture: Picture) -> None:
        seen, belief = picture.evidence, picture.belief
        unknown = seen.status is Status.UNKNOWN
        unclear = Status.UNKNOWN in seen.instead
        if unknown and not self._row:
            self.since = picture.at
        self.since = min(self.since, picture.at)  # a clock that was set back: not in the future
        self.is_since_clear = (unknown and not self._row) or (self.is_since_clear and not unclear)
        self._row = self._row + 1 if unknown or (unclear and self._row) else 0
        self._sure_row = self._sure_row + 1 if unknown else 0
        self._recent.append(unknown)
        number = sum(self._recent)
        self.must_be_lost = unknown and (self._sure_row >= _IN_A_ROW or number >= _OF_RECENT)
        self.may_be_lost = self.must_be_lost or unclear or (unknown and self._row >= _IN_A_ROW)
        self.may_be_known = not unknown
        is_confirmed = belief is not None and belief.status is seen.status and not seen.instead
        self.must_be_known = is_confirmed and number <= _FEW

    def restart(self) -> None:
        """Forget the polls so far, after a channel was notified that the status is known again."""
        self._recent.clear()
