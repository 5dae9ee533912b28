"""What is remembered between polls: one small document.

It is public wherever workflow artifacts are, so it holds no secret, no host, no address, no user name and
no text that the cluster chose. Times are aware UTC datetimes, whole seconds.
"""

from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.announcement import Announcement, Live, Window, free_instant, queued
from cluster_status.domain.cause import Cause, Status
from cluster_status.domain.cluster import Reservation
from cluster_status.domain.complaint import Complaint, Undelivered, complaint
from cluster_status.domain.identity import Identity
from cluster_status.domain.incident import INCIDENTS_KEPT, Incident, incident_over
from cluster_status.domain.ledger import Ledger, booked
from cluster_status.domain.poll import Poll, Polls, appended, inserted, is_overtaken
from cluster_status.domain.reservation import coming, current
from cluster_status.domain.sighting import Obstacle, Recollection, Sighting
from cluster_status.domain.silence import SILENCES_KEPT, Silence, Stretch, since_last_poll, without_future
from cluster_status.domain.standing import Instant, Standing, observe
from cluster_status.domain.transitions import Telling
from cluster_status.domain.uptime import WINDOWS, uptime
from cluster_status.domain.verdict import Knowledge, Verdict

SCHEMA = 1
MAINTENANCE_TOLD_KEPT = 50  # no cluster plans more for a day
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

    identity: Identity = Identity()
    confirm_after: int = 2  # polls
    tell_always: bool = False
    live: bool = False  # whether the latest message is kept up to date


class History(Struct, frozen=True, kw_only=True):
    """The document. `schema` comes first, so that a later version can tell before it reads on."""

    schema: int = SCHEMA
    cluster: str
    standing: Standing = Standing()
    polls: Polls = ()
    ledger: Ledger = Ledger()
    incidents: tuple[Incident, ...] = ()
    silences: tuple[Silence, ...] = ()
    missed_polls: int = 0  # in silences that no message has mentioned yet
    pending: tuple[Announcement, ...] = ()
    maintenance_told: tuple[Window, ...] = ()  # what was announced beforehand, until it is over
    telling_since: Instant | None = None  # a run has begun to tell what is pending, and not noted the outcome
    server: Server = Server()
    host_key: str | None = None
    login: Login = Login()
    unknown: Complaint | None = None
    # by channel; in older documents `undelivered` is that of the only one there was
    undelivered: dict[str, Undelivered] = field(default_factory=dict, name="undelivered_by_channel")
    live: Live | None = None

    def knowledge(self, identity: Identity) -> Knowledge:
        """Return what is known of the server that `identity` means: another one starts from nothing."""
        same_key = self.server.keyed_by == identity.webhook  # else the digests say nothing
        if same_key and self.server.identity and self.server.identity != identity.server:
            return Knowledge()
        return Knowledge(self.server.reached, self.server.scheduler_seen)

    def recollection(self, identity: Identity, now: datetime) -> Recollection:
        refused_at = self.login.refused_at
        held_back = (
            refused_at is not None
            and identity.login is not None
            and self.login.refused == identity.login
            and abs(now - refused_at) < LOGIN_HELD_BACK_FOR
        )
        return Recollection(self.host_key, held_back)


