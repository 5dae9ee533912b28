"""One poll of one cluster: judge the result of the check, and advance the history."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.check import Checked
from cluster_status.app.cluster import Channel, MonitoredCluster
from cluster_status.domain.history.histories import key_of
from cluster_status.domain.history.history import History, PollContext, advance, has_changed
from cluster_status.domain.history.servers import ServerMismatch
from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.plan import Plan
from cluster_status.domain.notification.observation import Observation
from cluster_status.domain.status.cause import RUNNER_OFFLINE, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import Criteria, KnownServer, Verdict, judge
from cluster_status.domain.uptime.gaps import Gap


class PollResult(Struct, frozen=True):
    """The result of one poll. Both histories are None if they could not be loaded, or for a check.

    `after` is the saved history.
    """

    cluster: str
    result: ProbeResult
    criteria: Criteria
    context: PollContext
    verdict: Verdict
    before: History | None = None
    after: History | None = None
    mismatch: ServerMismatch | None = None

    @property
    def id(self) -> str:
        return self.context.id

    @property
    def at(self) -> Instant:
        return self.context.at

    @property
    def changed(self) -> bool:
        return self.before is not None and self.after is not None and has_changed(self.before, self.after)

    @property
    def is_explained(self) -> bool:
        """Whether there is more to say than the status."""
        return bool(self.verdict.cause or self.verdict.detail)

    @property
    def runner_is_offline(self) -> bool:
        """Whether the status is unknown because the runner reaches no other host either."""
        return self.verdict.remedy == RUNNER_OFFLINE

    @property
    def previous_status(self) -> Status | None:
        return self.before.tracker.status if self.before else None

    @property
    def other_spelling(self) -> str:
        """The name of the cluster in the poll before, if it differs in case; else empty."""
        name = self.before.name if self.before else ""
        return name if name != self.cluster and key_of(name) == key_of(self.cluster) else ""

    @property
    def newly_unknown(self) -> bool:
        """Whether the status has become unknown, for this cause, or has been so for another day."""
        before = self.before.unknown_failure if self.before else None
        after = self.after.unknown_failure if self.after else None
        return after is not None and after != before

    @property
    def newly_undelivered(self) -> bool:
        """Whether a channel has begun to fail, for this cause, or has failed for another day."""
        if not (self.before and self.after):
            return False
        before, after = self.before.outbox, self.after.outbox
        return any(
            one.failure and one.failure != before.channel(id_).failure for id_, one in after.channels.items()
        )

    @property
    def current_plan(self) -> Plan:
        """What the user has planned and is not over."""
        return replace(self.context.plan, windows=self.context.plan.current(self.at))

    @property
    def maintenance_error(self) -> str:
        """Why maintenance cannot be announced, in the run that has to report it."""
        state = self.verdict.cluster_state
        is_due = self.after is not None and self.after.calendar.unreadable_notice_at == self.at
        return state.maintenance.error if is_due and state and state.maintenance else ""

    @property
    def gap(self) -> Gap | None:
        """The gap that this poll has ended."""
        return self.after.record.gap_ended(self.at) if self.after else None


def poll(
    cluster: MonitoredCluster,
    checked: Checked,
    before: History | None = None,
    channels: Sequence[Channel] = (),
    *,
    in_turn: bool = False,
) -> PollResult:
    """Return the verdict on a check and the history after it; see PollContext for `in_turn`."""
    criteria = Criteria(
        at=checked.at,
        degraded_below=cluster.thresholds.degraded_below,
        confirm_after=cluster.thresholds.confirm_after,
    )
    context = PollContext(
        id=checked.id,
        at=checked.at,
        cluster=cluster.name,
        digests=cluster.digests,
        confirm_after=cluster.thresholds.confirm_after,
        channels=tuple(channel.policy for channel in channels),
        conditions=cluster.conditions,
        mute=cluster.mute,
        plan=cluster.plan,
        in_turn=in_turn,
    )
    return _poll(cluster.name, checked.result, criteria, context, before)


def polled_from(poll: PollResult, before: History | None, *, overtaken: bool) -> PollResult:
    """Return the poll with this history before it, which another run may have saved; None if unreadable."""
    context = replace(poll.context, in_turn=poll.context.in_turn and not overtaken)
    return _poll(poll.cluster, poll.result, poll.criteria, context, before)


def polled_again(poll: PollResult, before: History, *, confirm_after: int) -> PollResult:
    """Return the poll with this history before it, and this number of polls to confirm a change."""
    criteria = replace(poll.criteria, confirm_after=confirm_after)
    context = replace(poll.context, confirm_after=confirm_after)
    return _poll(poll.cluster, poll.result, criteria, context, before)


def _poll(
    cluster: str, result: ProbeResult, criteria: Criteria, context: PollContext, before: History | None
) -> PollResult:
    plan, at = context.plan, context.at
    known = (
        before.known_server(context.digests, at, result, plan)
        if before
        else KnownServer(window=plan.running(at))
    )
    verdict = judge(result, known, criteria)
    after = advance(before, result, verdict, context) if before else None
    mismatch = before.server_mismatch(context.digests, context.at) if before else None
    return PollResult(cluster, result, criteria, context, verdict, before, after, mismatch)


def observed(poll: PollResult, history: History) -> Observation:
    """Return what a poll has found, for a message about the status after it."""
    tracker, record, last_login = history.tracker, history.record, history.ssh.login.worked_at
    return Observation(
        poll.id,
        poll.at,
        poll.verdict,
        tracker,
        tracker,
        record.ledger,
        record.incidents,
        last_login,
        history.calendar,
    )
