"""The history of a cluster, and the change of it by a poll.

The history is public wherever workflow artifacts are. It holds no secret, host, address, user name or text
that the cluster chose.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.capacity.capacity import Capacity, with_sample
from cluster_status.domain.capacity.sample import sample_of
from cluster_status.domain.conditions.condition import Condition
from cluster_status.domain.conditions.tracker import Conditions, ConditionState, after_poll
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.publication import Publication
from cluster_status.domain.history.servers import ServerMismatch, Servers, attributed
from cluster_status.domain.history.ssh_state import SshState, remember, remember_refusal
from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.calendar import Calendar
from cluster_status.domain.maintenance.comparison import Comparison, compare
from cluster_status.domain.maintenance.listing import listing
from cluster_status.domain.maintenance.plan import NO_PLAN, Plan
from cluster_status.domain.maintenance.update import CalendarUpdate, updated, with_announced
from cluster_status.domain.notification.event import event_between
from cluster_status.domain.notification.mute import Mute, MuteRequest, next_mute, without_missed
from cluster_status.domain.notification.notify import notify, notify_after_mute
from cluster_status.domain.notification.observation import Observation
from cluster_status.domain.notification.outbox import Outbox, begin_poll
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.window_events import shown_window
from cluster_status.domain.run_failure import RunFailure, run_failure
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.partitions.state import PartitionMemory, PartitionStatus
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from cluster_status.domain.status.site_checks.report import CheckState
from cluster_status.domain.status.tracker import (
    RECENT_POLLS,
    UNKNOWN_POLLS_BEFORE_NOTIFICATION,
    StatusTracker,
    interrupted,
    track,
)
from cluster_status.domain.status.verdict import KnownServer, Verdict
from cluster_status.domain.uptime.gaps import is_gap
from cluster_status.domain.uptime.polls import Poll, inserted, is_overtaken
from cluster_status.domain.uptime.record import Record, add_poll


class History(Struct, frozen=True, kw_only=True):
    """The entry of one cluster. Each part has one owner. `name` is that of the cluster in the last poll."""

    name: str = ""
    tracker: StatusTracker = StatusTracker()
    record: Record = Record()
    outbox: Outbox = Outbox()
    ssh: SshState = SshState()
    partitions: PartitionMemory = PartitionMemory()
    site_checks: dict[str, CheckState] = {}
    conditions: dict[str, ConditionState] = {}
    calendar: Calendar = Calendar()
    mute: Mute | None = None
    capacity: Capacity = Capacity()
    unknown_failure: RunFailure | None = None  # while the status is unknown
    servers: Servers = Servers()
    publication: Publication = Publication()  # of the status page

    def known_server(
        self, digests: Digests, now: datetime, result: ProbeResult | None = None, plan: Plan = NO_PLAN
    ) -> KnownServer:
        """Return what is known of the server with this digest, and of the windows listed or planned now."""
        partitions = self.partitions_of(digests)
        after_gap = self.is_after_gap(partitions.listed_at, now)
        return replace(
            self.ssh.known_server(digests),
            logins_closed_too_long=self.ssh.login.is_closed_too_long(now, self.maintenance_until(now)),
            window=self.compare_windows(result, plan, now).calendar.of_all_nodes_at(now),
            partitions=partitions,
            site_checks=self.site_checks_of(digests),
            checks_interrupted=self.is_after_gap(_last_poll_at(self), now) or self.is_status_lost,
            interrupted=after_gap or self.is_status_lost,
            after_gap=after_gap,
        )

    def compare_windows(
        self, result: ProbeResult | None, plan: Plan, at: datetime, poll_id: str = ""
    ) -> Comparison:
        """Return the calendar with the maintenance windows that a probe has listed, and the planned ones."""
        state = result.outcome if result and isinstance(result.outcome, ClusterState) else None
        reserved = listing(state, at, self.calendar.since or at)
        return compare(self.calendar, reserved, plan.current(at), at, poll_id)

    def remembered_login(self, digests: Digests, now: datetime) -> RememberedLogin:
        """Return what the probe has to respect or may make use of."""
        memory = self.partitions_of(digests)
        usual = (name for name, one in memory.states.items() if one.status is PartitionStatus.USUAL)
        usual_partitions = None if memory.listed_at is None else tuple(usual)
        login = self.ssh.remembered_login(digests, now, of_any_login=self.servers.conflict is not None)
        return replace(login, usual_partitions=usual_partitions)

    def maintenance_until(self, now: datetime) -> datetime | None:
        """Return the end of the maintenance that is under way."""
        return self.calendar.until(now)

    def partitions_of(self, digests: Digests) -> PartitionMemory:
        """Return what is remembered of the partitions of the server with this digest."""
        is_another = self.ssh.server_of(digests) != self.ssh.server
        return PartitionMemory() if is_another else self.partitions

    def site_checks_of(self, digests: Digests) -> dict[str, CheckState]:
        """Return what is remembered of the site checks on the server with this digest."""
        return {} if self.ssh.server_of(digests) != self.ssh.server else self.site_checks

    def server_mismatch(self, digests: Digests, at: Instant) -> ServerMismatch | None:
        """Return why a poll of the server with this digest would change nothing."""
        return attributed(self.servers, self.ssh.server, digests, at)[1]

    @property
    def is_status_lost(self) -> bool:
        """Whether so many polls in a row were unknown that no pending change survives."""
        statuses = [poll.status for poll in self.record.polls[-UNKNOWN_POLLS_BEFORE_NOTIFICATION:]]
        return statuses == [Status.UNKNOWN] * UNKNOWN_POLLS_BEFORE_NOTIFICATION

    def is_after_gap(self, since: datetime | None, now: datetime) -> bool:
        """Return whether a gap has begun since then, or the clock was set back."""
        return since is not None and (now < since or is_gap(self.record.polls, since, now))


class PollContext(Struct, frozen=True, kw_only=True):
    """What a poll is made of besides its result; `id` is unique, and begins the ids of its notifications.

    `in_turn` says that no other run can have overtaken this one. Then a later poll in the history means that
    the clock was set back.
    """

    id: str
    at: Instant
    cluster: str = ""  # its name
    digests: Digests = Digests()
    confirm_after: int = 2  # polls
    channels: tuple[ChannelPolicy, ...] = ()
    plan: Plan = NO_PLAN
    conditions: tuple[Condition, ...] = ()
    mute: MuteRequest = MuteRequest()
    in_turn: bool = False


def advance(history: History, result: ProbeResult, verdict: Verdict, poll: PollContext) -> History:
    """Return the history one poll later; the notifications of its events are then pending.

    A poll that a later one has overtaken is recorded and changes nothing else. One of another server is not
    recorded, until the history follows that server.
    """
    servers, mismatch = attributed(history.servers, history.ssh.server, poll.digests, poll.at)
    if mismatch:
        ssh = remember_refusal(history.ssh, result, poll.digests, poll.at)
        return replace(history, ssh=ssh, servers=servers)
    seen = Poll(poll.at, verdict.status, verdict.cause)
    if not poll.in_turn and is_overtaken(history.record.polls, poll.at):
        return replace(history, record=replace(history.record, polls=inserted(history.record.polls, seen)))
    maintenance_until = history.maintenance_until(poll.at)
    ssh = remember(history.ssh, result, poll.digests, poll.at, maintenance_until=maintenance_until)
    # until a login has worked, the set-up is not complete, and nothing is notified
    tracker = _tracked(history, verdict, poll) if ssh.login.worked_at else history.tracker
    record, missed_polls = add_poll(history.record, seen, history.tracker, tracker)
    update = _calendar_update(history, tracker, result, poll)
    conditions = _conditions(history, tracker, verdict, poll)
    observation = Observation(
        poll.id,
        poll.at,
        verdict,
        history.tracker,
        tracker,
        record.ledger,
        record.incidents,
        ssh.login.worked_at,
        update.calendar,
        update.changes,
        conditions.met,
    )
    mute = next_mute(history.mute, poll.mute, history.tracker, tracker, poll.at)
    outbox = begin_poll(history.outbox, poll.channels, missed_polls)
    if history.mute and not mute:
        outbox = notify_after_mute(outbox, observation, poll.channels, history.mute)
    else:
        outbox = notify(outbox, observation, poll.channels)
    return History(
        name=poll.cluster,
        tracker=tracker,
        record=record,
        outbox=without_missed(outbox, mute, poll.channels) if mute else outbox,
        ssh=ssh,
        partitions=verdict.partitions.memory if verdict.partitions else history.partitions_of(poll.digests),
        site_checks=(
            verdict.site_checks.memory if verdict.site_checks else history.site_checks_of(poll.digests)
        ),
        conditions=conditions.notified,
        calendar=update.calendar.with_read_error(_maintenance_error(result), poll.at),
        mute=mute,
        capacity=with_sample(history.capacity, sample_of(verdict.cluster_state), poll.at),
        unknown_failure=_unknown_failure(history, verdict, poll.at),
        servers=servers,
        publication=history.publication,
    )


def _conditions(history: History, tracker: StatusTracker, verdict: Verdict, poll: PollContext) -> Conditions:
    """Return the conditions after this poll; while a status is not known, they are left as they are."""
    is_known = verdict.status is not Status.UNKNOWN and tracker.confirmed is not None
    return after_poll(history.conditions, poll.conditions, verdict.cluster_state if is_known else None)


def _tracked(history: History, verdict: Verdict, poll: PollContext) -> StatusTracker:
    tracker = history.tracker
    if not history.ssh.login.worked_at:  # the polls before do not count as recent ones
        tracker = replace(tracker, known_since=_last_poll_at(history))
    recent = _recent_statuses(history, tracker)
    if history.is_after_gap(_last_poll_at(history), poll.at):
        tracker = interrupted(tracker, poll.at)
    return track(tracker, verdict, poll.at, confirm_after=poll.confirm_after, recent=recent)


def _calendar_update(
    history: History, tracker: StatusTracker, result: ProbeResult, poll: PollContext
) -> CalendarUpdate:
    """Return the maintenance windows after this poll; nothing is sent before the first confirmed status."""
    comparison = history.compare_windows(result, poll.plan, poll.at, poll.id)
    if tracker.confirmed is None:
        return CalendarUpdate(comparison.calendar)
    update = updated(comparison, poll.at)
    event = event_between(history.tracker, tracker)
    known = shown_window(event, update.calendar, poll.at, tracker.status) if event else None
    return with_announced(update, known, poll.at)


def _maintenance_error(result: ProbeResult) -> str:
    maintenance = result.outcome.maintenance if isinstance(result.outcome, ClusterState) else None
    return maintenance.error if maintenance else ""


def has_changed(before: History, after: History) -> bool:
    """Return whether the confirmed status differs; the first one is a change, too."""
    return before.tracker.status != after.tracker.status


def _last_poll_at(history: History) -> Instant | None:
    return history.record.polls[-1].at if history.record.polls else None


def _recent_statuses(history: History, tracker: StatusTracker) -> list[Status]:
    since = tracker.known_since
    polls = history.record.polls[-RECENT_POLLS:]
    return [poll.status for poll in polls if since is None or poll.at > since]


def _unknown_failure(history: History, verdict: Verdict, at: Instant) -> RunFailure | None:
    """Return the reason to fail while the status is unknown.

    Where the login has worked before, a single unknown poll with a transient cause is no reason yet.
    """
    if verdict.status is not Status.UNKNOWN:
        return None
    polls = history.record.polls
    is_first = not polls or polls[-1].status is not Status.UNKNOWN
    if verdict.transient and is_first and history.ssh.login.worked_at:
        return None
    return run_failure(history.unknown_failure, str(verdict.cause), at)
