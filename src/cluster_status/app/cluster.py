"""The clusters and channels of a run, and its tools."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.deadline import RunDeadlines
from cluster_status.domain.conditions.condition import Condition
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.histories import key_of
from cluster_status.domain.maintenance.plan import NO_PLAN, Plan
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.mute import LONGEST, MuteRequest
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.domain.slug import slug
from cluster_status.errors import InputError
from cluster_status.ports import (
    Clock,
    ConnectivityCheck,
    EditableNotifier,
    Heartbeat,
    HistoryStore,
    IncidentIssues,
    Notifier,
    Probe,
    RecentRuns,
    Runner,
    RunsSince,
    Site,
    SiteCheckRunner,
)
from cluster_status.slots import Place

_TIME = "%Y-%m-%dT%H:%MZ"


class RetryPolicy(Struct, frozen=True):
    """The attempts of a check within one run; the budget covers all of them."""

    attempts: int = 3
    delay_seconds: float = 15.0
    budget_seconds: float = 90.0


class Thresholds(Struct, frozen=True):
    """Limits at which a status changes."""

    degraded_below: int = 50  # percent of the nodes in service
    confirm_after: int = 2  # polls


class MonitoredCluster(Struct, frozen=True):
    name: str
    probe: Probe
    digests: Digests = Digests()
    thresholds: Thresholds = Thresholds()
    retries: RetryPolicy = RetryPolicy()
    channels: frozenset[str] | None = None  # the ids of those that it notifies; None: all
    heartbeat: Heartbeat | None = None  # of this cluster alone
    plan: Plan = NO_PLAN
    site_checks: SiteCheckRunner | None = None
    conditions: tuple[Condition, ...] = ()
    mute: MuteRequest = MuteRequest()
    group: str = ""  # on the status page
    place: Place = field(default_factory=Place)  # which its probe takes

    def notifies(self, channel: "Channel") -> bool:
        return self.channels is None or channel.id in self.channels


class Channel(Struct, frozen=True):
    """A destination of messages; `editor` is set if they can be edited."""

    policy: ChannelPolicy
    notifier: Notifier
    editor: EditableNotifier | None = None
    issues: IncidentIssues | None = None

    @property
    def id(self) -> str:
        return self.policy.id


def require_distinct(clusters: Sequence[MonitoredCluster], channels: Sequence[Channel] = ()) -> None:
    """Raise InputError without a cluster, or if two clusters or two channels would share their state."""
    keys = Counter(key_of(cluster.name) for cluster in clusters)
    ids = Counter(channel.id for channel in channels)
    problems = [] if clusters else ["no cluster is configured: add one"]
    problems += [
        f"two clusters have the name '{key}' (upper and lower case are the same): rename one of them"
        for key, number in keys.items()
        if number > 1
    ]
    problems += [
        f"two channels have the id '{id_}': rename one of them" for id_, number in ids.items() if number > 1
    ]
    if problems:
        raise InputError(problems)


def require_short_mutes(clusters: Sequence[MonitoredCluster], now: Callable[[], datetime]) -> None:
    """Raise InputError for a mute that would last longer than it may."""
    ends = {one.name: one.mute.until for one in clusters if one.mute.until}
    if not ends:
        return
    latest = now() + LONGEST
    problems = [
        f"mute-until {end:{_TIME}} of {name} is more than {LONGEST.days} days away: "
        f"set at most {latest:{_TIME}}"
        for name, end in ends.items()
        if end > latest
    ]
    if problems:
        raise InputError(problems)


def unknown_runs(_: datetime) -> RunsSince | None:
    """Implement ports.RecentRuns outside GitHub Actions."""
    return None


def no_other_history(_: str) -> HistoryStore | None:
    """Find no history with another name."""
    return None


class Tools(Struct, frozen=True):
    """Tools of every use case; `new_id` returns a short random text, `run_url` is the page of this run.

    `owns_history`: this run checks all clusters of the history, except those that were removed.
    `other_history` opens the history with another name. `site_url` is the address of the status page,
    `report` the time of the weekly report.
    """

    clock: Clock
    runner: Runner
    connectivity_check: ConnectivityCheck
    new_id: Callable[[], str]
    run_url: str = ""
    recent_runs: RecentRuns = unknown_runs
    deadlines: RunDeadlines = field(default_factory=RunDeadlines)
    owns_history: bool = False
    other_history: Callable[[str], HistoryStore | None] = no_other_history
    site: Site | None = None
    site_url: str = ""
    report: WeeklyTime | None = None

    def with_page(self, message: Message) -> Message:
        """Return the message with the page of its cluster, if there is a status page."""
        return replace(message, page=self.page_of(message.cluster))

    def page_of(self, cluster_name: str) -> str:
        """Return the address of the page of a cluster; "" if there is no status page."""
        return f"{self.site_url}clusters/{slug(key_of(cluster_name))}.html" if self.site_url else ""
