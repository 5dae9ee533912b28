"""What the history remembers of Slurm's answers: enough to distinguish an unusual answer from a usual one."""

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.text import is_short

USUAL_AFTER = 3  # separate periods without nodes
MOST_PARTITIONS = 50


class SlurmState(Struct, frozen=True):
    """What was listed before.

    `login_shell`: only a login shell finds sinfo. `powers_down`: the last nodes that were listed included
    powered-down ones. `empty`: the last answer had no nodes. `empty_periods`: how often such a period ended.
    `partitions`: names and patterns of the input that were listed.
    """

    login_shell: bool = False
    nodes_seen: bool = False
    powers_down: bool = False
    empty: bool = False
    empty_periods: int = 0
    partitions: tuple[str, ...] = ()

    @property
    def empty_is_usual(self) -> bool:
        return self.powers_down or self.empty_periods >= USUAL_AFTER


def remember_answer(state: SlurmState, answer: ClusterState, *, login_shell: bool) -> SlurmState:
    """Return the state after an answer of Slurm."""
    is_empty = answer.nodes.total == 0
    ended = 1 if state.empty and not is_empty else 0
    return replace(
        state,
        login_shell=login_shell,
        nodes_seen=state.nodes_seen or not is_empty,
        powers_down=state.powers_down if is_empty else answer.nodes.powered_down > 0,
        empty=is_empty,
        empty_periods=min(USUAL_AFTER, state.empty_periods + ended),
        partitions=_partitions(state.partitions, answer),
    )


def _partitions(seen: tuple[str, ...], answer: ClusterState) -> tuple[str, ...]:
    """Return what the input names now and was listed, in its order."""
    matched = set(answer.patterns) - set(answer.unmatched_patterns)
    names = [name for name in answer.patterns if name in matched or name in seen]
    return tuple(name for name in names if is_short(name))[:MOST_PARTITIONS]
