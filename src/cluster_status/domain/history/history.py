"""What is remembered between polls: one small document.

It is public wherever workflow artifacts are, so it holds no secret, no host, no address, no user name and
no text that the cluster chose. Times are aware UTC datetimes, whole seconds.
"""

from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.notification.notification import (
    LiveMessage,
    Notification,
    Window,
    free_instant,
    queued,
)
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.run_failure import FailingChannel, RunFailure, run_failure
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.slurm.reservation import coming, current
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.domain.status.tracker import Instant, StatusTracker, observe
from cluster_status.domain.status.verdict import KnownServer, Verdict
from cluster_status.domain.uptime.gaps import GAPS_KEPT, Gap, Interval, since_last_poll, without_future
from cluster_status.domain.uptime.incident import INCIDENTS_KEPT, Incident, incident_over
from cluster_status.domain.uptime.ledger import UptimeLedger, recorded
from cluster_status.domain.uptime.polls import Poll, Polls, appended, inserted, is_overtaken
from cluster_status.domain.uptime.uptime import WINDOWS, uptime

SCHEMA = 1
ANNOUNCED_MAINTENANCE_KEPT = 50  # no cluster plans more for a day
LOGIN_HELD_BACK_FOR = timedelta(hours=1)


class Server(Struct, frozen=True):
    """The server as far as it is known; `identity` is a digest of its address.

    `keyed_by` tells which webhook the digest was made with: with another one it would be another.
    """

    identity: str | None = None
    keyed_by: str | None = None
    reached: bool = False
    scheduler_seen: bool = False


class Login(Struct, frozen=True):
    """When a login worked last, and which credential (a keyed digest) was refused last."""

    worked_at: Instant | None = None
    refused_at: Instant | None = None
    refused: str | None = None


class Terms(Struct, frozen=True):
    """What the user set, as far as the history depends on it."""

    identity: Digests = Digests()
    confirm_after: int = 2  # polls
    notify_always: bool = False
    live: bool = False  # whether the latest message is kept up to date


class History(Struct, frozen=True, kw_only=True):
    """The document. `schema` comes first, so that a later version can tell before it reads on."""

    schema: int = SCHEMA
    cluster: str
    tracker: StatusTracker = StatusTracker()
    polls: Polls = ()
    ledger: UptimeLedger = UptimeLedger()
    incidents: tuple[Incident, ...] = ()
    gaps: tuple[Gap, ...] = ()
    missed_polls: int = 0  # in silences that no message has mentioned yet
    pending: tuple[Notification, ...] = ()
    announced_maintenance: tuple[Window, ...] = ()  # what was announced beforehand, until it is over
    delivering_since: Instant | None = (
        None  # a run has begun to tell what is pending, and not noted the outcome
    )
    server: Server = Server()
    host_key: str | None = None
    login: Login = Login()
    unknown: RunFailure | None = None
    # by channel; in older documents `undelivered` is that of the only one there was
    failing_channels: dict[str, FailingChannel] = field(default_factory=dict, name="undelivered_by_channel")
    live: LiveMessage | None = None

    def known_server(self, identity: Digests) -> KnownServer:
        """Return what is known of the server that `identity` means: another one starts from nothing."""
        same_key = self.server.keyed_by == identity.webhook  # else the digests say nothing
        if same_key and self.server.identity and self.server.identity != identity.server:
            return KnownServer()
        return KnownServer(self.server.reached, self.server.scheduler_seen)

    def remembered_login(self, identity: Digests, now: datetime) -> RememberedLogin:
        refused_at = self.login.refused_at
        held_back = (
            refused_at is not None
            and identity.login is not None
            and self.login.refused == identity.login
            and abs(now - refused_at) < LOGIN_HELD_BACK_FOR
        )
        return RememberedLogin(self.host_key, held_back)


