"""What the pages of a list of artifacts prove.

GitHub documents no order, and a list changes while it is read.
A list is believed only if its numbers agree. A page that is empty, repeated or too short proves nothing.
"""

from collections.abc import Sequence
from itertools import pairwise

from cluster_status.domain.actions.artifact import Artifact

PER_PAGE = 100


class ArtifactList:
    """Collects the pages of one list, from the first one on."""

    def __init__(self, per_page: int = PER_PAGE) -> None:
        self._per_page = per_page
        self._found: dict[int, Artifact] = {}
        self._pages = 0
        self._first_total = self._total = 0
        self._has_ended = False
        self._is_growing = True  # it lost no artifact while it was read
        self._is_full = True  # each page has as many artifacts as `total` says
        self._is_sorted = True

    def add(self, page: Sequence[Artifact], total: int) -> None:
        """Add the next page; `total` is the number of artifacts on all pages."""
        new = [one for one in page if one.id not in self._found]
        oldest = min(self._found, default=None)
        in_order = all(one.id > other.id for one, other in pairwise(page))
        self._is_sorted &= in_order and all(oldest is None or one.id < oldest for one in new)
        self._is_growing &= self._pages == 0 or total >= self._total
        self._found |= {one.id: one for one in page}
        self._pages += 1
        self._first_total = total if self._pages == 1 else self._first_total
        self._total = total
        expected = total - (self._pages - 1) * self._per_page
        self._is_full &= len(page) == max(0, min(expected, self._per_page))
        self._has_ended = not page or self._pages * self._per_page >= total

    @property
    def artifacts(self) -> list[Artifact]:
        """The artifacts that are listed so far, the newest first."""
        return sorted(self._found.values(), key=lambda one: -one.id)

    @property
    def total(self) -> int:
        return self._total

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    @property
    def is_believed(self) -> bool:
        """Whether the numbers agree.

        An artifact that is uploaded meanwhile moves another one to the next page, which repeats it. One that
        is deleted meanwhile moves another one to the page before, which is not read again.
        """
        is_missing = self._has_ended and self._is_growing and len(self._found) < self._first_total
        return self._is_full and not is_missing

    @property
    def is_complete(self) -> bool:
        """Whether no artifact is missing."""
        return self._has_ended and self._is_growing and self.is_believed

    @property
    def oldest(self) -> Artifact | None:
        """The oldest artifact, if no newer one is missing; else None."""
        if not (self._found and self._is_sorted and self._is_growing and self._is_full):
            return None
        return self._found[min(self._found)]
