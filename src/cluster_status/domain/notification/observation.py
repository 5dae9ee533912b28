"""What a poll has found, and what a notification shows of it."""

from datetime import datetime

from msgspec import Struct

from cluster_status.domain.conditions.tracker import MetCondition
from cluster_status.domain.instant import Instant
from cluster_status.domain.maintenance.calendar import Calendar
from cluster_status.domain.maintenance.update import WindowChange
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.incident import Incident
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.uptime import WINDOWS, Uptime, uptime


class Observation(Struct, frozen=True):
    """The result of a poll, and the tracker before and after it.

    `calendar` is the one after it, and `changes` are those of maintenance windows. `conditions` have become
    true.
    """

    poll_id: str
    at: Instant
    verdict: Verdict
    before: StatusTracker
    after: StatusTracker
    ledger: UptimeLedger
    incidents: tuple[Incident, ...]
    last_login: Instant | None
    calendar: Calendar = Calendar()
    changes: tuple[WindowChange, ...] = ()
    conditions: tuple[MetCondition, ...] = ()


def window_to_show(seen: Observation, shown_at: datetime) -> Window | None:
    """Return the window that matters, for the facts of a message with this time."""
    in_maintenance = seen.verdict.status is Status.MAINTENANCE
    known = seen.calendar.to_show(seen.at, in_maintenance=in_maintenance)
    if known is None or known.shown.begin > seen.at:
        return known.shown if known else None
    return known.shown.begun_by(seen.at, shown_at)


def nodes_of(verdict: Verdict) -> NodeCounts | None:
    state = verdict.cluster_state
    return state.nodes if state and not state.login_only else None


def is_login_only(verdict: Verdict) -> bool:
    return verdict.cluster_state is not None and verdict.cluster_state.login_only


def uptime_of(ledger: UptimeLedger, at: datetime) -> Uptime | None:
    return uptime(ledger, WINDOWS["30 d"], at)