def advance(  # noqa: PLR0913 - what a poll is made of
    history: History,
    result: ProbeResult,
    verdict: Verdict,
    terms: Terms,
    at: datetime,
    *,
    in_turn: bool = False,
) -> History:
    """Return the history one poll later; what is to be told of it is then pending.

    A poll that another one has overtaken, which looked later and saved first, is recorded and moves nothing.
    `in_turn` says that none can have: then a later poll means that the clock was set back since.
    """
    poll = Poll(at, verdict.status, verdict.cause)
    if not in_turn and is_overtaken(history.polls, at):
        return replace(history, polls=inserted(history.polls, poll))
    # a repeat that was never told is overtaken, whatever this poll saw
    pending = tuple(one for one in history.pending if one.event is not Event.REMINDER)
    login = _login(history.login, result, terms.identity, at)
    before = tracker = history.tracker
    event = None
    if login.worked_at:  # a login that never worked tells the channel nothing: the set-up is not done yet
        tracker, event = observe(tracker, verdict, at, confirm_after=terms.confirm_after)
    is_unknown = verdict.status is Status.UNKNOWN
    moved = replace(
        _with_time(history, tracker, at),
        tracker=tracker,
        pending=pending,
        polls=appended(history.polls, poll),
        server=_server(history.known_server(terms.identity), result, terms.identity),
        host_key=_host_key(history.host_key, result),
        login=login,
        unknown=run_failure(history.unknown, str(verdict.cause), at) if is_unknown else None,
    )
    repeats = terms.notify_always or (terms.live and not is_live(history, terms.identity))
    if event is None and repeats and verdict.status is _confirmed_status(moved):
        event = Event.REMINDER
    if event is None or tracker.confirmed is None:
        return _schedule_maintenance(moved, verdict, at)
    notification = Notification(
        event,
        free_instant(at, event, pending),
        tracker.confirmed.with_latest_cause(verdict.cause),
        before=before.confirmed if has_changed(history, moved) else None,
        unknown_period=tracker.unknown_period if event is Event.MONITOR_LOST else None,
        login_worked_at=login.worked_at if verdict.cause is Cause.LOGIN_REFUSED else None,
        nodes=verdict.cluster_state.nodes if verdict.cluster_state else None,
        uptime=uptime(moved.ledger, WINDOWS["30 d"], at),
        missed_polls=moved.missed_polls,
        window=_window(current(_reservations(verdict), at)) if verdict.status is Status.MAINTENANCE else None,
        unknown_since=before.unknown_period.since
        if before.unknown_period and event is Event.MONITOR_RESTORED
        else None,
    )
    waiting = replace(moved, pending=queued(pending, notification), missed_polls=0)
    return _schedule_maintenance(waiting, verdict, at)


def has_changed(before: History, after: History) -> bool:
    """Tell whether `after` confirms another status than `before`; the first one is a change, too."""
    return _confirmed_status(before) is not _confirmed_status(after)


def is_live(history: History, identity: Digests) -> bool:
    """Tell whether there is a message that can be kept up to date: another webhook cannot edit it."""
    return history.live is not None and history.live.webhook == identity.webhook


def refreshed(
    notification: Notification, history: History, verdict: Verdict, at: datetime
) -> Notification | None:
    """Return what was told as it is now; None if this poll saw something else, or could not tell."""
    tracker = history.tracker
    if notification.unknown_period:
        is_same = verdict.status is Status.UNKNOWN and tracker.unknown_period is not None
        return replace(notification, unknown_period=tracker.unknown_period) if is_same else None
    is_same = verdict.status is notification.period.status is _confirmed_status(history)
    if not is_same or tracker.confirmed is None:
        return None
    if (
        notification.event is Event.MAINTENANCE_SCHEDULED
        and notification.window
        and notification.window.begin <= at
    ):
        notification = replace(notification, event=Event.REMINDER, window=None)  # it is coming no more
    nodes = verdict.cluster_state.nodes if verdict.cluster_state else None
    share = uptime(history.ledger, WINDOWS["30 d"], at)
    window = notification.window  # while it is coming: what was foretold
    if window and notification.event is not Event.MAINTENANCE_SCHEDULED:
        window = _window(current(_reservations(verdict), at)) or window
    period = tracker.confirmed.with_latest_cause(verdict.cause)
    return replace(notification, period=period, nodes=nodes, uptime=share, window=window)


