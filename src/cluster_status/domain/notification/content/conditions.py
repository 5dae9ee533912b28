"""What a message says about conditions that have become true."""

from collections.abc import Sequence

from cluster_status.domain.conditions.tracker import MetCondition


def met_phrase(met: Sequence[MetCondition]) -> str:
    """Return the condition for the headline, or how many there are."""
    if len(met) == 1:
        return met[0].condition
    return f"{len(met)} conditions are met" if met else "a condition is met"


def met_sentence(met: Sequence[MetCondition]) -> str:
    return " ".join(f"{one.condition}: {one.value} now." for one in met)
