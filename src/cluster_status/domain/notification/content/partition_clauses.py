"""Clauses about partitions: each completes "mscluster is degraded: ...", and is a sentence of its own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.partitions.change import MOST_ALSO, changes, order_of
from cluster_status.domain.status.partitions.state import PartitionChange, Problem
from cluster_status.domain.status.verdict import Verdict

Changes = Iterable[PartitionChange]


def clauses_of_poll(verdict: Verdict) -> Iterator[str]:
    """Yield clauses about the partitions that are the cause."""
    report, state = verdict.partitions, verdict.cluster_state
    if report and verdict.cause is Cause.PARTITION_DOWN:
        nodes = state.partition_nodes if state else {}
        yield from _clauses(changes(report.found, report.states, nodes))


def clauses_of(notification: Notification, parts: list[str]) -> Iterator[str]:
    """Yield the clauses of the cause, with the partitions where they are known and not in the headline."""
    event, partitions, out = notification.event, notification.partitions, notification.still_out
    if event is Event.RECOVERY:
        yield from _clauses_of_return(partitions)
    elif event is Event.PARTITION_BACK:
        yield from _clauses_of_return(one for one in partitions if one.problem is Problem.MAINTENANCE)
    elif event is not Event.MAINTENANCE_STARTED:
        out = (*partitions, *out)
    by_partition = notification.period and notification.period.causes[-1:] == (Cause.PARTITION_DOWN,)
    lost = [one for one in out if by_partition and one.problem is not Problem.MAINTENANCE]
    yield from () if lost else parts
    yield from _clauses([*lost, *(one for one in out if one.problem is Problem.MAINTENANCE)])


def _clauses(named: Changes) -> Iterator[str]:
    """Yield a clause for each problem."""
    in_order = sorted(named, key=lambda one: (order_of(one.problem), one.availability))
    for (problem, availability), group in groupby(in_order, lambda one: (one.problem, one.availability)):
        partitions = list(group)
        names, are_several = _joined(partitions), _are_several(partitions)
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


def _clauses_of_return(named: Changes) -> Iterator[str]:
    """Yield a clause for those that are back, and for those that are back from maintenance."""
    for problem, group in groupby(named, lambda one: one.problem):
        partitions = list(group)
        where = "from maintenance" if problem is Problem.MAINTENANCE else "in service"
        subject = "partitions {} are" if _are_several(partitions) else "partition {} is"
        yield f"{subject.format(_joined(partitions))} back {where}"


def are(partitions: Sequence[PartitionChange]) -> str:
    """Return the names as a subject: ``gpu is``, ``gpu and fat are``."""
    if not partitions:
        return "a partition is"
    return f"{_joined(partitions)} {'are' if _are_several(partitions) else 'is'}"


def _joined(partitions: Sequence[PartitionChange]) -> str:
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
