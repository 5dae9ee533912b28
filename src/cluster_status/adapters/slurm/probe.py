"""One probe of a Slurm cluster: log in, then ask Slurm."""

from collections.abc import Callable

from msgspec.structs import asdict, replace

from cluster_status.adapters.slurm.conversation import query_details, query_state
from cluster_status.deadline import Deadline
from cluster_status.domain.slurm.cluster_state import ClusterState, Details
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.probe_result import (
    ProbeFailed,
    ProbeFailure,
    ProbeResult,
    RememberedLogin,
)
from cluster_status.ports import Executor


class SlurmProbe:
    """Implements ports.Probe over an executor, which it owns.

    A retry uses the connection of the probe before it. Details are read once, and not while the controller
    does not know its nodes yet.
    """

    def __init__(self, executor: Executor, query: SlurmQuery) -> None:
        self._executor = executor
        self._query = query
        self._details: Details | None = None

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        try:
            self._executor.connect(load_remembered, deadline)
            outcome: ClusterState | ProbeFailure = self._query_slurm(deadline)
        except ProbeFailed as failed:
            outcome = failed.failure
        return ProbeResult(outcome=outcome, **asdict(self._executor.login))

    def close(self) -> None:
        self._executor.close()

    def _query_slurm(self, deadline: Deadline) -> ClusterState:
        state = query_state(self._executor, self._query, deadline)
        if not self._query.details or state.nodes.mostly_unknown:
            return state
        self._details = self._details or query_details(self._executor, self._query, state, deadline)
        return replace(state, details=self._details)
