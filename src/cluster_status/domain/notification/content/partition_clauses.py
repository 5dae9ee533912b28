"""Clauses about partitions: each completes "mscluster is degraded: ...", and is a sentence of its own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cluster_status.domain.status.partitions.change import MOST_ALSO
from cluster_status.domain.status.partitions.state import PartitionChange, Problem

Changes = Iterable[PartitionChange]


def clauses(changes: Changes) -> Iterator[str]:
    """Yield a clause for each problem."""
    for (problem, availability), group in groupby(changes, lambda one: (one.problem, one.availability)):
        partitions = list(group)
        names, are_several = joined(partitions), _are_several(partitions)
        subject = f"partitions {names}" if are_several else f"partition {names}"
        be = "are" if are_several else "is"
        match problem:
            case Problem.NO_NODES:
                yield f"no node of {names} is in service"
            case Problem.DRAINING:
                yield f"all nodes of {names} drain: no new jobs start in {'them' if are_several else 'it'}"
            case Problem.NOT_UP:
                yield f"{subject} {'take' if are_several else 'takes'} no new jobs ({availability})"
            case Problem.UNLISTED:
                yield f"{subject} {be} no longer listed"
            case Problem.MAINTENANCE:
                yield f"{subject} {be} in maintenance"
            case _:
                yield f"{subject} {be} out of service"


def clauses_of_return(changes: Changes) -> Iterator[str]:
    """Yield a clause for those that are back, and for those that are back from maintenance."""
    for problem, group in groupby(changes, lambda one: one.problem):
        partitions = list(group)
        where = "from maintenance" if problem is Problem.MAINTENANCE else "in service"
        subject = "partitions {} are" if _are_several(partitions) else "partition {} is"
        yield f"{subject.format(joined(partitions))} back {where}"


def are(partitions: Sequence[PartitionChange]) -> str:
    """Return the names as a subject: ``gpu is``, ``gpu and fat are``."""
    if not partitions:
        return "a partition is"
    return f"{joined(partitions)} {'are' if _are_several(partitions) else 'is'}"


def joined(partitions: Sequence[PartitionChange]) -> str:
    """Return the names: ``gpu (also gpu-long), fat and 3 more``."""
    names = [_with_also(one) for one in partitions]
    more = sum(one.more for one in partitions)
    *first, last = [*names, f"{more} more"] if more else names
    return f"{', '.join(first)} and {last}" if first else last


def _are_several(partitions: Sequence[PartitionChange]) -> bool:
    return len(partitions) + sum(len(one.also) + one.more for one in partitions) > 1


def _with_also(one: PartitionChange) -> str:
    if not one.also:
        return one.name
    others = ", ".join(one.also[: MOST_ALSO - 1]) + (", …" if len(one.also) >= MOST_ALSO else "")
    return f"{one.name} (also {others})"
