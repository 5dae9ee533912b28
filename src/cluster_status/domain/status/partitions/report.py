"""The partitions after a poll: the state of each, and what has changed."""

from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState, Partition
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.status.partitions.problem import (
    Finding,
    all_are_out,
    finding_of,
    none_is_up,
    reserved_at,
)
from cluster_status.domain.status.partitions.state import (
    LOSSES,
    PartitionMemory,
    PartitionReport,
    PartitionState,
    PartitionStatus,
    Problem,
)
from cluster_status.domain.status.partitions.tracker import (
    PollConditions,
    days_later,
    first_state,
    next_state,
    undetermined_state,
    unlisted_state,
)
from cluster_status.domain.status.partitions.union import with_last_returns, with_shared_nodes
from cluster_status.domain.text import is_short

MOST_REMEMBERED = 2_000

_States = dict[str, PartitionState]
_UNLISTED = Finding(Problem.UNLISTED)
_IN_SERVICE, _LOST = PartitionStatus.IN_SERVICE, PartitionStatus.LOST
_MAINTENANCE, _USUAL = PartitionStatus.MAINTENANCE, PartitionStatus.USUAL


def report_on(
    memory: PartitionMemory, state: ClusterState, missing: Iterable[str], poll: PollConditions
) -> PartitionReport:
    """Return the report; `missing` are names and patterns of the input that are no longer listed.

    A partition with a name that is too long to be stored is judged as at a first poll.
    """
    all_out = all_are_out(state) if state.nodes.total else memory.all_out
    poll = replace(poll, all_out=all_out, was_all_out=memory.all_out)
    days = (poll.at.date() - memory.listed_at.date()).days if memory.listed_at else 0
    before = {name: days_later(known, days) for name, known in memory.states.items()}
    after = dict(_listed(before, state, poll))
    after |= {name: _missing(before.get(name), poll) for name in missing}
    after |= dict(_absent(before, state, after, poll))
    after = with_last_returns(before, with_shared_nodes(before, after, state))
    kept = islice((name for name in after if is_short(name)), MOST_REMEMBERED)
    remembered = PartitionMemory({name: after[name] for name in kept}, poll.at, all_out)
    return _compared(memory, remembered, after, state)


def usual_at_first(state: ClusterState) -> frozenset[str]:
    """Return the names of the partitions that are usually out of service, as the first poll finds them."""
    out = (one for one in state.partitions if (found := finding_of(one)) and found.problem in LOSSES)
    return frozenset(one.name for one in out if not _counts_at_first(one, state))


def _counts_at_first(partition: Partition, state: ClusterState) -> bool:
    """Return whether a partition has to be in service from the first poll on."""
    return partition.default or partition.name in state.named


def _listed(
    before: _States, state: ClusterState, poll: PollConditions
) -> Iterator[tuple[str, PartitionState]]:
    missed = PartitionFilter(tuple(name for name, known in before.items() if _is_missed(known)))
    returned = set(missed.choose(one.name for one in state.partitions))
    reserved = reserved_at(state, poll.at)
    for partition in state.partitions:
        known = before.get(partition.name)
        found = finding_of(partition, is_reserved=poll.all_reserved or partition.name in reserved)
        named = partition.name in state.named
        if known and found:
            yield partition.name, next_state(known, found, poll, named=named)
        elif known:
            yield partition.name, undetermined_state(known, poll, named=named)
        elif found:
            counts = _counts_at_first(partition, state) or partition.name in returned
            yield partition.name, first_state(found, poll, counts=counts)


def _is_missed(state: PartitionState) -> bool:
    return state.problem is Problem.UNLISTED and state.status is _LOST


def _missing(before: PartitionState | None, poll: PollConditions) -> PartitionState:
    return next_state(before or PartitionState(), _UNLISTED, poll, named=True)


def _absent(
    before: _States, state: ClusterState, listed: _States, poll: PollConditions
) -> Iterator[tuple[str, PartitionState]]:
    """Yield the states of those that are neither listed nor missing, without those to be forgotten."""
    names = {partition.name for partition in state.partitions}
    for name, known in before.items():
        if name in listed or name in names:
            continue
        if not state.nodes.total:  # nothing is listed
            yield name, known
        elif known.problem is Problem.UNLISTED:
            if name in state.patterns and (returned := _returned(name, known, names, listed)):
                yield name, returned
        elif still := unlisted_state(known, poll):
            yield name, still


def _returned(
    pattern: str, before: PartitionState, names: Iterable[str], listed: _States
) -> PartitionState | None:
    """Return the state of a pattern that matches again; None if the partitions that it matches are lost."""
    matched = [listed[name] for name in PartitionFilter((pattern,)).choose(names) if name in listed]
    if not matched:
        return before  # nothing is known of them yet
    return PartitionState() if any(one.status is not _LOST for one in matched) else None


def _compared(
    before: PartitionMemory, memory: PartitionMemory, after: _States, state: ClusterState
) -> PartitionReport:
    sizes = {partition.name: partition.nodes.total for partition in state.partitions}
    none_up = set(sizes) if none_is_up(state) else set[str]()
    was = {name: known.status for name, known in before.states.items()}
    now = {name: one.status for name, one in memory.states.items()}
    out = {name for name, one in after.items() if one.is_out}
    lost = {name for name, one in after.items() if one.status is _LOST}

    def smallest_first(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(names, key=lambda name: (sizes.get(name, 0), name)))

    def changed(*earlier: PartitionStatus, to: PartitionStatus) -> tuple[str, ...]:
        return smallest_first(name for name, one in now.items() if one is to and was.get(name) in earlier)

    back = changed(_LOST, *([_USUAL] if before.all_out else []), to=_IN_SERVICE)
    no_longer_lost = (
        name for name, one in was.items() if one is _LOST and name not in lost and name not in back
    )
    return PartitionReport(
        memory=memory,
        states=after,
        found=smallest_first(out | none_up),
        lost=smallest_first((out & lost) | none_up),
        is_lost=bool(lost or none_up),
        newly_lost=smallest_first(name for name in lost & set(now) if was.get(name) is not _LOST),
        back=back,
        no_longer_lost=smallest_first(no_longer_lost),
        in_maintenance=smallest_first(
            name
            for name, one in after.items()
            if one.status is _MAINTENANCE and one.problem is Problem.MAINTENANCE
        ),
        maintenance_started=changed(_IN_SERVICE, _LOST, to=_MAINTENANCE),
        maintenance_ended=changed(_MAINTENANCE, to=_IN_SERVICE),
        newly_usual=changed(_LOST, to=_USUAL),
        usual=smallest_first(name for name in sizes if _is_usual(after.get(name)) and name not in none_up),
    )


def _is_usual(state: PartitionState | None) -> bool:
    return state is not None and state.status is _USUAL and state.problem is not None