def gap_ended(history: History, at: datetime) -> Gap | None:
    """Return the silence that the poll of this instant has ended, if it has."""
    last = history.gaps[-1] if history.gaps else None
    return last if last and last.end == at else None


def _with_time(history: History, tracker: StatusTracker, at: datetime) -> History:
    """Account for the time since the last poll, up to this one, which leaves this standing.

    What a repeat that was never told would have mentioned is still to be mentioned.
    """
    missed = history.missed_polls
    missed += sum(one.missed_polls for one in history.pending if one.event is Event.REMINDER)
    gaps = history.gaps
    if history.polls and at < history.polls[-1].at:
        gaps = without_future(gaps, at)
        missed = max(0, missed - _missed(history.gaps) + _missed(gaps))
    elapsed = since_last_poll(history.polls, at)
    if isinstance(elapsed, Gap):
        gaps = (*gaps, elapsed)[-GAPS_KEPT:]
        missed += elapsed.missed
    could_tell = bool(history.polls) and history.polls[-1].status is not Status.UNKNOWN
    interval = elapsed if isinstance(elapsed, Interval) and could_tell else None
    incident = incident_over(history.tracker, tracker)
    return replace(
        history,
        ledger=recorded(history.ledger, interval, history.tracker, tracker),
        incidents=(*history.incidents, incident)[-INCIDENTS_KEPT:] if incident else history.incidents,
        gaps=gaps,
        missed_polls=missed,
    )


def _missed(gaps: tuple[Gap, ...]) -> int:
    return sum(gap.missed for gap in gaps)


def _confirmed_status(history: History) -> Status | None:
    return history.tracker.confirmed.status if history.tracker.confirmed else None


def _login(login: Login, result: ProbeResult, identity: Digests, at: datetime) -> Login:
    if result.cause is Cause.LOGIN_REFUSED and result.credential_offered:
        return replace(login, refused_at=at, refused=identity.login)
    return Login(worked_at=at) if result.logged_in else login


def _host_key(remembered: str | None, result: ProbeResult) -> str | None:
    """Remember a key once it was trusted with a login, and only while none is pinned."""
    if not (result.logged_in and result.host_key):
        return remembered
    return (remembered or result.host_key.identity) if result.line_to_pin else None


def _server(known: KnownServer, result: ProbeResult, identity: Digests) -> Server:
    sinfo_answered = not isinstance(result.outcome, ProbeFailure) or result.cause is Cause.SCHEDULER_DOWN
    return Server(
        identity=identity.server,
        keyed_by=identity.webhook,
        reached=known.reached or result.reached,
        scheduler_seen=known.scheduler_seen or sinfo_answered,
    )


def _schedule_maintenance(history: History, verdict: Verdict, at: datetime) -> History:
    """Announce the next maintenance that was not yet; one a poll, so that each is told by itself."""
    told = tuple(window for window in history.announced_maintenance if window.end > at)
    times = [(window.begin, window.end) for window in told]
    window = _window(coming(_reservations(verdict), at, told=times))
    if window is None or history.tracker.confirmed is None:
        return replace(history, announced_maintenance=told)
    nodes = verdict.cluster_state.nodes if verdict.cluster_state else None
    notification = Notification(
        Event.MAINTENANCE_SCHEDULED,
        free_instant(at, Event.MAINTENANCE_SCHEDULED, history.pending),
        history.tracker.confirmed,
        nodes=nodes,
        missed_polls=history.missed_polls,
        window=window,
    )
    pending = queued(history.pending, notification)
    told = (*told, window)[-ANNOUNCED_MAINTENANCE_KEPT:]
    return replace(history, announced_maintenance=told, pending=pending, missed_polls=0)


def _reservations(verdict: Verdict) -> tuple[Reservation, ...]:
    details = verdict.cluster_state.details if verdict.cluster_state else None
    return details.reservations if details else ()


def _window(reservation: Reservation | None) -> Window | None:
    return Window(reservation.begin, reservation.end, reservation.nodes) if reservation else None
