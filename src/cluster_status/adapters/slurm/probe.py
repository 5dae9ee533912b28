"""One probe of a Slurm cluster: log in, then ask Slurm."""

from collections.abc import Callable

from msgspec.structs import asdict, replace

from cluster_status.adapters.slurm.conversation import Conversation
from cluster_status.adapters.slurm.listings import Listings, read_listings
from cluster_status.adapters.slurm.share import add_share
from cluster_status.adapters.slurm.state import query_state
from cluster_status.deadline import Deadline
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.ports import Executor

_OPTIONAL_SECONDS = 10.0  # for all optional commands together
_OPTIONAL_BYTES = 1_000_000  # for each
_OF_THE_SHELL = frozenset({Cause.SHELL_HANGS, Cause.SHELL_FAILS, Cause.LOGIN_REFUSED})


class SlurmProbe:
    """Implements ports.Probe over an executor, which it owns.

    A retry uses the connection of the probe before it, and the kind of shell that found sinfo. Only the state
    of the cluster is read again. While the controller does not know its nodes yet, nothing else is read.
    """

    def __init__(self, executor: Executor, query: SlurmQuery, redaction: Redaction) -> None:
        self._executor = executor
        self._query = query
        self._redaction = redaction
        self._usual_partitions: tuple[str, ...] | None = None
        self._listings: Listings | None = None
        self._login_shell = False  # the kind of shell to begin with
        self._first: ProbeFailure | None = None  # of the other kind of shell, in the probe before

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        found: bool | None = None
        try:
            self._executor.connect(lambda: self._noted(load_remembered()), deadline)
            outcome: ClusterState | ProbeFailure = self._query_slurm(deadline)
            found = None if self._query.login_only else self._login_shell
        except ProbeFailed as failed:
            outcome = self._redacted(failed.failure)
        return ProbeResult(outcome=outcome, login_shell=found, **asdict(self._executor.login))

    def close(self) -> None:
        self._executor.close()

    def _redacted(self, failure: ProbeFailure) -> ProbeFailure:
        """Remove secrets again: texts that are joined can each show only a part of one."""
        if failure.cause is Cause.HOST_KEY:  # the line to pin has words in common with any private key
            return failure
        return replace(failure, detail=self._redaction.without_secrets(failure.detail))

    def _noted(self, remembered: RememberedLogin | None) -> RememberedLogin | None:
        """Begin with the kind of shell that worked in the last poll."""
        self._login_shell = remembered is not None and remembered.login_shell
        self._usual_partitions = remembered.usual_partitions if remembered else None
        return remembered

    def _query_slurm(self, deadline: Deadline) -> ClusterState:
        state = self._find_slurm(deadline.part(self._query.timeout_seconds))
        if state.login_only or state.nodes.mostly_unknown:
            return state
        conversation = Conversation(
            self._executor,
            deadline.part(min(self._query.timeout_seconds, _OPTIONAL_SECONDS)),
            self._redaction,
            login_shell=self._login_shell,
            stdout_bytes=_OPTIONAL_BYTES,
        )
        state = add_share(conversation, self._query, state, self._usual_partitions)
        self._listings = self._listings or read_listings(conversation, self._query, state)
        return replace(state, **asdict(self._listings))

    def _find_slurm(self, limit: Deadline) -> ClusterState:
        """Query in the kind of shell that worked last, and in the other one if that does not find sinfo."""
        try:
            return self._query_state(limit, login_shell=self._login_shell)
        except ProbeFailed as failed:
            first, self._first = self._first, None
            if first and failed.failure.cause in _OF_THE_SHELL:
                self._login_shell = not self._login_shell
                raise ProbeFailed(first) from None
            if not failed.failure.not_found:
                raise
            if limit.passed:  # sinfo waits for its configuration: a retry begins with the other shell
                self._login_shell, self._first = not self._login_shell, failed.failure
                raise
            return self._query_other_shell(failed.failure, limit)

    def _query_other_shell(self, first: ProbeFailure, limit: Deadline) -> ClusterState:
        """Query in the other kind of shell; its failure counts only if it has found sinfo."""
        other = not self._login_shell
        try:
            state = self._query_state(limit, login_shell=other)
        except ProbeFailed as failed:
            if failed.failure.cause in _OF_THE_SHELL or failed.failure.not_found:
                raise ProbeFailed(first) from None
            self._login_shell = other
            raise
        self._login_shell = other
        return state

    def _query_state(self, limit: Deadline, *, login_shell: bool) -> ClusterState:
        conversation = Conversation(self._executor, limit, self._redaction, login_shell=login_shell)
        return query_state(conversation, self._query)