def advance(  # noqa: PLR0913 - what a poll is made of
    history: History,
    sighting: Sighting,
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
    pending = tuple(one for one in history.pending if one.telling is not Telling.REPEAT)
    login = _login(history.login, sighting, terms.identity, at)
    before = standing = history.standing
    telling = None
    if login.worked_at:  # a login that never worked tells the channel nothing: the set-up is not done yet
        standing, telling = observe(standing, verdict, at, confirm_after=terms.confirm_after)
    cannot_tell = verdict.status is Status.UNKNOWN
    moved = replace(
        _with_time(history, standing, at),
        standing=standing,
        pending=pending,
        polls=appended(history.polls, poll),
        server=_server(history.knowledge(terms.identity), sighting, terms.identity),
        host_key=_host_key(history.host_key, sighting),
        login=login,
        unknown=complaint(history.unknown, str(verdict.cause), at) if cannot_tell else None,
    )
    repeats = terms.tell_always or (terms.live and not is_live(history, terms.identity))
    if telling is None and repeats and verdict.status is _confirmed_status(moved):
        telling = Telling.REPEAT
    if telling is None or standing.confirmed is None:
        return _announce_maintenance(moved, verdict, at)
    announcement = Announcement(
        telling,
        free_instant(at, telling, pending),
        standing.confirmed.ending_with(verdict.cause),
        before=before.confirmed if has_changed(history, moved) else None,
        doubt=standing.doubt if telling is Telling.BLIND else None,
        login_worked_at=login.worked_at if verdict.cause is Cause.LOGIN_REFUSED else None,
        nodes=verdict.listing.nodes if verdict.listing else None,
        uptime=uptime(moved.ledger, WINDOWS["30 d"], at),
        missed_polls=moved.missed_polls,
        window=_window(current(_reservations(verdict), at)) if verdict.status is Status.MAINTENANCE else None,
        blind_since=before.doubt.since if before.doubt and telling is Telling.SIGHTED else None,
    )
    waiting = replace(moved, pending=queued(pending, announcement), missed_polls=0)
    return _announce_maintenance(waiting, verdict, at)


def has_changed(before: History, after: History) -> bool:
    """Tell whether `after` confirms another status than `before`; the first one is a change, too."""
    return _confirmed_status(before) is not _confirmed_status(after)


def is_live(history: History, identity: Identity) -> bool:
    """Tell whether there is a message that can be kept up to date: another webhook cannot edit it."""
    return history.live is not None and history.live.webhook == identity.webhook


def refreshed(
    announcement: Announcement, history: History, verdict: Verdict, at: datetime
) -> Announcement | None:
    """Return what was told as it is now; None if this poll saw something else, or could not tell."""
    standing = history.standing
    if announcement.doubt:
        is_same = verdict.status is Status.UNKNOWN and standing.doubt is not None
        return replace(announcement, doubt=standing.doubt) if is_same else None
    is_same = verdict.status is announcement.spell.status is _confirmed_status(history)
    if not is_same or standing.confirmed is None:
        return None
    if announcement.telling is Telling.COMING and announcement.window and announcement.window.begin <= at:
        announcement = replace(announcement, telling=Telling.REPEAT, window=None)  # it is coming no more
    nodes = verdict.listing.nodes if verdict.listing else None
    share = uptime(history.ledger, WINDOWS["30 d"], at)
    window = announcement.window  # while it is coming: what was foretold
    if window and announcement.telling is not Telling.COMING:
        window = _window(current(_reservations(verdict), at)) or window
    spell = standing.confirmed.ending_with(verdict.cause)
    return replace(announcement, spell=spell, nodes=nodes, uptime=share, window=window)


def silence_ended(history: History, at: datetime) -> Silence | None:
    """Return the silence that the poll of this instant has ended, if it has."""
    last = history.silences[-1] if history.silences else None
    return last if last and last.end == at else None


def _with_time(history: History, standing: Standing, at: datetime) -> History:
    """Account for the time since the last poll, up to this one, which leaves this standing.

    What a repeat that was never told would have mentioned is still to be mentioned.
    """
    missed = history.missed_polls
    missed += sum(one.missed_polls for one in history.pending if one.telling is Telling.REPEAT)
    silences = history.silences
    if history.polls and at < history.polls[-1].at:
        silences = without_future(silences, at)
        missed = max(0, missed - _missed(history.silences) + _missed(silences))
    elapsed = since_last_poll(history.polls, at)
    if isinstance(elapsed, Silence):
        silences = (*silences, elapsed)[-SILENCES_KEPT:]
        missed += elapsed.missed
    could_tell = bool(history.polls) and history.polls[-1].status is not Status.UNKNOWN
    stretch = elapsed if isinstance(elapsed, Stretch) and could_tell else None
    incident = incident_over(history.standing, standing)
    return replace(
        history,
        ledger=booked(history.ledger, stretch, history.standing, standing),
        incidents=(*history.incidents, incident)[-INCIDENTS_KEPT:] if incident else history.incidents,
        silences=silences,
        missed_polls=missed,
    )


def _missed(silences: tuple[Silence, ...]) -> int:
    return sum(silence.missed for silence in silences)


def _confirmed_status(history: History) -> Status | None:
    return history.standing.confirmed.status if history.standing.confirmed else None


def _login(login: Login, sighting: Sighting, identity: Identity, at: datetime) -> Login:
    if sighting.cause is Cause.LOGIN_REFUSED and sighting.credential_offered:
        return replace(login, refused_at=at, refused=identity.login)
    return Login(worked_at=at) if sighting.logged_in else login


def _host_key(remembered: str | None, sighting: Sighting) -> str | None:
    """Remember a key once it was trusted with a login, and only while none is pinned."""
    if not (sighting.logged_in and sighting.host_key):
        return remembered
    return (remembered or sighting.host_key.identity) if sighting.line_to_pin else None


def _server(known: Knowledge, sighting: Sighting, identity: Identity) -> Server:
    sinfo_answered = not isinstance(sighting.seen, Obstacle) or sighting.cause is Cause.SCHEDULER_DOWN
    return Server(
        identity=identity.server,
        keyed_by=identity.webhook,
        reached=known.reached or sighting.reached,
        scheduler_seen=known.scheduler_seen or sinfo_answered,
    )


def _announce_maintenance(history: History, verdict: Verdict, at: datetime) -> History:
    """Announce the next maintenance that was not yet; one a poll, so that each is told by itself."""
    told = tuple(window for window in history.maintenance_told if window.end > at)
    times = [(window.begin, window.end) for window in told]
    window = _window(coming(_reservations(verdict), at, told=times))
    if window is None or history.standing.confirmed is None:
        return replace(history, maintenance_told=told)
    nodes = verdict.listing.nodes if verdict.listing else None
    announcement = Announcement(
        Telling.COMING,
        free_instant(at, Telling.COMING, history.pending),
        history.standing.confirmed,
        nodes=nodes,
        missed_polls=history.missed_polls,
        window=window,
    )
    pending = queued(history.pending, announcement)
    told = (*told, window)[-MAINTENANCE_TOLD_KEPT:]
    return replace(history, maintenance_told=told, pending=pending, missed_polls=0)


def _reservations(verdict: Verdict) -> tuple[Reservation, ...]:
    details = verdict.listing.details if verdict.listing else None
    return details.reservations if details else ()


def _window(reservation: Reservation | None) -> Window | None:
    return Window(reservation.begin, reservation.end, reservation.nodes) if reservation else None
