"""Which conditions have become true: each is notified once, and again after it was false for two polls.

A poll that does not know the number says nothing.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from cluster_status.domain.conditions.condition import Condition
from cluster_status.domain.slurm.cluster_state import ClusterState

FALSE_POLLS = 2  # in a row


class ConditionState(Struct, frozen=True, omit_defaults=True):
    """A condition that was notified; `false_polls` counts those in a row in which it was false after that."""

    false_polls: int = 0


class MetCondition(Struct, frozen=True, omit_defaults=True):
    """A condition that has become true, as the user wrote it, and the number in that poll."""

    condition: str
    value: int


class Conditions(Struct, frozen=True):
    """Those that were notified, by their text, and those that have become true in this poll."""

    notified: dict[str, ConditionState] = {}
    met: tuple[MetCondition, ...] = ()


def after_poll(
    before: Mapping[str, ConditionState], conditions: Sequence[Condition], state: ClusterState | None
) -> Conditions:
    """Return the conditions after a poll; `state` is None if it is not known."""
    notified: dict[str, ConditionState] = {}
    met = []
    for condition in conditions:
        text = str(condition)
        known, value = before.get(text), condition.value_in(state) if state else None
        if value is None:
            after = known
        elif condition.holds(value):
            after = ConditionState()
            met += [] if known else [MetCondition(text, value)]
        else:
            after = _after_false(known)
        if after:
            notified[text] = after
    return Conditions(notified, tuple(met))


def _after_false(known: ConditionState | None) -> ConditionState | None:
    polls = known.false_polls + 1 if known else FALSE_POLLS
    return ConditionState(polls) if polls < FALSE_POLLS else None
