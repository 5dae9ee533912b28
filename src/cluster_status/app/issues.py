"""Which pending notifications change an issue together."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from cluster_status.domain.notification.combined import MOST_SINGLE
from cluster_status.domain.notification.issue import (
    Issue,
    IssueStep,
    IssueTarget,
    Unnumbered,
    step,
    target_of,
)
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
        target = _target(first, known)
        batch = [first, *(item for item in others if _target(item, known) == target)]
        if target is Unnumbered.NEW and len(batch) <= MOST_SINGLE:
            batch = [first]
        sent = {(key, one.id) for key, one in batch}
        left = [(key, one) for key, one in left if (key, one.id) not in sent]
        yield batch


def step_of(batch: Batch, issues: Mapping[str, Issue]) -> IssueStep | None:
    """Return what a batch does to its issue; None if it does nothing."""
    target = _target(batch[0], issues)
    return None if target is None else step(batch, issues, target)


def _target(item: tuple[str, Notification], issues: Mapping[str, Issue]) -> IssueTarget | None:
    key, one = item
    return target_of(issues.get(key), one)
