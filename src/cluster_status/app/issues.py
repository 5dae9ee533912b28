"""Which pending notifications change an issue together."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from cluster_status.domain.notification.combined import MOST_SINGLE
from cluster_status.domain.notification.issue import Issue, IssueStep, Place, place_of, step
from cluster_status.domain.notification.notification import Notification

Batch = Sequence[tuple[str, Notification]]
"""Notifications that are sent as one message, each with the key of its cluster."""


def issue_batches(pending: Batch, issues: Callable[[], Mapping[str, Issue]]) -> Iterator[Batch]:
    """Yield the notifications of each change of an issue, those of one cluster in their order.

    `issues` returns those of the clusters by key, as the batches before have left them. More than three
    clusters whose incidents begin share a new issue.
    """
    left = list(pending)
    while left:
        heads: dict[str, Notification] = {}
        for key, one in left:
            heads.setdefault(key, one)
        known = issues()
        first, *others = heads.items()
        place = _place(first, known)
        batch = [first, *(item for item in others if _place(item, known) == place)]
        if place is Place.NEW and len(batch) <= MOST_SINGLE:
            batch = [first]
        sent = {(key, one.id) for key, one in batch}
        left = [(key, one) for key, one in left if (key, one.id) not in sent]
        yield batch


def step_of(batch: Batch, issues: Mapping[str, Issue]) -> IssueStep | None:
    """Return what a batch does to its issue; None if it does nothing."""
    place = _place(batch[0], issues)
    return None if place is Place.NOWHERE else step(batch, issues, place)


def _place(item: tuple[str, Notification], issues: Mapping[str, Issue]) -> int | Place:
    key, one = item
    return place_of(issues.get(key), one)
